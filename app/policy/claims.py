"""An invoice and the orders it speaks of, as the match sees them: figures, units as factors, and no texts.

Made by ``app.flows.claim`` out of the document and by ``app.odoo.billing`` out of Odoo; compared by
``app.policy.matching``. A credit note's figures are positive here, whatever sign its sender wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

ClaimType = Literal["invoice", "credit_note", "debit_note"]
Control = Literal["received", "ordered"]


@dataclass(frozen=True, slots=True)
class ClaimedCharge:
    """Something besides goods; ``amount`` is negative for an allowance, ``freight`` tells carriage from the rest."""

    amount: Decimal
    code: str = ""
    freight: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedTax:
    """A tax of the whole invoice, as stated; None is what the invoice does not tell."""

    rate: Decimal | None = None
    amount: Decimal | None = None
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ClaimedLine:
    """One line of an invoice.

    ``quantity`` is in the sender's unit, of which one holds ``factor`` base units; where the line names no unit,
    ``factor`` is None and the order's unit is meant. ``price`` is for ``basis`` of the sender's units. ``net`` is the
    line's amount as stated, ``rate`` the sum of its tax rates in per cent, ``tax`` the amount stated on the line.
    """

    number: str
    quantity: Decimal
    order: str | None = None
    order_line: str | None = None
    item: str | None = None
    unit: str = ""
    factor: Decimal | None = None
    price: Decimal | None = None
    basis: Decimal = Decimal(1)
    net: Decimal | None = None
    rate: Decimal | None = None
    tax: Decimal | None = None
    charges: tuple[ClaimedCharge, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a supplier claims or, with a credit note, gives back."""

    number: str
    type: ClaimType
    supplier: str
    lines: tuple[ClaimedLine, ...]
    currency: str = ""
    charges: tuple[ClaimedCharge, ...] = ()
    taxes: tuple[ClaimedTax, ...] = ()
    net_total: Decimal | None = None
    tax_total: Decimal | None = None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """A line of an order with what became of it; quantities and ``price`` are in its own unit of ``factor`` base units.

    ``invoiced`` leaves out the bill that is being matched. ``taxes`` are the ids of its taxes in Odoo, ``rate`` their
    sum in per cent. ``control`` says whether goods must be there before they are paid, ``service`` that it is no
    goods at all, as freight. ``base_unit`` is the name of the item's base unit.
    """

    id: int
    order: str
    number: str
    item: str
    quantity: Decimal
    price: Decimal
    received: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    unit: str = ""
    factor: Decimal = Decimal(1)
    base_unit: str = "base unit"
    category: str = ""
    rate: Decimal = Decimal(0)
    taxes: tuple[int, ...] = ()
    control: Control = "received"
    service: bool = False

    @property
    def base_price(self) -> Fraction:
        """The price of one base unit."""
        return Fraction(self.price) / Fraction(self.factor)

    def in_base(self, quantity: Decimal) -> Fraction:
        """A quantity of its unit in base units."""
        return Fraction(quantity) * Fraction(self.factor)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as Odoo has it."""

    number: str
    supplier: str
    currency: str
    state: str
    lines: tuple[OrderedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """Everything that a claim is compared with; ``decimals`` are those of its currency."""

    orders: tuple[OrderFacts, ...] = ()
    decimals: int = 2
    rates: dict[Decimal, int] = field(default_factory=dict)
    """The taxes on purchases that Odoo has, by their rate in per cent, where only one has it."""

    @property
    def lines(self) -> list[OrderedLine]:
        """The lines of all orders."""
        return [line for order in self.orders for line in order.lines]
