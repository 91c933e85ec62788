"""CONTRL and APERAK, read: what a partner says to what we sent.

Called by ``app.standards.edifact.standard``; ``app.standards.edifact.write_responses`` is the other direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.model.party import Party, PartyIdentifier
from app.model.response import Response, ResponseFault, ResponsePart, ResponseStatus
from app.standards.edifact import details, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Group, Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

ACTIONS: Mapping[str, ResponseStatus] = {"4": "rejected", "7": "accepted", "8": "received"}
"""Actions (0083): this level and all below refused, acknowledged, received."""
ADDRESS_SCHEMES: Mapping[str, str] = {"14": "gln", "1": "duns"}
"""Qualifiers (0007) of interchange addresses; every other address is one of a network."""
FUNCTIONS: Mapping[str, ResponseStatus] = {
    "27": "rejected",
    "29": "accepted",
    "44": "accepted",
    "34": "accepted_with_errors",
    "45": "accepted_with_errors",
    "48": "rejected",
    "12": "rejected",
}
"""Message functions (1225) of an APERAK that are an answer."""
RESPONSES: Mapping[str, ResponseStatus] = {
    "AB": "received",
    "AP": "accepted",
    "CA": "accepted_with_errors",
    "RE": "rejected",
    "RJ": "rejected",
}
"""Response types (4343)."""
NAMES: Mapping[str, ResponseStatus] = {"312": "accepted", "313": "rejected", "305": "rejected", "963": "rejected"}
"""Document names (1001): acknowledgement, and error messages."""
REFERENCES: Mapping[str, str] = {
    "ON": "purchase_order",
    "IV": "invoice",
    "AAK": "ship_notice",
    "DQ": "ship_notice",
    "POR": "order_confirmation",
    "PL": "price_list",
    "DM": "",
    "ACE": "",
    "AGO": "",
    "ACW": "",
}
"""References (1153) to what is answered, and the kind of document it is where that is told."""
PREVIOUS_MESSAGE = "ACW"
UNTOLD = "18"
"""Syntax error (0085) without a name; what a fault without a code is called."""


def read_syntax_report(message: Message, values: Values) -> Response | None:
    """A CONTRL. None where a fault was found."""
    uci = next((segment for segment in message.segments if segment.tag == "UCI"), None)
    if uci is None:
        values.findings.reject("segment.missing", f"{message.where}/UCI", "the interchange response is required")
        return None
    control_id = values.text(uci, 1, 1, "control", required=True)
    status = _action(uci, 4, values)
    parts = tuple(_parts(message.segments, values))
    if values.findings.errors or status is None or control_id is None:
        return None
    if status == "accepted" and any(part.status == "rejected" for part in parts):
        status = "accepted_with_errors"
    code = values.text(uci, 5, 1, "fault")
    place = _service_place(uci, 6, values)
    return Response(
        "functional",
        status,
        control_id=control_id,
        code=code,
        sender=_address(uci, 3, values),
        recipient=_address(uci, 2, values),
        parts=parts,
        faults=(ResponseFault(code or UNTOLD, place),) if place else (),
    )


def _action(segment: Segment, element: int, values: Values) -> ResponseStatus | None:
    found = ACTIONS.get(segment.text(element) or "")
    if found is None:
        values.findings.reject("action.unknown", segment.place(element), "4, 7 or 8 is expected")
    return found


def _address(uci: Segment, element: int, values: Values) -> Party | None:
    number, qualifier = values.text(uci, element, 1, "address"), values.text(uci, element, 2, "address")
    if number is None:
        return None
    if scheme := ADDRESS_SCHEMES.get(qualifier or ""):
        return Party((PartyIdentifier(scheme, number),))  # type: ignore[arg-type]
    return Party((PartyIdentifier("network", f"{qualifier}:{number}" if qualifier else number),))


def _service_place(segment: Segment, element: int, values: Values) -> str | None:
    """A service segment and a place in it: ``UNB-02.1``; positions count the tag as the first."""
    tag = values.text(segment, element, 1, "place")
    inner = _position(segment, element + 1)
    return f"{tag}-{inner}" if tag and inner else tag


def _position(segment: Segment, element: int) -> str | None:
    number, component = segment.text(element, 1) or "", segment.text(element, 2) or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 3):
        return None
    inner = f".{component}" if component.isascii() and component.isdigit() and len(component) <= 3 else ""
    return f"{max(int(number) - 1, 0):02}{inner}"


def _parts(segments: Sequence[Segment], values: Values) -> Iterator[ResponsePart]:
    """One part for each UCM, with the faults of the UCS and UCD after it."""
    open_: ResponsePart | None = None
    where = None
    for segment in segments:
        if segment.tag == "UCM":
            if open_:
                yield open_
            open_ = _part(segment, values)
        elif open_ and segment.tag == "UCS":
            where = f"segment {values.text(segment, 1, 1, 'place') or '?'}"
            if code := values.text(segment, 2, 1, "fault"):
                open_ = _with(open_, ResponseFault(code, where))
        elif open_ and segment.tag == "UCD":
            inner = _position(segment, 2)
            place = f"{where} element {inner}" if where and inner else where
            open_ = _with(open_, ResponseFault(values.text(segment, 1, 1, "fault") or UNTOLD, place))
    if open_:
        yield open_


def _with(part: ResponsePart, fault: ResponseFault) -> ResponsePart:
    return replace(part, faults=(*part.faults, fault)) if len(part.faults) < MAX_FAULTS else part


MAX_FAULTS = 1_000
"""Faults of one message that are kept."""


def _part(ucm: Segment, values: Values) -> ResponsePart:
    code, place = values.text(ucm, 4, 1, "fault"), _service_place(ucm, 5, values)
    faults = (ResponseFault(code or UNTOLD, place),) if code or place else ()
    status = _action(ucm, 3, values) or "rejected"
    return ResponsePart(values.text(ucm, 1, 1, "control"), status, values.text(ucm, 2, 1, "type"), faults)


def read_application_error(message: Message, values: Values) -> Response | None:
    """An APERAK. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    errors = [place for place, segment in enumerate(message.segments) if segment.tag == "ERC"]
    header = Section(message.segments[: errors[0]] if errors else message.segments)
    groups = Section(message.segments[errors[0] :]).groups("ERC") if errors else []
    named = header.segment("RFF", *REFERENCES)
    number = values.text(named, 1, 2, "reference") if named else _named_by_errors(groups, values)
    if number is None:
        text = "the number of what is answered (RFF+ON, RFF+ACW) is required"
        values.findings.reject("response.ambiguous", f"{message.where}/RFF", text)
    status = _status(bgm, bool(groups), values)
    faults = tuple(_fault(group, values) for group in groups[:MAX_FAULTS])
    if values.findings.errors:
        return None
    return Response(
        "application",
        status,
        control_id=details.reference(header, values, PREVIOUS_MESSAGE),
        number=values.text(bgm, 2, 1, "number"),
        refers_to=number,
        refers_to_kind=REFERENCES.get((named.text(1) if named else "") or "") or None,
        responded_at=details.date(header, values, "137"),
        code=values.text(bgm, 4, 1, "code") or values.text(bgm, 3, 1, "code"),
        text=details.notes(header, values),
        sender=parties.read(header, "seller", values),
        recipient=parties.read(header, "buyer", values),
        faults=faults,
    )


