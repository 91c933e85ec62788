"""The section ``confirmation`` of the rule book: how far a supplier may depart from an order without being asked.

Read by ``app.policy.book``; used by ``app.policy.confirmation``. An empty section takes lower prices and dates that are
two days late at most, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import Issue, Rejected

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
        entries = data.get("tolerances") or []
        issues = list(_unknown(data, cls, "confirmation"))
        issues += _bad_days(data.get("transit_days", 0), "confirmation.transit_days")
        issues += [issue for place, entry in enumerate(entries) for issue in _faults(entry, place)]
        role = data.get("clinical_role", "clinical")
        if not isinstance(role, str) or not role:
            issues.append(Issue("confirmation.role", "confirmation.clinical_role", "must name a role"))
        if issues:
            raise Rejected(issues, code="policy.confirmation")
        return cls(tuple(_tolerance(entry) for entry in entries), int(data.get("transit_days", 0)), role)

    def to_data(self) -> dict[str, Any]:
        """The section as JSON, to be frozen with an effect."""
        return {
            "tolerances": [_told(entry) for entry in self.tolerances],
            "transit_days": self.transit_days,
            "clinical_role": self.clinical_role,
        }


def _tolerance(entry: Mapping[str, Any]) -> ConfirmationTolerance:
    values: dict[str, Any] = {name: Decimal(str(entry[name])) for name in _AMOUNTS if entry.get(name) is not None}
    values |= {name: int(entry[name]) for name in _DAYS if entry.get(name) is not None}
    return ConfirmationTolerance(str(entry.get("supplier", ANY)), **values)


def _told(entry: ConfirmationTolerance) -> dict[str, Any]:
    values = {item.name: getattr(entry, item.name) for item in fields(entry)}
    return {name: str(value) for name, value in values.items() if value is not None}


def _faults(entry: Any, place: int) -> Iterator[Issue]:
    where = f"confirmation.tolerances[{place}]"
    if not isinstance(entry, Mapping):
        yield Issue("confirmation.tolerance", where, "must be a table of limits")
        return
    yield from _unknown(entry, ConfirmationTolerance, where)
    for name in _AMOUNTS:
        yield from _bad_number(entry.get(name, 0), f"{where}.{name}")
    for name in _DAYS:
        yield from _bad_days(entry.get(name, 0), f"{where}.{name}")


def _unknown(entry: Mapping[str, Any], model: type[Any], where: str) -> Iterator[Issue]:
    known = {item.name for item in fields(model)}
    yield from (Issue("confirmation.unknown", f"{where}.{name}", "is not known") for name in entry if name not in known)


def _bad_number(value: Any, where: str) -> Iterator[Issue]:
    try:
        number = Decimal(str(0 if value is None else value))
    except InvalidOperation:
        number = Decimal(-1)
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        yield Issue("confirmation.number", where, "must be a number of 0 or more")


def _bad_days(value: Any, where: str) -> Iterator[Issue]:
    if not str(0 if value is None else value).isdecimal():
        yield Issue("confirmation.days", where, "must be a whole number of days")
