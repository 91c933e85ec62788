from __future__ import annotations

import base64
import json
from uuid import UUID

import pytest

from app import ids
from tests import factories
from tests.ops.cli.house import CONTENT, House

Morning = dict[str, UUID]


def test_list_shows_the_newest_first(house: House, morning: Morning) -> None:
    listed = house.json("messages", "list")

    assert [row["id"] for row in listed["messages"]] == sorted((str(m) for m in morning.values()), reverse=True)
    assert {row["state"] for row in listed["messages"]} == {"settled", "translated", "dead", "rejected", "accepted"}
    assert listed["next"] is None
    assert all(row["received_at"].endswith("Z") for row in listed["messages"])


@pytest.mark.parametrize(
    ("arguments", "fates"),
    [
        (["--state", "dead"], ["dead"]),
        (["--channel", "cabinets", "--state", "rejected"], ["rejected"]),
        (["--channel", "unknown"], []),
        (["--facility", "GEN", "--key", "E-HELD"], ["held"]),
        (["--key", "L-77"], ["posted"]),
        (["--since", "1h", "--state", "settled"], ["posted"]),
        (["--until", "1h"], []),
        (["--since", "2020-01-01", "--until", "2020-01-02T00:00:00Z"], []),
    ],
)
def test_list_filters(house: House, morning: Morning, arguments: list[str], fates: list[str]) -> None:
    listed = house.json("messages", "list", *arguments)["messages"]

    assert [row["id"] for row in listed] == [str(morning[fate]) for fate in fates]


def test_list_pages_on(house: House, morning: Morning) -> None:
    first = house.json("messages", "list", "--limit", 3)
    second = house.json("messages", "list", "--limit", 3, "--before", first["next"])

    assert len(first["messages"]) == 3
    assert len(second["messages"]) == 2
    assert second["next"] is None
    assert f"--before {first['next']}" in house.run("messages", "list", "--limit", 3).stderr


def test_plain_list_has_a_line_for_each_message(house: House, morning: Morning) -> None:
    lines = house.plain("messages", "list").splitlines()

    assert lines[0].split() == ["received_at", "id", "state", "channel", "control_id", "error_code"]
    assert len(lines) == 1 + len(morning)


def test_an_empty_list_says_so(house: House) -> None:
    assert house.plain("messages", "list") == "No message matches.\n"


def test_show_tells_everything_but_the_body(house: House, morning: Morning) -> None:
    shown = house.json("messages", "show", morning["posted"])

    assert shown["message"]["control_id"] == "C-E-POSTED"
    assert shown["message"]["mapping"].startswith("canonical")
    [document] = shown["documents"]
    [posting] = document["postings"]
    assert posting["item"] == "SUTURE-30"
    assert posting["lot"] == "L-77"
    assert posting["batch"]["record_name"] == "GEN/CONS/00042"
    assert "body" not in shown


def test_show_in_words(house: House, morning: Morning) -> None:
    posted = house.plain("messages", "show", morning["posted"])
    held = house.plain("messages", "show", morning["held"])
    dead = house.plain("messages", "show", morning["dead"])

    assert "GEN/CONS/00042 (stock.picking 42)" in posted
    assert "which item this code is" in held
    assert "Add the item to the crosswalk" in held
    assert "channel.unknown" in dead


def test_show_prints_the_body_only_when_asked_and_tells_the_audit_trail(house: House, morning: Morning) -> None:
    plain = house.plain("messages", "show", morning["fresh"], "--body")
    encoded = house.json("messages", "show", morning["fresh"], "--body")["body"]

    assert CONTENT in plain
    assert json.loads(base64.b64decode(encoded["content"]))["description"] == CONTENT
    with house.ledger.reading() as tx:
        events = house.ledger.audit.timeline(tx, morning["fresh"])
    revealed = [event for event in events if event.action == "body.revealed"]
    assert len(revealed) == 2
    assert revealed[0].actor.startswith("cli:")


