"""Invoice, credit note and debit note.

Made from X12 810, cXML InvoiceDetailRequest, UBL Invoice and CreditNote, EDIFACT INVOIC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import Action, keys_of, keys_of_lines
from app.model.when import When

InvoiceType = Literal["invoice", "credit_note", "debit_note"]


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One invoiced item. ``net`` is the line's amount without tax as the supplier states it.

    Quantities and amounts of a credit note are as written there: mostly positive, its direction is told by the type.
    """

    number: str
    quantity: Quantity | None = None
    order_number: str | None = None
    order_line: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    price: Price | None = None
    net: Decimal | None = None
    taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    lot: str | None = None
    serial: str | None = None
    cost_centre: str | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A supplier's claim or, as a credit note, what it gives back.

    ``total`` is what is to be paid, ``net_total`` without tax, ``tax_total`` the tax; each None where the message does
    not state it. ``corrects`` is the number of the invoice that a credit or debit note speaks of.
    """

    document_kind: ClassVar[str] = "invoice"

    number: str
    type: InvoiceType = "invoice"
    lines: tuple[InvoiceLine, ...] = ()
    action: Action = "new"
    issued_at: When | None = None
    due_on: When | None = None
    currency: str | None = None
    order_number: str | None = None
    ordered_at: When | None = None
    corrects: str | None = None
    contract: str | None = None
    ship_notice: str | None = None
    seller: Party | None = None
    buyer: Party | None = None
    bill_to: Party | None = None
    ship_to: Party | None = None
    remit_to: Party | None = None
    terms: Prose | None = None
    note: Prose | None = None
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    net_total: Decimal | None = None
    tax_total: Decimal | None = None
    total: Decimal | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was issued."""
        return self.issued_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, invoice="number", corrects="corrects", ship_notice="ship_notice", contract="contract")
        named = [self.order_number, *(line.order_number for line in self.lines)]
        yield from (("purchase_order", number) for number in dict.fromkeys(named) if number)
        yield from keys_of_lines(self.lines)
