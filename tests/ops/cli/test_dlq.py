from __future__ import annotations

from uuid import UUID

import pytest

from app import ids
from app.errors import Unavailable
from tests.ops.cli.house import House


def work_at(house: House, stage: str) -> int:
    with house.ledger.reading() as tx:
        return sum(backlog.waiting for backlog in house.ledger.figures.backlogs(tx) if backlog.stage == stage)


def buried(house: House, count: int, **burial: str) -> list[UUID]:
    messages = [house.accept() for _ in range(count)]
    with house.ledger.transaction() as tx:
        for message_id in messages:
            house.ledger.work.drop(tx, "translate", message_id)
    for message_id in messages:
        house.bury(message_id, **burial)
    return messages


def test_list_puts_the_most_urgent_first(house: House) -> None:
    buried(house, 1)
    buried(house, 1, lane="urgent", code="odoo.error")

    listed = house.json("dlq", "list")

    assert [row["lane"] for row in listed["dead_letters"]] == ["urgent", "bulk"]
    assert listed["total"] == 2
    assert listed["dead_letters"][0]["hint"]
    assert "channel.unknown" in house.plain("dlq", "list")


def test_an_empty_list_says_so(house: House) -> None:
    assert house.plain("dlq", "list") == "No dead letters.\n"
    assert house.json("dlq", "list") == {"dead_letters": [], "total": 0}


@pytest.mark.parametrize(
    ("arguments", "matching"),
    [
        (["--code", "odoo.error"], 1),
        (["--lane", "urgent"], 1),
        (["--stage", "translate"], 3),
        (["--stage", "post"], 0),
        (["--facility", "GEN"], 3),
        (["--facility", "STM"], 0),
        (["--since", "1h"], 3),
        (["--until", "1h"], 0),
    ],
)
def test_filters(house: House, arguments: list[str], matching: int) -> None:
    buried(house, 2)
    buried(house, 1, lane="urgent", code="odoo.error")

    assert house.json("dlq", "list", *arguments)["total"] == matching
    assert house.json("dlq", "requeue", *arguments, "--dry-run")["matching"] == matching


def test_show_tells_what_requeueing_would_do(house: House) -> None:
    buried(house, 1)
    [letter] = house.json("dlq", "list")["dead_letters"]

    shown = house.json("dlq", "show", letter["id"])

    assert shown["dead_letter"]["error_code"] == "channel.unknown"
    assert "read again" in shown["then"]
    assert "read again" in house.plain("dlq", "show", letter["id"])


def test_an_unknown_dead_letter_is_told(house: House) -> None:
    result = house.run("dlq", "show", ids.new_id())

    assert result.exit_code == 1
    assert "[dead_letter.unknown]" in result.stderr


def test_a_dry_run_changes_nothing(house: House) -> None:
    buried(house, 3)
    buried(house, 1, lane="urgent", code="odoo.error")

    planned = house.json("dlq", "requeue", "--all", "--dry-run")

    assert planned["dry_run"] is True
    assert planned["requeued"] == 0
    assert [(pile["error_code"], pile["letters"]) for pile in planned["piles"]] == [
        ("channel.unknown", 3),
        ("odoo.error", 1),
    ]
    assert "4 would be requeued; nothing was changed." in house.plain("dlq", "requeue", "--all", "--dry-run")
    assert house.json("dlq", "list")["total"] == 4
    assert work_at(house, "translate") == 0


def test_requeueing_puts_the_work_back(house: House) -> None:
    [message_id, *_] = buried(house, 3)
    buried(house, 1, code="other")

    done = house.json("dlq", "requeue", "--code", "channel.unknown", "--yes")

    assert done["requeued"] == 3
    assert work_at(house, "translate") == 3
    assert house.json("dlq", "list")["total"] == 1
    with house.ledger.reading() as tx:
        events = house.ledger.audit.timeline(tx, message_id)
    [event] = [event for event in events if event.action == "dead_letter.requeued"]
    assert event.actor.startswith("cli:")


def test_one_dead_letter_needs_no_yes(house: House) -> None:
    [message_id] = buried(house, 1)

    assert house.plain("dlq", "requeue", "--message", message_id).endswith("1 requeued.\n")
    assert work_at(house, "translate") == 1


def test_many_need_a_yes_where_nobody_can_be_asked(house: House) -> None:
    buried(house, 2)

    result = house.run("dlq", "requeue", "--all", input="2\n")

    assert result.exit_code == 2
    assert "add --yes" in result.stderr
    assert house.json("dlq", "list")["total"] == 2


def test_requeueing_needs_to_be_told_which(house: House) -> None:
    assert house.run("dlq", "requeue", "--yes").exit_code == 2


def test_requeueing_nothing_is_fine(house: House) -> None:
    assert house.json("dlq", "requeue", "--code", "unheard.of", "--yes")["requeued"] == 0


def test_what_dies_again_meanwhile_is_not_requeued_again(house: House) -> None:
    buried(house, 2)
    deaths = 0

    def die_again(_so_far: int) -> None:
        nonlocal deaths
        deaths += 1
        assert deaths < 10, "requeueing chases what it requeued itself"
        buried(house, 1)

    from app.ledger.dead_letters import Filter

    assert house.ledger.dead_letters.requeue(Filter(), "tester", limit=1, told=die_again) == 2


def test_a_posting_waits_while_odoo_is_down(house: House, morning: dict[str, UUID]) -> None:
    from app.ledger.dead_letters import Burial

    with house.ledger.transaction() as tx:
        story = house.ledger.search.story(tx, morning["posted"])
        assert story is not None
        burial = Burial("post", story.postings[0].id, morning["posted"], "GEN", "bulk", 1)
        house.ledger.dead_letters.bury(tx, burial, Unavailable())
        for _ in range(2):
            house.ledger.circuits.failed(tx, "odoo", "odoo.unavailable")

    [pile] = house.json("dlq", "requeue", "--stage", "post", "--dry-run")["piles"]

    assert "Odoo is down since" in pile["then"]


def test_a_broker_without_dead_letters_has_no_dead_bells(house: House) -> None:
    assert house.json("dlq", "bells") == {"bells": 0, "kept": 0, "dropped": 0}
