"""A receipt as it is told: the canonical goods receipt made from a transfer that Odoo has completed.

Used by the operation ``receipt.post`` and by the job ``receipts.pick_up``: whoever received the goods, the EHR and the
supplier are told the same thing under the same number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection

from app.flows.delivered import told_order
from app.ledger.ledger import Ledger
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.item import Identifier
from app.model.order import Order, OrderLine
from app.model.party import Party, PartyIdentifier
from app.model.purchase_order import PurchaseOrder
from app.model.quantity import Quantity
from app.model.setup import Setup
from app.model.trade_units import told
from app.odoo.receiving import Incoming

RETURNED = "returned"
"""The reason of goods that were sent back after they had been received."""
Sum = dict[tuple[int, str | None], tuple[Decimal, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told beside the transfer: quantities in base units, by the number of the order's line.

    ``number`` is the receipt's own where no transfer bears it, because everything was rejected.
    """

    facility: str
    number: str
    ship_notice: str | None = None
    received_at: datetime | None = None
    received_by: str | None = None
    note: str | None = None
    rejected: Mapping[int, Decimal] = field(default_factory=dict)
    short: Mapping[int, Decimal] = field(default_factory=dict)
    over: Mapping[int, Decimal] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)


def goods_receipt(
    tx: Connection, ledger: Ledger, setup: Setup, order: Order, transfer: Incoming | None, about: Told
) -> GoodsReceipt:
    """The canonical document; without a ``transfer`` nothing was taken in."""
    row = ledger.orders.by_number(tx, order.number)
    known = told_order(tx, ledger, row) if row else None
    site = setup.facility(about.facility).party
    at = about.received_at or (transfer.done_at if transfer else None)
    return GoodsReceipt(
        number=transfer.name if transfer else about.number,
        lines=tuple(_lines(order, transfer, about, known)),
        received_at=at,
        noticed_at=(transfer.done_at if transfer else None) or at,
        order_number=order.number,
        ship_notice=about.ship_notice,
        received_by=about.received_by,
        location=transfer.place if transfer else None,
        buyer=site,
        seller=_seller(tx, ledger, order),
        ship_to=site,
        note=about.note,
    )


def _lines(
    order: Order, transfer: Incoming | None, about: Told, known: PurchaseOrder | None
) -> Iterator[GoodsReceiptLine]:
    """A line for every lot; what was rejected or is missing goes with the first of its line."""
    lines = {line.id: line for line in order.lines}
    came, returned = _sums(transfer), bool(transfer and transfer.return_of)
    missing = [line for line in order.lines if about.rejected.get(line.number) or about.short.get(line.number)]
    keys = [key for key in came if key[0] in lines]
    keys += [(line.id, None) for line in missing if line.id not in {key[0] for key in keys}]
    seen: set[int] = set()
    for place, key in enumerate(keys, 1):
        line, (quantity, expiry) = lines[key[0]], came.get(key, (Decimal(0), None))
        first, number = line.id not in seen, line.number
        seen.add(line.id)
        rejected = about.rejected.get(number, Decimal(0)) if first else Decimal(0)
        yield GoodsReceiptLine(
            number=str(place),
            received=_told(line, Decimal(0) if returned else quantity + rejected),
            order_number=order.number,
            order_line=str(number),
            identifiers=_identifiers(line, known),
            description=line.name or None,
            rejected=_told(line, quantity if returned else rejected) if returned or rejected else None,
            short=_some(line, about.short.get(number)) if first else None,
            over=_some(line, about.over.get(number)) if first else None,
            reason=RETURNED if returned else about.reasons.get(number) if first else None,
            lot=key[1] if line.tracking == "lot" else None,
            serial=key[1] if line.tracking == "serial" else None,
            expiry=expiry,
        )


def _sums(transfer: Incoming | None) -> Sum:
    """What came, by line and lot, with its expiry."""
    found: Sum = {}
    for move in transfer.moves if transfer else ():
        for landed in move.landed if move.state == "done" else ():
            key = (move.line_id, landed.lot)
            before = found.get(key, (Decimal(0), None))
            found[key] = (before[0] + landed.quantity, landed.expiry or before[1])
    return {key: value for key, value in found.items() if value[0]}


def _told(line: OrderLine, quantity: Decimal) -> Quantity:
    """In the unit that was ordered where that comes out even, else in pieces."""
    plain = quantity.normalize() + 0
    if plain % line.factor == 0:
        return told((plain / line.factor).normalize() + 0, line.unit, line.factor)
    return told(plain, line.base_unit, Decimal(1))


def _some(line: OrderLine, quantity: Decimal | None) -> Quantity | None:
    return _told(line, quantity) if quantity else None


def _identifiers(line: OrderLine, known: PurchaseOrder | None) -> tuple[Identifier, ...]:
    """The names by which the supplier was asked for the goods."""
    found = next((one for one in known.lines if one.number == str(line.number)), None) if known else None
    return found.identifiers if found else (Identifier("buyer", line.item),)


def _seller(tx: Connection, ledger: Ledger, order: Order) -> Party:
    facts = ledger.registry.suppliers(tx, [order.supplier]).get(order.supplier)
    ours = PartyIdentifier("internal", order.supplier)
    others = tuple(one for one in facts.identifiers if one != ours) if facts else ()
    return Party((ours, *others) if order.supplier else others, order.supplier_name or None)
