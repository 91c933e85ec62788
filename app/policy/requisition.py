"""Whether a requisition may be ordered, from whom, at what price, and who must agree: one pass, all reasons told.

Pure: the flow gathers the facts, this decides. Every finding says which rule found it, on which line, with the figures
it looked at; the outcome follows from the findings alone, so that no order of lines or rules can change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

from app.model.approval import Step
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.policy.approval import steps_for
from app.policy.expressions import Unanswerable
from app.policy.requisition_rules import RequisitionRules

Severity = Literal["warn", "approve", "hold", "block"]
Outcome = Literal["order", "approve", "hold", "block"]
CENT = Decimal("0.01")
HELD = (
    "item_not_registered", "item_not_allowed", "unit_suspicious", "no_offer", "supplier_not_approved",
    "contract_expired", "contract_not_begun", "currency_unknown", "price_off_contract", "over_budget",
    "rule_unanswerable",
)  # fmt: skip
"""The codes of findings that a person must see; the hospital's own rules have ``rule``."""
SEVERITIES: tuple[Severity, ...] = ("warn", "approve", "hold", "block")
_RANK: Mapping[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}
OUTCOMES: tuple[Outcome, ...] = ("order", "approve", "hold", "block")


@dataclass(frozen=True, slots=True)
class Asked:
    """A line as it was asked for, in names of ours; ``quantity`` in units that hold ``factor`` base units each.

    ``stated_price`` is for one such unit, ``supplier`` the one that the requester wants.
    """

    number: str
    item: str
    quantity: Decimal
    factor: Decimal = Decimal(1)
    stated_price: Decimal | None = None
    supplier: str | None = None
    cost_centre: str | None = None
    needed_by: date | None = None
    deliver_to: str | None = None
    substitutes_allowed: bool = False

    @property
    def base(self) -> Decimal:
        """The quantity in base units."""
        return self.quantity * self.factor


