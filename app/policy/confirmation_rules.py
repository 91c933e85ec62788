"""The section ``confirmation`` of the rule book: how far a supplier may depart from an order without being asked.

Read by ``app.policy.book``; used by ``app.policy.confirmation``. An empty section takes lower prices and dates that are
two days late at most, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.policy.checks import Checks, numbers, told

ANY = "*"
_AMOUNTS = ("price_percent", "price_amount", "below_percent", "short_percent", "over_percent")
_DAYS = ("days_late", "days_early")


@dataclass(frozen=True, slots=True)
class ConfirmationTolerance:
    """What one supplier (``*``: every one) may confirm differently.

    ``price_percent`` and ``price_amount`` (of one unit, in the order's currency) bound a higher price, which must keep
    both where both are given; ``below_percent`` bounds a lower one, for much too low a price is a wrong unit.
    ``short_percent`` and ``over_percent`` bound quantities. ``days_late`` and ``days_early`` are calendar days after
    and before the day that was asked for.
    """

    supplier: str = ANY
    price_percent: Decimal | None = None
    price_amount: Decimal | None = None
    below_percent: Decimal = Decimal(20)
    short_percent: Decimal = Decimal(0)
    over_percent: Decimal = Decimal(0)
    days_late: int = 2
    days_early: int = 30

    def price_rises(self, price: Decimal, asked: Decimal) -> bool:
        """Whether a higher price is taken."""
        if self.price_percent is None and self.price_amount is None:
            return False
        if self.price_percent is not None and (price - asked) * 100 > self.price_percent * asked:
            return False
        return self.price_amount is None or price - asked <= self.price_amount


@dataclass(frozen=True, slots=True)
class ConfirmationRules:
    """How confirmations are judged.

    ``transit_days`` are added to a shipping date where no delivery date is told. ``clinical_role`` is the role whose
    people may accept a substitute of a clinical item.
    """

    tolerances: tuple[ConfirmationTolerance, ...] = ()
    transit_days: int = 0
    clinical_role: str = "clinical"

    def tolerance(self, supplier: str) -> ConfirmationTolerance:
        """The supplier's own tolerance, else that for every one."""
        by_supplier = {entry.supplier: entry for entry in self.tolerances}
        return by_supplier.get(supplier) or by_supplier.get(ANY) or ConfirmationTolerance()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ConfirmationRules:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks, entries = Checks("confirmation"), data.get("tolerances") or []
        checks.table(data, cls)
        checks.days(data.get("transit_days"), "transit_days")
        for place, entry in enumerate(entries):
            _check(checks, entry, f"tolerances[{place}]")
        role = data.get("clinical_role", "clinical")
        checks.text(role, "clinical_role")
        checks.end()
        return cls(tuple(map(_tolerance, entries)), int(data.get("transit_days") or 0), role)

    def to_data(self) -> dict[str, Any]:
        """The section as JSON, to be frozen with an effect."""
        return {
            "tolerances": [told(entry) for entry in self.tolerances],
            "transit_days": self.transit_days,
            "clinical_role": self.clinical_role,
        }


def _tolerance(entry: Mapping[str, Any]) -> ConfirmationTolerance:
    values = numbers(entry, _AMOUNTS) | {name: int(entry[name]) for name in _DAYS if entry.get(name) is not None}
    return ConfirmationTolerance(str(entry.get("supplier", ANY)), **values)


def _check(checks: Checks, entry: Any, where: str) -> None:
    if not checks.table(entry, ConfirmationTolerance, where):
        return
    for name in _AMOUNTS:
        checks.number(entry.get(name), f"{where}.{name}")
    for name in _DAYS:
        checks.days(entry.get(name), f"{where}.{name}")
