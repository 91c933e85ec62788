"""What a supplier writes in X12: 855, 856 and 810, as segments.

Used by ``x12``; the envelope is that of ``app.standards.x12.emit``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice
from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.ship_notice import ShipNotice, ShipNoticeLine
from app.model.when import When
from app.standards.x12 import details, emit, items, write_invoices
from app.standards.x12.options import X12Options

STATUSES: Mapping[ConfirmationStatus, str] = {
    "received": "AK",
    "accepted": "AD",
    "changed": "AC",
    "backordered": "AC",
    "rejected": "RJ",
}
OUTCOMES: Mapping[ConfirmationOutcome, str] = {
    "accepted": "IA",
    "changed": "IC",
    "substituted": "IS",
    "backordered": "IB",
    "rejected": "IR",
    "on_hold": "IH",
}


def letter(document: OrderConfirmation | ShipNotice | Invoice, options: X12Options, envelope: Interchange) -> Written:
    """The document as an interchange of one set."""
    if isinstance(document, OrderConfirmation):
        return emit.write("855", _confirmation(document), options, envelope)
    if isinstance(document, ShipNotice):
        return emit.write("856", _ship_notice(document), options, envelope)
    return emit.write("810", write_invoices.write(document, options), options, envelope)


def _confirmation(said: OrderConfirmation) -> Iterator[list[str]]:
    day = _day(said.confirmed_at)
    yield ["BAK", "00", STATUSES[said.status], said.order_number, _day(said.ordered_at), "", "", "",
           said.supplier_order_number or "", day]  # fmt: skip
    yield from ([["CUR", "SE", said.currency]] if said.currency else [])
    yield from ([["REF", "AG", said.number]] if said.number else [])
    for line in said.lines:
        yield from _confirmed(line, said.currency)
    yield ["CTT", str(len(said.lines))]


def _confirmed(line: ConfirmationLine, currency: str | None) -> Iterator[list[str]]:
    ordered = line.ordered or line.quantity
    assert ordered is not None
    unit = ordered.unit or ""
    price = details.write_price(line.price, ordered.unit, currency)
    names = items.write(line.identifiers, {})
    yield ["PO1", line.order_line or "", details.number(ordered.value), unit, *price, *names]
    quantity = [details.number(line.quantity.value), line.quantity.unit or ""] if line.quantity else ["", ""]
    when = ["067", _day(line.deliver_on)] if line.deliver_on else ["", ""]
    other = ["", *items.write(line.substitute, {})] if line.substitute else []
    yield ["ACK", OUTCOMES[line.outcome], *quantity, *when, *other]


def _ship_notice(said: ShipNotice) -> Iterator[list[str]]:
    yield ["BSN", "00", said.number, _day(said.noticed_at), "0800"]
    yield ["HL", "1", "", "S"]
    yield from ([["TD5", "", "2", said.carrier]] if said.carrier else [])
    yield from (["REF", "CN", number] for number in said.tracking)
    yield ["DTM", "011", _day(said.shipped_at)]
    yield ["DTM", "017", _day(said.expected_at)]
    yield ["HL", "2", "1", "O"]
    yield ["PRF", said.orders[0]]
    for place, line in enumerate(said.lines, 3):
        yield ["HL", str(place), "2", "I"]
        yield from _shipped(line)
    yield ["CTT", str(len(said.lines) + 2)]


def _shipped(line: ShipNoticeLine) -> Iterator[list[str]]:
    marks = [part for code, value in (("LT", line.lot), ("SN", line.serial)) if value for part in (code, value)]
    yield ["LIN", line.order_line or "", *items.write(line.identifiers, {}), *marks]
    yield ["SN1", line.order_line or "", details.number(line.quantity.value), line.quantity.unit or ""]
    yield from ([["DTM", "036", f"{line.expiry:%Y%m%d}"]] if line.expiry else [])


def _day(when: When | None) -> str:
    day: date | None = when.date() if isinstance(when, datetime) else when
    return f"{day:%Y%m%d}" if day else ""
