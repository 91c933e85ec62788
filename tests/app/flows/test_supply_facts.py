"""What the plan's facts make of moves, asks and places: nothing on its way is forgotten, nothing counts twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.flows.supply_facts import Afoot, Facts, low_orderpoints, with_forecast
from app.model.setup import Facility, Setup
from app.model.supply import Expected, Figure, Level, Rate
from app.policy.replenishment import Standing
from app.policy.supply_rules import Replenishment, Threshold

D = Decimal
STORE, OR1, ICU, LAB = "GEN/Stock", "GEN/Stock/OR1", "GEN/Stock/ICU", "LAB/Stock"
SITES = {STORE: "GEN", OR1: "GEN", ICU: "GEN", LAB: "LAB"}


def facts(**changes: Any) -> Facts:
    base: dict[str, Any] = {
        "rules": Replenishment(),
        "setup": Setup(facilities={"GEN": Facility("GEN"), "LAB": Facility("LAB", company="Labs Ltd")}),
        "sites": SITES,
        "levels": [Level("X", OR1, D(10), D(40)), Level("X", STORE, D(20), D(90))],
        "rates": (),
        "expected": (),
        "held": (),
        "afoot": (),
    }
    return Facts(**base | changes)


def by_place(standings: Sequence[Standing]) -> dict[str, Standing]:
    return {one.level.location: one for one in standings}


def expected(quantity: int, location: str, source: str = "", order: str = "P1") -> Expected:
    return Expected(f"{order} {location}", "X", D(quantity), location, source, order, date(2026, 11, 20))


def held(location: str, quantity: int, reserved: int = 0) -> Figure:
    return Figure("X", location, SITES[location], "", D(quantity), D(reserved))


def test_a_place_has_what_the_places_below_it_have() -> None:
    found = by_place(facts(held=[held(OR1, 3), held(ICU, 5), held(STORE, 7)]).standings())
    assert (found[OR1].on_hand, found[STORE].on_hand) == (3, 15)


def test_a_move_within_a_place_neither_comes_nor_leaves() -> None:
    found = by_place(facts(expected=[expected(4, OR1, ICU), expected(9, STORE), expected(2, "", OR1)]).standings())
    assert (found[OR1].coming, found[OR1].leaving) == (4, 2)
    assert (found[STORE].coming, found[STORE].leaving) == (9, 2)


def test_an_ask_that_odoo_does_not_know_counts_where_it_goes_and_where_it_comes_from() -> None:
    found = by_place(facts(afoot=[Afoot("X", OR1, "", D(30)), Afoot("X", OR1, ICU, D(5))]).standings())
    assert (found[OR1].asked, found[OR1].given) == (35, 0)
    assert (found[STORE].asked, found[STORE].given) == (30, 0), "from one of its places to another"
    found = by_place(facts(afoot=[Afoot("X", LAB, OR1, D(5))]).standings())
    assert (found[OR1].given, found[STORE].given) == (5, 5)


def test_an_ask_that_odoo_expects_counts_once() -> None:
    at_dock, there = expected(30, STORE), expected(30, OR1)
    for move, asked, coming in ((at_dock, 30, 0), (there, 0, 30)):
        found = by_place(facts(expected=[move], afoot=[Afoot("X", OR1, "", D(30), (move,))]).standings())
        assert (found[OR1].asked, found[OR1].coming) == (asked, coming)
        assert (found[STORE].asked, found[STORE].coming) == (0, 30)


def test_of_a_shared_order_an_ask_has_no_more_than_it_asked_for() -> None:
    move = expected(100, STORE)
    found = by_place(facts(expected=[move], afoot=[Afoot("X", OR1, "", D(30), (move,))]).standings())
    assert found[OR1].asked == 30


def test_what_is_promised_is_not_free() -> None:
    [stock] = facts(held=[held(ICU, 9, 2)], afoot=[Afoot("X", OR1, ICU, D(3))]).stocks()
    assert (stock.free, stock.store, stock.company) == (4, False, "")


def test_stores_and_companies() -> None:
    stocks = {stock.location: stock for stock in facts(held=[held(STORE, 1), held(LAB, 1)]).stocks()}
    assert (stocks[STORE].store, stocks[LAB].store) == (True, True)
    assert (stocks[STORE].company, stocks[LAB].company) == ("", "Labs Ltd")


def test_a_rule_makes_levels_of_what_is_used() -> None:
    rules = Replenishment(thresholds=(Threshold(site="LAB", by_rate=True),))
    rates = [Rate("X", LAB, D(3), 7), Rate("X", OR1, D(2), 7), Rate("X", ICU, D(1), 7)]
    found = by_place(facts(rules=rules, rates=rates).standings())
    assert set(found) == {OR1, STORE, LAB}
    assert (found[LAB].rate, found[OR1].rate, found[STORE].rate) == (3, 2, 3)


def test_a_level_of_a_place_that_odoo_does_not_have_is_left_out() -> None:
    assert facts(levels=[Level("X", "GEN/Stock/CLOSED", D(1), D(2))]).standings() == []


def test_odoo_is_asked_for_low_rules_alone() -> None:
    levels = [
        Level("X", OR1, D(10), D(40), source="odoo", orderpoint=1),
        Level("X", ICU, D(10), D(40), source="odoo", orderpoint=2),
        Level("Y", OR1, D(10), D(40), source="odoo", orderpoint=3, planned=False),
    ]
    standings = facts(levels=levels, held=[held(OR1, 10), held(ICU, 11)]).standings()
    assert low_orderpoints(standings) == [1]
    low = with_forecast(standings[0], {1: (D(10), D(30), D(4))})
    assert (low.forecast, low.to_order, low.level.lead_days) == (10, 30, 4)
    assert with_forecast(standings[1], {1: (D(10), D(30), D(4))}) == standings[1]
