"""When a place needs goods, how many, and whether a place that has too many can give them before any are bought.

Pure: ``app.flows.replenishment`` gathers the facts and carries the plan out. What is on its way counts as if it were
there, so that nothing is ordered twice; a giver keeps what it may not fall below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from app.model.supply import Level, within
from app.policy.supply_rules import Replenishment

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A level and what is known about its place and those below it, in base units.

    ``on_hand`` is what lies there, ``leaving`` what open transfers take away, ``coming`` what Odoo expects, ``asked``
    and ``given`` what Wardline asked for and promised from there and Odoo does not know yet, ``rate`` what is used a
    day. Of a rule of Odoo that is low, ``forecast`` and ``to_order`` are Odoo's own figures, which have precedence.
    """

    level: Level
    site: str
    on_hand: Decimal
    leaving: Decimal = ZERO
    coming: Decimal = ZERO
    asked: Decimal = ZERO
    given: Decimal = ZERO
    rate: Decimal = ZERO
    company: str = ""
    forecast: Decimal | None = None
    to_order: Decimal | None = None

    @property
    def position(self) -> Decimal:
        """What there will be when all that is on its way has arrived."""
        known = self.on_hand - self.leaving + self.coming if self.forecast is None else self.forecast
        return known + self.asked - self.given

    @property
    def left(self) -> Decimal:
        """What lies there and nobody takes away; what is to come is nobody's before it is there."""
        return self.on_hand - self.leaving - self.given

    def days_of_supply(self) -> Decimal | None:
        """For how many days what is left lasts; None where nothing is used."""
        return max(ZERO, self.left) / self.rate if self.rate > 0 else None


@dataclass(frozen=True, slots=True)
class Stock:
    """What one place itself could give away: ``free`` is not promised to anybody; ``store`` keeps it for others."""

    item: str
    location: str
    site: str
    free: Decimal
    company: str = ""
    rate: Decimal = ZERO
    store: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be asked for, and why; with a ``source`` it is a transfer from there, else a purchase."""

    item: str
    location: str
    site: str
    quantity: Decimal
    urgent: bool
    reasons: tuple[str, ...]
    source: str = ""


def plan(rules: Replenishment, standings: Sequence[Standing], stocks: Sequence[Stock]) -> list[Need]:
    """Every need there is: the urgent places first, a place before the one it lies in, nothing given away twice."""
    book = _Book(rules, list(standings), list(stocks))
    made = []
    for index in sorted(range(len(standings)), key=lambda i: _order(rules, standings[i])):
        for need in book.needs(index):
            book.enter(need)
            made.append(need)
    return made


def target(rules: Replenishment, level: Level, rate: Decimal) -> tuple[Decimal, Decimal] | None:
    """When to order and up to how much: as given, else by the rate over lead time, review period and safety."""
    lead = rules.lead_days if level.lead_days is None else level.lead_days
    point = level.reorder_point
    if point is None:
        if rate <= 0:
            return None
        point = rate * (lead + rules.safety_days.of(level.criticality))
    maximum = point + rate * rules.review_days if level.maximum is None else level.maximum
    return point, max(point, maximum)


def short_by(rules: Replenishment, standing: Standing) -> Decimal:
    """How much the place lacks, up to its maximum; 0 while it is above its reorder point."""
    if (aim := target(rules, standing.level, standing.rate)) is None:
        return ZERO
    if standing.to_order is not None:
        return max(ZERO, standing.to_order - standing.asked + standing.given)
    point, maximum = aim
    return max(ZERO, maximum - standing.position) if standing.position <= point else ZERO


def is_urgent(rules: Replenishment, standing: Standing) -> bool:
    """Whether the place runs out sooner than its item's criticality allows."""
    days = standing.days_of_supply()
    if days is None:
        return standing.level.criticality == "critical" and standing.left <= 0
    return days < rules.urgent_days.of(standing.level.criticality)


def kept(rules: Replenishment, standing: Standing) -> Decimal:
    """What a place keeps for itself: its maximum or its days of cover, whichever is more, and its reorder point."""
    point, maximum = target(rules, standing.level, standing.rate) or (ZERO, ZERO)
    return max(point, maximum, standing.rate * rules.cover_days)


def packed(quantity: Decimal, pack: Decimal) -> Decimal:
    """The quantity in whole packs, rounded up."""
    return quantity if pack <= 0 else (quantity / pack).to_integral_value(ROUND_CEILING) * pack


