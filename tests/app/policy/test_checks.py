"""What all sections of the rule book check alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Rejected
from app.policy.checks import Checks, number, numbers, told


@dataclass(frozen=True)
class Limit:
    name: str = "*"
    percent: Decimal | None = None
    days: int = 2


@pytest.mark.parametrize(
    ("check", "value", "code"),
    [
        ("number", "-1", "number"), ("number", "NaN", "number"), ("number", True, "number"), ("number", "a", "number"),
        ("number", None, None), ("number", 0, None), ("number", "2.5", None),
        ("days", "1.5", "days"), ("days", True, "days"), ("days", -1, "days"), ("days", 3, None), ("days", None, None),
        ("text", "", "text"), ("text", 7, "text"), ("text", "S-1", None),
        ("switch", "yes", "switch"), ("switch", False, None),
    ],
)  # fmt: skip
def test_a_value_is_a_fault_or_it_is_not(check: str, value: Any, code: str | None) -> None:
    checks = Checks("matching")
    getattr(checks, check)(value, "limits[0].value")
    assert [(issue.code, issue.where) for issue in checks.issues] == (
        [(f"matching.{code}", "matching.limits[0].value")] if code else []
    )


def test_every_fault_is_told_at_once() -> None:
    checks = Checks("matching")
    assert checks.table({"percnt": 1}, Limit, "limits[0]")
    assert not checks.table([], Limit, "limits[1]")
    checks.table({"limit": 1}, Limit)
    checks.choice("maybe", ("hold", "pass"), "late")
    with pytest.raises(Rejected) as rejected:
        checks.end()
    places = ["limits[0].percnt", "limits[1]", "limit", "late"]
    assert [issue.where for issue in rejected.value.issues] == [f"matching.{place}" for place in places]
    assert rejected.value.code == "policy.matching"
    assert checks.issues[-1].text == "must be hold or pass"


def test_numbers_are_exact_and_what_is_not_set_is_left_out() -> None:
    assert numbers({"percent": 2.1, "days": None, "name": "x"}, ("percent", "days")) == {"percent": Decimal("2.1")}
    assert told(Limit(percent=Decimal("2.10"))) == {"name": "*", "percent": "2.10", "days": "2"}
    assert number("Infinity") is None


def test_nothing_is_raised_where_nothing_is_wrong() -> None:
    checks = Checks("matching")
    assert checks.table({"percent": "3"}, Limit)
    checks.end()
