from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from app import ids
from app.ledger.work import STAGES
from app.model.channel import LANES
from tests.ops.cli.house import House


def test_status_counts_everything(house: House, morning: dict[str, UUID]) -> None:
    seen = house.json("status")

    assert [(b["lane"], b["stage"]) for b in seen["backlogs"]] == [(lane, stage) for lane in LANES for stage in STAGES]
    waiting = {(b["stage"], b["lane"]): b["waiting"] for b in seen["backlogs"]}
    assert waiting["translate", "bulk"] == 1
    assert waiting["post", "urgent"] == 0
    assert seen["states"]["message"]["dead"] == 1
    assert (seen["held"], seen["dead"]) == (1, 1)
    assert seen["circuits"] == []
    assert seen["audit"]["unsealed"] > 0
    assert seen["at"].endswith("Z")


def test_status_in_words(house: House, morning: dict[str, UUID]) -> None:
    told = house.plain("status")

    assert "1 (1 due), oldest" in told
    assert "no circuit is open" in told
    assert "1 document held, 1 dead letter" in told


def test_an_outage_is_told(house: House) -> None:
    with house.ledger.transaction() as tx:
        for _ in range(2):
            house.ledger.circuits.failed(tx, "odoo", "odoo.unavailable")

    assert "odoo is down since" in house.plain("status")
    assert house.json("status")["circuits"][0]["state"] == "open"


def test_what_is_in_doubt_is_named(house: House) -> None:
    message_id = house.accept()
    house.resolve()
    batch_id = ids.new_id()
    with house.ledger.transaction() as tx:
        story = house.ledger.search.story(tx, message_id)
        assert story is not None
        house.ledger.postings.freeze(tx, batch_id, "batch_b1", story.postings, {})
        house.ledger.postings.sending(tx, batch_id)
        house.ledger.postings.set_batch(tx, batch_id, "in_doubt", "odoo.in_doubt")

    assert [batch["key"] for batch in house.json("status")["in_doubt"]] == ["batch_b1"]
    assert "in doubt: wardline.batch_b1, lane bulk, sent 1x" in house.plain("status")
    assert house.json("messages", "trace", "batch_b1")["found"] == 1


def test_watching_writes_one_line_of_json_for_each_look(house: House) -> None:
    result = house.run("status", "--watch", "--times", 2, "--interval", 0.1, "--json")

    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["at"] < second["at"]


def test_watching_in_a_pipe_repeats_the_page(house: House) -> None:
    told = house.plain("status", "--watch", "--times", 3, "--interval", 0.1)

    assert told.count("waiting at") == 3


def test_ages_come_from_the_ledger(house: House) -> None:
    message_id = house.accept()
    with house.ledger.transaction() as tx:
        house.ledger.work.drop(tx, "translate", message_id)
        from app.ledger.work import NewWork

        house.ledger.work.add(tx, "translate", [NewWork(message_id, "urgent")], ids.now() + timedelta(hours=1))

    [backlog] = [b for b in house.json("status")["backlogs"] if b["waiting"]]
    assert (backlog["lane"], backlog["due"]) == ("urgent", 0)
