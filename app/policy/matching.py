"""The section ``matching`` of the rule book: how far an invoice may differ from order and receipt and still be paid.

Read by ``app.policy.book``; used by ``app.policy.match``. An empty section allows rounding and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, get_args

from app.policy.checks import Checks, numbers, told

ANY = "*"
Untaxed = Literal["exempt", "as_invoiced"]
LatePosting = Literal["hold", "open_period"]

_AMOUNTS = (
    "price_percent", "price_amount", "below_percent", "quantity_percent", "quantity", "tax_amount", "freight_percent",
    "freight_amount", "charge_amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is allowed to one supplier for one category of items; ``*`` is every one.

    A difference is allowed that keeps every limit which is given; where none is given, none is. ``price_percent`` and
    ``price_amount`` (of one line, in the invoice's currency) bound a price above the order's, ``below_percent`` one
    below it. ``quantity_percent`` (of what was received) and ``quantity`` (base units) bound what may be invoiced of
    an order line above what was received of it, over all its invoices. ``tax_amount`` bounds tax that was calculated
    otherwise, ``freight_percent`` (of the goods), ``freight_amount`` and ``charge_amount`` bound charges that were
    not ordered. ``untaxed`` says what an order line without taxes means: no tax may be charged, or whatever is charged
    at a rate that Odoo knows.
    """

    supplier: str = ANY
    category: str = ANY
    price_percent: Decimal | None = None
    price_amount: Decimal | None = None
    below_percent: Decimal | None = Decimal(10)
    quantity_percent: Decimal | None = None
    quantity: Decimal | None = None
    tax_amount: Decimal | None = None
    freight_percent: Decimal | None = None
    freight_amount: Decimal | None = None
    charge_amount: Decimal | None = None
    untaxed: Untaxed = "exempt"


STRICT = Tolerance()


@dataclass(frozen=True, slots=True)
class Matching:
    """How invoices are matched.

    ``rounding`` is how much a sum may be off by rounding alone, in the invoice's currency. ``late`` is what becomes of
    an invoice whose day lies in a period that is closed: it waits for a person, or is booked in the open period.
    ``suspect_days`` is how far apart the dates of two bills of one supplier with the same amount may be to be
    suspected of being the same.
    """

    tolerances: tuple[Tolerance, ...] = ()
    rounding: Decimal = Decimal("0.05")
    late: LatePosting = "hold"
    suspect_days: int = 0

    def tolerance(self, supplier: str, category: str = ANY) -> Tolerance:
        """The most special tolerance; the supplier counts more than the category.

        A category is its path in Odoo (``All / Implants``); a tolerance for it holds for what is below it too.
        """
        fits = [(_rank(entry, category), entry) for entry in self.tolerances if _holds(entry, supplier, category)]
        return max(fits, key=lambda fit: fit[0], default=((False, 0), STRICT))[1]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Matching:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks, entries = Checks("matching"), data.get("tolerances") or []
        checks.table(data, cls)
        for place, entry in enumerate(entries):
            _check(checks, entry, f"tolerances[{place}]")
        checks.choice(data.get("late", "hold"), get_args(LatePosting), "late")
        checks.number(data.get("rounding"), "rounding")
        checks.days(data.get("suspect_days"), "suspect_days")
        checks.end()
        values = numbers(data, ["rounding"]) | {name: data[name] for name in ("late",) if name in data}
        return cls(tuple(map(_tolerance, entries)), suspect_days=int(data.get("suspect_days") or 0), **values)

    def to_data(self) -> dict[str, Any]:
        """The section as JSON, to be frozen with an effect."""
        return {
            "tolerances": [told(entry) for entry in self.tolerances],
            "rounding": str(self.rounding),
            "late": self.late,
            "suspect_days": self.suspect_days,
        }


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound by percentage, by amount, by both or by none, which allows nothing; ``unit`` is what amounts count."""

    percent: Decimal | None
    amount: Decimal | None
    unit: str = ""

    def allows(self, excess: Fraction, of: Fraction) -> bool:
        """Whether the excess over ``of`` keeps every limit that is given."""
        if self.percent is None and self.amount is None:
            return False
        if self.percent is not None and excess * 100 > Fraction(self.percent) * abs(of):
            return False
        return self.amount is None or excess <= Fraction(self.amount)

    def __str__(self) -> str:
        """The limit in words: ``2 % and 10.00 EUR``."""
        parts = [f"{self.percent} %"] if self.percent is not None else []
        parts += [f"{self.amount} {self.unit}".strip()] if self.amount is not None else []
        return " and ".join(parts) or "none"


def _holds(entry: Tolerance, supplier: str, category: str) -> bool:
    below = category == entry.category or category.startswith(f"{entry.category} / ")
    return entry.supplier in (ANY, supplier) and (entry.category == ANY or below)


def _rank(entry: Tolerance, category: str) -> tuple[bool, int]:
    return entry.supplier != ANY, 0 if entry.category == ANY else 1 + entry.category.count(" / ") * bool(category)


def _tolerance(entry: Mapping[str, Any]) -> Tolerance:
    return Tolerance(
        **numbers(entry, _AMOUNTS),
        **{name: entry[name] for name in ("supplier", "category", "untaxed") if name in entry},
    )


def _check(checks: Checks, entry: Any, where: str) -> None:
    if not checks.table(entry, Tolerance, where):
        return
    for name in _AMOUNTS:
        checks.number(entry.get(name), f"{where}.{name}")
    for name in ("supplier", "category"):
        checks.text(entry.get(name, ANY), f"{where}.{name}")
    checks.choice(entry.get("untaxed", "exempt"), get_args(Untaxed), f"{where}.untaxed")
