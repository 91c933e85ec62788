"""OMS^O05 read as consumption, where the channel says that its orders tell what was taken from stock.

Called by ``app.standards.hl7v2.messages``.
"""

from __future__ import annotations

from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.findings import Findings
from app.model.markings import Markings
from app.standards.hl7v2 import codes, events, orders
from app.standards.hl7v2.events import Event
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.orders import OrderedItem
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.request_lines import LineReader
from app.standards.hl7v2.syntax import Message


def read(message: Message, profile: Profile) -> tuple[Consumption, ...]:
    """The events of the message. Raises Rejected with every fault in it: a message counts as a whole."""
    faults = Findings()
    found = [_event(item, message, profile) for item in orders.items(message.segments, "RQD", faults)]
    return events.settled(found, message, profile, faults)


def _event(item: OrderedItem, message: Message, profile: Profile) -> Event:
    findings = Findings()
    extras = Extras(item.group, profile.options(Hl7Options), findings)
    markings = Markings(findings)
    extras.mark(markings)
    control = orders.control(item.order, profile.options(Hl7Options), findings)
    if control == "change":
        findings.reject("order_control.unsupported", item.order.place(1), "a use is cancelled and told anew")
    reader = LineReader(item, profile, findings)
    order, visit = item.order, message.first("PV1")
    return Event(
        segment=item.detail,
        findings=findings,
        event_id=extras.text("event") or _number(item, findings),
        undone=control == "cancel",
        occurred_at=events.occurred_at(extras, [(order, 9), (item.detail, 10)], message, profile, findings),
        quantity=events.quantity(item.detail, (5, 6), extras, profile, findings),
        identifiers=reader.identifiers(extras),
        location=events.location(extras, [(item.detail, 9), (order, 13), (visit, 3)], profile, findings),
        description=reader.description(extras),
        markings=markings,
        department=extras.text("department") or codes.code(findings, "department", order, 17),
        cost_centre=extras.text("cost_centre") or codes.code(findings, "cost_centre", item.detail, 7),
        case=extras.text("case"),
    )


def _number(item: OrderedItem, findings: Findings) -> str | None:
    """The order's number and the line's, since an order may take several items."""
    number, line = orders.number(item.order, (2, 3), findings), codes.code(findings, "line", item.detail, 1)
    return f"{number}-{line}" if number and line else number
