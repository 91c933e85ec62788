"""Orders in the ledger: what is news for a supplier, which revision it is, and what waits for an order."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from app import ids
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.orders import KnownOrder, Recorded
from tests import factories

PLACED = KnownOrder("P00012", 12, "S-1", "GEN", "purchase", "f" * 64, "R-1")
CHANGED = replace(PLACED, fingerprint="c" * 64)
CANCELLED = replace(PLACED, state="cancel", fingerprint="0" * 64)
AWAITED = Cause("order_unknown", "order P00012", "It goes on by itself.")


def record(ledger: Ledger, known: KnownOrder, **how: bool) -> Recorded:
    with ledger.transaction() as tx:
        return ledger.orders.record(tx, known, **how)


def told(ledger: Ledger, *orders: KnownOrder, **how: bool) -> list[tuple[str | None, int]]:
    """What a supplier is told as an order is noted again and again, with the revision."""
    noted = [record(ledger, known, **how) for known in orders]
    return [(one.news, one.row.revision) for one in noted]


def entered(ledger: Ledger, name: str) -> Any:
    """A document of a message."""
    message = ledger.messages.accept(factories.arrival()).message_id
    identity = ids.digest(name.encode())
    new = NewDocument(1, "order_confirmation", identity, identity, factories.WHEN, (("purchase_order", name),), b"{}")
    with ledger.transaction() as tx:
        loaded = ledger.messages.load(tx, [message])[message]
        [row] = ledger.documents.enter(tx, loaded, "canonical/1", [new], factories.WHEN).new
    return row


def test_an_order_is_news_once_a_change_each_time_and_a_cancellation_once(ledger: Ledger) -> None:
    assert told(ledger, PLACED, PLACED, CHANGED, CHANGED, PLACED, CANCELLED, CANCELLED) == [
        ("new", 0), (None, 0), ("change", 1), (None, 1), ("change", 2), ("cancel", 3), (None, 3),
    ]  # fmt: skip


def test_what_nobody_confirmed_is_no_news(ledger: Ledger) -> None:
    waiting = replace(PLACED, state="to approve")

    assert told(ledger, waiting, PLACED) == [(None, 0), ("new", 0)]
    assert told(ledger, replace(CANCELLED, number="P00013")) == [(None, 0)]


def test_what_the_supplier_said_itself_is_not_told_and_takes_no_revision(ledger: Ledger) -> None:
    record(ledger, PLACED)

    assert told(ledger, CHANGED, quiet=True) == [(None, 0)]
    assert told(ledger, CHANGED, replace(PLACED, fingerprint="d" * 64)) == [(None, 0), ("change", 1)]


def test_what_was_not_told_yet_stays_news_as_of_when_it_was_noted(ledger: Ledger) -> None:
    first, again = (record(ledger, PLACED, told=False) for _ in range(2))
    assert (first.news, again.news, first.row.updated_at) == ("new", "new", again.row.updated_at)

    with ledger.transaction() as tx:
        ledger.orders.was_told(tx, "P00012", 0)

    assert told(ledger, PLACED, CHANGED, CHANGED, told=False) == [(None, 0), ("change", 1), ("change", 1)]


def test_what_waits_for_an_order_is_released_with_it(ledger: Ledger) -> None:
    row = entered(ledger, "P00012")
    with ledger.transaction() as tx:
        assert ledger.orders.awaited(tx, "P00012") is None
        ledger.holds.open(tx, row, AWAITED)

    record(ledger, PLACED)

    with ledger.reading() as tx:
        assert ledger.documents.load(tx, [row.id])[row.id].state == "open"
        assert ledger.orders.by_number(tx, "P00012").supplier == "S-1"


def test_an_order_that_is_noted_while_its_confirmation_arrives_is_not_missed(ledger: Ledger) -> None:
    row, looked, noting = entered(ledger, "P00012"), threading.Event(), threading.Event()

    def arrive() -> None:
        with ledger.transaction() as tx:
            found = ledger.orders.awaited(tx, "P00012")
            looked.set()
            noting.wait(1)
            if found is None:
                ledger.holds.open(tx, row, AWAITED)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    assert looked.wait(10)
    noted = threading.Thread(target=record, args=(ledger, PLACED))
    noted.start()
    noting.set()
    arriving.join(10)
    noted.join(10)

    with ledger.reading() as tx:
        assert ledger.holds.count(tx, "order_unknown", None) == 0
        assert ledger.documents.load(tx, [row.id])[row.id].state == "open"


def test_orders_are_found_for_the_documents_they_were_made_for(ledger: Ledger) -> None:
    record(ledger, PLACED)

    with ledger.reading() as tx:
        assert ledger.orders.of_documents(tx, [ids.new_id()]) == []
        assert set(ledger.orders.by_numbers(tx, ["P00012", "P9"])) == {"P00012"}
        assert not ledger.orders.busy(tx, "P00012")


def test_the_mark_is_kept(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        assert ledger.orders.mark(tx, "orders.pick_up") is None
        ledger.orders.set_mark(tx, "orders.pick_up", factories.WHEN)
        ledger.orders.set_mark(tx, "orders.pick_up", factories.WHEN)
        assert ledger.orders.mark(tx, "orders.pick_up") == factories.WHEN


def test_decisions_are_kept_with_their_figures_and_told_to_the_auditors(ledger: Ledger) -> None:
    row = entered(ledger, "P00012")
    finding = {"kind": "price_changed", "line": 2, "text": "Pay 3?", "figures": {"price": "3"}, "digest": "d1"}
    with ledger.transaction() as tx:
        ledger.confirmations.receive(tx, row, "P00012", "S-1", "SO-1")
        ledger.confirmations.receive(tx, row, "P00012", "S-1", "SO-1")
        ledger.confirmations.weighed(tx, row.id, "held", [finding])
        [kept] = ledger.confirmations.of_order(tx, "P00012")
        ledger.confirmations.decide(tx, kept, [finding], "refuse", "m.ortiz")
        ledger.confirmations.decide(tx, kept, [finding], "accept", "m.ortiz", "agreed by phone")
        ledger.confirmations.weighed(tx, row.id, "applied")

    with ledger.reading() as tx:
        assert ledger.confirmations.decisions(tx, row.id) == {"d1": "accept"}
        assert [one.figures for one in ledger.confirmations.decided(tx, row.id)] == [finding, finding]
        [kept] = ledger.confirmations.newest(tx, state="applied")
        events = ledger.audit.timeline(tx, row.message_id)
    assert (kept.number, kept.findings) == ("SO-1", [finding])
    assert [event.actor for event in events if event.action == "confirmation.decided"] == ["m.ortiz", "m.ortiz"]
