"""The document chain: what belongs together and what only looks so, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger.chain import MOST
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from tests import factories

Keys = tuple[tuple[str, str], ...]


class Archive:
    """A ledger into which documents are put by their numbers, each later than the one before."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.at = ledger, factories.WHEN

    def put(self, kind: str, *keys: tuple[str, str], facility: str = "GEN", count: int = 1) -> Any:
        """Documents of one message; the row of the last."""
        arrival = factories.arrival(factories.event(), channel=factories.channel(facility=facility))
        message_id = self.ledger.messages.accept(arrival).message_id
        with self.ledger.transaction() as tx:
            message = self.ledger.messages.load(tx, {message_id})[message_id]
            self.at += timedelta(minutes=1)
            new = [NewDocument(n, kind, str(ids.new_id()), "f", self.at, tuple(keys), b"{}") for n in range(count)]
            entered = self.ledger.documents.enter(tx, message, "test/1", new, ids.now() + timedelta(days=1)).new
        return entered[-1]

    def effect(self, row: Any, operation: str, model: str, name: str) -> None:
        """What Odoo made of a document."""
        batch_id = ids.new_id()
        with self.ledger.transaction() as tx:
            posting = self.ledger.postings.intend(
                tx, NewPosting(row.id, f"k{batch_id.hex}", operation, "p", "bulk", {"item": "X"})
            )
            self.ledger.postings.freeze(tx, batch_id, f"b{batch_id.hex}", [posting], {})
            self.ledger.postings.settle_batch(tx, batch_id, model, 7, name)

    def chain(self, *values: str, **more: Any) -> list[str]:
        """The kinds of the documents of a chain, in its order."""
        with self.ledger.reading() as tx:
            return [link.document.kind for link in self.ledger.chain.find(tx, values, **more).links]


@pytest.fixture
def archive(ledger: Ledger) -> Archive:
    return Archive(ledger)


def whole_story(archive: Archive) -> dict[str, Any]:
    """From a requisition to the invoice, an order in Odoo between."""
    rows = {"requisition": archive.put("requisition", ("requisition", "R-1"), ("internal", "STENT-35"))}
    archive.effect(rows["requisition"], "order.place", "purchase.order", "P00007")
    rows["order"] = archive.put("purchase_order", ("purchase_order", "P00007"), ("internal", "STENT-35"))
    rows["confirmation"] = archive.put("order_confirmation", ("purchase_order", "P00007"), ("supplier_order", "SO-1"))
    rows["notice"] = archive.put("ship_notice", ("ship_notice", "ASN-1"), ("purchase_order", "P00007"), ("lot", "L-9"))
    rows["receipt"] = archive.put("goods_receipt", ("goods_receipt", "GR-1"), ("ship_notice", "ASN-1"))
    rows["invoice"] = archive.put("invoice", ("invoice", "77"), ("purchase_order", "P00007"))
    return rows


STORY = ["requisition", "purchase_order", "order_confirmation", "ship_notice", "goods_receipt", "invoice"]


@pytest.mark.parametrize("value", ["R-1", "P00007", "SO-1", "ASN-1", "GR-1", "77", "L-9", "STENT-35"])
def test_the_chain_is_found_by_any_of_its_numbers(archive: Archive, value: str) -> None:
    whole_story(archive)
    archive.put("requisition", ("requisition", "R-2"))
    assert archive.chain(value) == STORY


def test_an_item_or_lot_starts_but_connects_nothing(archive: Archive) -> None:
    whole_story(archive)
    archive.put("requisition", ("requisition", "R-2"), ("internal", "STENT-35"))
    archive.put("consumption", ("event", "E-1"), ("lot", "L-9"))
    assert archive.chain("P00007") == STORY
    assert archive.chain("L-9") == [*STORY, "consumption"]
    assert archive.chain("STENT-35") == [*STORY, "requisition"]


def test_two_suppliers_may_have_an_invoice_77(archive: Archive) -> None:
    whole_story(archive)
    archive.put("invoice", ("invoice", "77"), ("purchase_order", "P00008"))
    archive.put("purchase_order", ("purchase_order", "P00008"))
    assert archive.chain("P00007") == STORY
    assert archive.chain("P00008") == ["invoice", "purchase_order"]
    assert len(archive.chain("77")) == len(STORY) + 2, "the number alone means both"


