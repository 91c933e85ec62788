from __future__ import annotations

from typing import Any

from app import ids
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.policy.confirmation import Finding
from tests import factories
from tests.ops.cli.house import House

PRICE = Finding(
    "price_changed", 2, "Line 2 (SUTURE-30) costs 3 EUR instead of 2.5 (+20.0 %): pay that?", {"price": "3"}
)
SUBSTITUTE = Finding(
    "substitute_offered", 1, "Line 1 (STENT-35) is replaced by STENT-36: order that instead?", {"item": "STENT-36"},
    clinical=True,
)  # fmt: skip
RULES = """
approval:
  roles: {clinical: {}}
  people: {dr.adler: {roles: [clinical]}}
"""


def departed(house: House, *findings: Finding) -> Any:
    """A confirmation that is held; its document's row."""
    ledger = house.ledger
    message = ledger.messages.accept(factories.arrival()).message_id
    identity = ids.digest(b"SO-1")
    new = NewDocument(1, "order_confirmation", identity, identity, factories.WHEN, (("purchase_order", "P1"),), b"{}")
    with ledger.transaction() as tx:
        ledger.policies.import_(tx, RULES, "tester")
        loaded = ledger.messages.load(tx, [message])[message]
        [row] = ledger.documents.enter(tx, loaded, "canonical/1", [new], factories.WHEN).new
        ledger.confirmations.receive(tx, row, "P00001", "S-1001", "SO-1")
        ledger.confirmations.weighed(tx, row.id, "held", [finding.to_json() for finding in findings])
        ledger.holds.open(tx, row, Cause("confirmation_differs", "order P00001", "Decide."))
    return row


def decisions(house: House, row: Any) -> dict[str, str]:
    with house.ledger.reading() as tx:
        return dict(house.ledger.confirmations.decisions(tx, row.id))


def test_what_waits_is_listed_and_shown_in_words(house: House) -> None:
    assert house.plain("confirmations", "list") == "No confirmations.\n"
    departed(house, PRICE)

    [listed] = house.json("confirmations", "list", "--state", "held")["confirmations"]
    assert (listed["order_number"], listed["findings"]) == ("P00001", 1)
    assert house.json("confirmations", "list", "--state", "applied")["confirmations"] == []
    assert "costs 3 EUR instead of 2.5" in house.plain("confirmations", "show", "P00001")


def test_a_person_accepts_and_it_goes_on(house: House) -> None:
    row = departed(house, PRICE)

    told = house.json("confirmations", "accept", "P00001", "--as", "m.ortiz", "--reason", "agreed by phone")

    assert (told["by"], [one["kind"] for one in told["decided"]]) == ("m.ortiz", ["price_changed"])
    assert decisions(house, row) == {PRICE.digest: "accept"}
    with house.ledger.reading() as tx:
        assert house.ledger.documents.load(tx, [row.id])[row.id].state == "open"
    assert "agreed by phone" in house.plain("confirmations", "show", "P00001")


def test_a_person_refuses_one_line_and_the_other_still_waits(house: House) -> None:
    row = departed(house, PRICE, SUBSTITUTE)

    house.json("confirmations", "refuse", "P00001", "--line", "2")

    assert decisions(house, row) == {PRICE.digest: "refuse"}
    assert "[confirmation.no_such_line]" in house.run("confirmations", "accept", "P00001", "--line", "9").stderr


def test_a_clinical_substitute_needs_a_clinician(house: House) -> None:
    row = departed(house, SUBSTITUTE)

    refused = house.run("confirmations", "accept", "P00001", "--as", "m.ortiz")
    assert refused.exit_code == 1
    assert "[confirmation.clinical]" in refused.stderr
    assert decisions(house, row) == {}
    house.json("confirmations", "accept", "P00001", "--as", "dr.adler")
    assert decisions(house, row) == {SUBSTITUTE.digest: "accept"}


def test_an_order_that_nobody_confirmed_is_told(house: House) -> None:
    assert "[confirmation.unknown]" in house.run("confirmations", "show", "P9").stderr
    assert "[confirmation.unknown]" in house.run("confirmations", "accept", "P9").stderr
