"""997, 999, TA1 and 824 received: what a partner says to what was sent to it.

Called by ``app.standards.x12.standard``. 999 is the implementation acknowledgement of 005010 (IK3, IK4, IK5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.model.response import Response, ResponseFault, ResponsePart, ResponseStatus
from app.standards.x12 import parties
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, first, loops

STATUSES: Mapping[str, ResponseStatus] = {
    "A": "accepted",
    "E": "accepted_with_errors",
    "P": "accepted_with_errors",
    "M": "rejected",
    "R": "rejected",
    "W": "rejected",
    "X": "rejected",
}
"""Acknowledgement codes (data elements 715 and 717; TA1-04)."""
ADVICE: Mapping[str, ResponseStatus] = {
    "GA": "accepted", "GC": "accepted_with_errors", "GP": "accepted_with_errors", "GR": "rejected",
    "TA": "accepted", "TC": "accepted_with_errors", "TE": "accepted_with_errors", "TP": "accepted_with_errors",
    "TR": "rejected", "IA": "accepted", "IC": "accepted_with_errors", "IE": "accepted_with_errors", "IR": "rejected",
    "BA": "accepted", "BC": "accepted_with_errors", "BE": "accepted_with_errors",
    "BP": "accepted_with_errors", "BR": "rejected",
}  # fmt: skip
"""Application acknowledgement codes (data element 110), OTI-01 of an 824."""

SEVEREST: tuple[ResponseStatus, ...] = ("rejected", "accepted_with_errors", "accepted")


def functional(found: TransactionSet, values: Values) -> Response | None:
    """A 997 or 999. None where a fault was found."""
    ak1, ak9 = first(found.segments, "AK1"), first(found.segments, "AK9")
    if ak1 is None:
        values.findings.reject("segment.missing", f"{found.where}/AK1", "the group that is answered is required")
        return None
    control = values.text(ak1, 2, "control_id", required=True)
    parts = tuple(_parts(found.segments, values))
    status = _status(ak9, 1, STATUSES, values) if ak9 else _worst(parts)
    if ak9 is None:
        values.findings.warn("segment.missing", f"{found.where}/AK9", "the answer to the group as a whole is missing")
    if values.findings.errors or status is None:
        return None
    faults = [ResponseFault(code, "AK9") for n in range(5, 10) if ak9 and (code := values.text(ak9, n, "fault"))]
    group = values.text(ak1, 1, "message_type")
    return Response(
        "functional",
        status,
        control,
        message_type=group,
        code=ak9.text(1) if ak9 else None,
        parts=parts,
        faults=tuple(faults),
    )


def _parts(segments: Sequence[Segment], values: Values) -> Iterator[ResponsePart]:
    _, bodies, _ = loops(segments, "AK2", ("AK9",))
    for body in bodies:
        end = first(body, "AK5") or first(body, "IK5")
        if end is None:
            values.findings.warn("segment.missing", body[0].where, "the answer to a transaction set has no AK5")
            continue
        status = _status(end, 1, STATUSES, values)
        codes = (values.text(end, n, "fault") for n in range(2, 7))
        faults = [*_faults(body, values), *(ResponseFault(code, end.tag) for code in codes if code)]
        if status:
            yield ResponsePart(
                values.text(body[0], 2, "control_id"), status, values.text(body[0], 1, "message_type"), tuple(faults)
            )


def _faults(body: Sequence[Segment], values: Values) -> Iterator[ResponseFault]:
    """AK3 and AK4: the segment by its id and position, the element by its number."""
    where = ""
    for segment in body:
        if segment.tag in {"AK3", "IK3"}:
            where = f"{segment.text(1) or '?'} at {segment.text(2) or '?'}"
            if code := values.text(segment, 4, "fault"):
                yield ResponseFault(code, values.findings.text("place", where, segment.where))
        elif segment.tag in {"AK4", "IK4"} and (code := values.text(segment, 3, "fault")):
            element = f"{where}, element {segment.part(1) or '?'}"
            yield ResponseFault(code, values.findings.text("place", element, segment.where))


def _status(
    segment: Segment, number: int, table: Mapping[str, ResponseStatus], values: Values
) -> ResponseStatus | None:
    code = segment.text(number) or ""
    if code not in table:
        values.findings.reject("status.unknown", segment.place(number), "the acknowledgement code is in no table")
    return table.get(code)


def _worst(parts: Sequence[ResponsePart]) -> ResponseStatus:
    return next((status for status in SEVEREST if any(part.status == status for part in parts)), "received")


def technical(segment: Segment, values: Values) -> Response | None:
    """A TA1: the answer to an interchange's envelope."""
    control = values.text(segment, 1, "control_id", required=True)
    status = _status(segment, 4, STATUSES, values)
    if values.findings.errors or status is None:
        return None
    code = values.text(segment, 5, "fault")
    faults = (ResponseFault(code, "ISA"),) if code and code != "000" else ()
    at = values.when(segment, 2, "date", 3)
    return Response(
        "functional", status, control, message_type="ISA", responded_at=at, code=segment.text(4), faults=faults
    )


def application(found: TransactionSet, values: Values) -> Response | None:
    """An 824: what became of one document's content."""
    header, bodies, _ = loops(found.segments, "OTI", ("SE",))
    bgn = first(header, "BGN")
    if not bodies:
        values.findings.reject("segment.missing", f"{found.where}/OTI", "the answer to a document is required")
        return None
    statuses = [status for body in bodies if (status := _status(body[0], 1, ADVICE, values))]
    if values.findings.errors:
        return None
    oti = bodies[0][0]
    worst = next(status for status in SEVEREST if status in statuses)
    return Response(
        "application",
        worst,
        control_id=values.text(oti, 8, "control_id"),
        number=values.text(bgn, 2, "number"),
        message_type=values.text(oti, 10, "message_type"),
        refers_to=values.text(oti, 3, "refers_to"),
        responded_at=values.when(bgn, 3, "date", 4, 5) if bgn else None,
        code=oti.text(1),
        sender=parties.read(header, "seller", values),
        recipient=parties.read(header, "buyer", values),
        faults=tuple(_advised(bodies, values)),
    )


def _advised(bodies: Sequence[Sequence[Segment]], values: Values) -> Iterator[ResponseFault]:
    for body in bodies:
        for segment in body:
            if segment.tag == "TED" and (code := values.text(segment, 1, "fault")):
                place = " ".join(part for n in (3, 4, 5) if (part := segment.text(n)))
                yield ResponseFault(code, values.findings.text("place", place, segment.where), values.prose(segment, 2))
