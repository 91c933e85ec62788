"""Whatever workers die, freeze, lose their leases or meet on the way, each event has exactly one effect."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from app import ids
from app.crosswalk.store import CrosswalkStore
from app.errors import InDoubt, Permanent, Transient, Unavailable
from app.flows.intake import Intake, Sending
from app.ledger import schema, tables
from app.ledger.dead_letters import Filter
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.model.channel import LANES
from tests import factories
from tests.app.flows.mortals import Mortal
from tests.app.flows.warehouse import Warehouse

STAGES = ("translate", "resolve", "post")
PHASES = [Phase.generate]
"""Without shrinking: a failure prints its steps, and a shorter story would take minutes to find."""
ROWS = (
    *(factories.row("item", item, item) for item in ("SUTURE-30", "GLOVE-M")),
    factories.row("item", "STENT-35", "STENT-35", criticality="critical"),
    factories.row("unit", "EA", "each"),
    factories.row("location", "OR1", "GEN/Stock/OR1", consumption_location="Consumption/GEN OR1"),
    factories.row("location", "OR1B", "GEN/Stock/OR1B", consumption_location="Consumption/GEN OR1"),
    factories.row("location", "CATHLAB", "GEN/Stock/CATHLAB", consumption_location="Consumption/GEN CATHLAB"),
)
MISSING = factories.row("item", "CATH-77", "CATH-77")

numbers = st.integers(1, 6)
events = st.fixed_dictionaries({
    "number": numbers,
    "kind": st.sampled_from(["use", "use", "use", "return", "reversal"]),
    "item": st.sampled_from(["SUTURE-30", "SUTURE-30", "GLOVE-M", "STENT-35", "CATH-77"]),
    "place": st.sampled_from(["OR1", "OR1", "OR1B", "CATHLAB"]),
    "quantity": st.integers(1, 4),
})
faults = st.tuples(
    st.sampled_from(["items", "on_hand", "load", "validate", "validated", "find", "revoke", "revoked"]),
    st.sampled_from([Transient(), Unavailable(), Permanent("x", code="odoo.failed"), InDoubt()]),
)


def possible(fault: tuple[str, Exception]) -> bool:
    """Whether the gateway may raise this there: a question has no effect, and a write that had one is in doubt."""
    place, error = fault
    if place in ("validate", "validated", "revoked"):
        return isinstance(error, InDoubt)
    return place in ("load", "revoke") or not isinstance(error, InDoubt)


def spoken(event: dict[str, Any]) -> dict[str, Any]:
    """An event as its sender writes it; a reversal undoes the event of the same number."""
    said = factories.event(
        event_id=f"{'R' if event['kind'] == 'reversal' else 'E'}-{event['number']}",
        kind=event["kind"],
        identifiers=[{"scheme": "internal", "value": event["item"]}],
        quantity={"value": str(event["quantity"]), "unit": "EA"},
        location=event["place"],
    )
    return said | ({"reverses": f"E-{event['number']}"} if event["kind"] == "reversal" else {})


class Hospital(RuleBasedStateMachine):
    """Senders, workers that die and freeze, operators, and an Odoo that fails."""

    template: Path

    @initialize()
    def opens(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        shutil.copy(self.template, self.folder / "ledger.db")
        self.settings = factories.settings(self.folder, circuit_failures=1000)
        self.channel = factories.channel()
        self.odoo = Warehouse()
        for place in ("GEN/Stock/OR1", "GEN/Stock/OR1B", "GEN/Stock/CATHLAB"):
            for item in ("SUTURE-30", "GLOVE-M", "STENT-35", "CATH-77"):
                self.odoo.count(place, item, 5)
        self.counted = dict(self.odoo.stock)
        self.ledger = Ledger(self.settings)
        self.crosswalk = CrosswalkStore(self.ledger.database, self.ledger.audit)
        self.workers = [self.born(), self.born()]

    def born(self) -> Mortal:
        return Mortal(self.settings, {self.channel.name: self.channel}, self.odoo)

    @rule(said=st.lists(events, min_size=1, max_size=3, unique_by=lambda e: (e["kind"] == "reversal", e["number"])))
    def sends(self, said: list[dict[str, Any]]) -> None:
        body = json.dumps([spoken(event) for event in said]).encode()
        sending = Sending(self.channel, body, "application/json", "tester", "0" * 32)
        receipt, _ = Intake(self.ledger, str).take_in(sending)
        assert receipt.outcome == "accepted", receipt

    @rule(stage=st.sampled_from(STAGES), lane=st.sampled_from(["bulk", "bulk", "urgent"]), who=st.integers(0, 1))
    def steps(self, stage: str, lane: str, who: int) -> None:
        self.workers[who].step(stage, lane)

    @rule(place=st.integers(1, 60), stage=st.sampled_from(STAGES), lane=st.sampled_from(["bulk", "bulk", "urgent"]))
    def dies(self, place: int, stage: str, lane: str) -> None:
        worker = self.workers[0]
        with worker.killed_at(place):
            worker.step(stage, lane)
        if worker.dead:
            worker.close()
            self.workers[0] = self.born()
            self.expires()

    @rule(place=st.integers(1, 12), stage=st.sampled_from(STAGES), fault=st.none() | faults.filter(possible))
    def freezes(self, place: int, stage: str, fault: tuple[str, Exception] | None) -> None:
        sleeper, other = self.workers

        def meanwhile() -> None:
            self.expires()
            if fault:
                other.faults.append(fault)
            for lane in LANES:
                other.step(stage, lane)

        with sleeper.frozen_at(place, meanwhile):
            sleeper.step(stage, "bulk")

    @rule(fault=faults.filter(possible))
    def odoo_fails(self, fault: tuple[str, Exception]) -> None:
        self.workers[0].faults.append(fault)

    @rule()
    def expires(self) -> None:
        past = ids.now() - timedelta(seconds=1)
        with self.ledger.transaction() as tx:
            tx.execute(sa.update(tables.work).values(due_at=past))
            tx.execute(sa.update(tables.partition_lease).values(until=past))

    @rule()
    def releases(self) -> None:
        self.ledger.holds.release(None, None, "tester")

    @rule(cause=st.sampled_from(["stock_negative", "item_unknown", "original_unknown", "refused_by_odoo"]))
    def cancels(self, cause: str) -> None:
        with self.ledger.reading() as tx:
            subjects = [group.subject for group in self.ledger.holds.groups(tx) if group.cause == cause]
        for subject in subjects[:1]:
            self.ledger.holds.cancel(cause, subject, "tester")

    @rule()
    def requeues(self) -> None:
        self.ledger.dead_letters.requeue(Filter(), "tester")

    @rule()
    def learns_the_item(self) -> None:
        self.crosswalk.import_rows(factories.numbered(MISSING), "tester")

    @rule(dislikes=st.booleans())
    def odoo_dislikes_gloves(self, dislikes: bool) -> None:
        self.odoo.unwanted.clear()
        if dislikes:
            self.odoo.unwanted.add("GLOVE-M")

    @rule(item=st.sampled_from(["SUTURE-30", "STENT-35"]))
    def receives_stock(self, item: str) -> None:
        key = (self.odoo.places["GEN/Stock/OR1"].id, self.odoo.goods[item].id)
        self.odoo.stock[key] += 3
        self.counted[key] = self.counted.get(key, Decimal(0)) + 3

    def teardown(self) -> None:
        if not hasattr(self, "workers"):
            return
        try:
            self.comes_to_rest()
            Books(self.ledger, self.odoo, self.counted).check()
        finally:
            for worker in self.workers:
                worker.close()
            self.ledger.database.close()
            shutil.rmtree(self.folder)

    def comes_to_rest(self) -> None:
        for worker in self.workers:
            worker.faults.clear()
        self.expires()
        self.workers[0].work_off()


class Books:
    """The audit at the end: the ledger against Odoo, and every state against its cause."""

    def __init__(self, ledger: Ledger, odoo: Warehouse, counted: dict[tuple[int, int], Decimal]) -> None:
        self.odoo, self.counted = odoo, counted
        with ledger.reading() as tx:
            self.rows = {
                table.name: tx.execute(sa.select(table)).all()
                for table in (
                    tables.message, tables.document, tables.posting, tables.batch, tables.hold, tables.dead_letter,
                    tables.work,
                )
            }  # fmt: skip
        self.held = Counter(row.document_id for row in self.rows["hold"] if row.released_at is None)
        self.dead = {row.subject_id for row in self.rows["dead_letter"] if row.requeued_at is None}
        self.documents = {row.id: row for row in self.rows["document"]}

    def check(self) -> None:
        assert self.rows["work"] == []
        self.batches_are_transfers()
        self.stock_is_exact()
        self.postings_are_explained()
        self.documents_are_explained()
        self.messages_follow_their_documents()
        self.reversals_undo()
        assert {row.error_code for row in self.rows["dead_letter"]} <= {"odoo.failed"}

    def batches_are_transfers(self) -> None:
        posted = {row.key for row in self.rows["batch"] if row.state == "posted"}
        assert posted == set(self.odoo.moved)
        assert {row.state for row in self.rows["batch"]} <= {"posted", "refused", "revoked"}

    def stock_is_exact(self) -> None:
        expected: dict[tuple[int, int], Decimal] = defaultdict(Decimal, self.counted)
        for row in self.rows["posting"]:
            if row.state == "posted":
                amount = Decimal(row.effect["quantity"]) * (-1 if row.operation == "stock.consume" else 1)
                item = self.odoo.goods[row.effect["item"]].id
                expected[self.odoo.places[row.effect["stock_location"]].id, item] += amount
                expected[self.odoo.places[row.effect["consumption_location"]].id, item] -= amount
        actual = {key: value for key, value in self.odoo.stock.items() if value}
        assert actual == {key: value for key, value in expected.items() if value}

    def postings_are_explained(self) -> None:
        for row in self.rows["posting"]:
            document = self.documents[row.document_id]
            explained = {
                "posted": document.state == "settled" and row.batch_id is not None,
                "blocked": document.state == "cancelled" or self.held[document.id] == 1,
                "dead": row.id in self.dead and document.state == "open",
            }
            assert explained.get(row.state), (row.state, document.state)

    def documents_are_explained(self) -> None:
        postings = defaultdict(list)
        for row in self.rows["posting"]:
            postings[row.document_id].append(row)
        for row in self.documents.values():
            states = {posting.state for posting in postings[row.id]}
            assert self.held[row.id] == (1 if row.state == "held" else 0)
            if row.state == "open":
                waits = row.blocked_by and self.documents[row.blocked_by].state == "open"
                assert waits or row.id in self.dead or "dead" in states, row
            if row.state == "settled":
                assert states <= {"posted"}
            if row.state == "cancelled":
                assert "posted" not in states

    def messages_follow_their_documents(self) -> None:
        documents = defaultdict(list)
        for row in self.documents.values():
            documents[row.message_id].append(row.state)
        for row in self.rows["message"]:
            ended = all(state in ("settled", "cancelled") for state in documents[row.id])
            expected = ("settled" if ended else "translated") if documents[row.id] else "duplicate"
            assert row.state == expected, (row.state, documents[row.id])

    def reversals_undo(self) -> None:
        """A settled reversal leaves nothing of its event; one that was posted twice is found by the stock."""
        named = {row.identity: row for row in self.rows["document"] if row.identity}
        undone = {row.key for row in self.rows["posting"] if row.state == "posted"}
        for number in range(1, 7):
            original = named.get(identity("GEN", "cabinets", "consumption", f"E-{number}"))
            undoing = named.get(identity("GEN", "cabinets", "consumption.reversal", f"R-{number}"))
            if undoing and undoing.state == "settled":
                assert original is not None
                posted = [p for p in self.rows["posting"] if p.document_id == original.id and p.state == "posted"]
                assert original.state == "cancelled" or all(f"undo:{p.id}" in undone for p in posted)
                assert original.state in ("cancelled", "settled")


def test_each_event_has_one_effect_whatever_happens(tmp_path: Path) -> None:
    made = Ledger(factories.settings(tmp_path))
    schema.upgrade(made.database)
    CrosswalkStore(made.database, made.audit).import_rows(factories.numbered(*ROWS), "tester")
    with made.database.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("VACUUM INTO ?", (str(tmp_path / "template.db"),))
    made.database.close()
    machine = type("Hospital", (Hospital,), {"template": tmp_path / "template.db"})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
