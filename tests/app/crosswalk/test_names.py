"""Which row of the crosswalk wins, and when nothing may be guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.crosswalk.names import Names, base_quantity
from app.errors import Held
from app.model.item import Identifier
from tests.factories import row

DAY = date(2026, 11, 20)
GTIN, INTERNAL = Identifier("gtin", "00812345678901"), Identifier("internal", "STENT-35")


def names(*rows, day: date = DAY) -> Names:
    return Names(rows, "GEN", day)


def cause(call) -> tuple[str, str]:
    with pytest.raises(Held) as held:
        call()
    return held.value.cause, held.value.subject


def test_any_identifier_of_the_bag_may_name_the_item() -> None:
    found = names(row("item", GTIN.value, "S", scheme="gtin")).item([INTERNAL, GTIN])
    assert [entry.target for entry in found] == ["S"]


def test_a_row_of_another_scheme_does_not_count() -> None:
    rows = row("item", "STENT-35", "S", scheme="ndc")
    assert cause(lambda: names(rows).item([INTERNAL])) == ("item_unknown", "item internal:STENT-35")


def test_the_facilitys_own_row_goes_before_everybodys() -> None:
    rows = row("item", "STENT-35", "everybody"), row("item", "STENT-35", "ours", facility="GEN")
    assert names(*rows).item([INTERNAL])[0].target == "ours"
    assert Names(rows, "EAST", DAY).item([INTERNAL])[0].target == "everybody"


def test_the_scheme_goes_before_any_scheme() -> None:
    rows = row("item", "STENT-35", "any"), row("item", "STENT-35", "internal", scheme="internal")
    assert names(*rows).item([INTERNAL])[0].target == "internal"


def test_two_targets_of_equal_rank_are_ambiguous() -> None:
    rows = row("item", "STENT-35", "A"), row("item", "STENT-35", "B", valid_from=date(2026, 1, 1))
    assert cause(lambda: names(*rows).item([INTERNAL]))[0] == "item_ambiguous"


def test_identifiers_that_disagree_are_ambiguous() -> None:
    rows = row("item", "STENT-35", "A"), row("item", GTIN.value, "B")
    assert cause(lambda: names(*rows).item([GTIN, INTERNAL])) == ("item_ambiguous", "item internal:STENT-35")


@pytest.mark.parametrize(("day", "target"), [("2025-12-31", "old"), ("2026-01-01", "new"), ("2026-12-31", "new")])
def test_validity_is_inclusive_and_asked_for_the_day_of_the_event(day: str, target: str) -> None:
    rows = (
        row("item", "STENT-35", "old", valid_to=date(2025, 12, 31)),
        row("item", "STENT-35", "new", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31)),
    )
    assert names(*rows, day=date.fromisoformat(day)).item([INTERNAL])[0].target == target


def test_outside_all_validity_the_code_is_unknown() -> None:
    rows = row("item", "STENT-35", "S", valid_to=date(2025, 1, 1))
    assert cause(lambda: names(rows).item([INTERNAL]))[0] == "item_unknown"


def test_a_pack_of_the_item_goes_before_a_pack_of_all_items() -> None:
    rows = row("unit", "BX", "each", factor=Decimal(10)), row("unit", "BX", "each", item="S", factor=Decimal(12))
    assert names(*rows).unit("BX", "S").factor == 12
    assert names(*rows).unit("BX", "OTHER").factor == 10


def test_a_pack_of_another_item_does_not_count() -> None:
    rows = row("unit", "BX", "each", item="OTHER", factor=Decimal(12))
    assert cause(lambda: names(rows).unit("BX", "S")) == ("unit_unknown", "unit BX of S")


def test_a_location_belongs_to_its_facility() -> None:
    rows = row("location", "OR1", "GEN/Stock/OR1", facility="GEN")
    assert names(rows).location("OR1").target == "GEN/Stock/OR1"
    assert cause(lambda: Names([rows], "EAST", DAY).location("OR1")) == ("location_unknown", "location EAST:OR1")


def test_quantities_stay_exact() -> None:
    third = row("unit", "VIAL", "ml", factor=Decimal("0.3333333333"))
    assert base_quantity(Decimal(3), third) == Decimal("0.9999999999")
