"""The three-way match: what is ordered, received and invoiced so far, against what an invoice claims now.

Pure; called by ``app.flows.invoice`` with facts fresh from Odoo. It explains itself line by line and gives the
smallest set of reasons: a total or a tax that follows from one line's price is no reason of its own, a unit that
explains quantity and price is one reason and not two, and what cancels out within a line is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from app.policy.claims import Claim, MatchFacts, OrderedLine
from app.policy.match_lines import LineMatch, Pair, Terms, by_order_line, pair, priced
from app.policy.match_money import MoneyMatch, stated_tax
from app.policy.match_report import Billed, Comparison, Match, Reason, Verdict, money, shown, total
from app.policy.matching import Matching

CLOSED = ("cancel",)
"""States of an order on which nothing may be invoiced."""


def match(claim: Claim, facts: MatchFacts, policy: Matching) -> Match:
    """Compare a claim with its orders. Never raises: whatever does not fit is a reason."""
    claim = upright(claim)
    terms = Terms(facts.decimals, claim.type == "credit_note")
    reasons, comparisons = _documents(claim, facts)
    pairs = pair(claim.lines, facts.lines)
    final: list[Pair] = [one for one in pairs if one.ordered is None]
    reasons += [_not_ordered(one, terms, _rate(one, claim, facts, policy)) for one in final]
    for ordered, group in by_order_line(pairs):
        tolerance = policy.tolerance(claim.supplier, ordered.category)
        lines = LineMatch(ordered, group, tolerance, terms, _rate(group[0], claim, facts, policy))
        lines.run()
        final += lines.pairs
        reasons += lines.reasons
        comparisons += lines.comparisons
    places = {id(line): place for place, line in enumerate(claim.lines)}
    final.sort(key=lambda one: places[id(one.claimed)])
    sums = MoneyMatch(claim, final, policy.tolerance(claim.supplier), terms, policy.rounding)
    rates = [_rate(one, claim, facts, policy) for one in final]
    sums.run(_free(facts.lines, final), rates)
    reasons += sums.reasons
    billed = (*_goods(final, rates, facts, terms), *sums.billed(_taxes_at(final, rates, facts)))
    return Match(
        verdict=_verdict(reasons),
        reasons=tuple(reasons),
        comparisons=tuple(comparisons + sums.comparisons),
        billed=billed,
        currency=claim.currency,
        claimed=sums.claimed,
        difference=total(reasons),
    )


def upright(claim: Claim) -> Claim:
    """The claim with positive figures, and as a credit note where an invoice is negative in all."""
    negative = _sum(claim) < 0
    type_ = "credit_note" if negative and claim.type == "invoice" else claim.type
    if not negative:
        return replace(claim, type=type_)
    lines = tuple(
        replace(
            line,
            quantity=abs(line.quantity) if line.net is None or line.net <= 0 else -abs(line.quantity),
            price=None if line.price is None else abs(line.price),
            net=_turned(line.net),
            tax=_turned(line.tax),
            charges=tuple(replace(charge, amount=-charge.amount) for charge in line.charges),
        )
        for line in claim.lines
    )
    return replace(
        claim,
        type=type_,
        lines=lines,
        charges=tuple(replace(charge, amount=-charge.amount) for charge in claim.charges),
        taxes=tuple(replace(tax, amount=_turned(tax.amount), base=_turned(tax.base)) for tax in claim.taxes),
        net_total=_turned(claim.net_total),
        tax_total=_turned(claim.tax_total),
        total=_turned(claim.total),
    )


def _sum(claim: Claim) -> Decimal:
    if claim.total:
        return claim.total
    return sum((priced(line, Terms(6)).goods for line in claim.lines), Decimal(0)) + stated_tax(claim)


def _turned(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount


def _documents(claim: Claim, facts: MatchFacts) -> tuple[list[Reason], list[Comparison]]:
    """Supplier, currency and state of the orders."""
    reasons, comparisons = [], []
    for order in facts.orders:
        for kind, what, stated, expected, off in (
            ("supplier", "supplier", claim.supplier, order.supplier, claim.supplier != order.supplier),
            ("currency", "currency", claim.currency, order.currency, claim.currency not in ("", order.currency)),
            ("order", "state", order.state, "purchase", order.state in CLOSED),
        ):
            outcome = "off" if off else "equal"
            comparisons.append(Comparison(f"order {order.number}", what, "", stated, expected, outcome))  # type: ignore[arg-type]
            if off:
                text = f"the {what} of order {order.number} is {expected}; the invoice has {stated}"
                text = f"order {order.number} is cancelled" if kind == "order" else text
                reasons.append(Reason(kind, text, order=order.number, stated=stated, expected=expected))  # type: ignore[arg-type]
    return reasons, comparisons


def _not_ordered(one: Pair, terms: Terms, rate: Decimal) -> Reason:
    line = one.claimed
    what = f"item {line.item}" if line.item else "an item without a known code"
    where = f"order {line.order}" if line.order else "the order"
    text = f"line {line.number}: {what} is not on {where}"
    effect = money(Fraction(priced(line, terms).goods) * (1 + Fraction(rate) / 100), terms.decimals)
    return Reason("item", text, effect, line.number, line.order, line.item, shown(line.quantity), "0")


def _rate(one: Pair, claim: Claim, facts: MatchFacts, policy: Matching) -> Decimal:
    """The tax rate that holds for a line: its order's, or its own where the order leaves it open and Odoo knows it."""
    if one.ordered is None:
        return _likely_rate(one, claim, facts)
    open_rate = policy.tolerance(claim.supplier, one.ordered.category).untaxed == "as_invoiced"
    if one.ordered.taxes or not open_rate:
        return one.ordered.rate
    stated = one.claimed.rate if one.claimed.rate is not None else _only_rate(claim)
    return stated if stated in facts.rates else Decimal(0)


