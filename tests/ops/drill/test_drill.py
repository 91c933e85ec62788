"""The drill itself, in its short form: promises are kept under faults, and a broken promise would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app import ids
from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from ops.__main__ import wardline
from ops.bench.events import distinct
from ops.bench.site import site
from ops.drill.books import Books
from ops.drill.drills import DRILLS
from ops.drill.load import Sent
from ops.drill.run import run
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn

SHORT = {
    "killed-after-validation": 0,
    "ledger-cut": 0,
    "odoo-answers-lost": 0,
    "broker-memory": 0,
    "poison-loops": 2,
    "restored-from-backup": 0,
    "supplier-answers-lost": 0,
}
"""The drills that are run with every change, and how many dead letters each leaves; all others by hand."""


@pytest.mark.real
@pytest.mark.timeout(720)
def test_what_is_promised_is_kept(tmp_path: Path) -> None:
    for result in run(list(SHORT), 4, tmp_path / "drill", lambda _: None):
        assert result.verdict.faults == (), result.name
        assert result.verdict.events == result.verdict.settled > 40
        assert (result.verdict.held, result.verdict.dead) == (0, SHORT[result.name]), result.name
        assert result.verdict.quantities > 500


def test_books_that_do_not_agree_are_told(small_ledger: Ledger) -> None:
    """One event that was accepted and is nowhere: every book must miss it."""
    with StandIn() as server:
        odoo = Connection(server.url, server.database, server.api_key or "")
        provision(odoo, site())
        books = Books(small_ledger, odoo)
        assert books.compare([]).faults == ()
        lost = Sent("urgent", distinct(1), 1, 0.0, str(ids.new_id()))
        faults = " ".join(books.compare([lost]).faults)
    for word in ("documents", "settled", "postings", "quantities"):
        assert word in faults


def test_every_drill_says_what_it_does() -> None:
    assert all(drill.text for drill in DRILLS.values())
    assert len({drill.text for drill in DRILLS.values()}) == len(DRILLS)


def test_they_are_listed_without_being_run() -> None:
    result = CliRunner().invoke(wardline, ["drill", "--list"])
    assert result.exit_code == 0, result.output
    for name in DRILLS:
        assert f"\n{name} " in result.output


def test_the_page_of_drills_names_every_one() -> None:
    """A drill is named in full, by its ending, or by the beginning that it shares with others."""
    text = (Path(__file__).parents[3] / "ops/docs/drills.md").read_text()
    for name in set(DRILLS) - {"nothing"}:
        first, _, rest = name.partition("-")
        assert any(f"`{word}`" in text for word in (name, f"{first}-*", f"-{rest}", f"*-{rest}")), name
