"""Sets of messages and documents are dealt with together, and one that is in the way of all stops nobody else."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.flows.translation import PORTION
from app.ledger import tables
from app.ledger.dead_letters import Filter
from app.ledger.documents import NewDocument, Told
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from tests import factories
from tests.app.flows.house import House


@pytest.fixture
def house(ledger: Ledger) -> House:
    return House.over(ledger)


def use(**changes: Any) -> dict[str, Any]:
    return factories.event(**changes)


def states(house: House, *messages: Any) -> list[str]:
    return [house.state(message) for message in messages]


def transactions(house: House, stage: str) -> int:
    """How many transactions a step of the stage commits."""
    commits = 0

    def count(_connection: object) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(house.ledger.database.engine, "commit", count)
    try:
        house.stages[stage].step("bulk")
    finally:
        sa.event.remove(house.ledger.database.engine, "commit", count)
    return commits


def audited(house: House, message: Any) -> list[str]:
    return [event.action for event in house.story(message).events]


def test_twenty_messages_take_no_more_transactions_than_two(house: House) -> None:
    counted = []
    for count in (2, 20):
        messages = [house.receive(use()) for _ in range(count)]
        counted.append([transactions(house, stage) for stage in ("translate", "resolve")])
        assert set(states(house, *messages)) == {"translated"}
        assert all(audited(house, one)[1:] == ["message.translated", "document.resolved"] for one in messages)
    assert counted[0] == counted[1]


def test_a_large_message_is_entered_by_itself(house: House) -> None:
    messages = [house.receive(*(use() for _ in range(count))) for count in (PORTION // 200, 1, 1)]
    assert house.story(messages[0]).message.size > PORTION
    few = transactions(house, "translate")
    assert states(house, *messages) == ["translated"] * 3
    for _ in range(2):
        house.receive(use())
    assert few == transactions(house, "translate") + 1


def test_a_message_that_cannot_be_read_any_more_is_buried_and_the_others_go_on(house: House) -> None:
    messages = [house.receive(use()) for _ in range(3)]
    with house.ledger.transaction() as tx:
        tx.execute(sa.delete(tables.body).where(tables.body.c.owner_id == messages[1]))
    house.work_off()
    assert states(house, *messages) == ["translated", "dead", "translated"]


def test_a_document_whose_body_was_altered_is_buried_and_the_others_go_on(house: House) -> None:
    messages = [house.receive(use()) for _ in range(3)]
    house.stages["translate"].step("bulk")
    with house.ledger.transaction() as tx:
        documents = sa.select(tables.document.c.id).where(tables.document.c.message_id == messages[1])
        altered = sa.update(tables.body).where(tables.body.c.owner_id.in_(documents))
        tx.execute(altered.values(ciphertext=b"something else that nobody encrypted"))
    house.work_off()
    ends = [audited(house, one)[-1] for one in messages]
    assert ends == ["document.resolved", "dead_letter.buried", "document.resolved"]
    with house.ledger.reading() as tx:
        assert [row.error_code for row in house.ledger.dead_letters.list(tx, Filter())] == ["body.altered"]


def test_a_body_that_was_altered_is_buried_and_the_others_go_on(house: House) -> None:
    messages = [house.receive(use()) for _ in range(3)]
    with house.ledger.transaction() as tx:
        altered = sa.update(tables.body).where(tables.body.c.owner_id == messages[0])
        tx.execute(altered.values(ciphertext=b"something else that nobody encrypted"))
    house.work_off()
    assert states(house, *messages) == ["dead", "translated", "translated"]
    with house.ledger.reading() as tx:
        assert [row.error_code for row in house.ledger.dead_letters.list(tx, Filter())] == ["body.altered"]


def test_a_message_whose_work_somebody_else_has_stays_his_and_the_others_go_on(house: House) -> None:
    mine, other = house.receive(use()), house.receive(use())
    step = house.stages["translate"]
    taken = iter([True])

    def snatch(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "message_key" not in statement and statement.startswith("SELECT body.") and next(taken, False):
            with sa.create_engine(house.ledger.database.url).begin() as tx:
                ours = sa.update(tables.work).where(tables.work.c.subject_id == other)
                tx.execute(ours.values(lease_token=ids.new_id()))

    sa.event.listen(house.ledger.database.engine, "before_cursor_execute", snatch)
    try:
        step.step("bulk")
    finally:
        sa.event.remove(house.ledger.database.engine, "before_cursor_execute", snatch)
    assert states(house, mine, other) == ["translated", "accepted"]


def test_documents_that_a_person_must_look_at_hold_nobody_up(house: House) -> None:
    known, unknown = house.receive(use()), house.receive(use(location="NOWHERE"))
    house.work_off()
    with house.ledger.reading() as tx:
        held = {row.message_id: row.state for row in tx.execute(sa.select(tables.document))}
        [group] = house.ledger.holds.groups(tx)
    assert (held[known], held[unknown]) == ("open", "held")
    assert (group.cause, group.documents) == ("location_unknown", 1)


def test_what_is_in_effect_already_is_settled_among_what_is_new(house: House) -> None:
    again, new = house.receive(use()), house.receive(use())
    house.stages["translate"].step("bulk")
    with house.ledger.transaction() as tx:
        rows = {row.message_id: row for row in tx.execute(sa.select(tables.document))}
        key = f"consumption:{rows[again].id}"
        made = house.ledger.postings.intend(tx, NewPosting(rows[again].id, key, "stock.consume", "p", "bulk", {}))
        assert made is not None
        house.ledger.postings.set_state(tx, [made.id], "posted")
    house.stages["resolve"].step("bulk")
    assert states(house, again, new) == ["settled", "translated"]
    assert "document.settled" in audited(house, again)


class TestDocumentsOfTwoMessages:
    @pytest.fixture
    def told(self, ledger: Ledger) -> list[Told]:
        accepted = [ledger.messages.accept(factories.arrival()).message_id for _ in range(2)]
        with ledger.reading() as tx:
            rows = ledger.messages.load(tx, accepted)
        return [Told(rows[message_id], "test/1", []) for message_id in accepted]

    def test_ids_tell_who_came_first_whatever_the_identities_are(self, ledger: Ledger, told: list[Told]) -> None:
        first, second = told
        entries = [
            Told(first.message, "test/1", [_document("z", 1), _document("b", 2)]),
            Told(second.message, "test/1", [_document("a", 1)]),
        ]
        with ledger.transaction() as tx:
            entered = ledger.documents.enter_all(tx, entries, ids.now()).new
        in_order = sorted(entered, key=lambda row: row.id)
        assert [row.identity for row in in_order] == ["z", "b", "a"]
        assert [row.message_id for row in in_order] == [first.message.id, first.message.id, second.message.id]

    @pytest.mark.parametrize(("fingerprint", "kind"), [("f", "repeated"), ("other", "conflicting")])
    def test_of_one_identity_the_earlier_message_has_the_document(
        self, ledger: Ledger, told: list[Told], fingerprint: str, kind: str
    ) -> None:
        first, second = (one.message for one in told)
        repeated = _document("same", 1, fingerprint)
        with ledger.transaction() as tx:
            both = [Told(first, "test/1", [_document("same", 1)]), Told(second, "test/1", [repeated])]
            entered = ledger.documents.enter_all(tx, both, ids.now())
        assert [row.message_id for row in entered.new] == [first.id]
        if kind == "repeated":
            assert (entered.repeated, entered.conflicting) == ([(second.id, repeated)], [])
        else:
            assert (entered.repeated, [row.message_id for row in entered.conflicting]) == ([], [second.id])


def _document(identity: str, ordinal: int, fingerprint: str = "f") -> NewDocument:
    return NewDocument(ordinal, "consumption", identity, fingerprint, factories.WHEN, (), b"{}")
