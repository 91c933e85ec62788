"""850 purchase order and 860 purchase order change, written.

Called by ``app.standards.x12.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.errors import Permanent
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.standards.x12 import details, items, parties
from app.standards.x12.options import X12Options

TYPES: Mapping[str, str] = {"standard": "NE", "blanket": "BK", "release": "RL", "consignment": "CN", "rush": "RO"}
LINE_CHANGES: Mapping[str, str] = {"add": "AI", "change": "CA", "cancel": "DI"}
TERMS_LENGTH = 80
"""Characters of ITD-12."""


def code_of(order: PurchaseOrder) -> str:
    """The transaction set for an order: a change or a cancellation is an 860."""
    return "860" if order.action in {"change", "cancel"} else "850"


def write(order: PurchaseOrder, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent for what X12 has no place for."""
    change = code_of(order) == "860"
    yield _beginning(order, options, change=change)
    yield from ([["CUR", "BY", order.currency]] if order.currency else [])
    for qualifier, value in (("CT", order.contract), ("RQ", order.requisition)):
        yield from ([["REF", qualifier, value]] if value else [])
    yield from details.write_charges(order.charges)
    yield from ([["ITD", *[""] * 11, _terms(order.terms)]] if order.terms else [])
    yield from details.write_date("004", order.ordered_at)
    yield from details.write_date("002", order.deliver_on)
    yield from details.write_date("063", order.deliver_not_after)
    yield from details.write_taxes(order.taxes)
    yield from details.write_notes(order.note)
    for role in ("buyer", "seller", "ship_to", "bill_to"):
        yield from parties.write(role, getattr(order, role), options.write_party_qualifiers)
    for line in order.lines:
        yield from _line(line, order, options, change=change)
    yield ["CTT", str(len(order.lines))]
    yield from ([["AMT", "TT", details.number(order.total)]] if order.total is not None else [])


def _beginning(order: PurchaseOrder, options: X12Options, *, change: bool) -> list[str]:
    agreed = {meaning: code for code, meaning in options.order_types.items()}
    kind = agreed.get(order.type) or TYPES.get(order.type)
    if kind is None:
        text = f"no order type code is agreed for {order.type}"
        raise Permanent(text, code="document.not_carried", hint="Set order_types in the channel's options.")
    day = f"{order.ordered_at:%Y%m%d}" if order.ordered_at else ""
    if change:
        return ["BCH", "01" if order.action == "cancel" else "04", kind, order.number, "", order.revision or "", day]
    return ["BEG", "07" if order.action == "duplicate" else "00", kind, order.number, order.revision or "", day]


def _terms(text: str) -> str:
    if len(text) > TERMS_LENGTH or "\n" in text:
        raise Permanent(f"terms have at most {TERMS_LENGTH} characters in X12", code="document.not_carried")
    return text


def _line(line: PurchaseOrderLine, order: PurchaseOrder, options: X12Options, *, change: bool) -> Iterator[list[str]]:
    unit = line.quantity.unit
    price = details.write_price(line.price, unit, order.currency)
    marks = [part for code, value in (("LT", line.lot), ("SN", line.serial)) if value for part in (code, value)]
    names = [*items.write(line.identifiers, options.write_item_qualifiers), *marks]
    amount = details.number(line.quantity.value)
    if change:
        yield ["POC", line.number, LINE_CHANGES[line.action], amount, "", unit or "", *price, *names]
    else:
        yield ["PO1", line.number, amount, unit or "", *price, *names]
    yield from details.write_description(line.description)
    for qualifier, value in (("DP", line.cost_centre), ("11", line.account), ("RQ", line.requisition)):
        yield from ([["REF", qualifier, value]] if value else [])
    yield from details.write_charges(line.charges)
    yield from details.write_date("002", line.deliver_on)
    yield from details.write_date("063", line.deliver_not_after)
    yield from details.write_taxes(line.taxes)
    yield from details.write_notes(line.note)
    yield from ([["AMT", "1", details.number(line.net)]] if line.net is not None else [])
