"""After a ledger was restored from a backup: what Odoo has already is found by its marks and not posted again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app import ids
from app.flows.finding import Finding, Finds
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.odoo.erp import Erp
from app.odoo.transfers import Transfers
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

ITEM, OR1 = "SUTURE-30", "GEN/Stock/OR1"


class Restored:
    """A house whose work is in Odoo, and the house as an older backup of its ledger has it: empty."""

    def __init__(self, before: Ledger, after: Ledger, odoo: OdooServer) -> None:
        self.odoo = odoo
        self.before, self.house = (House.over(ledger, Erp(odoo.connection)) for ledger in (before, after))
        self.finding = Finding(after, Erp(odoo.connection))
        self.begun = ids.now() - timedelta(minutes=1)

    def on_hand(self) -> Decimal:
        return self.odoo.on_hand(ITEM, OR1)

    def find(self) -> tuple[int, int]:
        finds = self.finding.find(self.begun, "tester")
        return finds.transfers, finds.events


@pytest.fixture
def restored(tmp_path: Path, small_ledger: Ledger, odoo: OdooServer) -> Iterator[Restored]:
    after = Ledger(factories.settings(tmp_path, database_url=f"sqlite:///{tmp_path}/restored.db"))
    schema.upgrade(after.database)
    yield Restored(small_ledger, after, odoo)
    after.database.close()


@pytest.fixture(params=["standin_hospital", pytest.param("hospital", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    return request.getfixturevalue(request.param)


def test_what_is_sent_again_is_settled_by_the_transfer_that_is_there(restored: Restored) -> None:
    had = restored.on_hand()
    sent = [restored.before.receive(factories.event(event_id=number)) for number in ("E-1", "E-2")]
    restored.before.work_off()
    used = had - restored.on_hand()
    assert used > 0
    found = restored.find()
    assert found == (1, 2)
    messages = [restored.house.receive(factories.event(event_id=number)) for number in ("E-1", "E-2")]
    restored.house.work_off()
    assert restored.on_hand() == had - used
    made = {batch.record_name for message in sent for batch in restored.before.story(message).batches}
    for message in messages:
        story = restored.house.story(message)
        assert [document.state for document in story.documents] == ["settled"]
        assert {batch.record_name for batch in story.batches} == made


def test_an_event_that_odoo_does_not_have_is_posted(restored: Restored) -> None:
    restored.before.receive(factories.event(event_id="E-1"))
    restored.before.work_off()
    restored.find()
    had = restored.on_hand()
    for number in ("E-1", "E-3"):
        restored.house.receive(factories.event(event_id=number))
    restored.house.work_off()
    assert had - restored.on_hand() == 1


def test_an_event_and_its_undoing_are_two(restored: Restored) -> None:
    had = restored.on_hand()
    undo = {"event_id": "E-2", "kind": "reversal", "reverses": "E-1"}
    restored.before.receive(factories.event(event_id="E-1"))
    restored.before.work_off()
    restored.before.receive(factories.event(**undo))
    restored.before.work_off()
    assert restored.on_hand() == had
    assert restored.find() == (2, 2)
    restored.house.receive(factories.event(event_id="E-1"))
    restored.house.work_off()
    restored.house.receive(factories.event(**undo))
    restored.house.work_off()
    assert restored.on_hand() == had


def test_finding_again_finds_nothing_new(restored: Restored) -> None:
    restored.before.receive(factories.event(event_id="E-1"))
    restored.before.work_off()
    assert restored.find() == (1, 1)
    assert restored.find() == (1, 0)


def test_what_the_ledger_knows_is_not_noted(restored: Restored) -> None:
    restored.before.receive(factories.event(event_id="E-1"))
    restored.before.work_off()
    assert Finding(restored.before.ledger, Erp(restored.odoo.connection)).find(restored.begun, "tester") == Finds()


def test_a_transfer_that_was_never_completed_is_withdrawn(restored: Restored) -> None:
    """Its worker died after it was made; nobody knows of it any more, and it keeps stock back."""
    mark = "0123456789abcdef01234567"
    movement = replace(restored.odoo.movement([restored.odoo.line(ITEM, "1")], key="batch_lost"), events=(mark,))
    kinds = restored.odoo.connection.get_model("stock.picking.type")
    domain = [["warehouse_id", "=", movement.stock_location.warehouse_id], ["code", "=", "internal"]]
    kind = kinds.search_read(domain=domain, fields=["code"])[0]["id"]
    transfers = Transfers(restored.odoo.connection, "wardline")
    transfer_id = transfers.draft(movement, kind)
    assert restored.find() == (0, 0)
    assert transfers.read(transfer_id).state == "cancel"