@dataclass(frozen=True, slots=True)
class Budget:
    """What a cost centre may spend in the period, and what is spent or promised of it."""

    amount: Decimal
    committed: Decimal

    @property
    def left(self) -> Decimal:
        """What is left."""
        return self.amount - self.committed


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision is made of; ``on`` is the day on which the order would be made."""

    lines: tuple[Asked, ...]
    on: date
    currency: str
    facility: str
    department: str = ""
    requester: str = ""
    urgent: bool = False
    items: Mapping[str, ItemFacts] = field(default_factory=dict)
    suppliers: Mapping[str, SupplierFacts] = field(default_factory=dict)
    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; ``code`` is stable, ``subject`` groups findings that are mended together."""

    rule: str
    code: str
    severity: Severity
    text: str
    line: str | None = None
    subject: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    role: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be ordered for a line: ``units`` of the offer's unit at its price."""

    line: str
    offer: Offer
    units: Decimal
    cost_centre: str | None

    @property
    def amount(self) -> Decimal:
        """The line's amount in the offer's currency."""
        return (self.units * self.offer.price).quantize(CENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with all its reasons; ``steps`` are the approvals it needs."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    choices: tuple[Choice, ...]
    amount: Decimal
    steps: tuple[Step, ...] = ()


def decide(rules: RequisitionRules, facts: Facts) -> Verdict:
    """Decide a requisition as a whole."""
    findings: list[Finding] = []
    choices: list[Choice] = []
    for line in facts.lines:
        findings += _admissible(rules, line, facts)
        offer, found = _sourced(rules, line, facts)
        findings += found
        if offer:
            choice, found = _packed(rules, line, offer)
            choices.append(choice)
            findings += found
    amount = sum((choice.amount for choice in choices), Decimal(0))
    findings += _affordable(rules, choices, facts)
    findings += _own_rules(rules, choices, amount, facts)
    steps = _steps(rules, amount, findings)
    if steps and not any(one.severity in ("hold", "block") for one in findings):
        text = f"{amount} {facts.currency} need the agreement of {', '.join(step.role for step in steps)}"
        findings.append(Finding("tiers", "approval_needed", "approve", text, figures={"amount": str(amount)}))
    worst = max((_RANK[one.severity] for one in findings), default=0)
    return Verdict(OUTCOMES[worst], tuple(findings), tuple(choices), amount, steps)


def _admissible(rules: RequisitionRules, line: Asked, facts: Facts) -> Iterator[Finding]:
    known, subject = facts.items.get(line.item), f"item {line.item}"
    if known is None:
        text = "The item is not in the register; synchronise the item master, then release."
        yield Finding("item", "item_not_registered", "hold", text, line.number, subject)
        return
    if not known.active or not known.purchasable:
        text = "The item may not be bought; point the requester to its successor, or allow it in Odoo."
        yield Finding("item", "item_not_allowed", "hold", text, line.number, subject)
    most = rules.most_units.get(known.category, rules.most_units.get("*"))
    if most is not None and line.base > most:
        text = f"{line.base.normalize():f} are asked for, {most.normalize():f} at most are usual; is the unit right?"
        figures = {"asked": str(line.base), "most": str(most)}
        yield Finding("most_units", "unit_suspicious", "hold", text, line.number, subject, figures)


def _sourced(rules: RequisitionRules, line: Asked, facts: Facts) -> tuple[Offer | None, list[Finding]]:
    """The offer that is taken, and why none is."""
    offers, subject = facts.offers.get(line.item, ()), f"item {line.item}"
    allowed = [one for one in offers if _may_sell(facts.suppliers.get(one.supplier))]
    if not offers:
        text = "No supplier offers the item; enter a catalogue or contract price, then release."
        return None, [Finding("sourcing", "no_offer", "hold", text, line.number, subject)]
    if not allowed:
        text = "Nobody who offers the item is an approved supplier; approve one, then release."
        return None, [Finding("sourcing", "supplier_not_approved", "hold", text, line.number, subject)]
    valid = [one for one in allowed if one.holds_on(facts.on) and one.currency == facts.currency]
    if not valid:
        return None, [_not_valid(line, allowed, facts, subject)]
    wanted = [one for one in valid if one.supplier == line.supplier]
    findings = []
    if line.supplier and not wanted:
        text = f"{line.supplier} has no valid offer; another supplier is taken."
        findings.append(Finding("sourcing", "supplier_replaced", "warn", text, line.number, subject))
    known = facts.items.get(line.item)
    first = rules.preferred.get(line.item) or rules.preferred.get(known.category if known else "")
    preferred = [one for one in valid if one.supplier == first] or [one for one in valid if one.preferred]
    pool = wanted or preferred or valid
    return min((_reached(pool, line)), key=_rank), findings


def _may_sell(supplier: SupplierFacts | None) -> bool:
    return supplier is not None and supplier.active and supplier.approved


def _reached(pool: Sequence[Offer], line: Asked) -> Sequence[Offer]:
    """Offers whose quantity break is reached; where none is, those with the lowest."""
    reached = [one for one in pool if _units(line, one) >= one.minimum]
    if reached:
        return reached
    least = min(one.minimum for one in pool)
    return [one for one in pool if one.minimum == least]


def _rank(offer: Offer) -> tuple[Any, ...]:
    """The cheapest base unit first; equal ones by the contract, then by name, so that chance decides nothing."""
    each = offer.price / offer.factor
    return each, offer.contract is None, offer.lead_days, offer.supplier, offer.unit, offer.minimum


def _not_valid(line: Asked, allowed: Sequence[Offer], facts: Facts, subject: str) -> Finding:
    ended = [one for one in allowed if one.valid_to and one.valid_to < facts.on]
    if any(one.holds_on(facts.on) for one in allowed):
        text = f"The item is only offered in another currency than {facts.currency}."
        return Finding("contract", "currency_unknown", "hold", text, line.number, subject)
    if ended:
        last = max(ended, key=lambda one: one.valid_to or date.min)
        text = f"The last price ended on {last.valid_to}; renew the contract or enter a price, then release."
        figures = {"contract": last.contract or "", "ended": str(last.valid_to)}
        return Finding("contract", "contract_expired", "hold", text, line.number, subject, figures)
    begins = min(one.valid_from for one in allowed if one.valid_from)
    text = f"The price is valid from {begins} on; wait for that day, or enter a price."
    return Finding("contract", "contract_not_begun", "hold", text, line.number, subject, {"begins": str(begins)})


def _units(line: Asked, offer: Offer) -> Decimal:
    """How many of the offer's units hold what is asked for; whole packs only."""
    wanted = line.base / offer.factor
    return wanted if offer.factor == 1 else wanted.to_integral_value(ROUND_CEILING)


def _packed(rules: RequisitionRules, line: Asked, offer: Offer) -> tuple[Choice, list[Finding]]:
    units = max(_units(line, offer), offer.minimum)
    choice = Choice(line.number, offer, units, line.cost_centre)
    findings, subject = [], f"item {line.item}"
    if units * offer.factor != line.base:
        figures = {"asked": str(line.base), "ordered": str(units * offer.factor)}
        text = f"{line.base.normalize():f} were asked for; {figures['ordered']} come in whole packs."
        findings.append(Finding("packs", "rounded_to_packs", "warn", text, line.number, subject, figures))
    if line.stated_price is not None:
        findings += _priced(rules, line, offer, subject)
    return choice, findings


def _priced(rules: RequisitionRules, line: Asked, offer: Offer, subject: str) -> Iterator[Finding]:
    """The price that the requester states against the contract's, for the same amount of the item."""
    assert line.stated_price is not None
    agreed = offer.price / offer.factor * line.factor
    if not agreed:
        return
    off = (line.stated_price - agreed) / agreed * 100
    figures = {"stated": str(line.stated_price), "contract": str(agreed.quantize(Decimal("0.0001")))}
    if abs(off) <= rules.price_percent:
        return
    if mistaken := _other_pack(rules, line, offer):
        text = f"The stated price is that of {mistaken}: was a pack meant, or a piece?"
        yield Finding("unit", "unit_suspicious", "hold", text, line.number, subject, figures)
        return
    text = f"The stated price is {off.quantize(Decimal('0.1'))} % off the contract; correct either, then release."
    yield Finding("price", "price_off_contract", "hold", text, line.number, subject, figures)


def _other_pack(rules: RequisitionRules, line: Asked, offer: Offer) -> str | None:
    """The unit whose price was stated by mistake, where it is close to that of a whole pack or of a piece."""
    assert line.stated_price is not None
    each = offer.price / offer.factor
    for factor, name in ((offer.factor, offer.unit or "a pack"), (Decimal(1), "one piece")):
        price = each * factor
        if factor != line.factor and abs(line.stated_price - price) * 100 <= rules.pack_percent * price:
            return name
    return None


def _affordable(rules: RequisitionRules, choices: Sequence[Choice], facts: Facts) -> Iterator[Finding]:
    asked: dict[str, Decimal] = {}
    for choice in choices:
        if choice.cost_centre:
            asked[choice.cost_centre] = asked.get(choice.cost_centre, Decimal(0)) + choice.amount
    for centre, amount in sorted(asked.items()):
        budget = facts.budgets.get(centre)
        if budget is not None and amount > budget.left:
            figures = {"budget": str(budget.amount), "committed": str(budget.committed), "asked": str(amount)}
            text = f"{amount} {facts.currency} are asked for, {budget.left} are left of the budget of {centre}."
            subject = f"cost centre {centre}"
            yield Finding(
                "budget", "over_budget", rules.over_budget, text, None, subject, figures, rules.over_budget_role
            )


def _own_rules(rules: RequisitionRules, choices: Sequence[Choice], amount: Decimal, facts: Facts) -> Iterator[Finding]:
    by_line = {choice.line: choice for choice in choices}
    for line in facts.lines:
        known = _known(line, by_line.get(line.number), amount, facts)
        for rule in rules.rules:
            try:
                if rule.when.holds(known):
                    yield Finding(
                        rule.id, "rule", rule.then, rule.reason, line.number, f"rule {rule.id}", role=rule.role
                    )
            except Unanswerable as error:
                text = f"The rule cannot be answered: {error.message}"
                yield Finding(rule.id, "rule_unanswerable", "hold", text, line.number, f"rule {rule.id}")


def _known(line: Asked, choice: Choice | None, amount: Decimal, facts: Facts) -> dict[str, Any]:
    item = facts.items.get(line.item) or ItemFacts(line.item)
    return {
        "item": line.item,
        "category": item.category,
        "criticality": item.criticality,
        "clinical": item.clinical,
        "supplier": choice.offer.supplier if choice else "",
        "contract": choice.offer.contract if choice else "",
        "amount": amount,
        "line_amount": choice.amount if choice else Decimal(0),
        "quantity": line.base,
        "unit": choice.offer.unit if choice else "",
        "facility": facts.facility,
        "department": facts.department,
        "cost_centre": line.cost_centre,
        "requester": facts.requester,
        "urgent": facts.urgent,
        "weekday": facts.on.isoweekday(),
        "substitutes_allowed": line.substitutes_allowed,
    }


def _steps(rules: RequisitionRules, amount: Decimal, findings: Sequence[Finding]) -> tuple[Step, ...]:
    """Those of the amount's tier, then those that findings ask for, each role once."""
    steps = list(steps_for(rules.tiers, amount))
    for finding in sorted(findings, key=lambda one: (one.rule, one.line or "")):
        if finding.severity == "approve" and finding.role and finding.role not in {step.role for step in steps}:
            steps.append(Step(finding.role, finding.role, reason=finding.rule))
    return tuple(steps)
