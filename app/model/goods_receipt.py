"""Goods receipt: what arrived at the dock, and what was wrong with it.

Written for suppliers (X12 861, UBL ReceiptAdvice, cXML ReceiptRequest, RECADV), read from dock systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import Action, keys_of, keys_of_lines
from app.model.when import When


@dataclass(frozen=True, slots=True)
class GoodsReceiptLine:
    """What was received for one line; ``rejected``, ``short`` and ``over`` are parts of it or missing from it."""

    number: str
    received: Quantity
    order_number: str | None = None
    order_line: str | None = None
    ship_notice_line: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    rejected: Quantity | None = None
    short: Quantity | None = None
    over: Quantity | None = None
    reason: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    sscc: str | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class GoodsReceipt:
    """A receipt of goods; ``ship_notice`` is the supplier's number of the despatch."""

    document_kind: ClassVar[str] = "goods_receipt"

    number: str
    lines: tuple[GoodsReceiptLine, ...] = ()
    action: Action = "new"
    received_at: When | None = None
    noticed_at: When | None = None
    order_number: str | None = None
    ship_notice: str | None = None
    received_by: str | None = None
    location: str | None = None
    buyer: Party | None = None
    seller: Party | None = None
    ship_to: Party | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When the goods were received, else when it was told."""
        return self.received_at or self.noticed_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, goods_receipt="number", ship_notice="ship_notice")
        named = [self.order_number, *(line.order_number for line in self.lines)]
        yield from (("purchase_order", number) for number in dict.fromkeys(named) if number)
        yield from keys_of_lines(self.lines)
