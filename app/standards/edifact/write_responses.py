"""CONTRL, written: what we say of an interchange that came in.

Called by ``app.standards.edifact.standard`` for responses as documents; the immediate answer is made by
``app.standards.edifact.acknowledgement`` out of the same parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.model.party import Party
from app.model.response import Response, ResponseFault, ResponsePart
from app.standards.edifact.emit import VERSIONS, Element, address, fitting, not_carried
from app.standards.edifact.responses import ADDRESS_SCHEMES
from app.standards.edifact.write_details import Segments

ACTIONS: Mapping[str, str] = {"rejected": "4", "accepted": "7", "accepted_with_errors": "7", "received": "8"}
"""Actions (0083) by status."""
_SERVICE_PLACE = re.compile(r"(UN[A-Z])(?:-(\d{1,3})(?:\.(\d{1,3}))?)?")
_PLACE = re.compile(r"segment (\d{1,6})(?: element (\d{1,3})(?:\.(\d{1,3}))?)?")


def write(response: Response) -> Segments:
    """The segments between UNH and UNT. Raises Permanent for what a CONTRL has no place for."""
    if response.level != "functional" or response.status not in ACTIONS or response.control_id is None:
        raise not_carried("a CONTRL tells whether an interchange was received, accepted or rejected as it is written")
    sender, recipient = _address(response.sender), _address(response.recipient)
    fault = _service_fault(response.code, response.faults)
    yield [
        "UCI",
        fitting(response.control_id, 14, "control number"),
        recipient,
        sender,
        ACTIONS[response.status],
        *fault,
    ]
    for part in response.parts:
        yield from _part(part)


def _address(party: Party | None) -> list[str]:
    """The interchange address of a party."""
    for one in party.identifiers if party else ():
        qualifier = next((code for code, scheme in ADDRESS_SCHEMES.items() if scheme == one.scheme), None)
        if qualifier:
            return [fitting(one.value, 35, "address"), qualifier]
        if one.scheme == "network":
            return address(one.value)
    return []


def _service_fault(code: str | None, faults: tuple[ResponseFault, ...]) -> list[Element]:
    """Error code, service segment and position, as UCI and UCM have them."""
    if len(faults) > 1 or (faults and code not in (None, faults[0].code)):
        raise not_carried("a CONTRL names one fault of an interchange")
    if not faults:
        return [fitting(code, 3, "fault")] if code else []
    place = _SERVICE_PLACE.fullmatch(faults[0].where or "")
    if not place:
        raise not_carried("a fault of an interchange is in one of its service segments")
    inner = [str(int(place[2]) + 1), place[3] or ""] if place[2] else []
    return [fitting(faults[0].code, 3, "fault"), place[1], inner]


def _part(part: ResponsePart) -> Segments:
    if part.status not in ACTIONS:
        raise not_carried("a CONTRL tells whether a message was received, accepted or rejected as it is written")
    version = VERSIONS["D.01B"].get(part.message_type or "")
    named = [part.message_type or "", *(version.split(":") if version else ())]
    own = [fault for fault in part.faults if not _PLACE.fullmatch(fault.where or "")]
    head: list[Element] = ["UCM", fitting(part.control_id or "", 14, "control number"), named, ACTIONS[part.status]]
    if own and own[0].where is None:
        yield [*head, *([fitting(own[0].code, 3, "fault")] if len(own) == 1 else _service_fault(None, tuple(own)))]
    else:
        yield [*head, *_service_fault(None, tuple(own))]
    for fault in part.faults:
        if place := _PLACE.fullmatch(fault.where or ""):
            yield from segment_fault(fault.code, place[1], place[2], place[3])


def segment_fault(code: str, segment: str, element: str | None, component: str | None) -> Segments:
    """UCS and, where a data element is named, UCD; positions count the tag as the first."""
    code = fitting(code, 3, "fault")
    if element is None:
        yield ["UCS", segment, code]
    else:
        yield ["UCS", segment]
        yield ["UCD", code, [str(int(element) + 1), component or ""]]
