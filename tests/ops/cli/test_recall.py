"""Recalls and chains from the command line."""

from __future__ import annotations

import pytest

from tests.ops.cli.house import House


@pytest.fixture
def used(house: House) -> House:
    house.accept(event_id="E-1", lot="L-77")
    house.resolve()
    return house


def test_a_number_alone_is_swept(used: House) -> None:
    told = used.json("recall", "L-77")
    assert [seen["kind"] for seen in told["in_flight"]] == ["consumption"]
    assert (told["held"], told["stock_as_of"]) == (None, None)
    text = used.plain("recall", "L-77", "--item", "SUTURE-30")
    assert "in flight" in text
    assert "nothing received" in text


def test_hold_list_and_lift(used: House) -> None:
    assert used.json("recall", "L-77", "--hold", "--reason", "cracked")["held"] == 1
    [row] = used.json("recall", "list")["recalls"]
    assert (row["number"], row["reason"]) == ("L-77", "cracked")
    assert "The lot is recalled" in used.plain("holds", "list")
    assert used.json("recall", "lift", row["id"])["released"] == 1
    assert used.json("recall", "list")["recalls"] == []
    assert len(used.json("recall", "list", "--all")["recalls"]) == 1


def test_quarantine_goes_with_hold(used: House) -> None:
    assert used.run("recall", "L-77", "--quarantine").exit_code == 2
    assert used.run("recall", "L-77", "--hold", "--quarantine").exit_code == 3, "Odoo is down"


def test_the_chain_of_a_number(used: House) -> None:
    told = used.json("chain", "E-1")
    assert [document["kind"] for document in told["documents"]] == ["consumption"]
    assert [record["operation"] for record in told["documents"][0]["records"]] == ["stock.consume"]
    assert "event E-1" in used.plain("chain", "L-77")
    assert used.run("chain", "NO-SUCH").exit_code == 1