def _likely_rate(one: Pair, claim: Claim, facts: MatchFacts) -> Decimal:
    """The rate of a line that was not ordered: as stated, else the invoice's only one, else the orders' commonest."""
    if one.claimed.rate is not None:
        return one.claimed.rate
    ordered = [line.rate for line in facts.lines]
    return _only_rate(claim) or max(ordered, key=ordered.count, default=Decimal(0))


def _only_rate(claim: Claim) -> Decimal:
    rates = {tax.rate for tax in claim.taxes if tax.rate is not None}
    return rates.pop() if len(rates) == 1 else Decimal(0)


def _free(lines: Iterable[OrderedLine], pairs: Iterable[Pair]) -> list[OrderedLine]:
    taken = {one.ordered.id for one in pairs if one.ordered}
    return [line for line in lines if line.service and line.id not in taken]


def _goods(pairs: Sequence[Pair], rates: Sequence[Decimal], facts: MatchFacts, terms: Terms) -> list[Billed]:
    at = _taxes_at(pairs, rates, facts)
    found = []
    for one, rate in zip(pairs, rates, strict=True):
        taxes = one.ordered.taxes if one.ordered and one.ordered.taxes else at.get(rate, ())
        name = one.ordered.item if one.ordered else one.claimed.item or "Not ordered"
        amount = money(Fraction(priced(one.claimed, terms).goods), terms.decimals)
        found.append(Billed(name, one.quantity, amount, one.ordered, taxes))
    return found


def _taxes_at(pairs: Sequence[Pair], rates: Sequence[Decimal], facts: MatchFacts) -> dict[Decimal, tuple[int, ...]]:
    """The taxes that make up a rate: those of an order line with it, else Odoo's only tax of that rate."""
    known = {rate: (tax_id,) for rate, tax_id in facts.rates.items() if rate}
    of_orders = {rate: one.ordered.taxes for one, rate in zip(pairs, rates, strict=True) if one.ordered and rate}
    return known | {rate: taxes for rate, taxes in of_orders.items() if taxes}


def _verdict(reasons: Sequence[Reason]) -> Verdict:
    if not reasons:
        return "matched"
    return "awaiting_receipt" if {reason.kind for reason in reasons} == {"receipt"} else "mismatch"
