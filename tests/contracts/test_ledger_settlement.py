"""What two transactions may do to one message at the same time, on the real PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger import schema, tables
from app.ledger.ledger import Ledger
from app.ledger.work import LeaseLost, NewWork
from tests import factories

pytestmark = pytest.mark.real


@pytest.fixture
def ledger(postgres_url: str, tmp_path: Path) -> Ledger:
    made = Ledger(factories.settings(tmp_path, database_url=postgres_url))
    schema.upgrade(made.database)
    return made


def translated(ledger: Ledger, documents: int) -> tuple:
    """A translated message with open documents; its id and theirs."""
    entry = ledger.messages.accept(factories.arrival())
    rows = [
        {"id": ids.new_id(), "message_id": entry.message_id, "ordinal": n, "kind": "consumption", "state": "open",
         "facility": "GEN", "lane": "bulk", "fingerprint": "f", "mapping": "m/1", "occurred_at": ids.now(),
         "created_at": ids.now()}
        for n in range(documents)
    ]  # fmt: skip
    with ledger.transaction() as tx:
        tx.execute(sa.insert(tables.document), rows)
        ledger.messages.translated(tx, [entry.message_id], "m/1", news=documents > 0)
    return entry.message_id, [row["id"] for row in rows]


def test_two_documents_that_end_at_the_same_time_settle_their_message(ledger: Ledger) -> None:
    message_id, (one, other) = translated(ledger, 2)
    both_ended = threading.Barrier(2)

    def end(document_id) -> None:
        with ledger.transaction() as tx:
            ledger.documents.set_state(tx, [document_id], "settled")
            both_ended.wait(10)
            ledger.messages.settle(tx, [message_id])

    threads = [threading.Thread(target=end, args=(document_id,)) for document_id in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with ledger.reading() as tx:
        assert ledger.messages.load(tx, [message_id])[message_id].state == "settled"


def test_work_that_is_added_while_it_is_done_is_done_again(ledger: Ledger) -> None:
    subject = ids.new_id()
    with ledger.transaction() as tx:
        ledger.work.add(tx, "resolve", [NewWork(subject, "bulk")])
    with ledger.transaction() as tx:
        claim = ledger.work.claim(tx, "resolve", "bulk", 1)
    with ledger.transaction() as tx:
        ledger.work.add(tx, "resolve", [NewWork(subject, "bulk")])
    with pytest.raises(LeaseLost), ledger.transaction() as tx:
        ledger.work.done(tx, claim, [subject])
    with ledger.transaction() as tx:
        assert ledger.work.claim(tx, "resolve", "bulk", 1).subjects == (subject,)
