"""Replenishment: when and how much, who gives before anything is bought, and what must never happen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Rejected
from app.model.supply import Level, within
from app.policy.replenishment import Need, Standing, Stock, plan, short_by
from app.policy.supply_rules import ByCriticality, Replenishment, Threshold

D = Decimal
RULES = Replenishment()
OR1, OR2, STORE = "GEN/Stock/OR1", "GEN/Stock/OR2", "GEN/Stock"
SISTER = "STM/Stock/OR1"


def standing(on_hand: int | str, location: str = OR1, **changes: object) -> Standing:
    names = {"reorder_point", "maximum", "pack", "lead_days", "criticality", "planned"}
    level = {"reorder_point": D(10), "maximum": D(40)} | {k: v for k, v in changes.items() if k in names}
    rest = {k: v for k, v in changes.items() if k not in names}
    made = Level("GLOVE-M", location, **level)  # type: ignore[arg-type]
    return Standing(made, location.split("/", maxsplit=1)[0], D(on_hand), **rest)  # type: ignore[arg-type]


def stock(free: int, location: str, **changes: object) -> Stock:
    return Stock("GLOVE-M", location, location.split("/", maxsplit=1)[0], D(free), **changes)  # type: ignore[arg-type]


def asked(needs: list[Need]) -> list[tuple[str, Decimal, str]]:
    return [(need.location, need.quantity, need.source) for need in needs]


@pytest.mark.parametrize(("on_hand", "quantity"), [(11, None), (10, 30), (3, 37), (0, 40), (-2, 42)])
def test_ordered_up_to_the_maximum_at_the_reorder_point(on_hand: int, quantity: int | None) -> None:
    expected = [(OR1, D(quantity), "")] if quantity else []
    assert asked(plan(RULES, [standing(on_hand)], [])) == expected


def test_whole_packs() -> None:
    assert asked(plan(RULES, [standing(3, pack=D(12))], [])) == [(OR1, D(48), "")]


@pytest.mark.parametrize("way", [{"coming": D(10)}, {"asked": D(10)}, {"coming": D(4), "asked": D(6)}])
def test_what_is_on_its_way_counts(way: dict[str, Decimal]) -> None:
    assert plan(RULES, [standing(3, **way)], []) == []


def test_what_is_promised_away_does_not() -> None:
    assert asked(plan(RULES, [standing(15, leaving=D(6))], [])) == [(OR1, D(31), "")]


def test_odoos_own_figures_have_precedence() -> None:
    low = standing(100, forecast=D(4), to_order=D(50))
    assert asked(plan(RULES, [low], [])) == [(OR1, D(50), "")]
    assert plan(RULES, [replace(low, to_order=D(0), on_hand=D(0))], []) == []
    assert asked(plan(RULES, [replace(low, asked=D(20))], [])) == [(OR1, D(30), "")]


def test_by_the_rate_where_nothing_is_given() -> None:
    # 5 a day, 3 days to come, 2 days of safety: ordered at 25, up to one more day's use.
    bare = {"reorder_point": None, "maximum": None, "rate": D(5)}
    assert plan(RULES, [standing(26, **bare)], []) == []
    assert asked(plan(RULES, [standing(25, **bare)], [])) == [(OR1, D(5), "")]
    assert plan(RULES, [standing(0, **(bare | {"rate": D(0)}))], []) == []


def test_urgent_by_days_of_supply_and_criticality() -> None:
    rules = replace(RULES, urgent_days=ByCriticality(D(1), D(3)))
    [routine] = plan(rules, [standing(10, rate=D(5))], [])
    [critical] = plan(rules, [standing(10, rate=D(5), criticality="critical")], [])
    assert (routine.urgent, critical.urgent) == (False, True)
    assert "2.0 days of supply" in " ".join(critical.reasons)


def test_a_store_gives_before_anything_is_bought() -> None:
    needs = plan(RULES, [standing(3)], [stock(25, STORE, store=True)])
    assert asked(needs) == [(OR1, D(25), STORE), (OR1, D(12), "")]


def test_a_sister_site_gives_what_is_above_its_maximum() -> None:
    sister = standing(100, SISTER, reorder_point=D(10), maximum=D(70))
    assert asked(plan(RULES, [standing(3), sister], [stock(100, SISTER)])) == [(OR1, D(30), SISTER), (OR1, D(7), "")]


def test_a_place_that_nobody_set_a_level_for_gives_nothing_unless_it_uses_some() -> None:
    assert asked(plan(RULES, [standing(3)], [stock(100, SISTER)])) == [(OR1, D(37), "")]
    assert asked(plan(RULES, [standing(3)], [stock(100, SISTER, rate=D(2))])) == [(OR1, D(37), SISTER)]
    assert asked(plan(RULES, [standing(3)], [stock(62, SISTER, rate=D(2))])) == [(OR1, D(2), SISTER), (OR1, D(35), "")]


def test_another_company_gives_nothing() -> None:
    giver = stock(100, SISTER, store=True, company="Saint Mary Ltd")
    assert asked(plan(RULES, [standing(3)], [giver])) == [(OR1, D(37), "")]


def test_two_places_do_not_get_the_same_goods() -> None:
    needs = plan(RULES, [standing(3), standing(3, OR2)], [stock(40, STORE, store=True)])
    assert sum(need.quantity for need in needs if need.source) == 40
    assert sum(need.quantity for need in needs) == 74


def test_what_is_bought_for_a_place_counts_for_the_site() -> None:
    site = standing(12, STORE, reorder_point=D(20), maximum=D(45))
    assert asked(plan(RULES, [site, standing(3)], [])) == [(OR1, D(37), "")]


def test_what_odoo_orders_by_itself_is_left_to_it() -> None:
    assert plan(RULES, [standing(0, planned=False)], []) == []


def test_switched_off() -> None:
    givers = [stock(25, STORE, store=True)]
    assert asked(plan(replace(RULES, transfers=False), [standing(3)], givers)) == [(OR1, D(37), "")]
    assert asked(plan(replace(RULES, purchases=False), [standing(3)], givers)) == [(OR1, D(25), STORE)]


PLACES = (OR1, OR2, STORE, SISTER, "STM/Stock")
amounts = st.integers(0, 60).map(D)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Standing], list[Stock]]:
    """Places of two sites, what each holds, and levels for some of them; a scope holds what the places in it hold."""
    held = {place: draw(amounts) for place in PLACES}
    promised = {place: draw(st.integers(0, int(held[place])).map(D)) for place in PLACES}
    rates = {place: draw(st.integers(0, 5).map(D)) for place in PLACES}
    stocks = [stock(int(held[p] - promised[p]), p, rate=rates[p], store=p.count("/") == 1) for p in PLACES]
    levels = draw(st.lists(st.sampled_from(PLACES), unique=True, max_size=4))
    standings = []
    for place in levels:
        inside = [p for p in PLACES if within(p, place)]
        point = draw(st.one_of(st.none(), amounts))
        more = {
            "maximum": None if point is None else point + draw(amounts),
            "pack": draw(st.sampled_from([D(1), D(7)])),
        }
        more |= {"leaving": sum((promised[p] for p in inside), D(0)), "rate": sum((rates[p] for p in inside), D(0))}
        more |= {
            "coming": draw(amounts),
            "asked": draw(amounts),
            "criticality": draw(st.sampled_from(["routine", "critical"])),
        }
        standings.append(standing(str(sum(held[p] for p in inside)), place, reorder_point=point, **more))
    return standings, stocks


@given(worlds())
def test_a_second_plan_asks_for_nothing(world: tuple[list[Standing], list[Stock]]) -> None:
    standings, stocks = world
    needs = plan(RULES, standings, stocks)
    later = []
    for one in standings:
        come = [n for n in needs if within(n.location, one.level.location)]
        inner = [n for n in needs if n.source and within(n.source, one.level.location)]
        both = [n for n in come if n in inner]
        arrived = sum((n.quantity for n in come if n not in both), one.asked)
        later.append(replace(one, asked=arrived, given=sum((n.quantity for n in inner if n not in both), one.given)))
    given_away = {s.location: sum((n.quantity for n in needs if n.source == s.location), D(0)) for s in stocks}
    left = [replace(s, free=s.free - given_away[s.location]) for s in stocks]
    again = plan(RULES, later, left)
    assert [need for need in again if not need.source] == []
    assert again == []


@given(worlds())
def test_nobody_gives_what_it_needs_or_has_not(world: tuple[list[Standing], list[Stock]]) -> None:
    standings, stocks = world
    needs = plan(RULES, standings, stocks)
    for one in stocks:
        given_away = sum(need.quantity for need in needs if need.source == one.location)
        assert given_away <= one.free
    for scope in standings:
        out = sum(
            need.quantity
            for need in needs
            if need.source
            and within(need.source, scope.level.location)
            and not within(need.location, scope.level.location)
        )
        if out:
            assert scope.left - out >= (scope.level.reorder_point or 0)


@given(worlds(), st.integers(1, 30))
def test_the_less_there_is_the_more_is_asked(world: tuple[list[Standing], list[Stock]], less: int) -> None:
    for one in world[0]:
        assert short_by(RULES, replace(one, on_hand=one.on_hand - less)) >= short_by(RULES, one)


def test_the_section_of_the_rule_book() -> None:
    rules = Replenishment.from_data({
        "review_days": 2,
        "urgent_days": {"routine": 1, "critical": "2.5"},
        "transfers": False,
        "thresholds": [{"item": "GLOVE-*", "site": "LAB", "pack": 50, "by_rate": True, "criticality": "critical"}],
        "charges": [{"location": "GEN/Stock", "cost_centre": "CC-1"}, {"location": OR1, "cost_centre": "CC-2"}],
    })
    assert (rules.review_days, rules.transfers, rules.urgent_days.critical) == (2, False, D("2.5"))
    level = rules.level_of("GLOVE-M", "LAB", "LAB/Stock")
    assert level is not None
    assert (level.pack, level.criticality, level.source) == (50, "critical", "rule")
    assert rules.level_of("SUTURE-30", "LAB", "LAB/Stock") is None
    assert rules.charge(f"{OR1}/Cart").cost_centre == "CC-2"
    assert rules.charge("GEN/Stock/ICU").cost_centre == "CC-1"
    assert rules.charge("LAB/Stock").cost_centre is None
    assert Replenishment.from_data({}) == RULES


def test_a_rule_fills_in_what_a_level_leaves_open() -> None:
    rules = replace(RULES, thresholds=(Threshold("GLOVE-*", lead_days=D(9), pack=D(50), reorder_point=D(5)),))
    completed = rules.completed(Level("GLOVE-M", OR1, reorder_point=D(1)), "GEN")
    assert (completed.reorder_point, completed.lead_days, completed.pack) == (1, 9, 50)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"reviewdays": 1}, "replenishment.reviewdays"),
        ({"cover_days": -1}, "replenishment.cover_days"),
        ({"transfers": "yes"}, "replenishment.transfers"),
        ({"safety_days": {"routine": 1}}, "replenishment.safety_days"),
        ({"thresholds": [{"items": "X"}]}, "replenishment.thresholds[0].items"),
        ({"thresholds": [{"criticality": "vital"}]}, "replenishment.thresholds[0].criticality"),
        ({"charges": [{"department": "OR"}]}, "replenishment.charges[0]"),
    ],
)
def test_faults_are_named(data: dict[str, object], where: str) -> None:
    with pytest.raises(Rejected) as rejected:
        Replenishment.from_data(data)
    assert [issue.where for issue in rejected.value.issues] == [where]
