"""What suppliers say to orders: put onto them, or shown to a person, on stand-in and real Odoo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Conflict, Forbidden, NotFound
from app.flows import confirming
from app.ledger.confirmations import Decision
from app.ledger.ledger import Ledger
from app.model.master import ItemFacts
from tests.app.flows.buying import OTHER, Buyers, asking, gloves, sutures
from tests.fixtures_odoo import OdooServer

RULES = """
confirmation:
  tolerances:
    - {price_percent: 3, short_percent: 10, days_late: 2}
    - {supplier: S-2002, price_percent: 50}
approval:
  roles: {clinical: {}, buyer: {}}
  people:
    dr.adler: {roles: [clinical]}
    m.ortiz: {roles: [buyer]}
"""


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def buyers(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Buyers]:
    with small_ledger.transaction() as tx:
        small_ledger.policies.import_(tx, RULES, "tester")
        small_ledger.registry.put_items(tx, [ItemFacts("GLOVE-M", clinical=True), ItemFacts("SUTURE-30")])
    with asking():
        yield Buyers.over(small_ledger, odoo)


def said(line: str, outcome: str = "accepted", **changes: Any) -> dict[str, Any]:
    """A line of a confirmation."""
    base = {"outcome": outcome, "order_line": line}
    for name, unit in (("quantity", "BX" if line == "1" else "EA"),):
        if name in changes:
            changes[name] = {"value": changes[name], "unit": changes.pop("unit", unit)}
    if "price" in changes:
        changes["price"] = {"amount": changes["price"]}
    return base | changes


def decide(
    buyers: Buyers, number: str, decision: Decision = "accept", lines: Sequence[int] = (), person: str = "m.ortiz"
) -> None:
    """A person's word, and what comes of it."""
    with buyers.house.ledger.transaction() as tx:
        confirming.decide(tx, buyers.house.ledger, number, decision, person, lines, "agreed by phone")
    buyers.house.work_off()


def state(buyers: Buyers, number: str) -> list[str]:
    """The states of what was said to an order, the latest first."""
    with buyers.house.ledger.reading() as tx:
        return [row.state for row in buyers.house.ledger.confirmations.of_order(tx, number)]


def test_what_is_within_the_tolerances_is_put_onto_the_order(buyers: Buyers) -> None:
    order = buyers.order(gloves("10"), sutures())

    buyers.confirm(
        order.number,
        said("1", "changed", quantity="9", price="100.00", deliver_on="2026-12-07"),
        said("2", deliver_on="2026-12-04"),
        supplier_order_number="SO-998877",
    )

    after = buyers.read(order.number)
    assert (after.partner_ref, after.acknowledged, after.state) == ("SO-998877", True, "purchase")
    first, second = after.lines
    assert (first.quantity, first.price) == (Decimal(9), Decimal(100))
    assert [str(line.planned_on)[:10] for line in after.lines] == ["2026-12-07", "2026-12-04"]
    assert (second.quantity, second.price) == (Decimal(8), Decimal("2.5"))
    moves = [(move["product_uom_qty"], move["date"][:10]) for move in buyers.moves(after)]
    assert moves == [(90, "2026-12-07"), (8, "2026-12-04")]
    assert state(buyers, order.number) == ["applied"]
    # The supplier said it itself, so it is told nothing.
    assert [told["action"] for told in buyers.told()] == ["new"]
    assert buyers.held() == {}


@pytest.mark.parametrize(
    ("line", "cause", "words"),
    [
        (said("2", "changed", price="3.00"), "price_changed", "costs 3 EUR instead of 2.5 (+20.0 %)"),
        (said("2", "changed", price="1.00"), "price_changed", "costs 1 EUR instead of 2.5 (-60.0 %)"),
        (said("2", "changed", quantity="4"), "quantity_changed", "4 of 8 Units are confirmed"),
        (said("2", "changed", quantity="9"), "quantity_changed", "9 of 8 Units are confirmed"),
        (said("2", deliver_on="2026-12-09"), "date_too_late", "comes on 2026-12-09, 4 days late"),
        (said("2", "rejected", reason="discontinued"), "line_rejected", "is rejected (discontinued): call it off?"),
        (said("2", "backordered"), "backorder_undated", "is backordered without a date"),
    ],
)
def test_what_departs_is_held_with_a_proposal_in_words(
    buyers: Buyers, line: dict[str, Any], cause: str, words: str
) -> None:
    order = buyers.order(gloves(), sutures())

    buyers.confirm(order.number, said("1", deliver_on="2026-12-06"), line)

    assert buyers.held() == {cause: f"order {order.number}"}
    with buyers.house.ledger.reading() as tx:
        [group] = buyers.house.ledger.holds.groups(tx)
    assert words in group.hint
    after = buyers.read(order.number)
    assert not after.acknowledged
    assert str(after.lines[0].planned_on)[:10] == "2026-12-06"
    assert after.lines[1] == order.lines[1]


