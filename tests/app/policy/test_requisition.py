"""Requisitions judged: every rule and its figures, and what must hold whatever is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Rejected
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.policy.requisition import Asked, Budget, Facts, Verdict, decide
from app.policy.requisition_rules import RequisitionRules

TODAY = date(2026, 11, 20)
STENT = ItemFacts("STENT-35", category="Implants", tracking="lot", criticality="critical", clinical=True)
GLOVE = ItemFacts("GLOVE-M", category="Consumables")
MERIDIAN, HARBOR = SupplierFacts("S-MER", currency="EUR"), SupplierFacts("S-HAR", currency="EUR")
BOX = Offer("GLOVE-M", "S-HAR", Decimal("12.50"), "EUR", "Box of 100", Decimal(100), supplier_code="H-100")
EACH = Offer("STENT-35", "S-MER", Decimal(980), "EUR", contract="CT-77", valid_to=date(2026, 12, 31))
FACTS = Facts(
    lines=(),
    on=TODAY,
    currency="EUR",
    facility="GEN",
    department="CARD",
    requester="n.ward",
    items={"STENT-35": STENT, "GLOVE-M": GLOVE},
    suppliers={"S-MER": MERIDIAN, "S-HAR": HARBOR},
    offers={"STENT-35": [EACH], "GLOVE-M": [BOX]},
)


def asked(item: str = "STENT-35", quantity: int = 2, **changes: Any) -> Asked:
    return replace(Asked("1", item, Decimal(quantity), cost_centre="CC-1"), **changes)


def judged(*lines: Asked, rules: dict[str, Any] | None = None, **changes: Any) -> Verdict:
    return decide(RequisitionRules.from_data(rules or {}), replace(FACTS, lines=lines, **changes))


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_what_is_in_order_is_ordered_at_the_contract_price() -> None:
    verdict = judged(asked())
    assert (verdict.outcome, verdict.findings, verdict.amount) == ("order", (), Decimal("1960.00"))
    [choice] = verdict.choices
    assert (choice.offer, choice.units, choice.cost_centre) == (EACH, 2, "CC-1")


@pytest.mark.parametrize(("line", "changes", "code"), [
    (asked("BONE-SAW"), {}, "item_not_registered"),
    (asked(), {"items": {"STENT-35": replace(STENT, active=False)}}, "item_not_allowed"),
    (asked(), {"items": {"STENT-35": replace(STENT, purchasable=False)}}, "item_not_allowed"),
    (asked(), {"offers": {}}, "no_offer"),
    (asked(), {"suppliers": {}}, "supplier_not_approved"),
    (asked(), {"suppliers": {"S-MER": replace(MERIDIAN, approved=False)}}, "supplier_not_approved"),
    (asked(), {"suppliers": {"S-MER": replace(MERIDIAN, active=False)}}, "supplier_not_approved"),
    (asked(), {"on": date(2027, 1, 1)}, "contract_expired"),
    (asked(), {"offers": {"STENT-35": [replace(EACH, valid_from=date(2026, 12, 1))]}}, "contract_not_begun"),
    (asked(), {"currency": "USD"}, "currency_unknown"),
    (asked(stated_price=Decimal("1097.60")), {}, "price_off_contract"),
    (asked(stated_price=Decimal("862.40")), {}, "price_off_contract"),
    (asked("GLOVE-M", 3, stated_price=Decimal("12.50")), {}, "unit_suspicious"),
    (asked("GLOVE-M", 3, factor=Decimal(100), stated_price=Decimal("0.125")), {}, "unit_suspicious"),
    (asked(), {"budgets": {"CC-1": Budget(Decimal(5000), Decimal(3040) + Decimal("0.01"))}}, "over_budget"),
])  # fmt: skip
def test_what_a_person_must_see_is_held(line: Asked, changes: dict[str, Any], code: str) -> None:
    verdict = judged(line, **changes)
    assert verdict.outcome == "hold"
    assert code in codes(verdict)
    assert all(finding.text and finding.subject for finding in verdict.findings)


@pytest.mark.parametrize(("line", "rules", "changes"), [
    (asked(stated_price=Decimal(980)), {}, {}),
    (asked(stated_price=Decimal("999.60")), {"price_percent": 2}, {}),
    (asked("GLOVE-M", 3, factor=Decimal(100), stated_price=Decimal("12.50")), {}, {}),
    (asked(), {}, {"on": date(2026, 12, 31)}),
    (asked(), {}, {"budgets": {"CC-1": Budget(Decimal(5000), Decimal(3040))}}),
    (asked(), {}, {"budgets": {"CC-2": Budget(Decimal(0), Decimal(0))}}),
])  # fmt: skip
def test_what_is_within_its_bounds_is_ordered(line: Asked, rules: dict[str, Any], changes: dict[str, Any]) -> None:
    assert judged(line, rules=rules, **changes).outcome == "order"


def test_pieces_come_in_whole_packs_and_that_is_told() -> None:
    verdict = judged(asked("GLOVE-M", 130))
    assert (verdict.outcome, codes(verdict)) == ("order", ["rounded_to_packs"])
    assert (verdict.choices[0].units, verdict.amount) == (2, Decimal("25.00"))


def test_a_quantity_break_is_reached_or_not() -> None:
    offers = {"STENT-35": [EACH, replace(EACH, minimum=Decimal(10), price=Decimal(900))]}
    for quantity, price in ((9, 980), (10, 900), (11, 900)):
        assert judged(asked(quantity=quantity), offers=offers).choices[0].offer.price == price


def test_the_preferred_supplier_comes_before_the_cheapest_and_the_wanted_one_before_both() -> None:
    cheap = replace(EACH, supplier="S-HAR", price=Decimal(900))
    offers = {"STENT-35": [EACH, cheap]}
    assert judged(asked(), offers=offers).choices[0].offer.supplier == "S-HAR"
    assert judged(asked(), rules={"preferred": {"Implants": "S-MER"}}, offers=offers).choices[0].offer == EACH
    wanted = judged(asked(supplier="S-HAR"), rules={"preferred": {"STENT-35": "S-MER"}}, offers=offers)
    assert wanted.choices[0].offer == cheap
    other = judged(asked(supplier="S-NOBODY"), offers=offers)
    assert (other.outcome, codes(other)) == ("order", ["supplier_replaced"])


TIERS = {
    "tiers": [
        {"up_to": 1000},
        {"up_to": 5000, "steps": [{"role": "head"}]},
        {"steps": [{"role": "head"}, {"role": "finance", "four_eyes": True}]},
    ]
}


@pytest.mark.parametrize(("price", "roles"), [
    ("1000.00", []), ("1000.01", ["head"]), ("5000.00", ["head"]), ("5000.01", ["head", "finance"]),
])  # fmt: skip
def test_an_amount_needs_the_steps_of_its_tier(price: str, roles: list[str]) -> None:
    verdict = judged(asked(quantity=1), rules=TIERS, offers={"STENT-35": [replace(EACH, price=Decimal(price))]})
    assert [step.role for step in verdict.steps] == roles
    assert verdict.outcome == ("approve" if roles else "order")


@pytest.mark.parametrize(("when", "then", "outcome"), [
    ("category == 'Implants' && department != 'CARD'", "block", "order"),
    ("category == 'Implants' && department == 'CARD'", "block", "block"),
    ("line_amount > 1500.0 && clinical", "approve", "approve"),
    ("quantity > 1.0", "hold", "hold"),
    ("weekday >= 6", "hold", "order"),
    ("urgent", "warn", "order"),
    ("amount.nonsense > 3", "warn", "hold"),
])  # fmt: skip
def test_rules_of_the_hospitals_own(when: str, then: str, outcome: str) -> None:
    rule = {"id": "R1", "when": when, "then": then, "reason": "because", "role": "head"}
    assert judged(asked(), rules={"rules": [rule]}).outcome == outcome


@pytest.mark.parametrize(("data", "place"), [
    ({"colour": 1}, "requisition.colour"),
    ({"price_percent": -1}, "requisition.price_percent"),
    ({"price_percent": "much"}, "requisition.price_percent"),
    ({"tiers": [{"up_to": 100}]}, "requisition.tiers[0]"),
    ({"tiers": [{"up_to": 100}, {"up_to": 50}, {}]}, "requisition.tiers[1]"),
    ({"tiers": [{"steps": [{"name": "x"}]}]}, "requisition.tiers[0].steps[0].role"),
    ({"rules": [{"id": "a", "when": "amount >", "then": "hold"}]}, "requisition.rules[0].when"),
    ({"rules": [{"id": "a", "when": "colour == 1", "then": "hold"}]}, "requisition.rules[0].when"),
    ({"rules": [{"id": "a", "when": "true", "then": "explode"}]}, "requisition.rules[0].then"),
    ({"rules": [{"id": "a", "when": "true", "then": "approve"}]}, "requisition.rules[0].role"),
    ({"over_budget": "ignore"}, "requisition.over_budget"),
])  # fmt: skip
def test_a_fault_in_the_rules_names_its_place(data: dict[str, Any], place: str) -> None:
    with pytest.raises(Rejected) as caught:
        RequisitionRules.from_data(data)
    assert place in [issue.where for issue in caught.value.issues]


PRICES = st.decimals(min_value=0, max_value=20000, places=2)
BOUNDS = st.lists(st.decimals(min_value=1, max_value=15000, places=2), min_size=1, max_size=4, unique=True).map(sorted)


@given(BOUNDS, PRICES)
def test_no_amount_slips_between_tiers(bounds: list[Decimal], price: Decimal) -> None:
    tiers = [{"up_to": str(bound), "steps": [{"role": f"r{n}"}]} for n, bound in enumerate(bounds)]
    tiers.append({"steps": [{"role": "last"}]})
    verdict = judged(asked(quantity=1), rules={"tiers": tiers}, offers={"STENT-35": [replace(EACH, price=price)]})
    expected = next((f"r{n}" for n, bound in enumerate(bounds) if price <= bound), "last")
    assert [step.role for step in verdict.steps] == [expected]


LINES = st.lists(
    st.builds(
        lambda item, quantity, price: (item, quantity, price),
        st.sampled_from(["STENT-35", "GLOVE-M", "BONE-SAW"]),
        st.integers(1, 300),
        st.none() | PRICES,
    ),
    min_size=1,
    max_size=5,
)
RULES = [
    {"id": "a", "when": "clinical", "then": "approve", "role": "clinician"},
    {"id": "b", "when": "quantity > 200.0", "then": "hold"},
    {"id": "c", "when": "line_amount > 50000.0", "then": "block"},
]


@given(LINES, st.randoms(use_true_random=False))
def test_neither_the_order_of_lines_nor_that_of_rules_changes_a_verdict(lines: list[Any], chance: Any) -> None:
    given_lines = [
        Asked(str(n), item, Decimal(quantity), stated_price=price, cost_centre="CC-1")
        for n, (item, quantity, price) in enumerate(lines)
    ]
    other_lines, other_rules = chance.sample(given_lines, len(given_lines)), chance.sample(RULES, len(RULES))
    budgets = {"CC-1": Budget(Decimal(30000), Decimal(0))}
    one = judged(*given_lines, rules=TIERS | {"rules": RULES}, budgets=budgets)
    two = judged(*other_lines, rules=TIERS | {"rules": other_rules}, budgets=budgets)
    assert (one.outcome, one.amount, one.steps) == (two.outcome, two.amount, two.steps)
    assert sorted(map(repr, one.findings)) == sorted(map(repr, two.findings))
    assert set(one.choices) == set(two.choices)


@given(LINES)
def test_at_least_what_is_asked_for_is_ordered_and_less_than_a_pack_more(lines: list[Any]) -> None:
    given_lines = [Asked(str(n), item, Decimal(quantity)) for n, (item, quantity, _) in enumerate(lines)]
    by_number = {line.number: line for line in given_lines}
    for choice in judged(*given_lines).choices:
        surplus = choice.units * choice.offer.factor - by_number[choice.line].base
        assert 0 <= surplus < choice.offer.factor


@pytest.mark.parametrize(
    ("minutes", "now", "end"),
    [
        (60, "2026-11-23T09:30:00", "2026-11-23T10:00:00"),
        (60, "2026-11-23T10:00:00", "2026-11-23T11:00:00"),
        (1440, "2026-11-23T09:30:00", "2026-11-24T00:00:00"),
        (7 * 1440, "2026-11-23T09:30:00", "2026-11-30T00:00:00"),
        (7 * 1440, "2026-11-29T23:59:59", "2026-11-30T00:00:00"),
        (3 * 1440, "2026-11-23T00:00:00", "2026-11-25T00:00:00"),
    ],
)
def test_windows_follow_each_other_without_gaps(minutes: int, now: str, end: str) -> None:
    rules = RequisitionRules.from_data({"windows": {"*": minutes, "S-NOW": 0}})
    moment = datetime.fromisoformat(f"{now}+00:00")
    assert rules.window_end("S-1", moment) == datetime.fromisoformat(f"{end}+00:00")
    assert rules.window_end("S-NOW", moment) is None
