from __future__ import annotations

import pytest

from tests.ops.cli.house import House

SUBJECT = "item internal:NEW-1"
GROUP = ("--cause", "item_unknown", "--subject", SUBJECT)


@pytest.fixture
def held(house: House) -> House:
    """Three documents that wait for one item, and one that waits for a location."""
    for _ in range(3):
        house.accept(identifiers=[{"scheme": "internal", "value": "NEW-1"}])
    house.accept(location="OR99")
    house.resolve()
    return house


def states(house: House) -> dict[str, int]:
    with house.ledger.reading() as tx:
        return house.ledger.figures.states(tx)["document"]


def test_list_groups_by_cause_and_subject_in_business_words(held: House) -> None:
    groups = held.json("holds", "list")["groups"]

    assert [(group["cause"], group["documents"]) for group in groups] == [("item_unknown", 3), ("location_unknown", 1)]
    assert groups[0]["subject"] == SUBJECT
    assert groups[0]["meaning"] == "Nobody has told Wardline yet which item this code is"
    assert groups[0]["hint"]
    assert groups[0]["facilities"] == ["GEN"]
    assert SUBJECT in held.plain("holds", "list")


def test_list_filters(held: House) -> None:
    assert len(held.json("holds", "list", "--cause", "location_unknown")["groups"]) == 1
    assert held.json("holds", "list", "--facility", "STM")["groups"] == []


def test_an_empty_list_says_so(house: House) -> None:
    assert house.plain("holds", "list") == "Nothing waits for a person.\n"


def test_show_names_the_documents(held: House) -> None:
    shown = held.json("holds", "show", *GROUP)

    assert shown["group"]["documents"] == 3
    assert len({document["message_id"] for document in shown["documents"]}) == 3
    assert "2 more; add --limit 3" in held.run("holds", "show", *GROUP, "--limit", 1).stderr


def test_an_unknown_group_is_told(held: House) -> None:
    result = held.run("holds", "show", "--cause", "item_unknown", "--subject", "item internal:OTHER")

    assert result.exit_code == 1
    assert "[hold.unknown]" in result.stderr


def test_a_dry_run_changes_nothing(held: House) -> None:
    planned = held.json("holds", "release", *GROUP, "--dry-run")

    assert (planned["matching"], planned["done"]) == (3, 0)
    assert states(held) == {"held": 4}
    assert "3 documents would be released; nothing was changed." in held.plain("holds", "release", *GROUP, "--dry-run")


def test_release_lets_the_group_be_resolved_again(held: House) -> None:
    assert held.plain("holds", "release", *GROUP, "--yes").endswith("3 documents released.\n")

    assert states(held) == {"held": 1, "open": 3}
    with held.ledger.reading() as tx:
        [backlog] = [b for b in held.ledger.figures.backlogs(tx) if b.stage == "resolve"]
    assert backlog.waiting == 3


def test_cancel_ends_without_effect(held: House) -> None:
    cancelled = held.json("holds", "cancel", *GROUP, "--yes")

    assert cancelled["done"] == 3
    assert states(held) == {"cancelled": 3, "held": 1}
    message_id = held.json("messages", "list", "--state", "settled")["messages"][0]["id"]
    [hold] = held.json("messages", "show", message_id)["documents"][0]["holds"]
    assert hold["resolution"] == "cancelled"
    assert hold["released_by"].startswith("cli:")


def test_all_releases_every_group(held: House) -> None:
    assert held.json("holds", "release", "--all", "--yes")["done"] == 4
    assert held.json("holds", "list")["groups"] == []


def test_all_of_a_cause(held: House) -> None:
    assert held.json("holds", "release", "--all", "--cause", "location_unknown", "--yes")["done"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["release", "--yes"],
        ["release", "--cause", "item_unknown", "--yes"],
        ["release", "--subject", SUBJECT, "--all", "--yes"],
        ["cancel", "--all", "--yes"],
        ["release", "--all"],
        ["cancel", *GROUP],
    ],
)
def test_what_is_meant_must_be_said(held: House, arguments: list[str]) -> None:
    assert held.run("holds", *arguments).exit_code == 2
    assert states(held) == {"held": 4}


def test_what_is_held_again_meanwhile_is_not_released_again(held: House) -> None:
    rounds = 0

    def hold_again(_so_far: int) -> None:
        nonlocal rounds
        rounds += 1
        assert rounds < 10, "the release chases what it released itself"
        held.resolve()

    assert held.ledger.holds.release("item_unknown", SUBJECT, "tester", limit=1, told=hold_again) == 3
    assert states(held) == {"held": 4}
