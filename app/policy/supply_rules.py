"""The section ``replenishment`` of the rule book: how places are supplied where Odoo's reorder rules do not say it all.

Read by ``app.policy.book``; used by ``app.policy.replenishment``. An empty section orders by the levels there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, get_args

from app.model.master import Criticality
from app.model.supply import Level, within
from app.policy.checks import Checks, numbers

ANY = "*"
_AMOUNTS = ("reorder_point", "maximum", "pack", "lead_days")
_NUMBERS = ("review_days", "lead_days", "cover_days", "least_transfer", "window_days", "pause_days")
_SWITCHES = ("transfers", "purchases", "complete_transfers")


@dataclass(frozen=True, slots=True)
class ByCriticality:
    """Days by how critical the item is."""

    routine: Decimal
    critical: Decimal

    def of(self, criticality: Criticality) -> Decimal:
        """The days for an item."""
        return self.critical if criticality == "critical" else self.routine


@dataclass(frozen=True, slots=True)
class Threshold:
    """What holds for the items at the sites and places that the patterns name (``*``, ``GLOVE-*``).

    It fills in what a level leaves open. With ``by_rate`` every item that a place uses gets a level there, though
    nobody set one.
    """

    item: str = ANY
    site: str = ANY
    location: str = ANY
    reorder_point: Decimal | None = None
    maximum: Decimal | None = None
    pack: Decimal | None = None
    lead_days: Decimal | None = None
    criticality: Criticality | None = None
    by_rate: bool = False

    def holds(self, item: str, site: str, location: str) -> bool:
        """Whether it is about this item at this place."""
        patterns = ((item, self.item), (site, self.site), (location, self.location))
        return all(fnmatchcase(value, pattern) for value, pattern in patterns)


@dataclass(frozen=True, slots=True)
class Charge:
    """Which department and cost centre pay for what is brought to a place and those below it."""

    location: str
    department: str | None = None
    cost_centre: str | None = None


@dataclass(frozen=True, slots=True)
class Replenishment:
    """How places are supplied.

    Days: ``review_days`` between two plans, ``lead_days`` until goods arrive where no level tells, ``safety_days`` of
    use kept as safety where no reorder point is given, ``urgent_days`` of supply under which a need is urgent,
    ``cover_days`` of use that a giver keeps, ``window_days`` over which use is averaged, ``pause_days`` for which a
    purchase that was refused or cancelled is not asked anew. ``least_transfer`` is the least quantity worth a transfer.
    ``transfers`` and ``purchases`` switch the two ways on, ``complete_transfers`` lets transfers be booked as done at
    once, without anybody confirming that the goods were carried.
    """

    review_days: Decimal = Decimal(1)
    lead_days: Decimal = Decimal(3)
    cover_days: Decimal = Decimal(30)
    window_days: Decimal = Decimal(28)
    least_transfer: Decimal = Decimal(1)
    pause_days: Decimal = Decimal(1)
    safety_days: ByCriticality = ByCriticality(Decimal(2), Decimal(7))
    urgent_days: ByCriticality = ByCriticality(Decimal(1), Decimal(3))
    transfers: bool = True
    purchases: bool = True
    complete_transfers: bool = False
    thresholds: tuple[Threshold, ...] = ()
    charges: tuple[Charge, ...] = ()

    def completed(self, level: Level, site: str) -> Level:
        """The level with what it leaves open filled in from the first threshold that holds."""
        rule = next((t for t in self.thresholds if t.holds(level.item, site, level.location)), None)
        if rule is None:
            return level
        given = {name: getattr(rule, name) for name in ("reorder_point", "maximum", "lead_days")}
        open_ones = {name: value for name, value in given.items() if getattr(level, name) is None}
        values = {name: getattr(level, name) for name in (f.name for f in fields(Level))} | open_ones
        values["pack"] = rule.pack if rule.pack is not None and level.pack in (0, 1) else level.pack
        values["criticality"] = rule.criticality or level.criticality
        return Level(**values)

    def level_of(self, item: str, site: str, location: str) -> Level | None:
        """The level that the rules alone give an item at a place that uses it, or None."""
        rule = next((t for t in self.thresholds if t.holds(item, site, location)), None)
        return self.completed(Level(item, location, source="rule"), site) if rule and rule.by_rate else None

    def charge(self, location: str) -> Charge:
        """Who pays for what is brought to a place: the entry of the innermost place around it."""
        fits = [charge for charge in self.charges if within(location, charge.location)]
        return max(fits, key=lambda charge: len(charge.location), default=Charge(location))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Replenishment:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks = Checks("replenishment")
        _check(checks, data)
        checks.end()
        values = numbers(data, _NUMBERS) | {name: data[name] for name in _SWITCHES if name in data}
        values |= {name: _by_criticality(data[name]) for name in ("safety_days", "urgent_days") if name in data}
        values["thresholds"] = tuple(_threshold(entry) for entry in data.get("thresholds") or ())
        values["charges"] = tuple(Charge(**entry) for entry in data.get("charges") or ())
        return cls(**values)


def _by_criticality(entry: Mapping[str, Any]) -> ByCriticality:
    return ByCriticality(*(Decimal(str(entry[name])) for name in ("routine", "critical")))


def _threshold(entry: Mapping[str, Any]) -> Threshold:
    return Threshold(**{**entry, **numbers(entry, _AMOUNTS)})


def _check(checks: Checks, data: Mapping[str, Any]) -> None:
    checks.table(data, Replenishment)
    for name in _NUMBERS:
        checks.number(data.get(name), name)
    for name in _SWITCHES:
        checks.switch(data.get(name, True), name)
    for name in ("safety_days", "urgent_days"):
        if name in data:
            _check_days(checks, data[name], name)
    for place, entry in enumerate(data.get("thresholds") or ()):
        _check_threshold(checks, entry, f"thresholds[{place}]")
    for place, entry in enumerate(data.get("charges") or ()):
        _check_charge(checks, entry, f"charges[{place}]")


def _check_days(checks: Checks, entry: Any, where: str) -> None:
    if not isinstance(entry, Mapping) or set(entry) != {"routine", "critical"}:
        checks.fault("days", where, "must give days for routine and for critical")
        return
    for name, value in entry.items():
        checks.number(0 if value is None else value, f"{where}.{name}")


def _check_threshold(checks: Checks, entry: Any, where: str) -> None:
    if not checks.table(entry, Threshold, where):
        return
    for name in _AMOUNTS:
        checks.number(entry.get(name), f"{where}.{name}")
    for name in ("item", "site", "location"):
        checks.text(entry.get(name, ANY), f"{where}.{name}")
    if entry.get("criticality") is not None:
        checks.choice(entry["criticality"], get_args(Criticality), f"{where}.criticality")
    checks.switch(entry.get("by_rate", False), f"{where}.by_rate")


def _check_charge(checks: Checks, entry: Any, where: str) -> None:
    if not checks.table(entry, Charge, where):
        return
    if "location" not in entry:
        checks.fault("charge", where, "must name a location")
    for name in entry.keys() & {"location", "department", "cost_centre"}:
        checks.text(entry[name], f"{where}.{name}")
