from __future__ import annotations

import json
from pathlib import Path

from tests.disputes import disputed
from tests.ops.cli.house import House


def state(house: House) -> str:
    return str(house.json("invoices", "explain", "INV-1")["invoice"]["state"])


def test_an_invoice_explains_itself(house: House) -> None:
    disputed(house.ledger)

    told = house.json("invoices", "explain", "INV-1")
    assert told["match"]["verdict"] == "mismatch"
    assert [reason["kind"] for reason in told["match"]["reasons"]] == ["price"]
    text = house.plain("invoices", "explain", "INV-1")
    assert "2.8 for 1 Units, 12 % above the order's 2.5" in text
    assert "line 1 = P00001/1 SUTURE-30" in text
    assert "price_mismatch" in text


def test_a_person_names_the_order_of_an_invoice(house: House) -> None:
    row = disputed(house.ledger)

    assert house.json("invoices", "assign", "INV-1", "P00009")["released"] == 1
    with house.ledger.reading() as tx:
        assert house.ledger.invoices.assigned(tx, row.id) == "P00009"
        assert house.ledger.invoices.accepted(tx, row.id) == []


def test_the_list_shows_what_is_held(house: House) -> None:
    assert house.plain("invoices", "list") == "No invoices.\n"
    disputed(house.ledger)
    disputed(house.ledger, "INV-2", "S-2002")

    assert len(house.json("invoices", "list", "--state", "held")["invoices"]) == 2
    assert [row["number"] for row in house.json("invoices", "list", "--supplier", "S-2002")["invoices"]] == ["INV-2"]


def test_a_difference_is_accepted_by_a_person_with_a_reason_and_the_invoice_goes_on(house: House) -> None:
    row = disputed(house.ledger)

    told = house.json("invoices", "accept", "INV-1", "--reason", "agreed by phone", "--as", "m.ortiz")
    assert (told["by"], told["released"]) == ("m.ortiz", 1)
    with house.ledger.reading() as tx:
        [kept] = house.ledger.invoices.acceptances(tx, row.id)
        assert house.ledger.documents.load(tx, [row.id])[row.id].state == "open"
        events = house.ledger.audit.timeline(tx, row.message_id)
    assert (kept.accepted_by, kept.reason, kept.figures[0]["stated"]) == ("m.ortiz", "agreed by phone", "2.8")
    assert [event.actor for event in events if event.action == "invoice.accepted"] == ["m.ortiz"]
    assert "agreed by phone" in house.plain("invoices", "explain", "INV-1")


def test_other_figures_than_those_that_were_seen_are_not_accepted(house: House) -> None:
    disputed(house.ledger)

    result = house.run("invoices", "accept", "INV-1", "--reason", "fine", "--fingerprint", "0" * 32)
    assert result.exit_code == 1
    assert "[invoice.figures]" in result.stderr
    assert state(house) == "held"


def test_an_unknown_number_and_one_of_two_suppliers_are_told(house: House) -> None:
    assert "[invoice.unknown]" in house.run("invoices", "explain", "INV-9").stderr
    disputed(house.ledger)
    disputed(house.ledger, supplier="S-2002")

    assert "--supplier" in house.run("invoices", "explain", "INV-1").stderr
    assert house.json("invoices", "explain", "INV-1", "--supplier", "S-2002")["invoice"]["supplier"] == "S-2002"


def test_sample_invoices_are_tried_against_orders_that_fit_and_do_not(house: House, tmp_path: Path) -> None:
    line = {
        "number": "1", "identifiers": [{"scheme": "supplier", "value": "A-1"}], "price": {"amount": "2.50"},
        "quantity": {"value": "8", "unit": "EA"},
    }  # fmt: skip
    sample = tmp_path / "invoice.json"
    sample.write_text(json.dumps({"document": "invoice", "number": "T-1", "lines": [line], "total": "20.00"}))

    trials = house.json("invoices", "try", sample)["trials"]
    found = {trial["order"]: [reason["kind"] for reason in trial["match"]["reasons"]] for trial in trials}
    assert found == {
        "made to fit": [],
        "first price 12 % lower": ["price"],
        "first line half received": ["receipt"],
        "first line in boxes of 10": ["unit"],
    }
    assert "12 % above" in house.plain("invoices", "try", "--reasons", sample)