def _status(bgm: Segment, faulty: bool, values: Values) -> ResponseStatus:
    """What is said of the whole, by the response type, the function, or the name of the document."""
    told = RESPONSES.get(bgm.text(4) or "") or FUNCTIONS.get(bgm.text(3) or "") or NAMES.get(bgm.text(1) or "")
    if told is None:
        text = "whether it was accepted is not told by name, function or response; nothing was taken for granted"
        values.findings.warn("response.unknown", bgm.where, text)
        return "on_hold" if faulty else "received"
    return "accepted_with_errors" if told == "accepted" and faulty else told


def _named_by_errors(groups: Sequence[Group], values: Values) -> str | None:
    """The reference that the error groups name, where the header names none."""
    found = (rff for group in groups for rff in group.all("RFF", *REFERENCES))
    return values.text(next(found, None), 1, 2, "reference")


def _fault(group: Group, values: Values) -> ResponseFault:
    code = values.text(group.head, 1, 1, "fault") or UNTOLD
    texts = [values.words(ftx, 4, 1, 5) for ftx in group.all("FTX")]
    rff = group.first("RFF")
    where = values.text(rff, 1, 2, "place")
    line = values.text(rff, 1, 3, "place")
    return ResponseFault(code, f"{where}:{line}" if where and line else where, "\n".join(t for t in texts if t) or None)
