"""Purchase orders as Odoo has them, in the names people use.

Read by ``app.odoo.purchasing``; the policies of confirmations, receipts and invoices decide on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.model.stock import Tracking

OrderState = Literal["draft", "sent", "to approve", "purchase", "cancel"]
"""Odoo's own words: draft and sent are quotations, ``purchase`` is a confirmed order."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One ordered item.

    ``number`` is the line's rank among the order's item lines by id, from 1, which stays as it is once the order is
    confirmed; suppliers know the line by it. ``quantity``, ``received`` and ``invoiced`` are in ``unit``, ``price`` is
    for one ``unit`` before discount and tax; one ``unit`` holds ``factor`` base units of the item. ``planned_on`` is
    when the goods are expected, ``cost_centre`` the code of the analytic account that bears most of it. ``gtin`` is
    the barcode of the item in just this unit.
    """

    id: int
    number: int
    item: str
    item_id: int
    tracking: Tracking
    unit: str
    unit_id: int
    factor: Decimal
    quantity: Decimal
    price: Decimal
    received: Decimal
    invoiced: Decimal
    planned_on: datetime | None
    name: str
    cost_centre: str | None = None
    gtin: str | None = None
    base_unit: str = ""
    discount: Decimal = Decimal(0)
    taxes: tuple[int, ...] = ()
    accounts: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase order; ``number`` is its name in Odoo (``P00012``).

    ``supplier`` is our reference of the supplier, ``warehouse`` the code of the receiving warehouse, ``origin`` what
    it was made for, ``partner_ref`` the supplier's own number. ``receipts`` are the ids of its incoming transfers,
    ``written_at`` is when it was last written, in Odoo's time, to the second.
    """

    id: int
    number: str
    state: OrderState
    supplier: str
    supplier_id: int
    company_id: int
    warehouse: str
    currency: str
    origin: str
    partner_ref: str
    acknowledged: bool
    lines: tuple[OrderLine, ...]
    receipts: tuple[int, ...]
    written_at: datetime
    supplier_name: str = ""

    def line(self, number: int | str) -> OrderLine | None:
        """The line with this number, or None."""
        return next((line for line in self.lines if str(line.number) == str(number)), None)