def test_what_a_person_accepts_is_put_onto_the_order(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())
    line = said("2", "changed", quantity="6", price="3.00", deliver_on="2026-12-20")
    buyers.confirm(order.number, said("1"), line)
    assert buyers.held() == {"confirmation_differs": f"order {order.number}"}

    decide(buyers, order.number)

    after = buyers.read(order.number)
    second = after.lines[1]
    assert (second.quantity, second.price, str(second.planned_on)[:10]) == (6, 3, "2026-12-20")
    assert [move["product_uom_qty"] for move in buyers.moves(after)] == [30, 6]
    assert (after.acknowledged, state(buyers, order.number)) == (True, ["applied"])


def test_what_a_person_refuses_stays_as_it_was_ordered(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())
    buyers.confirm(order.number, said("1", "changed", price="150"), said("2", "rejected"))

    decide(buyers, order.number, "accept", [2])
    assert buyers.held() == {"price_changed": f"order {order.number}"}
    decide(buyers, order.number, "refuse", [1])

    after = buyers.read(order.number)
    assert [(line.quantity, line.price) for line in after.lines] == [(3, Decimal("99.1")), (0, Decimal("2.5"))]
    assert [move["state"] for move in buyers.moves(after)] == ["assigned", "cancel"]
    assert state(buyers, order.number) == ["applied"]


def test_a_decision_counts_for_just_its_figures(buyers: Buyers) -> None:
    order = buyers.order(sutures(number="1"))
    buyers.confirm(order.number, said("1", "changed", price="3.00"))
    decide(buyers, order.number)
    assert buyers.read(order.number).lines[0].price == 3

    buyers.confirm(order.number, said("1", "changed", price="3.20"))

    assert buyers.held() == {"price_changed": f"order {order.number}"}
    with buyers.house.ledger.reading() as tx:
        waiting = confirming.waiting(tx, buyers.house.ledger, order.number)
        decided = buyers.house.ledger.confirmations.decided(tx, waiting.document_id)
    assert decided == []


def test_where_nothing_waits_nothing_can_be_decided(buyers: Buyers) -> None:
    order = buyers.order(gloves())
    with pytest.raises(NotFound):
        decide(buyers, order.number)

    buyers.confirm(order.number, said("1"))

    with pytest.raises(Conflict):
        decide(buyers, order.number)


def test_a_substitute_of_a_clinical_item_needs_a_clinician(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())
    substitute = [{"scheme": "supplier", "value": "MED-CATH"}]
    buyers.confirm(order.number, said("1", "substituted", substitute=substitute, price="95.00"), said("2"))
    assert buyers.held() == {"substitute_offered": f"order {order.number}"}

    with pytest.raises(Forbidden):
        decide(buyers, order.number, person="m.ortiz")
    assert buyers.read(order.number).lines[0].item == "GLOVE-M"
    decide(buyers, order.number, person="dr.adler")

    after = buyers.read(order.number)
    first = after.lines[0]
    assert (first.number, first.item, first.quantity, first.unit, first.price) == (1, "CATH-77", 3, "Box of 10", 95)
    cath = buyers.odoo.item_id("CATH-77")
    open_moves = [(m["product_id"], m["product_uom_qty"]) for m in buyers.moves(after) if m["state"] != "cancel"]
    assert (cath, 30) in open_moves
    assert len(open_moves) == 2


def test_a_line_in_parts_is_kept(buyers: Buyers) -> None:
    order = buyers.order(gloves("10"))

    buyers.confirm(
        order.number,
        said("1", quantity="6", deliver_on="2026-12-04"),
        said("1", "backordered", quantity="4", deliver_on="2026-12-07"),
    )

    [line] = buyers.read(order.number).lines
    assert (line.quantity, str(line.planned_on)[:10]) == (10, "2026-12-07")
    with buyers.house.ledger.reading() as tx:
        [row] = buyers.house.ledger.confirmations.of_order(tx, order.number)
    assert [finding["text"] for finding in row.findings] == ["6 on 2026-12-04", "4 on 2026-12-07"]


def test_the_suppliers_unit_is_converted(buyers: Buyers) -> None:
    order = buyers.order(gloves("3"))

    buyers.confirm(order.number, said("1", quantity="30", unit="EA", price="9.91"))

    after = buyers.read(order.number)
    assert (after.lines[0].quantity, after.lines[0].price, after.acknowledged) == (3, Decimal("99.1"), True)


