"""The rule book and budgets from the command line: checked whole, brought in as versions, tried on the past."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from app.flows.simulation import facts_of
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.policy.requisition import decide
from app.policy.requisition_rules import RequisitionRules
from tests import factories
from tests.ops.cli.house import House

DRAFT = "requisition:\n  tiers:\n    - up_to: 50\n    - steps: [{role: head}]\n"


def book(house: House, text: str) -> Path:
    path = house.folder / "policy.yml"
    path.write_text(text)
    return path


def ask(house: House) -> None:
    """A requisition that was judged by the empty book."""
    with house.ledger.transaction() as tx:
        house.ledger.registry.put_items(tx, [ItemFacts("GLOVE-M")])
        house.ledger.registry.put_suppliers(tx, [SupplierFacts("S-1")])
        house.ledger.registry.put_offers(tx, [Offer("GLOVE-M", "S-1", Decimal("3.10"), "EUR")])
    line = {"number": "1", "identifiers": [{"scheme": "internal", "value": "GLOVE-M"}]}
    lines = [line | {"quantity": {"value": "20", "unit": "EA"}}]
    house.ledger.messages.accept(factories.arrival({"document": "requisition", "number": "R-1", "lines": lines}))
    house.resolve()


def test_the_sample_book_is_valid(house: House) -> None:
    assert house.json("policy", "validate", "ops/demo/policy.yml") == {"valid": True}


def test_versions_count_up_and_the_same_text_is_no_new_one(house: House) -> None:
    path = book(house, DRAFT)
    assert house.json("policy", "import", path) == {"version": 1}
    assert house.json("policy", "import", path) == {"version": 1}
    assert house.json("policy", "import", book(house, "{}")) == {"version": 2}
    assert [row["version"] for row in house.json("policy", "show", "--list")["versions"]] == [2, 1]
    assert house.json("policy", "show", "--version", 1)["text"] == DRAFT


def test_a_book_with_faults_names_them_all_and_changes_nothing(house: House) -> None:
    path = book(house, "requisition: {price_percent: -1, colour: red}\nwishes: {}\nmatching: 3\n")
    done = house.run("policy", "import", path)
    assert done.exit_code == 1
    for place in ("requisition.price_percent", "requisition.colour", "wishes", "matching"):
        assert place in done.output
    assert house.json("policy", "show", "--list") == {"versions": []}


def test_a_draft_is_tried_on_what_was_asked(house: House) -> None:
    ask(house)
    found = house.json("policy", "simulate", book(house, DRAFT), "--since", "1d")
    assert (found["judged"], found["changed"], found["ways"]) == (1, 1, {"order -> approve": 1})
    [change] = found["requisitions"]
    assert (change["requisition"], change["amount"], change["why"]) == ("R-1", "62.00", "tiers:approval_needed")
    assert house.json("policy", "simulate", book(house, "{}"), "--since", "1d")["changed"] == 0


def test_a_verdict_is_explained_with_what_it_was_made_of(house: House) -> None:
    ask(house)
    [verdict] = house.json("policy", "explain", "R-1")["verdicts"]
    assert (verdict["outcome"], verdict["rule_version"], verdict["findings"]) == ("order", 0, [])
    again = decide(RequisitionRules(), facts_of(verdict["inputs"]))
    assert (again.outcome, str(again.amount)) == ("order", "62.00")
    assert house.json("policy", "explain", verdict["document_id"])["verdicts"] == [verdict]
    assert house.run("policy", "explain", "R-9").exit_code == 1


def test_budgets_come_from_a_file_and_show_what_is_left(house: House) -> None:
    path = house.folder / "budgets.csv"
    path.write_text("cost_centre,starts_on,ends_on,amount,currency\nCC-1,2026-01-01,2026-12-31,5000.00,EUR\n")
    assert house.json("budget", "import", path) == {"imported": 1}
    [shown] = house.json("budget", "show")["budgets"]
    assert (shown["cost_centre"], shown["amount"], shown["left"]) == ("CC-1", "5000.00", "5000.00")
    path.write_text("cost_centre,starts_on,ends_on,amount,currency\nCC-1,soon,2026-12-31,much,EUR\n")
    done = house.run("budget", "import", path)
    assert done.exit_code == 1
    assert "line 2" in done.output
