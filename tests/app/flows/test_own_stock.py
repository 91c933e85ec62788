"""A ward asks for goods of a store of its own hospital: carried from there where they are, bought where they are not;
on stand-in and real Odoo.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.flows.stock_watch import StockWatch
from app.ledger.ledger import Ledger
from app.model.setup import Facility, Setup
from app.odoo.erp import Erp
from ops.demo.hospital import SITE
from ops.provision import Count, Site, provision
from tests import factories
from tests.app.flows.buying import Buyers
from tests.app.flows.ward import Ward, line, opened
from tests.fixtures_odoo import OdooServer

STORE, WARD3 = "GEN/Stock/CATHLAB", "GEN/Stock/WARD3"
FROM = {"deliver_from": "STORE", "deliver_to": "W3"}


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def ward(request: pytest.FixtureRequest, small_ledger: Ledger, tmp_path: Any) -> Ward:
    """A ward whose store has a thousand gloves, two hundred sutures and ten catheters."""
    odoo: OdooServer = request.getfixturevalue(request.param)
    made = opened(Buyers.over(small_ledger, odoo), tmp_path)
    places = [factories.row("location", "STORE", STORE), factories.row("location", "W3", WARD3)]
    made.buyers.house.crosswalk.import_rows(factories.numbered(*places), "tester")
    look(made)
    return made


def look(ward: Ward) -> None:
    """Let the watch see what stock there is."""
    setup = Setup(ward.buyers.house.channels, {"GEN": Facility("GEN")})
    StockWatch(ward.ledger, Erp(ward.buyers.odoo.service), setup).poll()


def transfers(ward: Ward) -> list[tuple[str, str, Decimal]]:
    """What is being carried in Odoo: for which requisition, how it stands, how much."""
    pickings = ward.buyers.model("stock.picking")
    rows = pickings.search_read(
        domain=[["origin", "in", ["R-1", "R-2", "R-3"]]], fields=["origin", "state", "move_ids"], order="id"
    )
    moves = ward.buyers.model("stock.move")
    read = {row["id"]: row for row in moves.read(ids=[m for r in rows for m in r["move_ids"]], fields=["product_qty"])}
    return [(r["origin"], r["state"], Decimal(str(read[m]["product_qty"]))) for r in rows for m in r["move_ids"]]


def outcome(ward: Ward, message: Any) -> tuple[str, list[str]]:
    """The state of a requisition, and what its last verdict found."""
    with ward.ledger.reading() as tx:
        row = min(ward.buyers.house.story(message).documents, key=lambda one: one.id)
        verdict = ward.ledger.policies.verdicts(tx, row.id)[0]
    return row.state, [finding["code"] for finding in verdict.findings]


def test_what_the_store_has_is_carried_and_nothing_is_bought(ward: Ward) -> None:
    message = ward.ask(line(), line("CATH-77", "4", "2"), **FROM)
    assert transfers(ward) == [("R-1", "assigned", 20), ("R-1", "assigned", 4)]
    assert (ward.buyers.all(), ward.buyers.held()) == ([], {})
    assert outcome(ward, message) == ("settled", ["from_own_stock", "from_own_stock"])


def test_what_the_store_lacks_is_bought(ward: Ward) -> None:
    message = ward.ask(line(), line("CATH-77", "11", "2"), **FROM)
    assert ward.buyers.held() == {"approval_pending": "requisition R-1"}, "what is bought costs more than the tier"
    assert transfers(ward) == [], "it is decided as a whole"
    ward.say("wanda")
    [order] = ward.buyers.orders_of(message)
    assert [(one.item, one.quantity) for one in order.lines] == [("CATH-77", 11)]
    assert transfers(ward) == [("R-1", "assigned", 20)]
    assert outcome(ward, message) == ("settled", ["from_own_stock", "approval_needed"])


def test_what_is_promised_to_one_is_not_promised_to_another(ward: Ward) -> None:
    for number in ("R-1", "R-2"):
        body = {"document": "requisition", "number": number, "lines": [line("CATH-77", "6")], **FROM}
        ward.buyers.house.receive(body)
    ward.buyers.house.work_off()
    assert transfers(ward) == [("R-1", "assigned", 6)]
    assert ward.buyers.held() == {"approval_pending": "requisition R-2"}
    look(ward)
    ward.ask(line("CATH-77", "4"), number="R-3", **FROM)
    assert transfers(ward)[1:] == [("R-3", "assigned", 4)]


def test_a_store_that_has_run_short_meanwhile_is_held_and_then_it_is_bought(ward: Ward) -> None:
    counts = (Count(STORE, "GLOVE-M", Decimal(5)),)
    provision(ward.buyers.odoo.connection, Site(SITE.hospitals, SITE.items, SITE.lots, counts))
    message = ward.ask(line(), **FROM)
    assert ward.buyers.held() == {"source_short": f"item GLOVE-M at {STORE}"}
    look(ward)
    ward.buyers.release("source_short")
    assert (transfers(ward), len(ward.buyers.all())) == ([], 1)
    assert outcome(ward, message) == ("settled", [])


def test_a_place_that_is_none_of_ours_gives_nothing(ward: Ward) -> None:
    message = ward.ask(line(), deliver_from="ACME", deliver_to="W3")
    assert transfers(ward) == []
    assert len(ward.buyers.orders_of(message)) == 1


def test_what_is_carried_already_is_not_carried_again_nor_silently_changed(ward: Ward) -> None:
    ward.ask(line(), **FROM)
    message = ward.ask(line(), line("CATH-77", "1", "2"), action="change", **FROM)
    assert transfers(ward) == [("R-1", "assigned", 20), ("R-1", "assigned", 1)]
    assert ward.buyers.state(message) == "settled"
    ward.ask(line(quantity="30"), action="change", **FROM)
    assert ward.buyers.held() == {"requisition_changed_late": "requisition R-1"}
    ward.ask(line(), action="cancel")
    assert ward.buyers.held() == {"requisition_changed_late": "requisition R-1"}
    assert len(transfers(ward)) == 2
