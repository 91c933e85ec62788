"""The lines of an invoice against those of its orders: which belongs to which, and what differs.

Used by ``app.policy.match``. Everything is compared in base units and in exact fractions, so that 5 boxes of 10 and 50
pieces are the same, whatever their prices are written for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from app.policy.claims import ClaimedLine, OrderedLine
from app.policy.match_report import Comparison, Outcome, Reason, money, shown
from app.policy.matching import Limit, Tolerance


@dataclass(frozen=True, slots=True)
class Pair:
    """An invoice line with its order line, None where there is none, and the factor that its unit is taken to have."""

    claimed: ClaimedLine
    ordered: OrderedLine | None
    factor: Decimal

    @property
    def quantity(self) -> Fraction:
        """In base units."""
        return Fraction(self.claimed.quantity) * Fraction(self.factor)

    @property
    def owed(self) -> Fraction:
        """What the quantity costs at the order's price."""
        return self.quantity * self.ordered.base_price if self.ordered else Fraction(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms lines are compared."""

    decimals: int
    credit: bool = False

    @property
    def cent(self) -> Fraction:
        """The smallest amount of the currency; a line's amount may be off by it through rounding alone."""
        return Fraction(1, 10**self.decimals)


@dataclass(frozen=True, slots=True)
class Priced:
    """The amounts of a line: what it claims for the goods, and what quantity times price would come to."""

    goods: Decimal
    product: Decimal | None

    @property
    def alternative(self) -> Decimal:
        """How far quantity times price is off the amount; 0 where they agree."""
        return Decimal(0) if self.product is None else self.product - self.goods


def priced(line: ClaimedLine, terms: Terms) -> Priced:
    """What a line claims for its goods, without the charges it names beside them.

    A stated net amount may hold the line's charges (EN 16931, BT-131) or not; quantity times price tells.
    """
    product = None
    if line.price is not None:
        product = money(Fraction(line.quantity) * Fraction(line.price) / Fraction(line.basis), terms.decimals)
    if line.net is None:
        return Priced(product or Decimal(0), product)
    within = line.net - sum((charge.amount for charge in line.charges), Decimal(0))
    if product is None or abs(line.net - product) <= abs(within - product):
        return Priced(line.net, product)
    return Priced(within, product)


def pair(lines: Sequence[ClaimedLine], ordered: Sequence[OrderedLine]) -> list[Pair]:
    """Find each line its order line: by number where item and number agree, else by item, the open ones first.

    The order of the lines does not matter: they choose in an order of their own content.
    """
    open_now = {line.id: _open(line) for line in ordered}
    found: dict[int, Pair] = {}
    ranked = sorted(range(len(lines)), key=lambda place: _content(lines[place]))
    for place in sorted(ranked, key=lambda place: lines[place].order_line is None):
        line = lines[place]
        best = _belonging(line, ordered, open_now)
        found[place] = Pair(line, best, line.factor or (best.factor if best else Decimal(1)))
        if best:
            open_now[best.id] -= found[place].quantity
    return [found[place] for place in range(len(lines))]


def _content(line: ClaimedLine) -> tuple[str, ...]:
    return tuple(str(part) for part in (line.order, line.order_line, line.item, line.price, line.quantity, line.net))


def _open(line: OrderedLine) -> Fraction:
    due = line.quantity if line.control == "ordered" else line.received
    return line.in_base(due - line.invoiced)


def _belonging(line: ClaimedLine, ordered: Iterable[OrderedLine], open_now: dict[int, Fraction]) -> OrderedLine | None:
    of_order = [o for o in ordered if line.order in (None, o.order)]
    numbered = [o for o in of_order if line.order_line == o.number and line.item in (None, o.item)]
    named = [o for o in of_order if line.item is not None and o.item == line.item]
    if not (fits := numbered if len(numbered) == 1 else named):
        return None
    factor = line.factor

    def rank(candidate: OrderedLine) -> tuple[bool, Fraction, int]:
        wanted = Fraction(line.quantity) * Fraction(factor or candidate.factor)
        price = Fraction(line.price or 0) / Fraction(line.basis) / Fraction(factor or candidate.factor)
        return open_now[candidate.id] < wanted, abs(candidate.base_price - price), candidate.id

    return min(fits, key=rank)


class LineMatch:
    """Compares the lines that belong to one order line with it, together where quantities are concerned."""

    def __init__(
        self, ordered: OrderedLine, pairs: Sequence[Pair], tolerance: Tolerance, terms: Terms, rate: Decimal
    ) -> None:
        self.ordered = ordered
        self.rate = rate
        self.tolerance = tolerance
        self.terms = terms
        # In an order of their own, so that the invoice's order of lines shows nowhere.
        self.pairs = sorted(pairs, key=lambda one: (*_content(one.claimed), one.claimed.number))
        self.reasons: list[Reason] = []
        self.comparisons: list[Comparison] = []

    def run(self) -> None:
        """Fill reasons and comparisons; ``pairs`` may end with another factor, where a wrong unit explains all."""
        misread = self._misread_unit()
        for place, one in enumerate(self.pairs):
            self.comparisons.append(self._amount(one))
            self._price(one, misread=place in misread)
        if not misread:
            self._quantity()

    def _misread_unit(self) -> set[int]:
        """Lines whose unit must be another one: with it price and quantity fit, without it they do not."""
        found: set[int] = set()
        for place, one in enumerate(self.pairs):
            if self._price_fits(one) or not (other := self._in_another_unit(place, one)):
                continue
            self.pairs[place] = other
            if one.claimed.factor is not None:  # where no unit is told, either one was meant
                self._wrong_unit(one, other)
                found.add(place)
        return found

    def _in_another_unit(self, place: int, one: Pair) -> Pair | None:
        for factor in sorted({self.ordered.factor, Decimal(1)} - {one.factor}):
            other = replace(one, factor=factor)
            rest = [*self.pairs[:place], other, *self.pairs[place + 1 :]]
            if self._price_fits(other) and self._excess(rest, self._ordered_open()) <= 0:
                return other
        return None

    def _wrong_unit(self, one: Pair, other: Pair) -> None:
        line, base = one.claimed, self._base_unit()
        stated, expected = f"{shown(one.factor)} {base}", f"{shown(other.factor)} {base}"
        text = (
            f"line {line.number}: {shown(line.quantity)} {line.unit or 'units'} fit in price and quantity if one holds"
            f" {expected}, not {stated}"
        )
        self._say("unit", one, text, Decimal(0), stated, expected)
        self.comparisons.append(
            Comparison(self._name(one), "unit", line.unit, stated, expected, "off", note="the only reason")
        )

    def _price_fits(self, one: Pair) -> bool:
        goods = Fraction(priced(one.claimed, self.terms).goods)
        return self._price_outcome(goods, one.owed) != "off"

    def _price_outcome(self, goods: Fraction, owed: Fraction) -> Outcome:
        excess = (goods - owed) if owed >= 0 else (owed - goods)
        if abs(excess) <= self.terms.cent:
            return "equal"
        if excess < 0:
            below = Limit(self.tolerance.below_percent, None)
            return "tolerated" if self.terms.credit or below.allows(-excess, owed) else "off"
        return "tolerated" if self._price_limit().allows(excess, owed) else "off"

    def _price_limit(self) -> Limit:
        return Limit(self.tolerance.price_percent, self.tolerance.price_amount)

    def _amount(self, one: Pair) -> Comparison:
        """Quantity times price against the amount of the line itself."""
        figures = priced(one.claimed, self.terms)
        stated = shown(figures.goods)
        if figures.product is None:
            return Comparison(self._name(one), "amount", "", stated, stated, "equal", note="no price stated")
        equal = abs(figures.alternative) <= Fraction(1, 10**self.terms.decimals)
        outcome: Outcome = "equal" if equal else "off"
        return Comparison(self._name(one), "quantity x price", "", stated, shown(figures.product), outcome)

    def _price(self, one: Pair, *, misread: bool) -> None:
        figures = priced(one.claimed, self.terms)
        goods, base = Fraction(figures.goods), self._base_unit()
        outcome = self._price_outcome(goods, one.owed)
        stated = shown(goods / one.quantity) if one.quantity else shown(goods)
        expected = shown(self.ordered.base_price)
        note = ""
        product = None if figures.product is None else Fraction(figures.product)
        if outcome == "off" and product is not None and self._price_outcome(product, one.owed) != "off":
            self._wrong_amount(one, figures)
            note = "the price is right, the amount is not"
        elif outcome == "off" and not misread:
            self._wrong_price(one, goods, stated, expected)
        elif outcome != "off" and product is not None and self._price_outcome(product, one.owed) == "off":
            note = "the price is misprinted, the amount is right"
        limit = str(self._price_limit() if goods >= one.owed else Limit(self.tolerance.below_percent, None))
        figures_shown = (f"1 {base}", stated, expected)
        self.comparisons.append(Comparison(self._name(one), "price", *figures_shown, outcome, limit, note))

    def _wrong_amount(self, one: Pair, figures: Priced) -> None:
        stated, expected = shown(figures.goods), shown(figures.product or Decimal(0))
        text = f"line {one.claimed.number}: the amount is {stated}; quantity times price is {expected}"
        self._say("amount", one, text, self._beyond(Fraction(figures.goods), one.owed), stated, expected)

    def _wrong_price(self, one: Pair, goods: Fraction, stated: str, expected: str) -> None:
        if one.owed:
            percent = shown((goods - one.owed) * 100 / one.owed, 1)
            how = f"{percent.lstrip('-')} % {'below' if percent.startswith('-') else 'above'} the order's {expected}"
        else:
            how = f"the order's is {expected}"
        text = f"line {one.claimed.number}: {stated} for 1 {self._base_unit()}, {how}"
        self._say("price", one, text, self._beyond(goods, one.owed), stated, expected)

    def _quantity(self) -> None:
        """What all lines claim together against what is due, over everything invoiced so far."""
        claimed = sum((one.quantity for one in self.pairs), Fraction(0))
        due, so_far = self._due(), self.ordered.in_base(self.ordered.invoiced)
        limit = Limit(self.tolerance.quantity_percent, self.tolerance.quantity, self._base_unit())
        if self.terms.credit:
            self._credited(claimed, so_far)
            return
        excess = so_far + claimed - due
        outcome: Outcome = "equal" if excess <= 0 else "tolerated" if limit.allows(excess, due) else "off"
        stated, expected = shown(claimed), shown(due - so_far)
        note = f"{self.ordered.control} {shown(due)}, invoiced before {shown(so_far)}"
        first = self.pairs[0]
        compared = (self._base_unit(), stated, expected, outcome)
        self.comparisons.append(Comparison(self._name(first), "quantity", *compared, str(limit), note))
        if outcome == "off":
            self._too_many(first, excess, stated, expected)

    def _too_many(self, first: Pair, excess: Fraction, stated: str, expected: str) -> None:
        ordered = self.ordered.in_base(self.ordered.quantity)
        over = self._excess(self.pairs, ordered)
        limit = Limit(self.tolerance.quantity_percent, self.tolerance.quantity)
        waits = self.ordered.control == "received" and (over <= 0 or limit.allows(over, ordered))
        unit, item = self._base_unit(), self.ordered.item
        effect = self._beyond(excess * self.ordered.base_price, Fraction(0))
        text = f"{stated} {unit} of {item} are invoiced and {expected} are open"
        text += ", the rest is ordered and not received yet" if waits else f" of {shown(ordered)} ordered"
        self._say("receipt" if waits else "quantity", first, text, effect, stated, expected)

    def _credited(self, claimed: Fraction, so_far: Fraction) -> None:
        outcome: Outcome = "equal" if claimed <= so_far else "off"
        stated, expected = shown(claimed), shown(so_far)
        name, unit = self._name(self.pairs[0]), self._base_unit()
        self.comparisons.append(Comparison(name, "credited quantity", unit, stated, expected, outcome))
        if outcome == "off":
            text = f"{stated} {unit} of {self.ordered.item} are credited and {expected} were invoiced"
            self._say("credit", self.pairs[0], text, Decimal(0), stated, expected)

    def _due(self) -> Fraction:
        line = self.ordered
        return line.in_base(line.quantity if line.control == "ordered" else line.received)

    def _ordered_open(self) -> Fraction:
        return self.ordered.in_base(self.ordered.invoiced if self.terms.credit else self.ordered.quantity)

    def _excess(self, pairs: Sequence[Pair], bound: Fraction) -> Fraction:
        so_far = Fraction(0) if self.terms.credit else self.ordered.in_base(self.ordered.invoiced)
        return so_far + sum((one.quantity for one in pairs), Fraction(0)) - bound

    def _beyond(self, claimed: Fraction, owed: Fraction) -> Decimal:
        """What is claimed above what is owed, with its tax."""
        return money((claimed - owed) * (1 + Fraction(self.rate) / 100), self.terms.decimals)

    def _base_unit(self) -> str:
        return self.ordered.base_unit

    def _name(self, one: Pair) -> str:
        return f"line {one.claimed.number} = {self.ordered.order}/{self.ordered.number} {self.ordered.item}"

    def _say(self, kind: str, one: Pair, text: str, effect: Decimal, stated: str, expected: str) -> None:
        place = (one.claimed.number, self.ordered.order, self.ordered.item)
        self.reasons.append(Reason(kind, text, effect, *place, stated, expected))  # type: ignore[arg-type]


def by_order_line(pairs: Iterable[Pair]) -> Iterator[tuple[OrderedLine, list[Pair]]]:
    """The lines that belong to one order line together, in the order of the order lines."""
    groups: dict[int, list[Pair]] = defaultdict(list)
    known: dict[int, OrderedLine] = {}
    for one in pairs:
        if one.ordered:
            groups[one.ordered.id].append(one)
            known[one.ordered.id] = one.ordered
    for line_id in sorted(groups):
        yield known[line_id], groups[line_id]
