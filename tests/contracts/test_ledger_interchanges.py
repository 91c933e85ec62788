"""What the ledger promises about what is written for partners, on PostgreSQL and on SQLite alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger import tables
from app.ledger.interchanges import LARGEST_NUMBER, SKIPPED
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.interchange import Written
from tests import factories

CHANNEL = Channel("acme", "x12", "GEN", answer_hours=Decimal(4), answered_on="acme-in")


@pytest.fixture
def document(ledger: Ledger) -> sa.Row:
    """A document that could be written: its row is all that matters here."""
    entry = ledger.messages.accept(factories.arrival())
    row = {
        "id": ids.new_id(),
        "message_id": entry.message_id,
        "ordinal": 1,
        "kind": "purchase_order",
        "state": "settled",
        "facility": "GEN",
        "lane": "approvals",
        "fingerprint": "0" * 64,
        "mapping": "canonical/1",
        "occurred_at": factories.WHEN,
        "created_at": factories.WHEN,
    }
    with ledger.transaction() as tx:
        tx.execute(sa.insert(tables.document).values(row))
        tx.execute(sa.insert(tables.business_key).values(value="PO-1", kind="purchase_order", document_id=row["id"]))
        return tx.execute(sa.select(tables.document).where(tables.document.c.id == row["id"])).one()


def write(ledger: Ledger, document: sa.Row, channel: Channel = CHANNEL) -> UUID:
    with ledger.transaction() as tx:
        number = ledger.interchanges.next_number(tx, channel.name)
        written = Written("application/edi-x12", b"ISA*", "850", f"{number:09d}")
        return ledger.interchanges.keep(tx, channel, number, written, document, ids.now() + timedelta(days=1))


def state(ledger: Ledger, interchange_id: UUID) -> str:
    with ledger.reading() as tx:
        row = ledger.interchanges.get(tx, interchange_id)
        assert row is not None
        return row.state


def answered(ledger: Ledger, *controls: str, on: str = "acme-in", refers_to: str | None = None) -> UUID | None:
    with ledger.transaction() as tx:
        row = ledger.interchanges.answered(tx, on, controls, refers_to)
        return row.id if row else None


def test_numbers_are_the_channels_own_and_never_given_twice(ledger: Ledger) -> None:
    def take(channel: str) -> int:
        with ledger.transaction() as tx:
            return ledger.interchanges.next_number(tx, channel)

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(take, ["acme"] * 20))
    assert sorted(numbers) == list(range(1, 21))
    assert take("other") == 1


def test_a_number_that_was_not_used_is_given_again(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction() as tx:
            ledger.interchanges.next_number(tx, "acme")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with ledger.transaction() as tx:
        assert ledger.interchanges.next_number(tx, "acme") == 1


def test_after_the_largest_number_they_begin_again(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        tx.execute(sa.insert(tables.interchange_number).values(channel="acme", last=LARGEST_NUMBER))
        assert ledger.interchanges.next_number(tx, "acme") == 1


def test_after_a_restore_no_channel_uses_a_number_that_its_partner_may_have_had(ledger: Ledger) -> None:
    """A partner takes a second use for a copy and drops it; a new channel may have written before the loss, too."""
    with ledger.transaction() as tx:
        ledger.interchanges.next_number(tx, "acme")
        tx.execute(sa.insert(tables.interchange_number).values(channel="old", last=LARGEST_NUMBER - 5))
    for times in (1, 2):
        with ledger.transaction() as tx:
            ledger.interchanges.skip_numbers(tx)
        with ledger.transaction() as tx:
            numbers = {name: ledger.interchanges.next_number(tx, name) for name in ("acme", "old", f"new-{times}")}
        assert numbers == {
            "acme": times * SKIPPED + 1 + times,
            "old": times * SKIPPED - 5 + times,
            f"new-{times}": times * SKIPPED + 1,
        }


def test_what_was_written_is_kept_encrypted_and_told_in_the_audit_trail(ledger: Ledger, document: sa.Row) -> None:
    kept = write(ledger, document)
    with ledger.reading() as tx:
        assert ledger.bodies.of(tx, kept) == b"ISA*"
        assert tx.scalar(sa.select(tables.body.c.ciphertext).where(tables.body.c.owner_id == kept)) != b"ISA*"
        actions = tx.scalars(sa.select(tables.audit_event.c.action)).all()
    assert "interchange.written" in actions
    assert state(ledger, kept) == "awaiting"


def test_nothing_is_awaited_where_no_answer_is_expected(ledger: Ledger, document: sa.Row) -> None:
    kept = write(ledger, document, replace(CHANNEL, answer_hours=None))
    assert state(ledger, kept) == "unasked"
    assert ledger.interchanges.miss(10) == 0


def test_an_answer_is_found_by_control_id_by_number_and_by_the_documents_number(
    ledger: Ledger, document: sa.Row
) -> None:
    first, second = write(ledger, document), write(ledger, document)
    assert answered(ledger, "000000001") == first
    assert answered(ledger, "2") == second
    assert answered(ledger, refers_to="PO-1") == second
    assert answered(ledger, "3") is None
    assert answered(ledger, "1", on="somebody-else") is None
    assert answered(ledger) is None


def test_the_last_word_of_the_partner_counts(ledger: Ledger, document: sa.Row) -> None:
    kept = write(ledger, document)
    for said in ("accepted", "rejected"):
        with ledger.transaction() as tx:
            ledger.interchanges.answer(tx, kept, said, document.id)
        assert state(ledger, kept) == said


def test_a_missing_answer_is_noticed_after_its_time_and_only_once(ledger: Ledger, document: sa.Row) -> None:
    late = write(ledger, document, replace(CHANNEL, answer_hours=Decimal(0)))
    early = write(ledger, document)
    assert (ledger.interchanges.miss(10), ledger.interchanges.miss(10)) == (1, 0)
    assert (state(ledger, late), state(ledger, early)) == ("overdue", "awaiting")
    with ledger.reading() as tx:
        actions = tx.scalars(sa.select(tables.audit_event.c.action)).all()
        overdue = ledger.interchanges.list(tx, state="overdue")
    assert actions.count("interchange.overdue") == 1
    assert [row.id for row in overdue] == [late]


def test_an_answer_that_comes_late_after_all_is_taken(ledger: Ledger, document: sa.Row) -> None:
    late = write(ledger, document, replace(CHANNEL, answer_hours=Decimal(0)))
    ledger.interchanges.miss(10)
    with ledger.transaction() as tx:
        ledger.interchanges.answer(tx, late, "accepted", document.id)
    assert state(ledger, late) == "accepted"
