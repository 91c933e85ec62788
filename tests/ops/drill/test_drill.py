"""The drill itself, in its short form: promises are kept under faults, and a broken promise would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import ids
from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from ops.bench.events import distinct
from ops.bench.site import site
from ops.drill.books import Books
from ops.drill.faults import DRILLS
from ops.drill.load import Sent
from ops.drill.run import run
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn


@pytest.mark.real
@pytest.mark.timeout(600)
def test_what_is_promised_is_kept(tmp_path: Path) -> None:
    names = ["killed-after-validation", "ledger-cut", "odoo-answers-lost"]
    for result in run(names, 5, tmp_path / "drill", lambda _: None):
        assert result.verdict.faults == (), result.name
        assert result.verdict.events == result.verdict.settled > 40
        assert (result.verdict.held, result.verdict.dead) == (0, 0)
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
