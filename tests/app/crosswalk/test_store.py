"""Crosswalk rows in and out: CSV, versions, retirement and faults that name their line."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.crosswalk.files import COLUMNS, read_csv, write_csv
from app.crosswalk.store import CrosswalkStore
from app.errors import Rejected
from app.ledger import tables
from app.ledger.ledger import Ledger
from tests.factories import numbered, row


@pytest.fixture
def store(ledger: Ledger) -> CrosswalkStore:
    return CrosswalkStore(ledger.database, ledger.audit)


def current(store: CrosswalkStore, ledger: Ledger):
    with ledger.reading() as tx:
        return store.rows(tx)


def test_a_file_comes_back_as_it_went_in(store: CrosswalkStore, ledger: Ledger, tmp_path: Path) -> None:
    store.import_rows(read_csv("ops/demo/crosswalk.csv"), "tester")
    stream = io.StringIO()
    write_csv(current(store, ledger), stream)
    (tmp_path / "out.csv").write_text(stream.getvalue())
    again = store.import_rows(read_csv(tmp_path / "out.csv"), "tester")
    assert (again.added, again.changed, again.retired) == (0, 0, 0)
    assert again.unchanged == len(read_csv("ops/demo/crosswalk.csv"))


def test_a_change_is_a_new_version_and_the_old_one_stays(store: CrosswalkStore, ledger: Ledger) -> None:
    store.import_rows(numbered(row("unit", "BX", "each", factor=Decimal("10.50"))), "tester")
    report = store.import_rows(numbered(row("unit", "BX", "each", factor=Decimal("12.125"))), "tester")
    assert (report.added, report.changed) == (0, 1)
    (found,) = current(store, ledger)
    assert (found.version, found.factor) == (2, Decimal("12.125"))
    with ledger.reading() as tx:
        old = tx.execute(sa.select(tables.crosswalk).where(tables.crosswalk.c.version == 1)).one()
    assert old.superseded_at is not None
    assert old.factor == Decimal("10.5")


def test_an_empty_target_retires_the_row(store: CrosswalkStore, ledger: Ledger) -> None:
    store.import_rows(numbered(row("item", "A", "A")), "tester")
    assert store.import_rows(numbered(row("item", "A", "")), "tester").retired == 1
    assert current(store, ledger) == []


def test_a_dry_run_changes_nothing(store: CrosswalkStore, ledger: Ledger) -> None:
    assert store.import_rows(numbered(row("item", "A", "A")), "tester", dry_run=True).added == 1
    assert current(store, ledger) == []


def test_a_row_that_stands_twice_is_refused_with_both_lines(store: CrosswalkStore) -> None:
    with pytest.raises(Rejected) as refused:
        store.import_rows(numbered(row("item", "A", "A"), row("item", "A", "B")), "tester")
    assert (refused.value.issues[0].where, "line 2" in refused.value.issues[0].text) == ("line 3", True)


@pytest.mark.parametrize(("line", "fault"), [
    ("thing,*,*,A,,A,,,,,", "kind must be one of"),
    ("item,*,*,,,A,,,,,", "code is missing"),
    ("unit,*,*,BX,,each,,,,,", "factor above 0"),
    ("unit,*,*,BX,,each,-1,,,,", "factor above 0"),
    ("unit,*,*,BX,,each,NaN,,,,", "factor above 0"),
    ("unit,*,*,BX,,each,ten,,,,", "factor must be a number"),
    ("location,GEN,*,OR1,,GEN/Stock/OR1,,,,,", "consumption_location"),
    ("item,*,*,A,,A,,,very,,", "criticality must be one of"),
    ("item,*,*,A,,A,,,,2026-02-01,2026-01-01", "valid_from is after"),
    ("item,*,*,A,,A,,,,01/31/2026,", "dates must be"),
])  # fmt: skip
def test_a_faulty_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"{','.join(COLUMNS)}\nitem,*,*,OK,,OK,,,,,\n{line}\n")
    with pytest.raises(Rejected) as refused:
        read_csv(file)
    assert [issue.where for issue in refused.value.issues] == ["line 3"]
    assert fault in refused.value.issues[0].text


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("kind,code,target,colour\nitem,A,A,red\n")
    with pytest.raises(Rejected, match="columns must be among"):
        read_csv(file)