def test_the_whole_order_may_be_accepted_or_rejected_in_one_word(buyers: Buyers) -> None:
    accepted, rejected = buyers.order(gloves()), buyers.order(sutures())

    buyers.confirm(accepted.number, deliver_on="2026-12-06")
    buyers.confirm(rejected.number, status="rejected")

    after = buyers.read(accepted.number)
    assert (after.acknowledged, str(after.lines[0].planned_on)[:10]) == (True, "2026-12-06")
    assert buyers.held() == {"line_rejected": f"order {rejected.number}"}


def test_mere_receipt_acknowledges_nothing(buyers: Buyers) -> None:
    order = buyers.order(gloves())

    buyers.confirm(order.number, status="received", supplier_order_number="SO-1")

    after = buyers.read(order.number)
    assert (after.partner_ref, after.acknowledged) == ("SO-1", False)


def test_a_second_confirmation_supersedes_the_first(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())
    buyers.confirm(order.number, said("1", "rejected"), said("2"))
    assert buyers.held() == {"line_rejected": f"order {order.number}"}

    buyers.confirm(order.number, said("1"), said("2"))

    assert buyers.held() == {}
    assert state(buyers, order.number) == ["applied", "superseded"]
    assert [line.quantity for line in buyers.read(order.number).lines] == [3, 8]


def test_one_that_speaks_of_other_lines_supersedes_nothing(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())
    buyers.confirm(order.number, said("1", "rejected"))

    buyers.confirm(order.number, said("2", deliver_on="2026-12-06"))

    assert state(buyers, order.number) == ["applied", "held"]


def test_an_older_one_that_comes_late_changes_nothing(buyers: Buyers) -> None:
    order = buyers.order(gloves())
    buyers.confirm(order.number, said("1", deliver_on="2026-12-06"), confirmed_at="2026-11-22T10:00:00Z")

    buyers.confirm(order.number, said("1", deliver_on="2026-12-04"), confirmed_at="2026-11-21T10:00:00Z")

    assert str(buyers.read(order.number).lines[0].planned_on)[:10] == "2026-12-06"
    assert sorted(state(buyers, order.number)) == ["applied", "superseded"]


def test_one_before_its_order_waits_for_it(buyers: Buyers) -> None:
    buyers.confirm("P00001", said("1", deliver_on="2026-12-06"))
    assert buyers.held() == {"order_unknown": "order P00001"}

    order = buyers.order(gloves())

    assert order.number == "P00001"
    assert buyers.held() == {}
    assert buyers.read("P00001").acknowledged


def test_one_of_a_cancelled_order_is_held(buyers: Buyers) -> None:
    told, unnoticed = buyers.order(gloves()), buyers.order(sutures())
    buyers.model("purchase.order").button_cancel(ids=[unnoticed.id])

    buyers.confirm(unnoticed.number, said("1"))
    assert buyers.held() == {"confirmation_of_cancelled_order": f"order {unnoticed.number}"}
    assert buyers.read(told.number).state == "purchase"


def test_another_suppliers_word_is_held(buyers: Buyers) -> None:
    order = buyers.order(gloves(), supplier=OTHER)

    buyers.confirm(order.number, said("1"))

    assert buyers.held() == {"confirmation_of_another_supplier": f"order {order.number}"}


def test_lines_and_units_that_nobody_knows_are_held(buyers: Buyers) -> None:
    first, second = buyers.order(gloves()), buyers.order(gloves())

    buyers.confirm(first.number, said("7"))
    buyers.confirm(second.number, said("1", quantity="3", unit="ZZ"))

    assert buyers.held() == {
        "confirmation_line_unknown": f"order {first.number}",
        "unit_unknown": "unit ZZ of GLOVE-M",
    }


def test_less_than_was_received_is_not_put_onto_the_order(buyers: Buyers) -> None:
    order = buyers.order(sutures("10", number="1"))
    receive(buyers, order.receipts[0], 10)

    buyers.confirm(order.number, said("1", "changed", quantity="9", unit="EA"))

    assert buyers.held() == {"received_more": f"order {order.number} line 1"}


def test_a_deleted_order_is_told(buyers: Buyers) -> None:
    order = buyers.order(gloves())
    orders = buyers.model("purchase.order")
    orders.button_cancel(ids=[order.id])
    orders.unlink(ids=[order.id])

    buyers.confirm(order.number, said("1"))

    assert buyers.held() == {"order_gone_from_odoo": f"order {order.number}"}


def receive(buyers: Buyers, picking: int, quantity: int) -> None:
    """Take goods in by hand."""
    moves = buyers.model("stock.move")
    [move] = moves.search_read(domain=[["picking_id", "=", picking]], fields=["state"])
    if buyers.odoo.database == "standin":
        moves.write(ids=[move["id"]], vals={"quantity": quantity, "state": "done"})
        return
    moves.write(ids=[move["id"]], vals={"quantity": quantity, "picked": True})
    buyers.model("stock.picking").button_validate(ids=[picking], context={"skip_backorder": True, "skip_sms": True})
