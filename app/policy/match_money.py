"""The sums of an invoice: charges, taxes and totals, each with a reason of its own and none that follows from another.

Used by ``app.policy.match`` after the lines. A total that is off is explained by the fewest parts of the invoice that
make up the difference: a discount that was not subtracted, a tax that was left out, a line that was counted twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice, product

from app.policy.claims import Claim, ClaimedCharge, OrderedLine
from app.policy.match_lines import Pair, Terms, priced
from app.policy.match_report import Billed, Comparison, Outcome, Reason, money, shown
from app.policy.matching import Limit, Tolerance

MOST_PARTS = 3
"""More parts than this explain every difference by chance."""
MOST_SEARCHED = 20_000


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge of the invoice with the order line it belongs to and the tax rate it bears."""

    charge: ClaimedCharge
    ordered: OrderedLine | None
    rate: Decimal


def charges(claim: Claim) -> tuple[ClaimedCharge, ...]:
    """The charges that count towards the total.

    Some senders name the charges of the lines, and once more their sum for the whole invoice (X12 SAC); the total
    tells whether they are meant to count twice.
    """
    of_lines = tuple(charge for line in claim.lines for charge in line.charges)
    if claim.total is None or not claim.charges or not of_lines:
        return (*claim.charges, *of_lines)
    goods = sum((priced(line, Terms(6)).goods for line in claim.lines), Decimal(0)) + stated_tax(claim)
    both = sum((charge.amount for charge in (*claim.charges, *of_lines)), goods)
    whole = sum((charge.amount for charge in claim.charges), goods)
    return claim.charges if abs(claim.total - whole) < abs(claim.total - both) else (*claim.charges, *of_lines)


def stated_tax(claim: Claim) -> Decimal:
    """The tax of the whole invoice: its total, else the sum of what it names by rate, else by line."""
    if claim.tax_total is not None:
        return claim.tax_total
    by_rate = [tax.amount for tax in claim.taxes if tax.amount is not None]
    return sum(by_rate or [line.tax for line in claim.lines if line.tax is not None], Decimal(0))