def test_a_body_past_its_retention_is_an_error_and_no_event(house: House, morning: Morning) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.bodies.expire(tx, ids.now() + house.ledger.retention * 2)

    result = house.run("messages", "show", morning["posted"], "--body")

    assert result.exit_code == 1
    assert "[body.expired]" in result.stderr
    with house.ledger.reading() as tx:
        assert "body.revealed" not in {e.action for e in house.ledger.audit.timeline(tx, morning["posted"])}


def test_an_unknown_message_is_told(house: House) -> None:
    result = house.run("messages", "show", ids.new_id())

    assert result.exit_code == 1
    assert "[message.unknown]" in result.stderr
    assert result.stdout == ""


def test_what_is_no_id_is_wrong_usage(house: House) -> None:
    assert house.run("messages", "show", "4711").exit_code == 2


def test_trace_tells_the_whole_way(house: House, morning: Morning) -> None:
    told = house.plain("messages", "trace", "E-POSTED")

    for part in (
        f"message {morning['posted']}  settled",
        "cabinets on channel cabinets: canonical consumption, control id C-E-POSTED",
        "translated with canonical",
        "item SUTURE-30 -> SUTURE-30 (crosswalk row, version 1)",
        "location OR1 -> GEN/Stock/OR1 (crosswalk row, version 1)",
        "stock.consume 1 x SUTURE-30 lot L-77 at GEN/Stock/OR1",
        "posted as GEN/CONS/00042 (stock.picking 42), external id wardline.batch_",
    ):
        assert part in told
    assert told.isascii()


def test_trace_tells_holds_and_deaths(house: House, morning: Morning) -> None:
    assert "! " in house.plain("messages", "trace", "E-HELD")
    assert "held: Nobody has told Wardline yet" in house.plain("messages", "trace", "E-HELD")
    assert "dead at stage translate: channel.unknown" in house.plain("messages", "trace", morning["dead"])


def test_trace_finds_by_every_number_a_person_may_hold(house: House) -> None:
    gtin = "04006381333931"
    sold = [{"scheme": "gtin", "value": gtin}, {"scheme": "internal", "value": "SUTURE-30"}]
    message_id = house.accept(event_id="E-1", lot="L-1", serial="S-1", case_id="4711-2026", identifiers=sold)
    house.resolve()
    key = house.post(message_id, "GEN/CONS/00007")

    for number in (
        message_id, "C-E-1", "E-1", "L-1", "S-1", gtin, "4006381333931", "SUTURE-30", key, f"wardline.{key}",
        "GEN/CONS/00007", "4711-2026",
    ):  # fmt: skip
        traces = house.json("messages", "trace", number)["traces"]
        assert [trace["message"]["id"] for trace in traces] == [str(message_id)], number


def test_trace_never_shows_a_case_number(house: House) -> None:
    house.accept(case_id="4711-2026")
    house.resolve()

    assert "4711-2026" not in house.plain("messages", "trace", "4711-2026")
    assert "4711-2026" not in house.run("messages", "trace", "4711-2026", "--json").stdout


def test_trace_tells_the_newest_and_how_many_more(house: House) -> None:
    for _ in range(3):
        house.accept(lot="L-9")
    house.resolve()

    result = house.run("messages", "trace", "L-9", "--limit", 2)

    assert result.stdout.count("message ") == 2
    assert "1 older messages have this number too; add --limit 3" in result.stderr
    assert house.json("messages", "trace", "L-9", "--limit", 1)["found"] == 3


def test_an_unknown_number_is_told(house: House, morning: Morning) -> None:
    result = house.run("messages", "trace", "nobody-has-this")

    assert result.exit_code == 1
    assert "[number.unknown]" in result.stderr


def test_a_sender_cannot_drive_the_terminal(house: House) -> None:
    evil = factories.arrival(factories.event())
    from dataclasses import replace

    house.ledger.messages.accept(replace(evil, envelope=replace(evil.envelope, control_id="\x1b[2Jgone\x07")))

    listed = house.plain("messages", "list")

    assert "\x1b" not in listed
    assert "\x07" not in listed
    assert "[2Jgone" in listed
