"""ORDERS and ORDCHG, written: purchase orders, their changes and cancellations.

Called by ``app.standards.edifact.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.standards.edifact import items, parties
from app.standards.edifact import write_details as details
from app.standards.edifact.emit import not_carried, prose
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.orders import REFERENCES, TYPE_NAMES
from app.standards.edifact.write_details import Segments

TYPES: Mapping[str, str] = {"standard": "220", "blanket": "221", "release": "226", "consignment": "227", "rush": "224"}
"""Document names (1001) by type of order."""
CHANGE = "230"
FUNCTIONS: Mapping[str, str] = {"new": "9", "duplicate": "7", "change": "4", "cancel": "1"}
LINE_ACTIONS: Mapping[str, str] = {"add": "1", "cancel": "2", "change": "3"}


def kind_of(order: PurchaseOrder) -> str:
    """The message for an order: a change or a cancellation is an ORDCHG."""
    return "ORDCHG" if order.action in {"change", "cancel"} else "ORDERS"


def write(order: PurchaseOrder, options: EdifactOptions, zone: tzinfo) -> Segments:
    """The segments between UNH and UNT. Raises Permanent for what EDIFACT has no place for."""
    change = kind_of(order) == "ORDCHG"
    yield details.beginning(
        _name(order, options, change=change), _document(order, change=change), FUNCTIONS[order.action]
    )
    yield from details.date("137", order.ordered_at, zone)
    yield from _dates(order, zone)
    yield from details.terms(order.terms, options)
    yield from details.note(order.note, options)
    if change or order.revision:
        yield from details.reference("ON", order.number, version=order.revision)
    yield from details.reference(_code("contract", options), order.contract)
    yield from details.reference(_code("requisition", options), order.requisition)
    for role in ("buyer", "seller", "ship_to", "bill_to"):
        yield from parties.write(role, getattr(order, role), options)
    yield from details.taxes(order.taxes)
    yield from details.currency(order.currency)
    yield from details.charges(order.charges, options)
    for line in order.lines:
        yield from _line(line, options, zone, change=change)
    yield ["UNS", "S"]
    yield from details.amount("86", order.total)
    yield ["CNT", ["2", str(len(order.lines))]]


def _code(meaning: str, options: EdifactOptions) -> str:
    return options.references.get(meaning) or REFERENCES[meaning]


def _name(order: PurchaseOrder, options: EdifactOptions, *, change: bool) -> list[str]:
    """Document name; a change, which has one code, tells the type of the order in words."""
    if change:
        words = next((name for name, kind in TYPE_NAMES.items() if kind == order.type), "")
        return [CHANGE, "", "", words]
    code = options.order_types.get(order.type) or TYPES.get(order.type)
    if code is None:
        hint = "Set order_types in the channel's options."
        raise not_carried(f"no document name code is agreed for {order.type}", hint)
    return [code]


def _document(order: PurchaseOrder, *, change: bool) -> str:
    """The number of the message; a change has one of its own beside the order's."""
    return f"{order.number}/{order.revision}" if change and order.revision else order.number


def _dates(found: PurchaseOrder | PurchaseOrderLine, zone: tzinfo) -> Segments:
    yield from details.date("2", found.deliver_on, zone)
    yield from details.date("63", found.deliver_not_after, zone)


def _line(line: PurchaseOrderLine, options: EdifactOptions, zone: tzinfo, *, change: bool) -> Segments:
    if not change and line.action != "add":
        raise not_carried("a new order has no lines that change or cancel others")
    details.check_schemes(line.identifiers, (*items.WRITTEN, *items.AGREED))
    yield from items.write(line.number, LINE_ACTIONS[line.action] if change else "", line.identifiers, options)
    text = prose(line.description, options) if line.description else None
    yield from items.write_description(text, options)
    yield from details.quantity("21", line.quantity, options)
    yield from _dates(line, zone)
    yield from details.amount("203", line.net)
    yield from items.write_marks(line.lot, line.serial)
    yield from details.note(line.note, options)
    yield from details.price(line.price, options)
    for meaning in ("cost_centre", "account", "requisition"):
        yield from details.reference(_code(meaning, options), getattr(line, meaning))
    yield from details.taxes(line.taxes)
    yield from details.charges(line.charges, options)
