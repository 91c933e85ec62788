"""Lines of a batch: an item and lot are summed, and are in one batch alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.flows.movements import Member, fitting, summed
from app.model.stock import Line


def members(items: str) -> list[Member]:
    """A member for each letter; a capital one is of a lot of its item."""
    posting: Any = None
    return [(posting, Line(ord(letter.lower()), 1, Decimal(1), 7 if letter.isupper() else None)) for letter in items]


@pytest.mark.parametrize(
    ("items", "most", "first", "rest"),
    [
        ("", 5, "", ""),
        ("abc", 5, "abc", ""),
        ("abc", 2, "ab", "c"),
        ("abcabcab", 2, "ababab", "cc"),
        ("aAbB", 3, "aAb", "B"),
        ("aaaa", 1, "aaaa", ""),
        ("abab", 0, "aa", "bb"),
    ],
)
def test_a_batch_has_everything_of_its_first_items(items: str, most: int, first: str, rest: str) -> None:
    assert fitting(members(items), most) == (members(first), members(rest))


def test_lines_are_summed_by_item_and_lot() -> None:
    lines = summed([line for _, line in members("abaAa")])
    assert [(chr(line.item_id), line.lot_id, line.quantity) for line in lines] == [
        ("a", None, 3), ("b", None, 1), ("a", 7, 1),
    ]  # fmt: skip
