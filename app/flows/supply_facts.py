"""The facts of a replenishment plan put together: what each place has, gets, gives and uses, level by level.

Used by ``app.flows.replenishment``; pure over what was read before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, TypeVar

from app.model.setup import Setup
from app.model.supply import Expected, Figure, Level, Rate, within
from app.policy.replenishment import Standing, Stock
from app.policy.supply_rules import Replenishment

Forecasts = Mapping[int, tuple[Decimal, Decimal, Decimal]]
ZERO = Decimal(0)


class _OfItem(Protocol):
    @property
    def item(self) -> str: ...


T = TypeVar("T", bound=_OfItem)


@dataclass(frozen=True, slots=True)
class Afoot:
    """An ask that has not arrived; ``known`` is what Odoo expects of it, empty while Odoo does not know of it."""

    item: str
    location: str
    source: str
    quantity: Decimal
    known: tuple[Expected, ...] = ()


@dataclass
class Facts:
    """Everything that was read for one plan; ``sites`` tells the facility of each place."""

    rules: Replenishment
    setup: Setup
    sites: Mapping[str, str]
    levels: Sequence[Level]
    rates: Sequence[Rate]
    expected: Sequence[Expected]
    held: Sequence[Figure]
    afoot: Sequence[Afoot]

    def __post_init__(self) -> None:
        self._rates = _grouped(self.rates)
        self._expected = _grouped(self.expected)
        self._held = _grouped(self.held)
        self._afoot = _grouped(self.afoot)

    def standings(self) -> list[Standing]:
        """Every level whose place Odoo knows, those that the rules give by the rate of use included."""
        given = [level for level in self.levels if level.location in self.sites]
        known = {(level.item, level.location) for level in given}
        by_rate = [
            level
            for rate in self.rates
            if (rate.item, rate.location) not in known and rate.location in self.sites
            if (level := self.rules.level_of(rate.item, self.sites[rate.location], rate.location))
        ]
        filled = [self.rules.completed(level, self.sites[level.location]) for level in given]
        return [self._standing(level) for level in (*filled, *by_rate)]

    def stocks(self) -> list[Stock]:
        """What each place itself has free."""
        rates = {(rate.item, rate.location): rate.per_day for rate in self.rates}
        promised: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for ask in self.afoot:
            if ask.source and not ask.known:
                promised[ask.item, ask.source] += ask.quantity
        return [
            Stock(
                item=figure.item,
                location=figure.location,
                site=self.sites[figure.location],
                free=figure.quantity - figure.reserved - promised[figure.item, figure.location],
                company=self._company(figure.location),
                rate=rates.get((figure.item, figure.location), ZERO),
                store=self._is_store(figure.location),
            )
            for figure in self.held
            if figure.location in self.sites
        ]

    def _standing(self, level: Level) -> Standing:
        inside = [f for f in self._held[level.item] if within(f.location, level.location)]
        moves = self._expected[level.item]
        come = [m for m in moves if _in(m.location, level) and not _in(m.source, level)]
        go = [m for m in moves if _in(m.source, level) and not _in(m.location, level)]
        return Standing(
            level=level,
            site=self.sites[level.location],
            on_hand=sum((figure.quantity for figure in inside), ZERO),
            leaving=sum((move.quantity for move in go), ZERO),
            coming=sum((move.quantity for move in come), ZERO),
            asked=sum((_asked(ask, level) for ask in self._afoot[level.item]), ZERO),
            given=sum((_given(ask, level) for ask in self._afoot[level.item]), ZERO),
            rate=sum((r.per_day for r in self._rates[level.item] if within(r.location, level.location)), ZERO),
            company=self._company(level.location),
        )

    def _company(self, location: str) -> str:
        return self.setup.facility(self.sites[location]).company

    def _is_store(self, location: str) -> bool:
        """Whether goods that arrive lie here until somebody needs them."""
        site = self.setup.facility(self.sites[location])
        return location in (site.receiving, f"{site.warehouse_code}/Stock")


def low_orderpoints(standings: Iterable[Standing]) -> list[int]:
    """Odoo's rules that can be due: where stock alone is above the minimum, what is to come cannot lower it."""
    return [
        one.level.orderpoint
        for one in standings
        if one.level.orderpoint and one.level.planned and one.left <= (one.level.reorder_point or ZERO)
    ]


def with_forecast(standing: Standing, forecasts: Forecasts) -> Standing:
    """The standing with Odoo's own figures, where it is of a rule of Odoo and they were asked for."""
    found = forecasts.get(standing.level.orderpoint or 0)
    if found is None:
        return standing
    forecast, to_order, lead_days = found
    level = replace(standing.level, lead_days=lead_days or standing.level.lead_days)
    return replace(standing, level=level, forecast=forecast, to_order=to_order)


def _asked(ask: Afoot, level: Level) -> Decimal:
    """What an ask brings to a place beyond what Odoo expects there anyway."""
    if not within(ask.location, level.location) or _in(ask.source, level):
        return ZERO
    if not ask.known:
        return ask.quantity
    left = min(ask.quantity, sum((move.quantity for move in ask.known), ZERO))
    there = sum((move.quantity for move in ask.known if _in(move.location, level)), ZERO)
    return max(ZERO, left - there)


def _given(ask: Afoot, level: Level) -> Decimal:
    """What an ask takes from a place that Odoo does not know of yet."""
    takes = _in(ask.source, level) and not within(ask.location, level.location)
    return ask.quantity if takes and not ask.known else ZERO


def _in(place: str, level: Level) -> bool:
    return bool(place) and within(place, level.location)


def _grouped(things: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        found[thing.item].append(thing)
    return found
