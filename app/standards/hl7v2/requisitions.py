"""OMS^O05, OMN^O07 and ORM^O01 with RQD segments read as requisitions (HL7 v2 chapter 4, ORC, RQD, RQ1).

Called by ``app.standards.hl7v2.messages``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from app.model.channel import Profile
from app.model.findings import Findings
from app.model.requisition import Priority, Requisition, RequisitionLine
from app.model.trade import Action
from app.standards.hl7v2 import codes, orders, visits
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.orders import OrderedItem
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.request_lines import LineReader
from app.standards.hl7v2.syntax import Message

PRIORITIES: Mapping[str, Priority] = {"S": "stat", "A": "urgent", "C": "urgent", "U": "urgent", "UR": "urgent"}
"""Priorities of timing (table 0485) that mean hurry; all others are routine."""
HURRY: Sequence[Priority] = ("routine", "urgent", "stat")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line as it was asked for, the order that it came in, and what was found in it."""

    item: OrderedItem
    requisition: str
    control: str
    line: RequisitionLine
    findings: Findings


def read(message: Message, profile: Profile) -> tuple[Requisition, ...]:
    """The requisitions of the message. Raises Rejected with every fault in it: a message counts as a whole."""
    faults = Findings()
    found: dict[str, list[Asked]] = {}
    for item in orders.items(message.segments, "RQD", faults):
        if asked := _asked(item, profile, faults):
            found.setdefault(asked.requisition, []).append(asked)
    made = []
    for number, lines in found.items():
        findings = Findings()
        for one in lines:
            findings.add(one.findings.warnings)
        made.append(_requisition(number, lines, message, profile, findings))
        faults.add(findings.errors)
    faults.settle()
    return tuple(made)


def _asked(item: OrderedItem, profile: Profile, faults: Findings) -> Asked | None:
    options, findings = profile.options(Hl7Options), Findings()
    control = orders.control(item.order, options, findings)
    fields = (4, 2, 3) if options.requisition_by == "group" else (2, 4, 3)
    number = orders.number(item.order, fields, findings)
    line = LineReader(item, profile, findings).line(control or "new")
    faults.add(findings.errors)
    if control is None or number is None or line is None:
        return None
    return Asked(item, number, control, line, findings)


def _requisition(
    number: str, asked: list[Asked], message: Message, profile: Profile, findings: Findings
) -> Requisition:
    reader = LineReader(asked[0].item, profile, findings)
    order, extras = asked[0].item.order, reader.extras()
    return Requisition(
        number=number,
        lines=tuple(_numbered(asked, findings)),
        action=_action({one.control for one in asked}),
        requested_at=reader.requested_at(),
        priority=max((_priority(one.item) for one in asked), key=HURRY.index),
        requester=reader.requester(),
        deliver_to=_deliver_to(asked, findings),
        deliver_from=extras.text("deliver_from"),
        department=codes.code(findings, "department", order, 17) or codes.code(findings, "department", order, 13),
        currency=profile.options(Hl7Options).currency,
        case=_case(extras, message, profile),
        note=_note(message, findings),
        warnings=findings.warnings,
    )


def _numbered(asked: list[Asked], findings: Findings) -> Iterator[RequisitionLine]:
    """The lines, under numbers of their own; where senders count every order from one, by order or by position."""
    numbers = Counter(one.line.number for one in asked)
    if max(numbers.values()) == 1:
        yield from (one.line for one in asked)
        return
    seen: set[tuple[object, ...]] = set()
    placers = [one.item.order.text(2) for one in asked]
    by_order = len(set(placers)) == len(asked) and all(placers)
    for position, one in enumerate(asked, 1):
        where = one.item.detail.place(1)
        if numbers[one.line.number] > 1:
            key = (one.item.order.text(2), one.line.number, one.line.identifiers, one.line.description)
            if key in seen:
                findings.reject("line.duplicate", where, "two lines have one number and one item")
            seen.add(key)
            findings.warn("line.number", where, "line numbers repeat; the lines are numbered by order or position")
        yield replace(one.line, number=str(placers[position - 1]) if by_order else str(position))


def _action(controls: set[str]) -> Action:
    return cast("Action", controls.pop()) if len(controls) == 1 else "change"


def _priority(item: OrderedItem) -> Priority:
    timing = item.first("TQ1")
    code = (timing.text(9) if timing else None) or item.order.text(7, 6) or ""
    return PRIORITIES.get(code.upper(), "routine")


def _deliver_to(asked: list[Asked], findings: Findings) -> str | None:
    """RQD-9 of all lines: goods of one requisition go to one place."""
    found: dict[str, str] = {}
    for one in asked:
        detail = one.item.detail
        if place := codes.code(findings, "deliver_to", detail, 9) or codes.code(findings, "deliver_to", detail, 9, 2):
            found.setdefault(place, detail.place(9))
    if len(found) > 1:
        findings.reject("deliver_to.conflict", list(found.values())[1], "one place is expected for all lines")
    return next(iter(found), None)


def _case(extras: Extras, message: Message, profile: Profile) -> str | None:
    told = extras.text("case")
    return profile.pseudonym(told) if told else visits.case(message, profile)


def _note(message: Message, findings: Findings) -> str | None:
    """Notes right after the header; those further down belong to a patient or to a line."""
    found = []
    for segment in message.segments[1:]:
        if segment.name not in {"NTE", "SFT", "UAC"}:
            break
        if segment.name == "NTE" and (text := segment.prose(3)):
            found.append(text)
    return codes.prose(findings, "note", "\n".join(found), "NTE[1]-3")
