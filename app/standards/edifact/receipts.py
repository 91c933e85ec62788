"""RECADV, read: what arrived, and what was wrong with it.

Called by ``app.standards.edifact.standard``; ``app.standards.edifact.write_receipts`` is the other direction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.quantity import Quantity
from app.standards.edifact import details, items, parties
from app.standards.edifact.despatches import EXPIRES, sscc
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

RECEIVED, ACCEPTED = "48", "194"
REJECTED = ("195", "196", "197", "124")
"""Quantities (6063) not accepted: to be returned, to be destroyed, damaged."""
SHORT, OVER = ("119",), ("121",)
COMPARED = frozenset({"12", "21", "46", "48", "119", "121"})
"""Quantities that a variance (QVR) is measured against: despatched, ordered, delivered."""


def read(message: Message, values: Values) -> GoodsReceipt | None:
    """A goods receipt. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head = [segment for segment in message.segments if segment.tag != "CPS"]
    starts = [place for place, segment in enumerate(head) if segment.tag == "LIN"]
    header = Section(head[: starts[0]] if starts else head)
    loops = [head[begin:end] for begin, end in pairwise([*starts, len(head)])]
    lines = [_line(Section(loop), place, values) for place, loop in enumerate(loops, 1)]
    details.check_count(message.segments, len(loops), values)
    number = values.text(bgm, 2, 1, "number", required=True)
    if values.findings.errors or number is None:
        return None
    place, receiver = _place(header, values)
    return GoodsReceipt(
        number=number,
        lines=tuple(line for line in lines if line),
        action=details.action(bgm, values),
        received_at=details.date(header, values, "50", "310", "35"),
        noticed_at=details.date(header, values, "137"),
        order_number=details.reference(header, values, "ON", "CO"),
        ship_notice=details.reference(header, values, "AAK", "DQ"),
        received_by=receiver,
        location=place,
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        note=details.notes(header, values),
    )


def _place(header: Section, values: Values) -> tuple[str | None, str | None]:
    """Where the goods were taken in, and by whom."""
    group = header.best("NAD", *parties.ROLES["ship_to"])
    loc = (group.first("LOC") if group else None) or header.segment("LOC")
    cta = group.first("CTA", "GR") if group else None
    return values.text(loc, 2, 1, "location"), values.text(cta, 2, 1, "receiver") or values.text(cta, 2, 2, "receiver")


def _line(section: Section, position: int, values: Values) -> GoodsReceiptLine | None:
    lin = section.segment("LIN")
    if lin is None:
        return None
    product, text = items.read(section, values), items.description(section, values)
    order = section.segment("RFF", "ON", "CO")
    order_line = values.text(order, 1, 3, "order_line") or details.reference(section, values, "LI")
    items.check(section, product, text, values, order_line)
    details.check_quantities(section, (RECEIVED, ACCEPTED, *REJECTED, *SHORT, *OVER, *COMPARED), values)
    rejected = details.quantity(section, values, *REJECTED)
    received = _received(section, lin, rejected, values)
    if received is None:
        return None
    variances = _variances(section, received, values)
    notice = section.segment("RFF", "AAK", "DQ")
    expiry = details.date(section, values, *EXPIRES, month_end=True)
    return GoodsReceiptLine(
        number=details.line_number(section, position, values),
        received=received,
        order_number=values.text(order, 1, 2, "order"),
        order_line=order_line,
        ship_notice_line=values.text(notice, 1, 3, "line"),
        identifiers=product.identifiers,
        description=text,
        rejected=rejected or variances.get("rejected"),
        short=details.quantity(section, values, *SHORT) or variances.get("short"),
        over=details.quantity(section, values, *OVER) or variances.get("over"),
        reason=_reason(section, values),
        lot=product.lot,
        serial=product.serial,
        expiry=expiry.date() if isinstance(expiry, datetime) else expiry,
        sscc=_sscc(section, values),
        note=details.notes(section, values),
    )


def _received(section: Section, lin: Segment, rejected: Quantity | None, values: Values) -> Quantity | None:
    """What was received (48); where only what was accepted is told (194), what was not comes on top."""
    found = details.with_pack(details.quantity(section, values, RECEIVED), section, values)
    if found is not None or section.segment("QTY", RECEIVED):
        return found
    accepted = details.quantity(section, values, ACCEPTED)
    if accepted is None and not section.segment("QTY", ACCEPTED):
        values.findings.reject("quantity.missing", lin.where, "the received quantity (QTY+48 or QTY+194) is required")
    if accepted is None or rejected is None:
        return accepted
    if accepted.unit != rejected.unit:
        values.findings.reject("unit.conflict", lin.where, "accepted and rejected quantities are in different units")
    return replace(accepted, value=accepted.value + rejected.value)


def _variances(section: Section, received: Quantity, values: Values) -> dict[str, Quantity]:
    """QVR segments: rejected, missing or too many, in the unit of what was received."""
    found: dict[str, Quantity] = {}
    for qvr in section.all("QVR"):
        amount = values.number(qvr, 1, 1, "variance")
        code = qvr.text(1, 2) or ""
        if not amount:
            continue
        kind = "rejected" if code in REJECTED else ("short" if amount < 0 else "over") if code in COMPARED else None
        if kind is None:
            values.findings.warn("variance.unknown", qvr.place(1, 2), "the quantity it varies from is in no table")
        elif found.setdefault(kind, replace(received, value=abs(amount), pack_factor=None)).value != abs(amount):
            values.findings.reject("variance.conflict", qvr.place(1), "another variance says something else")
    return found


def _reason(section: Section, values: Values) -> str | None:
    """The change reason of QVR, else the text of FTX+ACD."""
    for qvr in section.all("QVR"):
        if told := values.text(qvr, 3, 1, "reason") or values.text(qvr, 3, 4, "reason"):
            return told
    ftx = section.segment("FTX", details.REASON)
    return values.text(ftx, 4, 1, "reason")


def _sscc(section: Section, values: Values) -> str | None:
    """GIN+BJ of the line's package."""
    marks = [gin for tag in ("PCI", "PAC") for group in section.groups(tag) for gin in group.all("GIN", "BJ")]
    marks += section.all("GIN", "BJ")
    return sscc(marks[0], 2, values) if marks else None
