"""What the benchmark uses up is known to the last piece, and what it compares is a fair match."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from app.crosswalk.rows import CrosswalkRow
from app.standards import STANDARDS
from ops.bench import reading
from ops.bench.accounts import Accounts, differences
from ops.bench.events import ITEMS, THEATRE, WARDS, batches, distinct, mixed
from ops.bench.plan import FULL, QUICK
from ops.bench.posting import contenders
from ops.bench.site import CHANNELS, HOSPITAL, crosswalk, site
from ops.provision import Count


def test_distinct_uses_share_no_item_and_lot() -> None:
    uses = distinct(FULL)
    assert len({(use.item, use.lot) for use in uses}) == FULL


def test_the_mix_is_the_same_every_time_and_follows_zipf() -> None:
    uses = mixed(2000)
    assert uses == mixed(2000)
    assert uses != mixed(2000, seed=1)
    counts = Counter(use.item for use in uses)
    assert counts[ITEMS[0]] > 3 * counts[ITEMS[9]] > 0
    assert {use.department for use in uses} == set(WARDS)


def test_a_batch_is_of_one_location() -> None:
    assert batches(mixed(8), 200) == 4
    assert batches(distinct(120), 50) == 3


def test_every_way_of_posting_has_something_to_post() -> None:
    ways = list(contenders(QUICK))
    assert {way.limit for way in ways} == {1, 50, 200}
    assert all(way.uses for way in ways)


def test_the_books_know_what_must_be_left() -> None:
    accounts = Accounts()
    accounts.used(distinct(1))
    (use,) = distinct(1)
    stock, consumption = HOSPITAL.stock(THEATRE), HOSPITAL.consumption(THEATRE)
    expected = accounts.expected([Count(stock, use.item, Decimal(10), use.lot)])
    assert expected == {(stock, use.item, use.lot): Decimal(9), (consumption, use.item, use.lot): Decimal(1)}


def test_a_difference_is_told_with_both_quantities() -> None:
    key = ("GEN/Stock", "A", None)
    assert differences({key: Decimal(1)}, {key: Decimal(1)}) == []
    assert differences({key: Decimal(1)}, {}) == ["GEN/Stock A without lot: 0 instead of 1"]


def test_every_code_that_is_sent_is_in_the_crosswalk() -> None:
    rows: list[CrosswalkRow] = [numbered.row for numbered in crosswalk()]
    codes = {(row.kind, row.code) for row in rows}
    for use in [*distinct(FULL), *mixed(400)]:
        assert ("item", f"C-{use.item}") in codes
        assert ("location", use.department) in codes
    assert "[channels.cabinets]" in CHANNELS
    assert {count.location for count in site().counts} == {HOSPITAL.stock(name) for name in HOSPITAL.departments}


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_standard_reads_what_its_speed_is_measured_with(standard) -> None:
    body = reading.body_of(standard)
    found = standard.read(body, reading.profile_of(standard))
    assert len(found.documents[0].lines) == reading.LINES
    assert reading.PARSERS[standard.name](body) is not None
