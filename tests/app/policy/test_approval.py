"""The section ``approval``: read, checked, and no amount between its tiers and limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Forbidden, Overtaken, Rejected
from app.model.approval import Step
from app.policy.approval import ApprovalRules, Tier, escalations, steps_for, within
from app.policy.authority import Bench, Matter, Spoken, StandIn
from app.policy.escalation import next_role

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CENT = Decimal("0.01")

amounts = st.decimals(0, 20_000, places=2)

SECTION = """
roles:
  ward: {limits: {EUR: 1000}, escalates_to: director, after_hours: 4.5}
  director:
people:
  wanda: {name: Wanda W., roles: [ward], mail: wanda@hospital.example, also: [4711], substitute: sven}
  sven: {active: true}
hours:
  GEN: {start: 08:00, end: 17:30, days: [mon, tue], holidays: [2026-12-25]}
break_glass: {role: director, hours: 12}
delegation_days: 14
"""


def test_a_section_as_people_write_it() -> None:
    rules = ApprovalRules.from_data(yaml.safe_load(SECTION))

    ward = rules.role("ward")
    assert (ward.limits, ward.after_hours, ward.escalates_to) == ({"EUR": Decimal(1000)}, Decimal("4.5"), "director")
    wanda = rules.person("4711")
    assert wanda is not None
    assert (wanda.id, wanda.substitute, wanda.facilities) == ("wanda", "sven", ("*",))
    assert rules.calendar("GEN").end == "17:30"
    assert rules.calendar("GEN").holidays == (date(2026, 12, 25),)
    assert rules.calendar("LAB").end == "17:00"
    assert (rules.break_glass.hours, rules.delegation_days, rules.once) == (Decimal(12), Decimal(14), True)


def test_an_empty_section_lets_nobody_decide_anything() -> None:
    rules = ApprovalRules.from_data({})

    assert Bench(rules, (), (), AT).deciders(matter()) == []


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ({"roles": {"ward": {"limit": 3}}}, "approval.roles.ward.limit"),
        ({"roles": {"ward": "high"}}, "approval.roles.ward"),
        ({"roles": {"ward": {"limits": {"EUR": -1}}}}, "approval.roles.ward.limits.EUR"),
        ({"roles": {"ward": {"limits": {"EUR": "much"}}}}, "approval.roles.ward.limits.EUR.value"),
        ({"roles": {"ward": {"escalates_to": "nobody"}}}, "approval.roles.ward.escalates_to"),
        ({"roles": {"a": {"escalates_to": "b"}, "b": {"escalates_to": "a"}}}, "approval.roles.a.escalates_to"),
        ({"roles": {"a": {"escalates_to": "a"}}}, "approval.roles.a.escalates_to"),
        ({"people": {"wanda": {"roles": ["ward"]}}}, "approval.people.wanda.roles"),
        ({"people": {"wanda": {"substitute": "wanda"}}}, "approval.people.wanda.substitute"),
        ({"people": {"wanda": {"substitute": "nobody"}}}, "approval.people.wanda.substitute"),
        ({"people": {"wanda": {"mail": "not a mail"}}}, "approval.people.wanda.mail"),
        ({"people": {"wanda": {"also": ["47"]}, "sven": {"also": ["47"]}}}, "approval.people.47"),
        ({"people": {"wanda": {}, "WANDA": {}}}, "approval.people.wanda"),
        ({"hours": {"GEN": {"start": "25:00"}}}, "approval.hours.GEN"),
        ({"hours": {"GEN": {"start": "18:00"}}}, "approval.hours.GEN"),
        ({"hours": {"GEN": {"days": ["monday"]}}}, "approval.hours.GEN"),
        ({"break_glass": {"role": "nobody"}}, "approval.break_glass.role"),
        ({"after_hours": -1}, "approval.after_hours"),
        ({"delegaton_days": 3}, "approval.delegaton_days"),
    ],
)
def test_a_fault_is_named_with_its_place(section: dict[str, Any], where: str) -> None:
    with pytest.raises(Rejected) as caught:
        ApprovalRules.from_data(section)

    assert where in {issue.where for issue in caught.value.issues}


def test_all_faults_are_named_together() -> None:
    with pytest.raises(Rejected) as caught:
        ApprovalRules.from_data({"roles": {"a": {"escalates_to": "x"}}, "people": {"p": {"roles": ["y"], "mail": "z"}}})

    assert len(caught.value.issues) == 3


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(amounts, max_size=5)))
    made = [Tier((Step(str(n), f"role {n}"),), bound) for n, bound in enumerate(bounds)]
    return (*made, Tier((Step("last", "last"),)))


@given(tiers(), amounts)
def test_every_amount_is_in_one_tier_and_none_between_two(ladder: tuple[Tier, ...], amount: Decimal) -> None:
    bounds = [Decimal(-1), *(tier.up_to for tier in ladder if tier.up_to is not None), Decimal("Infinity")]
    expected = [
        tier.steps for tier, below, up_to in zip(ladder, bounds, bounds[1:], strict=False) if below < amount <= up_to
    ]

    assert [steps_for(ladder, amount)] == expected


@given(tiers())
def test_a_bound_belongs_to_its_tier_and_a_cent_more_to_the_next(ladder: tuple[Tier, ...]) -> None:
    for tier, following in pairwise(ladder):
        assert tier.up_to is not None
        assert steps_for(ladder, tier.up_to) == tier.steps
        if following.up_to is None or tier.up_to + CENT <= following.up_to:
            assert steps_for(ladder, tier.up_to + CENT) == following.steps


@pytest.mark.parametrize("bounds", [[10, 5, None], [10, 10, None], [10, 20], [None, 10], [None, None]])
def test_tiers_that_leave_amounts_out_are_refused(bounds: list[int | None]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        steps_for([Tier((), None if up_to is None else Decimal(up_to)) for up_to in bounds], Decimal(1))


NAMES = ("ann", "bob", "cat", "dan", "eve")
ROLES = ("ward", "finance", "director")


@st.composite
def books(draw: st.DrawFn) -> ApprovalRules:
    limits = st.dictionaries(st.sampled_from(["EUR", "USD"]), amounts, max_size=2)
    roles = {name: {"limits": draw(limits)} for name in ROLES}
    people = {
        name: {
            "roles": draw(st.lists(st.sampled_from(ROLES), unique=True)),
            "limits": draw(limits),
            "facilities": draw(st.sampled_from([["*"], ["GEN"], ["LAB"]])),
            "departments": draw(st.sampled_from([["*"], ["OR"]])),
            "active": draw(st.booleans()),
            "substitute": draw(st.sampled_from(["", *(other for other in NAMES if other != name)])),
        }
        for name in NAMES
    }
    return ApprovalRules.from_data({"roles": roles, "people": people, "once": draw(st.booleans())})


stand_ins = st.builds(
    StandIn,
    person=st.sampled_from(NAMES),
    by=st.sampled_from(NAMES),
    valid_from=st.sampled_from([AT - timedelta(days=1), AT, AT + timedelta(hours=1)]),
    valid_to=st.sampled_from([AT, AT + timedelta(days=1)]),
    role=st.none() | st.sampled_from(ROLES),
    away=st.booleans(),
)
spoken = st.builds(Spoken, st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans())
benches = st.builds(
    Bench, books(), st.lists(stand_ins, max_size=4).map(tuple), st.lists(spoken, max_size=2).map(tuple), st.just(AT)
)
matters = st.builds(
    Matter,
    amount=amounts,
    currency=st.sampled_from(["EUR", "USD", "CHF"]),
    facility=st.sampled_from(["GEN", "LAB"]),
    requester=st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name, name.upper(), f" {name} "])),
    roles=st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True).map(tuple),
    department=st.none() | st.sampled_from(["OR", "ICU"]),
    four_eyes=st.booleans(),
)


def matter(**changes: Any) -> Matter:
    return Matter(
        **{"amount": CENT, "currency": "EUR", "facility": "GEN", "requester": "nurse", "roles": ("ward",)} | changes
    )


@given(benches, matters)
def test_whoever_may_decide_has_a_right_that_reaches_and_did_not_ask(bench: Bench, about: Matter) -> None:
    names = {name for one in bench.spoken if one.this_step for name in (one.person, one.on_behalf_of)}
    for right in bench.deciders(about):
        person, holder = right.person, right.on_behalf_of
        assert person.active
        assert holder.active
        assert about.requester.strip().lower() not in {person.id, holder.id}
        assert within(holder.limits, about.amount, about.currency)
        fitting = set(holder.roles) & set(about.roles)
        assert any(within(bench.rules.role(name).limits, about.amount, about.currency) for name in fitting)
        assert {"*", about.facility} & set(holder.facilities)
        assert {"*", about.department} & set(holder.departments)
        assert not {person.id, holder.id} & names
        if person != holder:
            assert any(one.person == holder.id and one.holds(AT) for one in bench.stand_ins)


@given(benches, matters, amounts)
def test_whoever_may_decide_an_amount_may_decide_a_smaller_one(bench: Bench, about: Matter, less: Decimal) -> None:
    small = Matter(min(less, about.amount), *(getattr(about, name) for name in Matter.__slots__[1:]))

    assert {right.person.id for right in bench.deciders(about)} <= {right.person.id for right in bench.deciders(small)}


@given(benches, matters)
def test_a_refusal_and_a_right_exclude_each_other(bench: Bench, about: Matter) -> None:
    may = {right.person.id for right in bench.deciders(about)}
    for name in NAMES:
        if name in may:
            assert bench.right(name, about).person.id == name
        else:
            with pytest.raises((Forbidden, Overtaken)) as caught:
                bench.right(name, about)
            assert caught.value.code.startswith("approval.")


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=4, max_size=4))
def test_escalations_end(targets: list[str]) -> None:
    roles = {name: {"escalates_to": target} for name, target in zip("abcd", targets, strict=True)}
    try:
        rules = ApprovalRules.from_data({"roles": roles})
    except Rejected:
        return
    for name in "abcd":
        walked: tuple[str, ...] = (name,)
        while (following := next_role(rules, walked)) is not None:
            walked = (*walked, following)
        assert list(walked[1:]) == escalations(rules, name)
