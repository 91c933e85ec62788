"""Nothing lost, nothing doubled: workers killed, RabbitMQ and Odoo taken away, on the real servers."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.ledger import tables
from ops.demo.hospital import GENERAL
from ops.dev.stack import Stack
from tests import factories
from tests.integration.fleet import Wardline, running, until
from tests.integration.proxy import Proxy

pytestmark = pytest.mark.real

PLACES = ("CATHLAB", "OR1", "WARD3")


def one_effect_each(wardline: Wardline, messages: int) -> None:
    """Every event in exactly one posted batch, every batch one done transfer in Odoo, and no transfer besides."""
    with wardline.ledger.reading() as tx:
        postings = tx.execute(sa.select(tables.posting)).all()
        batches = tx.execute(sa.select(tables.batch).where(tables.batch.c.state == "posted")).all()
    assert len(postings) == messages
    assert {posting.state for posting in postings} == {"posted"}
    assert {posting.batch_id for posting in postings} == {batch.id for batch in batches}
    done = wardline.odoo.connection.get_model("stock.picking").search_read(
        domain=[["state", "=", "done"], ["origin", "=like", "Wardline %"]], fields=["id"]
    )
    assert sorted(row["id"] for row in done) == sorted(batch.record_id for batch in batches)


def test_five_hundred_messages_sent_twice_with_a_worker_killed_and_rabbitmq_restarted(
    make_wardline, stack: Stack
) -> None:
    events = [
        factories.event(event_id=f"E-{n}", location=PLACES[n % 3], quantity={"value": str(n % 2 + 1), "unit": "EA"},
                        identifiers=[{"scheme": "internal", "value": ("GLOVE-M", "SUTURE-30")[n % 4 == 0]}])
        for n in range(500)
    ]  # fmt: skip
    used: dict[tuple[str, str], Decimal] = {}
    for event in events:
        where = (GENERAL.stock(event["location"]), event["identifiers"][0]["value"])
        used[where] = used.get(where, Decimal(0)) + Decimal(event["quantity"]["value"])
    with Proxy(stack.odoo.url) as proxy, running(make_wardline(batch_bulk=20, odoo_url=proxy.url)) as wardline:

        def send(event: dict) -> str:
            answer = wardline.send("cabinets", event, **{"Idempotency-Key": event["event_id"]})
            assert answer.status_code == 202, answer.text
            return answer.headers["Location"]

        with ThreadPoolExecutor(8) as pool:
            proxy.withheld = "/stock.picking/load"
            first = list(pool.map(send, events[:250]))
            assert proxy.held.wait(60), "no worker came to a call"
            wardline.fleet.kill("bulk")
            proxy.release()
            wardline.start("bulk")
            first += list(pool.map(send, events[250:]))
            stack.rabbitmq.restart()
            second = list(pool.map(send, events))
        assert first == second
        wardline.settle(240)
        for (place, item), quantity in used.items():
            before = 1000 if item == "GLOVE-M" else 200
            assert wardline.odoo.on_hand(item, place) == before - quantity, (place, item)
        one_effect_each(wardline, 500)
        assert wardline.exceptions() == {"held": 0, "dead": 0}
        assert wardline.states()["message"] == {"settled": 500}


def test_intake_goes_on_while_rabbitmq_is_down(make_wardline, stack: Stack) -> None:
    with running(make_wardline()) as wardline:
        stack.rabbitmq.stop_app()
        try:
            answers = [wardline.send("carts", factories.event()) for _ in range(20)]
        finally:
            stack.rabbitmq.start_app()
        assert {answer.status_code for answer in answers} == {202}
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", GENERAL.stock("OR1")) == 180
        one_effect_each(wardline, 20)


def test_while_odoo_is_down_postings_wait_and_the_urgent_go_first(make_wardline, stack: Stack) -> None:
    wardline = make_wardline(batch_bulk=10)
    with running(wardline):
        stack.odoo.stop()
        try:
            for n in range(40):
                assert wardline.send("cabinets", factories.event(location=PLACES[n % 3])).status_code == 202
            for n in range(10):
                assert wardline.send("carts", factories.event(location=PLACES[n % 3])).status_code == 202
            until(lambda: wardline.waiting() == 50 == wardline.states()["posting"].get("due"), 60, "all wait to post")
            until(lambda: circuit(wardline) == "open", 30, "the circuit is open")
        finally:
            stack.odoo.start()
        wardline.settle()
        with wardline.ledger.reading() as tx:
            posted = tx.execute(sa.select(tables.posting.c.lane, tables.posting.c.posted_at)).all()
            attempts = list(tx.scalars(sa.select(tables.batch.c.sends)))
        first_bulk = min(at for lane, at in posted if lane == "bulk")
        urgent = sorted(at for lane, at in posted if lane == "urgent")
        assert urgent[0] < first_bulk
        assert sum(at < first_bulk for at in urgent) >= 3
        assert circuit(wardline) == "closed"
        assert wardline.exceptions() == {"held": 0, "dead": 0}
        assert all(sends <= 3 for sends in attempts)
        one_effect_each(wardline, 50)


def circuit(wardline: Wardline) -> str:
    with wardline.ledger.reading() as tx:
        row = wardline.ledger.circuits.row(tx, "odoo")
    return row.state if row else "closed"


@pytest.mark.parametrize("call", ["load", "button_validate"])
def test_a_worker_killed_after_odoo_committed_does_not_post_again(make_wardline, stack: Stack, call: str) -> None:
    with (
        Proxy(stack.odoo.url) as proxy,
        running(make_wardline(odoo_url=proxy.url), "web", "relay", "urgent") as wardline,
    ):
        proxy.withheld = f"/stock.picking/{call}"
        body = "\n".join(json.dumps(factories.event()) for _ in range(50)).encode()
        wardline.send("carts", body, "application/x-ndjson")
        assert proxy.held.wait(60), "the worker never came to the call"
        wardline.fleet.kill("urgent")
        proxy.release()
        wardline.start("urgent")
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", GENERAL.stock("OR1")) == 150
        one_effect_each(wardline, 50)


def test_an_answer_that_never_comes_is_in_doubt_and_resolved_by_asking(make_wardline, stack: Stack) -> None:
    with (
        Proxy(stack.odoo.url) as proxy,
        running(make_wardline(odoo_url=proxy.url, odoo_read_timeout=3), "web", "relay", "urgent") as wardline,
    ):
        proxy.withheld = "/stock.picking/button_validate"
        sent = wardline.send("carts", factories.event(quantity={"value": "5", "unit": "EA"}))
        until(lambda: wardline.states()["posting"].get("in_doubt"), 60, "the posting is in doubt")
        proxy.release()
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", GENERAL.stock("OR1")) == 195
        actions = [event.action for event in wardline.message(sent).events]
        assert actions.index("posting.in_doubt") < actions.index("posting.resolved")
        one_effect_each(wardline, 1)


def test_a_soft_end_finishes_what_is_in_work(make_wardline) -> None:
    with running(make_wardline(), "web", "relay", "urgent") as wardline:
        wardline.send(
            "carts", "\n".join(json.dumps(factories.event()) for _ in range(100)).encode(), "application/x-ndjson"
        )
        until(lambda: wardline.states()["posting"].get("leased"), 30, "the batch is on its way")
        wardline.fleet.signal("urgent", signal.SIGTERM)
        until(lambda: "urgent" in wardline.fleet.fallen(), 30, "the worker has ended")
        assert "in_doubt" not in wardline.states()["posting"]
        assert "leased" not in wardline.states()["posting"]