def test_two_sites_may_have_a_requisition_1(archive: Archive) -> None:
    whole_story(archive)
    archive.put("requisition", ("requisition", "R-1"), facility="LAB")
    assert archive.chain("P00007") == STORY
    assert archive.chain("R-1", facilities=("LAB",)) == ["requisition"]
    assert archive.chain("P00007", facilities=("LAB",)) == []


def test_a_credit_note_belongs_to_its_invoice_and_a_reversal_to_its_event(archive: Archive) -> None:
    archive.put("invoice", ("invoice", "77"))
    archive.put("invoice", ("invoice", "C-1"), ("corrects", "77"))
    assert archive.chain("C-1") == ["invoice", "invoice"]
    archive.put("consumption", ("event", "E-1"))
    archive.put("consumption", ("event", "E-2"), ("reverses", "E-1"))
    assert archive.chain("E-1") == archive.chain("E-2") == ["consumption", "consumption"]


def test_all_that_belongs_to_a_document_is_shown(archive: Archive) -> None:
    row = whole_story(archive)["notice"]
    archive.effect(row, "receipt.announce", "stock.picking", "GEN/IN/00003")
    with archive.ledger.transaction() as tx:
        archive.ledger.holds.open(tx, row, Cause("awaiting_order", "order P00007", "Wait."))
    with archive.ledger.reading() as tx:
        links = archive.ledger.chain.find(tx, ["GEN/IN/00003"]).links
    [notice] = [link for link in links if link.document.id == row.id]
    assert len(links) == len(STORY)
    assert [hold.cause for hold in notice.holds] == ["awaiting_order"]
    assert [record.record_name for record in notice.records] == ["GEN/IN/00003"]
    assert notice.numbers == (("purchase_order", "P00007"), ("ship_notice", "ASN-1"))


def test_a_chain_is_bounded(archive: Archive) -> None:
    archive.put("goods_receipt", ("purchase_order", "P00009"), count=MOST + 20)
    with archive.ledger.reading() as tx:
        found = archive.ledger.chain.find(tx, ["P00009"])
    assert len(found.links) == MOST
    assert not found.whole


def test_nothing_bears_the_number(archive: Archive) -> None:
    assert archive.chain("NO-SUCH") == []


@pytest.mark.parametrize("value", ["STENT-35", "P00007"])
def test_every_look_is_at_an_index(archive: Archive, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain among many documents reads none of the others."""
    if not archive.ledger.database.postgresql:
        return
    whole_story(archive)
    with archive.ledger.transaction() as tx:
        _flood(tx)
    seen: list[tuple[str, Any]] = []
    record: Callable[..., None] = lambda _c, _u, statement, parameters, *_: seen.append((statement, parameters))  # noqa: E731
    sa.event.listen(archive.ledger.database.engine, "before_cursor_execute", record)
    archive.chain(value)
    sa.event.remove(archive.ledger.database.engine, "before_cursor_execute", record)
    with archive.ledger.reading() as tx:
        for statement, parameters in seen:
            plan = "\n".join(row[0] for row in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            big = [
                line
                for line in plan.splitlines()
                if "Seq Scan on business_key" in line or "Seq Scan on document" in line
            ]
            assert not big, plan


def _flood(tx: Any) -> None:
    """Fifty thousand documents of one busy item."""
    tx.execute(
        sa.text("""
        INSERT INTO document (id, message_id, ordinal, kind, state, facility, lane, fingerprint, mapping, occurred_at,
            created_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 0, 'consumption', 'settled', 'GEN', 'bulk', 'f', 'test/1', now(),
            now() FROM generate_series(1, 50000)
        """)
    )
    keys = (
        "INSERT INTO business_key (value, kind, document_id) SELECT {}, '{}', id FROM document WHERE mapping = 'test/1'"
    )
    tx.execute(sa.text(keys.format("'BUSY-' || (random() * 5)::int", "internal")))
    tx.execute(sa.text(keys.format("'E-' || id", "event")))
    tx.execute(sa.text("ANALYZE"))
