"""What the ledger promises, on PostgreSQL and on SQLite alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import ids
from app.errors import Conflict, Forbidden, NotFound, Permanent
from app.ledger import schema, tables
from app.ledger.cipher import Cipher
from app.ledger.dead_letters import Burial, Filter
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.search import MessageFilter
from app.ledger.work import LeaseLost, NewWork
from tests import factories


def add_work(ledger: Ledger, count: int, lane: str = "bulk", stage: str = "translate", partition: str = "") -> list:
    subjects = [ids.new_id() for _ in range(count)]
    with ledger.transaction() as tx:
        ledger.work.add(tx, stage, [NewWork(subject, lane, partition) for subject in subjects])
    return subjects


def claim(ledger: Ledger, limit: int = 10, lane: str = "bulk", stage: str = "translate"):
    with ledger.transaction() as tx:
        return ledger.work.claim(tx, stage, lane, limit)


def expire_leases(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        tx.execute(sa.update(tables.work).values(due_at=ids.now() - timedelta(seconds=1)))


def test_the_schema_has_one_head_and_matches_the_tables(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    assert schema.at_head(ledger.database)
    schema.upgrade(ledger.database)
    with ledger.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


class TestMessages:
    def test_a_message_is_stored_with_its_body_encrypted_and_its_work(self, ledger: Ledger) -> None:
        arrival = factories.arrival(factories.event(location="CANARY"))
        entry = ledger.messages.accept(arrival)
        with ledger.reading() as tx:
            assert ledger.bodies.of(tx, entry.message_id) == arrival.body
            stored = tx.execute(sa.select(tables.body)).one()
            assert b"CANARY" not in stored.ciphertext
        assert claim(ledger).subjects == (entry.message_id,)

    @pytest.mark.parametrize("key", ["idempotency", "control"])
    def test_the_same_message_again_is_the_same_entry(self, ledger: Ledger, key: str) -> None:
        arrival = factories.arrival()
        if key == "idempotency":
            arrival = replace(arrival, idempotency_key="k-1")
        else:
            arrival = replace(arrival, envelope=replace(arrival.envelope, control_id="MSG-1"))
        first, again = ledger.messages.accept(arrival), ledger.messages.accept(arrival)
        assert (again.message_id, again.received_at) == (first.message_id, first.received_at)
        assert (first.duplicate, again.duplicate) == (False, True)
        with ledger.reading() as tx:
            assert tx.scalar(sa.select(sa.func.count()).select_from(tables.message)) == 1

    def test_the_same_key_with_another_body_is_a_conflict(self, ledger: Ledger) -> None:
        arrival = factories.arrival(idempotency_key="k-1")
        ledger.messages.accept(arrival)
        with pytest.raises(Conflict):
            ledger.messages.accept(factories.arrival(idempotency_key="k-1"))

    def test_a_conflict_leaves_nothing_behind(self, ledger: Ledger) -> None:
        ledger.messages.accept(factories.arrival(idempotency_key="k-1"))
        other = factories.arrival(idempotency_key="k-1")
        other = replace(other, envelope=replace(other.envelope, control_id="MSG-9"))
        with pytest.raises(Conflict):
            ledger.messages.accept(other)
        assert not ledger.messages.accept(replace(other, idempotency_key=None)).duplicate

    def test_a_key_learned_later_names_the_same_message(self, ledger: Ledger) -> None:
        arrival = factories.arrival(idempotency_key="k-1")
        both = replace(arrival, envelope=replace(arrival.envelope, control_id="MSG-1"))
        first = ledger.messages.accept(arrival)
        assert ledger.messages.accept(both).message_id == first.message_id
        assert ledger.messages.accept(replace(both, idempotency_key=None)).message_id == first.message_id

    def test_keys_belong_to_their_channel(self, ledger: Ledger) -> None:
        arrival = factories.arrival(idempotency_key="k-1")
        ledger.messages.accept(arrival)
        elsewhere = replace(arrival, channel=factories.channel(name="other"))
        assert not ledger.messages.accept(elsewhere).duplicate

    def test_fifty_senders_at_once_make_one_message(self, ledger: Ledger) -> None:
        arrival = factories.arrival(idempotency_key="k-1")
        with ThreadPoolExecutor(10) as pool:
            entries = list(pool.map(lambda _: ledger.messages.accept(arrival), range(50)))
        assert len({entry.message_id for entry in entries}) == 1
        assert sum(not entry.duplicate for entry in entries) == 1

    def test_a_rejected_message_is_kept_and_its_key_stays_free(self, ledger: Ledger) -> None:
        arrival = factories.arrival(idempotency_key="k-1")
        rejected = ledger.messages.reject(arrival, Permanent("no quantity", code="quantity.missing"))
        with ledger.reading() as tx:
            row = ledger.messages.load(tx, [rejected.message_id])[rejected.message_id]
        assert (row.state, row.error_code) == ("rejected", "quantity.missing")
        assert not ledger.messages.accept(arrival).duplicate


class TestWork:
    def test_two_workers_never_claim_the_same(self, ledger: Ledger) -> None:
        subjects = add_work(ledger, 60)
        with ThreadPoolExecutor(6) as pool:
            claims = [c for c in pool.map(lambda _: claim(ledger, 10), range(6)) if c]
        claimed = [subject for c in claims for subject in c.subjects]
        assert len(claimed) == len(set(claimed))
        assert set(claimed) <= set(subjects)

    def test_lanes_and_stages_are_apart(self, ledger: Ledger) -> None:
        add_work(ledger, 1, "bulk")
        assert claim(ledger, lane="urgent") is None
        assert claim(ledger, stage="resolve") is None

    def test_the_longest_due_goes_first(self, ledger: Ledger) -> None:
        first, second = add_work(ledger, 1)[0], add_work(ledger, 1)[0]
        assert claim(ledger, 1).subjects == (first,)
        assert claim(ledger, 1).subjects == (second,)

    def test_leased_work_comes_due_when_its_lease_runs_out_and_is_known_as_interrupted(self, ledger: Ledger) -> None:
        add_work(ledger, 1)
        first = claim(ledger)
        assert claim(ledger) is None
        expire_leases(ledger)
        second = claim(ledger)
        assert second.subjects == first.subjects
        assert (first.interrupted, second.interrupted) == ({}, {first.subjects[0]: 1})
        assert second.attempts[second.subjects[0]] == 2

    def test_what_a_worker_did_not_finish_is_taken_alone(self, ledger: Ledger) -> None:
        subjects = add_work(ledger, 3)
        claim(ledger)
        expire_leases(ledger)
        subjects += add_work(ledger, 2)
        claims = [claim(ledger) for _ in range(5)]
        assert [c and c.subjects for c in claims] == [*((s,) for s in subjects[:3]), tuple(subjects[3:]), None]
        assert [dict(c.interrupted) for c in claims if c] == [*({s: 1} for s in subjects[:3]), {}]

    def test_who_lost_the_lease_settles_nothing(self, ledger: Ledger) -> None:
        add_work(ledger, 1)
        first = claim(ledger)
        expire_leases(ledger)
        second = claim(ledger)
        with pytest.raises(LeaseLost), ledger.transaction() as tx:
            ledger.work.done(tx, first, first.subjects)
        with ledger.transaction() as tx:
            ledger.work.done(tx, second, second.subjects)
        assert claim(ledger) is None

    def test_given_back_work_waits_for_its_time_and_may_get_its_attempt_back(self, ledger: Ledger) -> None:
        add_work(ledger, 1)
        first = claim(ledger)
        with ledger.transaction() as tx:
            ledger.work.again(tx, first, first.subjects, ids.now() + timedelta(hours=1))
        assert claim(ledger) is None
        expire_leases(ledger)
        second = claim(ledger)
        with ledger.transaction() as tx:
            ledger.work.again(tx, second, second.subjects, ids.now(), refund=True)
        assert claim(ledger).attempts[first.subjects[0]] == 2

    def test_work_added_again_is_not_doubled(self, ledger: Ledger) -> None:
        subject = add_work(ledger, 1)[0]
        with ledger.transaction() as tx:
            ledger.work.add(tx, "translate", [NewWork(subject, "urgent")])
        assert claim(ledger, lane="bulk") is None
        assert claim(ledger, lane="urgent").subjects == (subject,)

    def test_next_due_names_only_what_waits(self, ledger: Ledger) -> None:
        add_work(ledger, 3, "urgent")
        with ledger.reading() as tx:
            due = ledger.work.next_due(tx, ("urgent", "bulk"))
            assert list(due) == [("translate", "urgent")]
            assert ledger.work.due_lanes(tx, "translate", ("urgent", "bulk")) == {"urgent"}


class TestPartitions:
    def acquire(self, ledger: Ledger, lane: str = "bulk", higher: tuple[str, ...] = ("urgent", "approvals")):
        with ledger.transaction() as tx:
            return ledger.partitions.acquire(tx, "post", lane, higher)

    def test_a_partition_has_one_writer(self, ledger: Ledger) -> None:
        add_work(ledger, 2, stage="post", partition="A")
        add_work(ledger, 1, stage="post", partition="B")
        leased = {self.acquire(ledger)[0], self.acquire(ledger)[0]}
        assert leased == {"A", "B"}
        assert self.acquire(ledger) is None

    def test_a_lane_may_have_no_more_than_its_share_at_a_time(self, ledger: Ledger) -> None:
        for partition in "ABC":
            add_work(ledger, 1, stage="post", partition=partition)
        add_work(ledger, 1, lane="urgent", stage="post", partition="D")
        with ledger.transaction() as tx:
            first, second = (ledger.partitions.acquire(tx, "post", "bulk", ["urgent"], 2) for _ in range(2))
            assert first is not None
            assert second is not None
            assert first[0] != second[0]
            assert ledger.partitions.acquire(tx, "post", "bulk", ["urgent"], 2) is None
            assert ledger.partitions.acquire(tx, "post", "urgent", [], None)
            ledger.partitions.release(tx, *first)
            assert ledger.partitions.acquire(tx, "post", "bulk", ["urgent"], 2)

    def test_a_more_urgent_lane_goes_first_in_its_partition_only(self, ledger: Ledger) -> None:
        add_work(ledger, 1, "bulk", "post", "A")
        add_work(ledger, 1, "urgent", "post", "A")
        add_work(ledger, 1, "bulk", "post", "B")
        assert self.acquire(ledger)[0] == "B"
        assert self.acquire(ledger) is None
        assert self.acquire(ledger, "urgent", ())[0] == "A"

    def test_a_released_partition_is_free_and_a_lost_one_is_noticed(self, ledger: Ledger) -> None:
        add_work(ledger, 1, stage="post", partition="A")
        partition, token = self.acquire(ledger)
        with ledger.transaction() as tx:
            ledger.partitions.hold(tx, partition, token)
            ledger.partitions.release(tx, partition, token)
        assert self.acquire(ledger)[0] == "A"
        with pytest.raises(LeaseLost), ledger.transaction() as tx:
            ledger.partitions.hold(tx, partition, token)

    def test_an_expired_lease_is_taken_over(self, ledger: Ledger) -> None:
        add_work(ledger, 1, stage="post", partition="A")
        _, old = self.acquire(ledger)
        with ledger.transaction() as tx:
            tx.execute(sa.update(tables.partition_lease).values(until=ids.now() - timedelta(seconds=1)))
        assert self.acquire(ledger)[1] != old


class TestCircuits:
    def test_it_opens_after_failures_lets_one_probe_through_and_closes(self, ledger: Ledger) -> None:
        with ledger.transaction() as tx:
            assert ledger.circuits.permit(tx, "odoo") == "closed"
            assert not ledger.circuits.failed(tx, "odoo", "odoo.unavailable")
            assert ledger.circuits.failed(tx, "odoo", "odoo.unavailable")
            assert ledger.circuits.waits_until(tx, "odoo") is not None
            assert ledger.circuits.permit(tx, "odoo") == "probe"
            tx.execute(sa.update(tables.circuit).values(probe_at=ids.now() + timedelta(minutes=1)))
            assert ledger.circuits.permit(tx, "odoo") == "open"
            assert ledger.circuits.succeeded(tx, "odoo")
            assert ledger.circuits.permit(tx, "odoo") == "closed"

    def test_a_success_in_between_starts_the_count_anew(self, ledger: Ledger) -> None:
        with ledger.transaction() as tx:
            ledger.circuits.failed(tx, "odoo", "x")
            ledger.circuits.succeeded(tx, "odoo")
            assert not ledger.circuits.failed(tx, "odoo", "x")


class TestBells:
    def test_what_was_rung_and_not_heard_is_outstanding(self, ledger: Ledger) -> None:
        with ledger.transaction() as tx:
            for _ in range(3):
                ledger.bells.ring(tx, "post", "urgent")
            ledger.bells.heard(tx, "post", "urgent")
            assert ledger.bells.outstanding(tx)["post", "urgent"][0] == 2
            ledger.bells.ring(tx, "post", "urgent", forget=True)
            assert ledger.bells.outstanding(tx)["post", "urgent"][0] == 1
            for _ in range(5):
                ledger.bells.heard(tx, "post", "urgent")
            assert ledger.bells.outstanding(tx) == {}

    def test_whether_one_was_rung_lately(self, ledger: Ledger) -> None:
        begun = ids.now()
        with ledger.transaction() as tx:
            ledger.bells.ring(tx, "post", "urgent")
            for stages, lanes, since, rung in (
                (["resolve", "post"], ["urgent", "approvals"], begun - timedelta(seconds=1), True),
                (["post"], ["approvals"], begun - timedelta(seconds=1), False),
                (["dispatch"], ["urgent"], begun - timedelta(seconds=1), False),
                (["post"], ["urgent"], ids.now() + timedelta(seconds=1), False),
            ):
                assert ledger.bells.rung_since(tx, stages, lanes, since) == rung
            ledger.bells.heard(tx, "post", "urgent")
            assert ledger.bells.rung_since(tx, ["post"], ["urgent"], begun - timedelta(seconds=1))


class TestAudit:
    def filled(self, ledger: Ledger, messages: int = 5) -> None:
        for _ in range(messages):
            ledger.messages.accept(factories.arrival())
        assert ledger.audit.seal() == messages

    def test_the_chain_holds_and_its_head_can_be_kept(self, ledger: Ledger) -> None:
        self.filled(ledger)
        found = ledger.audit.verify()
        assert (found.sealed, found.unsealed, found.faults) == (5, 0, ())
        self.filled(ledger)
        assert ledger.audit.verify((found.sealed, found.head)).faults == ()
        assert ledger.audit.verify((found.sealed, "f" * 64)).faults

    @pytest.mark.parametrize("tampering", [
        "UPDATE audit_event SET actor = 'somebody else' WHERE seq = 3",
        "UPDATE audit_event SET detail = '{}' WHERE seq = 1",
        "DELETE FROM audit_event WHERE seq = 3",
        "DELETE FROM audit_event WHERE seq = 1",
        "UPDATE audit_event SET seq = seq + 100 WHERE seq > 3",
    ])  # fmt: skip
    def test_tampering_is_found(self, ledger: Ledger, tampering: str) -> None:
        self.filled(ledger)
        with ledger.transaction() as tx:
            tx.execute(sa.text(tampering))
        assert ledger.audit.verify().faults

    def test_a_cut_off_end_is_found_with_a_checkpoint(self, ledger: Ledger) -> None:
        self.filled(ledger)
        head = ledger.audit.verify()
        with ledger.transaction() as tx:
            tx.execute(sa.text("DELETE FROM audit_event WHERE seq = 5"))
        assert ledger.audit.verify().faults == ()
        assert ledger.audit.verify((head.sealed, head.head)).faults


class TestHolds:
    def held(self, ledger: Ledger, count: int = 3):
        from tests.app.flows.house import House

        house = House.over(ledger)
        for _ in range(count):
            house.receive(factories.event(identifiers=[{"scheme": "internal", "value": "CATH-77"}]))
        house.work_off()
        return house

    def test_groups_are_counted_released_and_cancelled(self, ledger: Ledger) -> None:
        self.held(ledger)
        with ledger.reading() as tx:
            (group,) = ledger.holds.groups(tx)
        assert (group.cause, group.subject, group.documents) == ("item_unknown", "item internal:CATH-77", 3)
        assert group.facilities == ("GEN",)
        assert ledger.holds.release("item_unknown", None, "tester") == 3
        assert claim(ledger, stage="resolve").subjects
        with ledger.reading() as tx:
            assert ledger.holds.groups(tx) == []

    def test_a_cancelled_group_settles_its_messages(self, ledger: Ledger) -> None:
        self.held(ledger)
        assert ledger.holds.cancel("item_unknown", "item internal:CATH-77", "tester") == 3
        with ledger.reading() as tx:
            states = {row.state for row in ledger.search.messages(tx, MessageFilter())}
        assert states == {"settled"}

    def test_a_hold_wakes_who_waits_for_the_document(self, ledger: Ledger) -> None:
        house = self.held(ledger, 1)
        with ledger.transaction() as tx:
            held = tx.execute(sa.select(tables.document)).one()
            ledger.documents.set_state(tx, [held.id], "open")
            ledger.documents.block(tx, held.id, held.id)
            ledger.documents.set_state(tx, [held.id], "open")
            ledger.holds.open(tx, held, Cause("item_unknown", "again", ""))
        assert house.ledger is ledger


class TestDeadLetters:
    def buried(self, ledger: Ledger, code: str = "boom", lane: str = "bulk"):
        entry = ledger.messages.accept(factories.arrival())
        with ledger.transaction() as tx:
            found = ledger.work.claim(tx, "translate", "bulk", 10)
            ledger.work.done(tx, found, found.subjects)
            burial = Burial("translate", entry.message_id, entry.message_id, "GEN", lane, 3)
            ledger.dead_letters.bury(tx, burial, Permanent("no", code=code))
            ledger.messages.failed(tx, entry.message_id, "dead", Permanent("no", code=code))
        return entry

    def test_filters_choose_and_the_urgent_lane_comes_first(self, ledger: Ledger) -> None:
        self.buried(ledger, "one", "bulk")
        self.buried(ledger, "two", "urgent")
        with ledger.reading() as tx:
            assert [row.lane for row in ledger.dead_letters.list(tx, Filter())] == ["urgent", "bulk"]
            assert ledger.dead_letters.count(tx, Filter(error_code="one")) == 1
            assert ledger.dead_letters.count(tx, Filter(died_before=ids.now() - timedelta(days=1))) == 0

    def test_requeued_work_takes_the_road_again_with_fresh_attempts(self, ledger: Ledger) -> None:
        entry = self.buried(ledger)
        assert ledger.dead_letters.requeue(Filter(message_id=entry.message_id), "tester") == 1
        found = claim(ledger)
        assert found.subjects == (entry.message_id,)
        assert found.attempts[entry.message_id] == 1
        assert ledger.dead_letters.requeue(Filter(), "tester") == 0


class TestBodies:
    def test_bodies_expire_unless_they_are_needed(self, ledger: Ledger) -> None:
        done, waiting = ledger.messages.accept(factories.arrival()), ledger.messages.accept(factories.arrival())
        with ledger.transaction() as tx:
            ledger.messages.translated(tx, [done.message_id], "m/1", news=False)
            assert ledger.bodies.expire(tx, ids.now()) == 0
            assert ledger.bodies.expire(tx, ids.now() + timedelta(days=31)) == 1
            assert ledger.bodies.of(tx, waiting.message_id)
            with pytest.raises(Permanent, match="no longer kept"):
                ledger.bodies.of(tx, done.message_id)

    def test_keys_rotate_and_bodies_cannot_be_swapped(self) -> None:
        owner, other = ids.new_id(), ids.new_id()
        old, new = Cipher({"k1": b"1" * 32}), Cipher({"k2": b"2" * 32, "k1": b"1" * 32})
        sealed = old.encrypt(owner, b"body")
        assert new.decrypt(owner, *sealed) == b"body"
        with pytest.raises(Permanent, match="altered"):
            new.decrypt(other, *sealed)
        with pytest.raises(Permanent, match="not configured"):
            old.decrypt(owner, *new.encrypt(owner, b"body"))


class TestKeys:
    def test_a_key_opens_what_it_is_for_until_it_is_revoked(self, ledger: Ledger) -> None:
        key = ledger.keys.create("cath lab", ["messages:write"], ["GEN"])
        with ledger.reading() as tx:
            principal = ledger.keys.authenticate(tx, key)
        assert principal.may("messages:write", "GEN")
        assert not principal.may("messages:write", "EAST")
        assert not principal.may("messages:read")
        ledger.keys.revoke(principal.prefix)
        with pytest.raises(Forbidden), ledger.reading() as tx:
            ledger.keys.authenticate(tx, key)
        with pytest.raises(NotFound):
            ledger.keys.revoke(principal.prefix)

    @pytest.mark.parametrize("presented", ["", "wl_", "wl_a_b", "nonsense", "wl_" + "0" * 12 + "_x"])
    def test_a_wrong_key_opens_nothing(self, ledger: Ledger, presented: str) -> None:
        with pytest.raises(Forbidden), ledger.reading() as tx:
            ledger.keys.authenticate(tx, presented)

    def test_an_expired_key_opens_nothing(self, ledger: Ledger) -> None:
        key = ledger.keys.create("old", ["messages:read"], ["*"], ids.now() - timedelta(seconds=1))
        with pytest.raises(Forbidden), ledger.reading() as tx:
            ledger.keys.authenticate(tx, key)