class _Book:
    """The standings and stocks as they become while needs are entered."""

    def __init__(self, rules: Replenishment, standings: list[Standing], stocks: list[Stock]) -> None:
        self._rules = rules
        self._standings = standings
        self._stocks = stocks

    def needs(self, index: int) -> Iterable[Need]:
        standing = self._standings[index]
        short = short_by(self._rules, standing)
        if short <= 0 or not standing.level.planned:
            return
        urgent = is_urgent(self._rules, standing)
        reasons = _reasons(self._rules, standing)
        if self._rules.transfers:
            for stock, quantity in self._givers(standing, short):
                why = f"{stock.location} can spare {quantity:f}"
                yield _need(standing, quantity, urgent, (*reasons, why), stock.location)
                short -= quantity
        if short > 0 and self._rules.purchases:
            quantity = packed(short, standing.level.pack)
            why = f"lacks {short.normalize():f}, in packs of {standing.level.pack.normalize():f}: {quantity:f}"
            yield _need(standing, quantity, urgent, (*reasons, why if standing.level.pack > 0 else f"lacks {short:f}"))

    def enter(self, need: Need) -> None:
        """Let a need count as on its way, and what it takes as gone."""
        for index, one in enumerate(self._standings):
            if one.level.item == need.item:
                arrives = within(need.location, one.level.location)
                leaves = bool(need.source) and within(need.source, one.level.location)
                if arrives and not leaves:
                    self._standings[index] = replace(one, asked=one.asked + need.quantity)
                elif leaves and not arrives:
                    self._standings[index] = replace(one, given=one.given + need.quantity)
        for index, stock in enumerate(self._stocks):
            if need.source and (stock.item, stock.location) == (need.item, need.source):
                self._stocks[index] = replace(stock, free=stock.free - need.quantity)

    def _givers(self, standing: Standing, short: Decimal) -> Iterable[tuple[Stock, Decimal]]:
        """Places that can give, and how much: first those of the same site, its stores before others."""
        mine = [s for s in self._stocks if (s.item, s.company) == (standing.level.item, standing.company)]
        able = [(self._spare(stock, standing), stock) for stock in mine if not _same(stock, standing)]
        for _, stock in sorted(able, key=lambda entry: _distance(entry, standing)):
            # Asked anew: the caller has entered what was given before, which may have come out of the same scope.
            quantity = min(self._spare(stock, standing), short).to_integral_value(ROUND_FLOOR)
            if quantity >= max(Decimal(1), self._rules.least_transfer):
                yield stock, quantity
                short -= quantity

    def _spare(self, stock: Stock, receiver: Standing) -> Decimal:
        """What a place can give without it, or a place it lies in, falling to what it keeps for itself."""
        now = next(s for s in self._stocks if (s.item, s.location) == (stock.item, stock.location))
        around = [s for s in self._standings if s.level.item == now.item and within(now.location, s.level.location)]
        own = [s for s in around if s.level.location == now.location]
        outside = [s for s in around if not within(receiver.level.location, s.level.location)]
        if not own and not now.store and now.rate <= 0:
            return ZERO  # nobody ever said how much it needs: an emergency kit must not be taken for idle stock
        spares = [now.free - now.rate * self._rules.cover_days if not own else now.free]
        spares += [one.left - kept(self._rules, one) for one in outside]
        return max(ZERO, min(spares))


def _same(stock: Stock, standing: Standing) -> bool:
    return within(stock.location, standing.level.location)


def _distance(entry: tuple[Decimal, Stock], standing: Standing) -> tuple[bool, bool, Decimal, str]:
    spare, stock = entry
    return stock.site != standing.site, not stock.store, -spare, stock.location


def _order(rules: Replenishment, standing: Standing) -> tuple[bool, int, str, str]:
    depth = standing.level.location.count("/")
    return not is_urgent(rules, standing), -depth, standing.level.item, standing.level.location


def _need(standing: Standing, quantity: Decimal, urgent: bool, reasons: tuple[str, ...], source: str = "") -> Need:
    return Need(standing.level.item, standing.level.location, standing.site, quantity, urgent, reasons, source)


def _reasons(rules: Replenishment, standing: Standing) -> tuple[str, ...]:
    point, maximum = target(rules, standing.level, standing.rate) or (ZERO, ZERO)
    names = ("on_hand", "leaving", "coming", "asked", "given")
    parts = ", ".join(f"{name.replace('_', ' ')} {getattr(standing, name):f}" for name in names)
    told = [f"position {standing.position:f} ({parts}); reorder at {point:f}, up to {maximum:f}"]
    if standing.to_order is not None:
        told.append(f"Odoo's rule {standing.level.orderpoint}: forecast {standing.forecast}, order {standing.to_order}")
    if (days := standing.days_of_supply()) is not None:
        told.append(f"{days:.1f} days of supply at {standing.rate:.2f} a day")
    return tuple(told)
