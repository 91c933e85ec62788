"""A receipt in our names: what was accepted, rejected and missed of each order, with lots from the ship notice.

Used by ``app.flows.goods_receipt`` when the document is resolved. Goods that the receipt only counts, or names by their
package or notice, have the lots that were noticed; each noticed piece is counted once, whatever receipt it comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from app.errors import Held
from app.flows.delivered import Delivered
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.purchase_order import PurchaseOrderLine
from app.model.quantity import Quantity
from app.policy.noticed import Allotted, Noticed, allot, named

Data = dict[str, Any]


@dataclass
class Counted:
    """What a receipt says of one order, as JSON for the effect."""

    lines: list[Data] = field(default_factory=list)
    rejected: list[Data] = field(default_factory=list)
    short: list[Data] = field(default_factory=list)


@dataclass
class Count:
    """Counts one receipt; ``notices`` are the lines of valid notices for its orders, ``claimed`` what others received.

    ``ssccs`` are orders by the packages that the receipt names.
    """

    document: GoodsReceipt
    orders: Sequence[str]
    reader: Delivered
    notices: Sequence[Row[Any]]
    claimed: Mapping[tuple[UUID, int], Decimal]
    claims: dict[tuple[UUID, int], Decimal] = field(default_factory=dict)
    by_order: dict[str, Counted] = field(default_factory=dict)

    def run(self) -> dict[str, Counted]:
        """By order, what came. Raises Held for goods, units, packages or notices that nobody knows."""
        if not self.document.lines:
            self._whole([row for row in self.notices if row.notice == self.document.ship_notice])
        for line in self.document.lines:
            if line.sscc and not line.identifiers and not line.order_line:
                self._package(line)
            else:
                self._line(line)
        return self.by_order

    def _whole(self, rows: Sequence[Row[Any]]) -> None:
        """Everything that is left of these noticed lines came."""
        for row in rows:
            open_one = self._left(row)
            if open_one.quantity > 0:
                part = Allotted(open_one.quantity, row.lot, row.serial, row.expiry, open_one)
                self._add(row.order_number, row.order_line, row.item, part, Decimal(1))

    def _package(self, line: GoodsReceiptLine) -> None:
        rows = [row for row in self.notices if line.sscc in row.packages.split()]
        if not rows:
            hint = "No ship notice tells what is in it; this goes on when one does, or receive it line by line."
            raise Held("ship_notice_unknown", f"sscc {line.sscc}", hint)
        self._whole(rows)

    def _line(self, line: GoodsReceiptLine) -> None:
        order = self._order(line)
        told = self.reader.line(order, line.order_line, line.identifiers)
        item = self.reader.item(told, line.identifiers, needed=line.order_line is None)
        factor = self.reader.factor(line.received, told, item)
        number = told.number if told else line.order_line
        rejected = self._other(line.rejected, line.received, factor, told, item)
        accepted = line.received.value - rejected if line.received.value else Decimal(0)
        if accepted < 0:
            hint = f"Line {line.number} has more rejected than received; ask who counted, then cancel this."
            raise Held("receipt_contradicts_itself", f"goods receipt {self.document.number}", hint)
        base, entry = factor or Decimal(1), self.by_order.setdefault(order, Counted())
        noticed = self._noticed(order, number, item, line)
        if rejected:
            entry.rejected.append(_of(number, item, rejected * base) | {"reason": line.reason})
        if short := self._short(line, noticed, factor, told, item):
            entry.short.append(_of(number, item, short))
        if accepted:
            for part in self._parts(line, accepted * base, noticed if factor else ()):
                self._add(order, number, item, part, Decimal(1) if factor else None)

    def _order(self, line: GoodsReceiptLine) -> str:
        if number := line.order_number or self.document.order_number:
            return number
        orders = self.orders
        if line.sscc:
            packed = {row.order_number for row in self.notices if line.sscc in row.packages.split()}
            orders = [order for order in orders if order in packed] or orders
        found = orders[0] if len(orders) == 1 else self.reader.order_with(orders, line.identifiers)
        if found is None:
            hint = f"Line {line.number} names no order; ask who received it, then cancel this."
            raise Held("order_missing", f"goods receipt {self.document.number}", hint)
        return found

    def _parts(self, line: GoodsReceiptLine, quantity: Decimal, noticed: Sequence[Noticed]) -> Sequence[Allotted]:
        if line.lot or line.serial:
            return named(quantity, line.lot, line.serial, line.expiry, noticed)
        parts = allot(quantity, noticed)
        return [Allotted(p.quantity, p.lot, p.serial, line.expiry or p.expiry, p.of) for p in parts]

    def _noticed(self, order: str, number: str | None, item: str | None, line: GoodsReceiptLine) -> list[Noticed]:
        """What is left to come of the noticed lines that this one is about, as exactly as it tells."""
        rows = [row for row in self.notices if row.order_number == order]
        rows = [row for row in rows if _same(row.order_line, number) if number] or [
            r for r in rows if item and r.item == item
        ]
        for wanted in (
            lambda row: row.notice == self.document.ship_notice,
            lambda row: bool(line.sscc) and line.sscc in row.packages.split(),
            lambda row: bool(line.ship_notice_line) and row.number == line.ship_notice_line,
        ):
            rows = [row for row in rows if wanted(row)] or rows
        return [self._left(row) for row in rows]

    def _left(self, row: Row[Any]) -> Noticed:
        key = (row.document_id, row.ordinal)
        taken = self.claimed.get(key, Decimal(0)) + self.claims.get(key, Decimal(0))
        return Noticed(row.document_id, row.ordinal, row.quantity - taken, row.lot, row.serial, row.expiry)

    def _other(
        self,
        quantity: Quantity | None,
        received: Quantity,
        factor: Decimal | None,
        told: PurchaseOrderLine | None,
        item: str | None,
    ) -> Decimal:
        """A quantity beside the received one, in the received one's unit."""
        if quantity is None or not quantity.value:
            return Decimal(0)
        if quantity.unit in (None, received.unit):
            return quantity.value
        own = self.reader.factor(quantity, told, item)
        if own is None or factor is None:
            hint = "Its quantities are in several units; have it counted in one, then cancel this."
            raise Held("receipt_contradicts_itself", f"goods receipt {self.document.number}", hint)
        return own * quantity.value / factor

    def _short(
        self,
        line: GoodsReceiptLine,
        noticed: Sequence[Noticed],
        factor: Decimal | None,
        told: PurchaseOrderLine | None,
        item: str | None,
    ) -> Decimal:
        """What is missing in base units: as told, else of what the very notice of this receipt says."""
        if line.short:
            return self._other(line.short, line.received, factor, told, item) * (factor or 1)
        if line.lot or line.serial or not factor or not self.document.ship_notice or self._several(line):
            return Decimal(0)
        coming = sum((one.quantity for one in noticed), Decimal(0))
        return max(coming - line.received.value * factor, Decimal(0))

    def _several(self, line: GoodsReceiptLine) -> bool:
        """Whether other lines of the receipt are about the same line of the order."""
        alike = [one for one in self.document.lines if one.order_line == line.order_line]
        return len([one for one in alike if line.order_line or one.identifiers == line.identifiers]) > 1

    def _add(self, order: str, number: str | None, item: str | None, part: Allotted, factor: Decimal | None) -> None:
        if part.of is not None:
            key = (part.of.notice, part.of.ordinal)
            self.claims[key] = self.claims.get(key, Decimal(0)) + part.quantity
        self.by_order.setdefault(order, Counted()).lines.append(
            _of(number, item, part.quantity)
            | {
                "factor": f"{factor:f}" if factor else None,
                "lot": part.lot,
                "serial": part.serial,
                "expiry": _iso(part.expiry),
            }
        )


def ssccs(document: GoodsReceipt) -> Iterator[str]:
    """The packages that a receipt names."""
    yield from dict.fromkeys(line.sscc for line in document.lines if line.sscc)


def _of(number: str | None, item: str | None, quantity: Decimal) -> Data:
    return {"line": number, "item": item, "quantity": f"{quantity.normalize() + 0:f}"}


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").lstrip("0") == (other or "").lstrip("0")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
