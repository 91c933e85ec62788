"""The section ``matching`` of the rule book: what it allows, to whom, and what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.errors import Rejected
from app.policy.matching import STRICT, Limit, Matching

D = Decimal
SECTION: dict[str, Any] = {
    "rounding": "0.10",
    "late": "open_period",
    "tolerances": [
        {"price_percent": 2, "price_amount": "10.00"},
        {"category": "All / Implants", "price_percent": 0},
        {"supplier": "S-1001", "quantity_percent": 5, "freight_amount": 15},
        {"supplier": "S-1001", "category": "All / Implants", "price_percent": 1},
    ],
}


def test_an_empty_section_allows_rounding_alone() -> None:
    assert Matching.from_data({}) == Matching()
    assert Matching().tolerance("S-1001") == STRICT
    assert not Limit(STRICT.price_percent, STRICT.price_amount).allows(Fraction(1, 100), Fraction(100))


@pytest.mark.parametrize(
    ("supplier", "category", "percent"),
    [
        ("S-9", "All", D(2)),
        ("S-9", "All / Implants / Stents", D(0)),
        ("S-9", "All / Implants Old", D(2)),
        ("S-1001", "All", None),
        ("S-1001", "All / Implants / Stents", D(1)),
    ],
)
def test_the_most_special_tolerance_counts(supplier: str, category: str, percent: Decimal | None) -> None:
    assert Matching.from_data(SECTION).tolerance(supplier, category).price_percent == percent


def test_it_is_the_same_after_it_was_frozen() -> None:
    section = Matching.from_data(SECTION)
    assert Matching.from_data(section.to_data()) == section


@pytest.mark.parametrize(
    ("limit", "excess", "allowed"),
    [
        (Limit(D(10), None), "10", True),
        (Limit(D(10), None), "10.01", False),
        (Limit(None, D(5)), "5", True),
        (Limit(D(10), D(5)), "6", False),
        (Limit(D(1), D(5)), "4", False),
        (Limit(None, None), "0.01", False),
    ],
)
def test_every_limit_that_is_given_must_be_kept(limit: Limit, excess: str, allowed: bool) -> None:
    assert limit.allows(Fraction(excess), Fraction(100)) is allowed


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ({"tolerance": []}, "matching.tolerance"),
        ({"late": "never"}, "matching.late"),
        ({"rounding": -1}, "matching.rounding"),
        ({"rounding": "NaN"}, "matching.rounding"),
        ({"tolerances": ["loose"]}, "matching.tolerances[0]"),
        ({"tolerances": [{"price_percent": "a lot"}]}, "matching.tolerances[0].price_percent"),
        ({"tolerances": [{"price": 3}]}, "matching.tolerances[0].price"),
        ({"tolerances": [{"untaxed": "yes"}]}, "matching.tolerances[0].untaxed"),
        ({"tolerances": [{"supplier": 7}]}, "matching.tolerances[0].supplier"),
    ],
)
def test_faults_are_told_with_their_place(section: dict[str, Any], where: str) -> None:
    with pytest.raises(Rejected) as rejected:
        Matching.from_data(section)
    assert where in [issue.where for issue in rejected.value.issues]