class MoneyMatch:
    """Compares what is not a line's own: charges, taxes, totals."""

    def __init__(
        self, claim: Claim, pairs: Sequence[Pair], tolerance: Tolerance, terms: Terms, rounding: Decimal
    ) -> None:
        self.claim = claim
        self.pairs = pairs
        self.tolerance = tolerance
        self.terms = terms
        self.rounding = rounding
        self.counted = charges(claim)
        self.goods = sum((priced(line, terms).goods for line in claim.lines), Decimal(0))
        self.charged: list[Charged] = []
        self.reasons: list[Reason] = []
        self.comparisons: list[Comparison] = []

    @property
    def computed(self) -> Decimal:
        """What the invoice's own parts come to."""
        return self.goods + sum((charge.amount for charge in self.counted), Decimal(0)) + stated_tax(self.claim)

    @property
    def claimed(self) -> Decimal:
        """What the invoice comes to as it states it, before anything that was paid in advance."""
        return self.computed if self.claim.total is None else self.claim.total + self.prepaid

    @property
    def prepaid(self) -> Decimal:
        """What is asked less than net and tax together, both of which agree with the invoice's parts."""
        net, tax, asked = self.claim.net_total, self.claim.tax_total, self.claim.total
        if net is None or tax is None or asked is None or abs(net + tax - self.computed) > self.rounding:
            return Decimal(0)
        # A total of nothing is a field that was not filled in.
        return max(net + tax - asked, Decimal(0)) if asked else Decimal(0)

    def run(self, free: Sequence[OrderedLine], rate_of: Sequence[Decimal]) -> None:
        """Compare; ``free`` are ordered services no line was made for, ``rate_of`` the rate each line should bear."""
        self._charges(free, rate_of)
        self._taxes(rate_of)
        self._total()

    def _charges(self, free: Sequence[OrderedLine], rate_of: Sequence[Decimal]) -> None:
        left = list(free)
        limits = {
            True: Limit(self.tolerance.freight_percent, self.tolerance.freight_amount, self.claim.currency),
            False: Limit(None, self.tolerance.charge_amount, self.claim.currency),
        }
        ordered_for: dict[int, OrderedLine] = {}
        for place, charge in enumerate(self.counted):
            if charge.amount > 0 and (own := self._ordered(charge, left)):
                left.remove(own)
                ordered_for[place] = own
                self._compare(f"charge {charge.code or 'without code'}", "order line", shown(charge.amount), "equal")
            elif charge.amount < 0:
                self._compare(f"allowance {charge.code}".strip(), "amount", shown(-charge.amount), "equal")
        rates = self._rates(ordered_for, rate_of)
        self.charged = [
            Charged(charge, ordered_for.get(place), rates[place]) for place, charge in enumerate(self.counted)
        ]
        for freight, limit in limits.items():
            extra = [c for c in self.charged if c.charge.amount > 0 and c.charge.freight == freight and not c.ordered]
            if extra:
                self._unordered(extra, freight=freight, limit=limit)

    def _ordered(self, charge: ClaimedCharge, left: Iterable[OrderedLine]) -> OrderedLine | None:
        """The order line of a service whose open amount covers the charge, the closest one."""
        limit = Limit(self.tolerance.price_percent, self.tolerance.price_amount)
        fits = []
        for line in left:
            open_amount = Fraction(line.quantity - line.invoiced) * Fraction(line.price)
            excess = Fraction(charge.amount) - open_amount
            if open_amount > 0 and (excess <= self.terms.cent or limit.allows(excess, open_amount)):
                fits.append((abs(excess), line.id, line))
        return min(fits)[2] if fits else None

    def _unordered(self, extra: Sequence[Charged], *, freight: bool, limit: Limit) -> None:
        amount = sum((charged.charge.amount for charged in extra), Decimal(0))
        tax = sum((_tax(charged.charge.amount, charged.rate) for charged in extra), Fraction(0))
        allowed = self.terms.credit or limit.allows(Fraction(amount), Fraction(self.goods))
        name = "freight" if freight else "charges"
        outcome: Outcome = "tolerated" if allowed else "off"
        self._compare(name, "amount", shown(amount), outcome, "0", str(limit))
        if not allowed:
            text = f"{name} of {shown(amount)} {self.claim.currency} was not ordered; the tolerance is {limit}"
            effect = amount + money(tax, self.terms.decimals)
            self._say("freight" if freight else "charge", text.replace("  ", " "), effect, shown(amount), "0")

    def _rates(self, ordered_for: dict[int, OrderedLine], rate_of: Sequence[Decimal]) -> list[Decimal]:
        """The tax rate of each charge, which no invoice says plainly: the choice that fits its taxes best.

        Where the taxes fit several ways, or none, the rate of the largest line is taken.
        """
        common = list(dict.fromkeys(rate_of)) or [Decimal(0)]
        goods = (priced(one.claimed, self.terms).goods for one in self.pairs)
        largest = max(zip(goods, rate_of, strict=True), default=None)
        common.sort(key=lambda rate: largest is not None and rate != largest[1])
        choices = [
            [ordered_for[place].rate] if place in ordered_for else [*common, *({Decimal(0)} - set(common))]
            for place in range(len(self.counted))
        ]
        target = Fraction(stated_tax(self.claim)) - self._line_tax(rate_of)
        best, off = [options[0] for options in choices], None
        for chosen in islice(product(*choices), MOST_SEARCHED):
            tax = sum((_tax(c.amount, rate) for c, rate in zip(self.counted, chosen, strict=True)), Fraction(0))
            miss = abs(target - tax)
            if off is None or miss < off - self.terms.cent / 2:
                best, off = list(chosen), miss
        return best

    def _line_tax(self, rate_of: Sequence[Decimal]) -> Fraction:
        goods = (priced(one.claimed, self.terms).goods for one in self.pairs)
        return sum((_tax(amount, rate) for amount, rate in zip(goods, rate_of, strict=True)), Fraction(0))

    def _taxes(self, rate_of: Sequence[Decimal]) -> None:
        """Recompute the tax from the stated amounts and the rates that hold, rate by rate where it is told by rate."""
        due: dict[Decimal, Fraction] = defaultdict(Fraction)
        for one, rate in zip(self.pairs, rate_of, strict=True):
            due[rate] += Fraction(priced(one.claimed, self.terms).goods)
        for charged in self.charged:
            due[charged.rate] += Fraction(charged.charge.amount)
        told = {tax.rate: tax.amount for tax in self.claim.taxes if tax.rate is not None and tax.amount is not None}
        limit = Limit(None, self.tolerance.tax_amount, self.claim.currency)
        rounding = Fraction(max(self.rounding, Decimal(len(self.pairs)) * Decimal("0.005")))
        expected = sum((base * Fraction(rate) / 100 for rate, base in due.items()), Fraction(0))
        stated = Fraction(stated_tax(self.claim))
        if {rate for rate, base in due.items() if rate and base} <= set(told):
            for rate in sorted(told):
                self._tax(f"tax {shown(rate)} %", told[rate], due[rate] * Fraction(rate) / 100)
        excess = stated - expected
        near = abs(excess) <= rounding
        allowed = near or limit.allows(abs(excess), stated)
        outcome: Outcome = "equal" if not excess else "tolerated" if allowed else "off"
        self._compare("tax", "amount", shown(stated), outcome, shown(money(expected, self.terms.decimals)), str(limit))
        if outcome == "off":
            self._wrong_tax(stated, expected, rate_of)

    def _tax(self, name: str, stated: Decimal, expected: Fraction) -> None:
        near = abs(Fraction(stated) - expected) <= Fraction(self.rounding)
        rounded = shown(money(expected, self.terms.decimals))
        self._compare(name, "amount", shown(stated), "equal" if near else "off", rounded, str(self.rounding))

    def _wrong_tax(self, stated: Fraction, expected: Fraction, rate_of: Sequence[Decimal]) -> None:
        want, got = money(expected, self.terms.decimals), money(stated, self.terms.decimals)
        text = f"the tax is {shown(got)}; {shown(want)} is due"
        wrong = [
            f"line {one.claimed.number} bears {shown(one.claimed.rate)} %, its order {shown(rate)} %"
            for one, rate in zip(self.pairs, rate_of, strict=True)
            if one.claimed.rate is not None and one.claimed.rate != rate
        ]
        self._say("tax", "; ".join([text, *wrong[:3]]), got - want, shown(got), shown(want))

    def _total(self) -> None:
        if self.prepaid:
            self._compare("prepaid", "net + tax - total", shown(self.prepaid), "equal")
        difference = self.claimed - self.computed
        near = abs(difference) <= self.rounding
        outcome: Outcome = "equal" if not difference else "tolerated" if near else "off"
        parts = "lines + charges + taxes"
        self._compare("total", parts, shown(self.claimed), outcome, shown(self.computed), str(self.rounding))
        if outcome == "off":
            why = self._explained(difference)
            text = f"the total is {shown(self.claimed)}, its parts come to {shown(self.computed)}"
            self._say("total", f"{text}: {why}", difference, shown(self.claimed), shown(self.computed))

    def _explained(self, difference: Decimal) -> str:
        parts = list(self._suspects())
        for size in range(1, MOST_PARTS + 1):
            for chosen in islice(combinations(parts, size), MOST_SEARCHED):
                if abs(sum((effect for _, effect in chosen), Decimal(0)) - difference) <= self.rounding:
                    return " and ".join(text for text, _ in chosen)
        return f"the difference of {shown(difference)} is explained by none of its parts"

    def _suspects(self) -> Iterator[tuple[str, Decimal]]:
        """What people get wrong in a sum, with what it does to the total."""
        for charge in self.counted:
            kind = "allowance" if charge.amount < 0 else "charge"
            what = f"{kind} {charge.code} of {shown(abs(charge.amount))}".replace("  ", " ")
            yield f"the {what} is left out of it", -charge.amount
            yield f"the {what} has the wrong sign in it", -2 * charge.amount
        if tax := stated_tax(self.claim):
            yield f"the tax of {shown(tax)} is left out of it", -tax
            yield f"the tax of {shown(tax)} is counted twice", tax
        for line in self.claim.lines:
            figures = priced(line, self.terms)
            if figures.alternative:
                text = f"it was made with the printed price of line {line.number} instead of its amount"
                yield text, figures.alternative
            yield f"line {line.number} of {shown(figures.goods)} is left out of it", -figures.goods
            yield f"line {line.number} of {shown(figures.goods)} is counted twice", figures.goods

    def billed(self, taxes_at: dict[Decimal, tuple[int, ...]]) -> Iterator[Billed]:
        """The charges as lines of the bill."""
        for charged in self.charged:
            taxes = charged.ordered.taxes if charged.ordered else taxes_at.get(charged.rate, ())
            name = "Allowance" if charged.charge.amount < 0 else "Freight" if charged.charge.freight else "Charge"
            yield Billed(
                f"{name} {charged.charge.code}".strip(), Fraction(1), charged.charge.amount, charged.ordered, taxes
            )

    def _compare(
        self, subject: str, what: str, stated: str, outcome: Outcome, expected: str = "", tolerance: str = "none"
    ) -> None:
        comparison = Comparison(subject, what, self.claim.currency, stated, expected or stated, outcome, tolerance)
        self.comparisons.append(comparison)

    def _say(self, kind: str, text: str, effect: Decimal, stated: str, expected: str) -> None:
        self.reasons.append(Reason(kind, text, effect, stated=stated, expected=expected))  # type: ignore[arg-type]


def _tax(amount: Decimal, rate: Decimal) -> Fraction:
    return Fraction(amount) * Fraction(rate) / 100
