"""What a supplier's confirmation does to an order: what is taken as it is, and what a person must accept first.

Pure: ``app.flows.acknowledging`` reads the order anew and carries out what is decided here, line by line. What was
accepted counts for just the figures that the person saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from app import ids
from app.errors import Held
from app.model.order import Order, OrderLine
from app.model.order_confirmation import ConfirmationOutcome, ConfirmationStatus
from app.policy.confirmation_rules import ConfirmationRules, ConfirmationTolerance

Kind = Literal[
    "price_changed", "quantity_changed", "date_too_late", "date_too_early", "line_rejected", "substitute_offered",
    "backorder_undated", "currency_changed",
]  # fmt: skip
WORDS: Mapping[ConfirmationStatus, ConfirmationOutcome] = {
    "accepted": "accepted",
    "changed": "changed",
    "rejected": "rejected",
    "backordered": "backordered",
}
"""What a confirmation without lines says of each of them; one that was only received says nothing."""


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """What is said to (a part of) a line, in our names.

    ``line`` is the order's line number; where none was told, ``item`` is our item. ``quantity`` and ``price`` are in a
    unit of ``factor`` base units, None: the order line's own; the price is for ``basis`` base units, None: for one
    such unit. ``substitute`` is our item for what comes instead.
    """

    outcome: ConfirmationOutcome
    line: str | None = None
    item: str | None = None
    quantity: Decimal | None = None
    factor: Decimal | None = None
    price: Decimal | None = None
    basis: Decimal | None = None
    currency: str | None = None
    deliver_on: date | None = None
    ship_on: date | None = None
    substitute: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A confirmation in our names; dates of the whole hold for lines without their own."""

    status: ConfirmationStatus
    lines: tuple[AnsweredLine, ...] = ()
    currency: str | None = None
    deliver_on: date | None = None
    ship_on: date | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the supplier was asked for on a line; what is None was not told, then the order's own figure counts."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    deliver_on: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A departure beyond what is tolerated; ``text`` proposes what accepting it does to the order.

    ``figures`` are what a person accepts or refuses, and ``digest`` stands for them. ``clinical`` ones need a word of
    the clinical role.
    """

    kind: Kind
    line: int
    text: str
    figures: Mapping[str, str]
    clinical: bool = False

    @property
    def digest(self) -> str:
        """Equal for the same departure with the same figures."""
        return ids.digest(ids.canonical_json([self.kind, self.line, dict(self.figures)]))

    def to_json(self) -> dict[str, Any]:
        """The finding as it is kept."""
        return asdict(self) | {"digest": self.digest}


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a line of the order becomes; what is None stays."""

    line: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    deliver_on: date | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What becomes of the order's lines, the open findings, and by line the parts in which goods come."""

    amendments: tuple[Amendment, ...]
    findings: tuple[Finding, ...]
    parts: Mapping[int, tuple[tuple[date | None, Decimal], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assessor:
    """Judges one confirmation. ``decisions`` are people's, by the digest of a finding; ``clinical`` are items."""

    order: Order
    answer: Answer
    rules: ConfirmationRules
    asked: Mapping[int, Asked]
    decisions: Mapping[str, str]
    clinical: Collection[str] = ()

    def assess(self) -> Assessment:
        """Line by line. Raises Held where a line of the confirmation belongs to no line of the order."""
        amendments, findings, parts = [], [], {}
        for number, said in self._by_line().items():
            line = self.order.line(number)
            assert line is not None
            judged = _Line(self, line, said)
            found = list(judged.findings())
            findings += [one for one in found if one.digest not in self.decisions]
            withheld = {one.kind for one in found if self.decisions.get(one.digest) != "accept"}
            amendments.append(judged.amendment(withheld))
            if len(said) > 1:
                parts[number] = tuple((judged.day(part), judged.quantity(part)) for part in judged.coming)
        changed = [one for one in amendments if one != Amendment(one.line)]
        return Assessment(tuple(changed), tuple(findings), parts)

    def _by_line(self) -> dict[int, list[AnsweredLine]]:
        said: defaultdict[int, list[AnsweredLine]] = defaultdict(list)
        lines = self.answer.lines or self._of_all()
        for answered in lines:
            said[self._number(answered)].append(answered)
        return dict(said)

    def _of_all(self) -> tuple[AnsweredLine, ...]:
        outcome = WORDS.get(self.answer.status)
        return tuple(AnsweredLine(outcome, str(line.number)) for line in self.order.lines) if outcome else ()

    def _number(self, answered: AnsweredLine) -> int:
        if answered.line and (line := self.order.line(answered.line.lstrip("0") or "0")):
            return line.number
        mine = [line for line in self.order.lines if answered.item and line.item == answered.item]
        if len(mine) == 1:
            return mine[0].number
        subject = f"order {self.order.number}"
        named = answered.line or answered.item or "without a number"
        hint = f"The supplier speaks of line {named}, which is none of the order; ask the supplier, then cancel this."
        raise Held("confirmation_line_unknown", subject, hint)


@dataclass(frozen=True, slots=True)
class _Line:
    """All that is said to one line of the order."""

    assessor: Assessor
    line: OrderLine
    said: Sequence[AnsweredLine]

    @property
    def coming(self) -> list[AnsweredLine]:
        """The parts that will come, as ordered or as something else."""
        return [part for part in self.said if part.outcome != "rejected"]

    def findings(self) -> Iterator[Finding]:
        """What is beyond the tolerances."""
        if not self.coming:
            yield self._rejected()
            return
        for found in (self._substituted(), self._short(), self._priced(), self._undated()):
            if found:
                yield found
        yield from self._dated()

    def amendment(self, withheld: set[Kind]) -> Amendment:
        """What the line becomes, but for what nobody accepted."""
        if not self.coming:
            gone = Decimal(0) if "line_rejected" not in withheld and self.line.quantity else None
            return Amendment(self.line.number, gone)
        made = Amendment(self.line.number)
        if "quantity_changed" not in withheld and self._total() != self.line.quantity:
            made = replace(made, quantity=self._total())
        price = self._price()
        if price is not None and not withheld & {"price_changed", "currency_changed"} and price != self._paid():
            made = replace(made, price=None if self._foreign() else price)
        day = max((day for part in self.coming if (day := self.day(part))), default=None)
        if day and not withheld & {"date_too_late", "date_too_early"} and day != self._planned():
            made = replace(made, deliver_on=day)
        if (item := self._substitute()) and "substitute_offered" not in withheld and item != self.line.item:
            return replace(made, item=item, quantity=self._total())
        return made

    def quantity(self, part: AnsweredLine) -> Decimal:
        """A part's quantity in the line's unit; a part that tells none is all of the line."""
        if part.quantity is None:
            return self.line.quantity
        return _exact(part.quantity * (part.factor or self.line.factor) / self.line.factor)

    def day(self, part: AnsweredLine) -> date | None:
        """When a part comes: its own day before the whole's, a day of delivery before one of shipping."""
        answer, transit = self.assessor.answer, timedelta(days=self.assessor.rules.transit_days)
        for delivered, shipped in ((part.deliver_on, part.ship_on), (answer.deliver_on, answer.ship_on)):
            if delivered or shipped:
                return delivered or (shipped + transit if shipped else None)
        return None

    @property
    def _asked(self) -> Asked:
        return self.assessor.asked.get(self.line.number, Asked())

    @property
    def _tolerance(self) -> ConfirmationTolerance:
        return self.assessor.rules.tolerance(self.assessor.order.supplier)

    def _total(self) -> Decimal:
        return sum((self.quantity(part) for part in self.coming), Decimal(0))

    def _paid(self) -> Decimal:
        return _exact(self.line.price * (1 - self.line.discount / 100))

    def _planned(self) -> date | None:
        return self.line.planned_on.date() if self.line.planned_on else None

    def _price(self) -> Decimal | None:
        """The price of one of the line's units, the highest where parts differ."""
        prices = [
            part.price * self.line.factor / (part.basis or part.factor or self.line.factor)
            for part in self.coming
            if part.price is not None
        ]
        return _exact(max(prices)) if prices else None

    def _foreign(self) -> str | None:
        """The currency of the prices, where it is not the order's."""
        told = [part.currency for part in self.coming if part.price is not None and part.currency]
        currency = next(iter(told), self.assessor.answer.currency)
        return currency if currency and currency != self.assessor.order.currency else None

    def _substitute(self) -> str | None:
        return next((part.substitute for part in self.coming if part.substitute), None)

    def _rejected(self) -> Finding:
        reason = next((part.reason for part in self.said if part.reason), None)
        text = f"{self._name} is rejected{f' ({reason})' if reason else ''}: call it off?"
        return self._finding("line_rejected", text, quantity="0")

    def _substituted(self) -> Finding | None:
        item = self._substitute()
        if item is None or item == self.line.item:
            return None
        clinical = self.line.item in self.assessor.clinical
        text = f"{self._name} is replaced by {item}: order that instead?"
        return replace(self._finding("substitute_offered", text, item=item), clinical=clinical)

    def _short(self) -> Finding | None:
        total, asked = self._total(), self._asked.quantity or self.line.quantity
        if total == self.line.quantity:
            return None
        limit = self._tolerance.short_percent if total < asked else self._tolerance.over_percent
        if abs(total - asked) * 100 <= limit * asked:
            return None
        text = f"{self._name}: {_plain(total)} of {_plain(asked)} {self.line.unit} are confirmed: order that many?"
        return self._finding("quantity_changed", text, quantity=_plain(total))

    def _priced(self) -> Finding | None:
        price, asked = self._price(), self._asked.price or self._paid()
        if price is None or (price == self._paid() and not self._foreign()):
            return None
        currency = self.assessor.order.currency
        if foreign := self._foreign():
            text = f"{self._name} is priced in {foreign} instead of {currency}: leave the order's price as it is?"
            return self._finding("currency_changed", text, price=_plain(price), currency=foreign)
        lower = (asked - price) * 100 <= self._tolerance.below_percent * asked
        if self._tolerance.price_rises(price, asked) if price > asked else lower:
            return None
        change = f" ({(price - asked) * 100 / asked:+.1f} %)" if asked else ""
        text = f"{self._name} costs {_plain(price)} {currency} instead of {_plain(asked)}{change}: pay that?"
        return self._finding("price_changed", text, price=_plain(price))

    def _undated(self) -> Finding | None:
        if not any(part.outcome == "backordered" and self.day(part) is None for part in self.coming):
            return None
        return self._finding("backorder_undated", f"{self._name} is backordered without a date: wait for it?")

    def _dated(self) -> Iterator[Finding]:
        days = sorted(day for part in self.coming if (day := self.day(part)))
        asked = self._asked.deliver_on or self._planned()
        if not days or asked is None or days[-1] == self._planned():
            return
        late, early = (days[-1] - asked).days, (asked - days[0]).days
        if late > self._tolerance.days_late:
            split = f", the first part on {days[0]}" if days[0] != days[-1] else ""
            text = f"{self._name} comes on {days[-1]}, {late} days late{split}: wait for it?"
            yield self._finding("date_too_late", text, deliver_on=days[-1].isoformat())
        elif early > self._tolerance.days_early:
            text = f"{self._name} comes on {days[0]}, {early} days early: take it?"
            yield self._finding("date_too_early", text, deliver_on=days[0].isoformat())

    @property
    def _name(self) -> str:
        return f"line {self.line.number} ({self.line.item})"

    def _finding(self, kind: Kind, text: str, **figures: str) -> Finding:
        return Finding(kind, self.line.number, text[0].upper() + text[1:], figures)


def _exact(number: Decimal) -> Decimal:
    return round(number, 6).normalize() + 0


def _plain(number: Decimal) -> str:
    return format(number.normalize() + 0, "f")
