"""An order as its supplier is told it: the canonical purchase order made from what Odoo has.

Used whenever an order was placed, changed or cancelled; ``fingerprint`` says whether there is anything to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.ledger import Ledger
from app.ledger.orders import KnownOrder, News
from app.model.gtin import gtin14
from app.model.item import Identifier
from app.model.order import Order, OrderLine
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.setup import Setup
from app.model.trade import Action, LineAction
from app.model.trade_units import told

ACTIONS: Mapping[News, Action] = {"new": "new", "change": "change", "cancel": "cancel"}


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an order beside Odoo: supplier's codes by item, requisitions by line, and the like."""

    facility: str
    requisition: str | None = None
    contract: str | None = None
    note: str | None = None
    urgent: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    requisitions: Mapping[int, str] = field(default_factory=dict)


def fingerprint(order: Order) -> str:
    """Equal for an order of which a supplier must be told nothing new."""
    if order.state == "cancel":
        return ids.digest(ids.canonical_json([order.number, "cancel"]))
    lines = [
        [
            line.number,
            line.item,
            line.unit,
            _plain(line.quantity),
            _plain(line.price),
            _plain(line.discount),
            _day(line),
        ]
        for line in order.lines
    ]
    return ids.digest(ids.canonical_json([order.number, order.supplier, order.currency, order.warehouse, lines]))


def known(order: Order, facility: str, requisition: str | None = None, document_id: Any = None) -> KnownOrder:
    """The order as the ledger notes it."""
    return KnownOrder(
        number=order.number,
        odoo_id=order.id,
        supplier=order.supplier,
        facility=facility,
        state=order.state,
        fingerprint=fingerprint(order),
        requisition=requisition,
        document_id=document_id,
    )


def purchase_order(
    tx: Connection, ledger: Ledger, setup: Setup, order: Order, news: News, row: Row[Any], context: Context
) -> PurchaseOrder:
    """The canonical document; ``row`` is the order's row in the ledger, which has its revision."""
    site = setup.facility(context.facility).party
    codes = _supplier_codes(tx, ledger, order) | dict(context.codes)
    return PurchaseOrder(
        number=order.number,
        lines=tuple(_line(line, news, context, codes) for line in order.lines),
        action=ACTIONS[news],
        type="rush" if context.urgent else "standard",
        revision=str(row.revision) if row.revision else None,
        ordered_at=ids.now().replace(microsecond=0),
        currency=order.currency,
        buyer=site,
        seller=_seller(tx, ledger, order),
        ship_to=site,
        deliver_on=max((line.planned_on.date() for line in order.lines if line.planned_on), default=None),
        contract=context.contract,
        requisition=context.requisition,
        note=context.note,
        total=_total(order),
    )


def _line(line: OrderLine, news: News, context: Context, codes: Mapping[str, str]) -> PurchaseOrderLine:
    named = (("supplier", codes.get(line.item)), ("gtin", gtin14(line.gtin or "")), ("buyer", line.item))
    quantity = told(line.quantity, line.unit, line.factor)
    net_price = line.price * (1 - line.discount / 100)
    return PurchaseOrderLine(
        number=str(line.number),
        quantity=quantity,
        identifiers=tuple(Identifier(scheme, value) for scheme, value in named if value),
        description=line.name or None,
        action=_action(line, news),
        price=Price(net_price.normalize() + 0),
        net=round(line.quantity * net_price, 2),
        deliver_on=line.planned_on.date() if line.planned_on else None,
        cost_centre=line.cost_centre,
        requisition=context.requisitions.get(line.id, context.requisition),
    )


def _action(line: OrderLine, news: News) -> LineAction:
    if news == "new":
        return "add"
    return "cancel" if news == "cancel" or not line.quantity else "change"


def _seller(tx: Connection, ledger: Ledger, order: Order) -> Party:
    """The supplier with all its numbers; ours for it comes first, for it is what the order is sent by."""
    facts = ledger.registry.suppliers(tx, [order.supplier]).get(order.supplier)
    ours = PartyIdentifier("internal", order.supplier)
    others = tuple(one for one in facts.identifiers if one != ours) if facts else ()
    name = (facts.name if facts else "") or order.supplier_name
    return Party((ours, *others) if order.supplier else others, name or None)


def _supplier_codes(tx: Connection, ledger: Ledger, order: Order) -> dict[str, str]:
    offers = ledger.registry.offers(tx, {line.item for line in order.lines if line.item})
    return {
        item: offer.supplier_code
        for item, found in offers.items()
        for offer in reversed(found)
        if offer.supplier == order.supplier and offer.supplier_code
    }


def _total(order: Order) -> Decimal:
    return sum((round(line.quantity * line.price * (1 - line.discount / 100), 2) for line in order.lines), Decimal(0))


def _plain(number: Decimal) -> str:
    return format(number.normalize() + 0, "f")


def _day(line: OrderLine) -> str:
    return line.planned_on.date().isoformat() if line.planned_on else ""
