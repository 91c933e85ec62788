"""Remittance advice: which invoices a payment pays. Written as X12 820.

Made by the payment side of the ERP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.party import Party
from app.model.text import Prose
from app.model.trade import keys_of
from app.model.when import When


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """One invoice or credit note paid: ``paid`` after ``discount`` of ``invoiced``."""

    invoice: str
    paid: Decimal
    type: Literal["invoice", "credit_note"] = "invoice"
    invoiced: Decimal | None = None
    discount: Decimal | None = None
    order_number: str | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class Remittance:
    """A payment and what it is for; ``method`` is the payment method code (``ACH``, ``CHK``)."""

    document_kind: ClassVar[str] = "remittance"

    number: str
    amount: Decimal
    lines: tuple[RemittanceLine, ...] = ()
    paid_at: When | None = None
    currency: str | None = None
    method: str | None = None
    payer: Party | None = None
    payee: Party | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was paid."""
        return self.paid_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, remittance="number")
        yield from (("invoice", line.invoice) for line in self.lines)
