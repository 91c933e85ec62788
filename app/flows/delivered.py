"""Lines of ship notices and receipts in our names: which line of which order they are for, our item, base units.

Used by ``app.flows.ship_notice`` and ``app.flows.goods_receipt`` when the documents are resolved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import flows
from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows import following
from app.flows.base import Case
from app.ledger.ledger import Ledger
from app.model.item import Identifier
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.schema import document_from_json

NAMED_AS_BASE = frozenset({"EA", "C62", "H87", "PCE"})
"""Units that mean one piece wherever nobody said otherwise."""


class Delivered:
    """Reads lines of one document; ``told`` are the orders as their suppliers were told them, as far as known."""

    def __init__(self, told: Mapping[str, PurchaseOrder], names: Names) -> None:
        self._told = told
        self._names = names
        self.rows: list[CrosswalkRow] = []
        """The crosswalk rows that the lines were read by."""

    def line(self, order: str, number: str | None, identifiers: Sequence[Identifier]) -> PurchaseOrderLine | None:
        """The line that goods are for, by its number, else by an identifier that only one line has."""
        lines = self._told[order].lines if order in self._told else ()
        if number:
            plain = number.lstrip("0")
            return next((line for line in lines if line.number in (number, plain)), None)
        fits = [line for line in lines if set(line.identifiers) & set(identifiers)]
        return fits[0] if len(fits) == 1 else None

    def item(self, line: PurchaseOrderLine | None, identifiers: Sequence[Identifier], *, needed: bool) -> str | None:
        """Our item: the line's, unless the goods are known to be another; None where neither tells.

        Raises Held for unknown goods that are ``needed`` to know, since no line's number tells them.
        """
        ordered = _ours(line.identifiers) if line else None
        if line and (not identifiers or set(line.identifiers) & set(identifiers)):
            return ordered
        if not identifiers:
            return None
        try:
            found = self._names.item(identifiers)
        except Held as held:
            if held.cause == "item_unknown" and not (needed and ordered is None):
                return ordered
            raise
        self.rows += found
        return found[0].target

    def order_with(self, orders: Sequence[str], identifiers: Sequence[Identifier]) -> str | None:
        """The only one of several orders that has these goods on it, or None."""
        found = [order for order in orders if self._has(order, identifiers)]
        return found[0] if len(found) == 1 else None

    def factor(self, quantity: Quantity, line: PurchaseOrderLine | None, item: str | None) -> Decimal | None:
        """Base units in one of the quantity's; None for the unit that was ordered in, where nobody here knows it.

        Raises Held for a unit that nobody knows.
        """
        if quantity.unit is None or (line and same_unit(quantity, line.quantity)):
            return (line.quantity.pack_factor or Decimal(1)) if line else None
        codes = [code for code in (quantity.unit, quantity.common_unit) if code]
        for code in codes:
            with suppress(Held):
                row = self._names.unit(code, item or "")
                self.rows.append(row)
                return row.factor
        if quantity.pack_factor:
            return quantity.pack_factor
        if set(codes) & NAMED_AS_BASE:
            return Decimal(1)
        row = self._names.unit(codes[0], item or "")
        return row.factor

    def _has(self, order: str, identifiers: Sequence[Identifier]) -> bool:
        lines = self._told[order].lines if order in self._told else ()
        if any(set(line.identifiers) & set(identifiers) for line in lines):
            return True
        try:
            item = self._names.item(identifiers)[0].target if identifiers else None
        except Held:
            return False
        return any(_ours(line.identifiers) == item for line in lines) if item else False


def told_order(tx: Connection, ledger: Ledger, order: Row[Any]) -> PurchaseOrder | None:
    """The order as its supplier was told it last, or None where nobody was told, or its text has expired."""
    revision = str(order.revision) if order.revision else None
    flow = flows.FLOWS[PurchaseOrder.document_kind]
    key = flow.identity(PurchaseOrder(order.number, revision=revision), order.facility, following.SENDER)
    row = ledger.documents.by_identity(tx, key)
    content = ledger.documents.contents(tx, [row.id]).get(row.id) if row else None
    document = document_from_json(content) if content else None
    return document if isinstance(document, PurchaseOrder) else None


def known_order(tx: Connection, ledger: Ledger, number: str) -> Row[Any]:
    """The order with this number. Raises Held where nobody knows it yet."""
    order = ledger.orders.awaited(tx, number)
    if order is None:
        hint = "Odoo has no such order yet; this goes on by itself once it has. Else ask the sender which is meant."
        raise Held("order_unknown", f"order {number}", hint)
    return order


def supplier_of(tx: Connection, ledger: Ledger, case: Case[Any]) -> str:
    """Our reference of the supplier that speaks, or is spoken of; empty where it is not known."""
    channel = case.setup.channels.get(case.message.channel)
    if channel and channel.supplier:
        return channel.supplier
    seller = case.document.seller
    return (ledger.registry.supplier_of(tx, seller) if seller else None) or ""


def same_unit(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities name the same unit, by the partner's code or by the common one."""
    known = {other.unit, other.common_unit} - {None}
    return one.unit in known or one.common_unit in known


def _ours(identifiers: Sequence[Identifier]) -> str | None:
    return next((one.value for one in identifiers if one.scheme == "buyer"), None)
