"""Invoices all the way into Odoo: what fits is billed once and posted, what does not is held and says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from app.flows.invoice_status import BillWatch
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.odoo import loading
from app.odoo.billing import Bill, Billing, NewBill
from app.odoo.erp import Erp
from tests.app.flows.shop import GLOVES, SUTURES, Shop, Wanted, boxes, shops, sutures
from tests.fixtures_odoo import OdooServer
from tests.integration.proxy import Proxy

FREIGHT = [{"kind": "charge", "amount": "7.00", "code": "FC"}]


@pytest.fixture(scope="module", params=["standin", pytest.param("real", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    """One Odoo for all: each test is another supplier's."""
    yield from shops(request)


@pytest.fixture
def shop(small_ledger: Ledger, odoo: OdooServer) -> Shop:
    return Shop.over(small_ledger, odoo)


class TestMatched:
    def test_it_is_billed_linked_and_posted(self, shop: Shop) -> None:
        order = shop.order(GLOVES, SUTURES)
        message = shop.bill("INV-77", order, boxes(), sutures(), tax_total="9.38", total="91.88")
        assert shop.held() == {}
        [bill] = shop.bills()
        assert (bill["state"], bill["ref"], str(bill["amount_total"])) == ("posted", "INV-77", "91.88")
        lines = shop.bill_lines(bill["id"])
        assert [line["purchase_line_id"] for line in lines] == [line["id"] for line in shop.lines(order)]
        assert [str(line["qty_invoiced"]) for line in shop.lines(order)] == ["5.0", "8.0"]
        assert shop.house.state(message) == "settled"
        assert shop.kept("INV-77").record_name == bill["name"]

    def test_a_price_for_another_basis_and_unit_is_billed_in_the_orders_unit(self, shop: Shop) -> None:
        order = shop.order(GLOVES)
        pieces = boxes("50", "125", quantity={"value": "50", "unit": "EA"},
                       price={"amount": "125", "basis": {"value": "100", "unit": "EA"}})  # fmt: skip
        shop.bill("INV-1", order, pieces, tax_total="9.38", total="71.88")
        [line] = shop.bill_lines(shop.bills()[0]["id"])
        assert (str(line["quantity"]), str(line["price_unit"])) == ("5.0", "12.5")
        assert line["product_uom_id"] == shop.units["Box of 10"]

    def test_a_few_pieces_out_of_a_box_are_billed_exactly(self, shop: Shop) -> None:
        order = shop.order(GLOVES)
        shop.bill("INV-1", order, boxes(quantity={"value": "7", "unit": "EA"}, price={"amount": "1.25"}),
                  tax_total="1.31", total="10.06")  # fmt: skip
        assert str(shop.bills()[0]["amount_total"]) == "10.06"
        assert str(shop.lines(order)[0]["qty_invoiced"]) == "0.7"

    def test_cents_of_rounding_become_a_line_of_their_own(self, shop: Shop) -> None:
        order = shop.order(GLOVES)
        shop.bill("INV-1", order, boxes(), tax_total="9.37", total="71.87")
        [bill] = shop.bills()
        assert (bill["state"], str(bill["amount_total"])) == ("posted", "71.87")
        assert [line["name"] for line in shop.bill_lines(bill["id"])] == ["GLOVE-M", "Rounding"]

    def test_one_invoice_bills_several_orders(self, shop: Shop) -> None:
        first, second = shop.order(GLOVES), shop.order(SUTURES)
        shop.bill(
            "INV-1", None, boxes(order_number=first), sutures(order_number=second), total="91.88", tax_total="9.38"
        )
        assert shop.held() == {}
        assert str(shop.lines(first)[0]["qty_invoiced"]) == "5.0"
        assert str(shop.lines(second)[0]["qty_invoiced"]) == "8.0"

    def test_partial_invoices_add_up_to_what_was_received(self, shop: Shop) -> None:
        order = shop.order(SUTURES, received=["6"])
        shop.bill("INV-1", order, sutures("4"), total="10.00")
        shop.bill("INV-2", order, sutures("2"), total="5.00")
        assert [bill["state"] for bill in shop.bills()] == ["posted", "posted"]
        shop.bill("INV-3", order, sutures("2"), total="5.00")
        assert "awaiting_receipt" in shop.held() or "invoice_duplicate_suspected" in shop.held()

    def test_a_line_may_name_its_order_line_instead_of_a_known_item(self, shop: Shop) -> None:
        order = shop.order(GLOVES, SUTURES)
        unknown = sutures(identifiers=[{"scheme": "supplier", "value": "CAH-991"}], order_line="2")
        shop.bill("INV-1", order, unknown, total="20.00")
        assert shop.held() == {}
        assert str(shop.lines(order)[1]["qty_invoiced"]) == "8.0"

    def test_without_a_currency_the_orders_is_meant(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), total="20.00", currency=None)
        assert shop.bills()[0]["state"] == "posted"

    def test_freight_with_its_own_order_line_is_linked_to_it(self, shop: Shop) -> None:
        shop.service("FREIGHT")
        order = shop.order(SUTURES, Wanted("FREIGHT", "1", "7.00", "Units", taxed=False), received=["8", "0"])
        shop.bill("INV-1", order, sutures(), charges=FREIGHT, total="27.00")
        assert shop.held() == {}
        assert str(shop.lines(order)[1]["qty_invoiced"]) == "1.0"

    def test_an_order_in_another_currency_is_billed_in_it(self, shop: Shop) -> None:
        order = shop.order(SUTURES, currency="EUR")
        shop.bill("INV-1", order, sutures(), total="20.00", currency="EUR")
        assert shop.held() == {}
        assert shop.bills()[0]["currency_id"] == shop.currency("EUR")

    def test_an_order_that_a_person_named_is_matched(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", "PO-OF-OURS", sutures(), total="20.00")
        assert shop.held() == {"order_unknown": "order PO-OF-OURS"}
        shop.assign("INV-1", order)
        assert [bill["state"] for bill in shop.bills()] == ["posted"]


class TestMismatched:
    def test_an_invoice_ahead_of_its_goods_waits_for_them(self, shop: Shop) -> None:
        order = shop.order(SUTURES, received=["3"])
        shop.bill("INV-1", order, sutures(), total="20.00")
        assert shop.held() == {"awaiting_receipt": f"order {order}"}
        assert shop.bills() == []
        shop.receive(order, ["5"])
        shop.release("awaiting_receipt")
        assert [bill["state"] for bill in shop.bills()] == ["posted"]

    def test_more_than_ordered_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures("9"), total="22.50")
        assert shop.held() == {"quantity_mismatch": f"order {order}"}
        assert "9 Units of SUTURE-30 are invoiced and 8 are open" in shop.kept("INV-1").match["reasons"][0]["text"]

    def test_a_price_12_per_cent_off_is_held_until_a_person_accepts_these_figures(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(at="2.80"), total="22.40")
        assert shop.held() == {"price_mismatch": f"supplier {shop.supplier} item SUTURE-30"}
        kept = shop.kept("INV-1")
        assert (kept.state, kept.match["difference"]) == ("held", "2.40")
        shop.accept("INV-1")
        assert [(bill["state"], str(bill["amount_total"])) for bill in shop.bills()] == [("posted", "22.4")]

    def test_what_was_accepted_does_not_hold_for_other_figures(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(at="2.80"), total="22.40")
        line = shop.lines(order)[0]
        shop.odoo.connection.get_model("purchase.order.line").write(ids=[line["id"]], vals={"price_unit": 2.4})
        shop.accept("INV-1")
        assert shop.held() == {"price_mismatch": f"supplier {shop.supplier} item SUTURE-30"}
        assert shop.bills() == []

    def test_a_box_invoiced_as_each_is_held_as_a_unit(self, shop: Shop) -> None:
        order = shop.order(GLOVES)
        shop.bill("INV-1", order, boxes(quantity={"value": "5", "unit": "EA"}), tax_total="9.38", total="71.88")
        assert shop.held() == {"unit_mismatch": f"supplier {shop.supplier} item GLOVE-M"}
        shop.accept("INV-1")
        assert str(shop.lines(order)[0]["qty_invoiced"]) == "5.0"

    def test_a_wrong_tax_is_held(self, shop: Shop) -> None:
        order = shop.order(GLOVES)
        shop.bill("INV-1", order, boxes(), tax_total="12.50", total="75.00")
        assert shop.held() == {"tax_mismatch": f"supplier {shop.supplier}"}
        shop.accept("INV-1")
        assert str(shop.bills()[0]["amount_total"]) == "75.0"

    def test_freight_nobody_ordered_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), charges=FREIGHT, total="27.00")
        assert shop.held() == {"freight_mismatch": f"supplier {shop.supplier}"}
        shop.accept("INV-1")
        assert [line["name"] for line in shop.bill_lines(shop.bills()[0]["id"])] == ["SUTURE-30", "Freight FC"]

    def test_an_item_that_was_not_ordered_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), boxes(), total="82.50")
        assert shop.held() == {"item_not_ordered": f"order {order}"}

    def test_several_kinds_of_reasons_are_one_hold(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(at="3.00"), charges=FREIGHT, total="31.00")
        assert shop.held() == {"invoice_mismatch": f"supplier {shop.supplier} invoice INV-1"}

    def test_an_invoice_without_order_or_of_an_unknown_one_is_held(self, shop: Shop) -> None:
        shop.bill("INV-1", None, sutures(), total="20.00")
        shop.bill("INV-2", "P99999", sutures(), total="20.00")
        assert shop.held() == {"invoice_without_order": f"supplier {shop.supplier}", "order_unknown": "order P99999"}

    def test_an_invoice_without_lines_is_held(self, shop: Shop) -> None:
        shop.bill("INV-1", shop.order(SUTURES), total="20.00")
        assert shop.held() == {"invoice_without_lines": f"supplier {shop.supplier}"}

    def test_another_currency_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), total="20.00", currency="EUR")
        assert shop.held() == {"currency_mismatch": f"order {order}"}


class TestTolerances:
    @pytest.mark.parametrize(
        ("limits", "held"), [({"freight_amount": 7}, []), ({"freight_amount": 6}, ["freight_mismatch"])]
    )
    def test_freight_passes_within_its_tolerance(self, shop: Shop, limits: dict[str, int], held: list[str]) -> None:
        shop.rules(**limits)
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), charges=FREIGHT, total="27.00")
        assert list(shop.held()) == held
        assert [str(bill["amount_total"]) for bill in shop.bills()] == ([] if held else ["27.0"])

    def test_a_price_within_its_tolerance_is_paid_as_invoiced(self, shop: Shop) -> None:
        shop.rules(price_percent=12)
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(at="2.80"), total="22.40")
        assert [str(bill["amount_total"]) for bill in shop.bills()] == ["22.4"]
        assert [row["outcome"] for row in shop.kept("INV-1").match["comparisons"] if row["what"] == "price"] == [
            "tolerated"
        ]

    def test_a_quantity_tolerance_counts_all_invoices_together(self, shop: Shop) -> None:
        shop.rules(quantity_percent=25)
        order = shop.order(SUTURES)
        for number, count in (("INV-1", "9"), ("INV-2", "1"), ("INV-3", "1")):
            shop.bill(number, order, sutures(count), total=f"{Decimal(count) * Decimal('2.50')}")
        assert [bill["ref"] for bill in shop.bills()] == ["INV-1", "INV-2"]
        assert shop.held() == {"quantity_mismatch": f"order {order}"}

    def test_an_untaxed_order_takes_the_tax_that_is_charged_where_the_rules_say_so(self, shop: Shop) -> None:
        shop.rules(untaxed="as_invoiced")
        order = shop.order(SUTURES)
        taxes = [{"rate": "15", "amount": "3.00"}]
        shop.bill("INV-1", order, sutures(), taxes=taxes, tax_total="3.00", total="23.00")
        assert [(str(bill["amount_tax"]), bill["state"]) for bill in shop.bills()] == [("3.0", "posted")]


class Raced(Billing):
    """Billing in an Odoo where somebody else bills the same goods at the very same moment."""

    def __init__(self, shop: Shop, line: int) -> None:
        super().__init__(shop.odoo.connection)
        self.shop, self.line = shop, line

    def draft(self, new: NewBill) -> Bill:
        bill = super().draft(new)
        lines = ("purchase_line_id/.id", "product_id/.id", "quantity", "price_unit", "tax_ids/.id")
        fields = ["id", "move_type", "partner_id/.id", "ref", *(f"invoice_line_ids/{name}" for name in lines)]
        item = str(self.shop.odoo.item_id("SUTURE-30"))
        typed = [f"shop.typed{self.line}", "in_invoice", str(self.shop.supplier_id), "TYPED-1"]
        row = [*typed, str(self.line), item, "8", "2.5", ""]
        loading.load(self.shop.odoo.connection, "account.move", fields, [row])
        return bill


class TestOnce:
    def test_what_somebody_else_billed_meanwhile_is_not_billed_again(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.over_erp(Raced(shop, shop.lines(order)[0]["id"]))
        shop.bill("INV-1", order, sutures(), total="20.00")
        assert shop.held() == {"quantity_mismatch": f"order {order}"}
        assert [bill["ref"] for bill in shop.bills()] == ["TYPED-1"]

    def test_the_same_message_again_bills_nothing(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        invoice = shop.invoice("INV-1", order, sutures("4"), total="10.00")
        for key in ("a", "b"):
            shop.house.receive(invoice, channel="supplier", key=key)
            shop.house.work_off()
        assert len(shop.bills()) == 1
        assert shop.held() == {}

    def test_the_same_number_over_another_channel_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures("4"), total="10.00")
        shop.house.channels["portal"] = shop.house.channels["supplier"]
        shop.house.receive(shop.invoice("INV-1", order, sutures("4"), note="copy", total="10.00"), channel="supplier")
        shop.house.work_off()
        assert len(shop.bills()) == 1
        assert list(shop.held()) in (["event_conflict"], ["invoice_duplicate"])
        shop.release("event_conflict")
        assert shop.held() == {"invoice_duplicate": f"supplier {shop.supplier} invoice INV-1"}

    def test_a_number_that_was_used_twice_may_be_accepted(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures("4"), total="10.00")
        shop.bill("INV-1", order, sutures("3"), total="7.50")
        shop.release("event_conflict")
        assert shop.held() == {"invoice_duplicate": f"supplier {shop.supplier} invoice INV-1"}
        shop.accept("INV-1")
        assert list(shop.held()) == ["invoice_duplicate"]  # and now for the bill that Odoo has
        shop.accept("INV-1")
        assert [str(bill["amount_total"]) for bill in shop.bills(state="posted")] == ["10.0", "7.5"]

    def test_a_bill_that_people_typed_is_found(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        values = {"move_type": "in_invoice", "partner_id": shop.supplier_id, "ref": "INV-1"}
        shop.odoo.connection.get_model("account.move").create(vals_list=[values])
        shop.bill("INV-1", order, sutures(), total="20.00")
        assert shop.held() == {"invoice_duplicate": f"supplier {shop.supplier} invoice INV-1"}

    def test_one_alike_under_another_number_is_suspected_and_may_be_accepted(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures("4"), total="10.00")
        shop.bill("INV-1A", order, sutures("4"), total="10.00")
        assert shop.held() == {"invoice_duplicate_suspected": f"supplier {shop.supplier} invoice INV-1A"}
        shop.accept("INV-1A")
        assert len(shop.bills(state="posted")) == 2


class TestCredit:
    def test_a_credit_note_takes_back_its_invoice(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), total="20.00")
        shop.bill("CN-1", order, sutures("2"), type="credit_note", corrects="INV-1", total="5.00")
        assert shop.held() == {}
        [invoice, refund] = shop.bills()
        assert (refund["move_type"], refund["state"], refund["reversed_entry_id"]) == (
            "in_refund",
            "posted",
            invoice["id"],
        )
        assert str(shop.lines(order)[0]["qty_invoiced"]) == "6.0"

    def test_it_finds_the_order_through_the_invoice_and_waits_for_it(self, shop: Shop) -> None:
        order = shop.order(SUTURES, received=["0"])
        shop.bill("INV-1", order, sutures(), total="20.00")
        shop.bill("CN-1", None, sutures("2"), type="credit_note", corrects="INV-1", total="-5.00")
        assert set(shop.held()) == {"awaiting_receipt", "credit_mismatch"}
        shop.receive(order, ["8"])
        shop.release("awaiting_receipt")
        shop.release("credit_mismatch")
        assert [bill["state"] for bill in shop.bills()] == ["posted", "posted"]

    def test_more_than_was_invoiced_is_held(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("CN-1", order, sutures("2"), type="credit_note", total="5.00")
        assert shop.held() == {"credit_mismatch": f"order {order}"}


class TestOdoosUsers:
    def test_a_closed_period_is_held_and_may_be_booked_later(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        companies = shop.odoo.connection.get_model("res.company")
        companies.write(ids=[1], vals={"fiscalyear_lock_date": "2026-11-20"})
        try:
            shop.bill("INV-1", order, sutures(), total="20.00")
            assert shop.held() == {"period_locked": "books closed until 2026-11-20"}
            shop.accept("INV-1")
        finally:
            companies.write(ids=[1], vals={"fiscalyear_lock_date": False})
        [bill] = shop.bills()
        assert (bill["state"], bill["invoice_date"]) == ("posted", "2026-11-20")
        assert bill["date"] > "2026-11-20"

    def test_an_opened_period_lets_it_pass_with_its_own_date(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        companies = shop.odoo.connection.get_model("res.company")
        companies.write(ids=[1], vals={"fiscalyear_lock_date": "2026-11-20"})
        try:
            shop.bill("INV-1", order, sutures(), total="20.00")
        finally:
            companies.write(ids=[1], vals={"fiscalyear_lock_date": False})
        shop.release("period_locked")
        assert shop.bills()[0]["date"] == "2026-11-20"

    def test_a_draft_that_somebody_cancelled_is_not_made_again_unasked(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(at="2.80"), total="22.40")
        erp_key = f"wardline.bill:{shop.supplier}:INV-1"
        fields = ["id", "move_type", "partner_id/.id", "ref", "invoice_date"]
        row = [erp_key, "in_invoice", str(shop.supplier_id), "INV-1", "2026-11-20"]
        [bill_id] = loading.load(shop.odoo.connection, "account.move", fields, [row])
        shop.odoo.connection.get_model("account.move").button_cancel(ids=[bill_id])
        shop.accept("INV-1")
        assert shop.held() == {"bill_cancelled": f"supplier {shop.supplier} invoice INV-1"}
        shop.release("bill_cancelled")
        assert [bill["state"] for bill in shop.bills()] == ["cancel", "posted"]


class TestWatch:
    def test_what_people_do_with_a_bill_is_seen_and_told(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.house.channels["supplier"] = replace(shop.house.channels["supplier"], sends=("response",))
        shop.bill("INV-1", order, sutures(), total="20.00")
        watch = BillWatch(shop.house.ledger, Erp(shop.odoo.service), Setup(shop.house.channels))
        assert watch.run() == 0
        moves = shop.odoo.connection.get_model("account.move")
        [bill] = shop.bills()
        moves.button_draft(ids=[bill["id"]])
        assert (watch.run(), shop.kept("INV-1").state) == (1, "draft")
        moves.button_cancel(ids=[bill["id"]])
        assert (watch.run(), shop.kept("INV-1").state) == (1, "cancelled")
        assert watch.run() == 0
        assert [answer["status"] for answer in shop.answers()] == ["accepted", "rejected"]

    def test_a_credit_note_leaves_less_to_be_paid(self, shop: Shop) -> None:
        order = shop.order(SUTURES)
        shop.bill("INV-1", order, sutures(), total="20.00")
        shop.bill("CN-1", order, sutures("2"), type="credit_note", corrects="INV-1", total="5.00")
        assert BillWatch(shop.house.ledger, Erp(shop.odoo.service), Setup(shop.house.channels)).run() == 1
        kept = shop.kept("INV-1")
        assert (kept.state, str(kept.residual)) == ("partly_paid", "15")


class TestFaults:
    @pytest.mark.parametrize("call", ["account.move.load", "account.move.action_post", "account.move.unlink"])
    def test_a_time_out_after_the_commit_makes_no_second_bill(self, shop: Shop, call: str) -> None:
        order = shop.order(SUTURES)
        if call.endswith("unlink"):  # a draft that an interrupted attempt left
            fields = ["id", "move_type", "partner_id/.id", "ref", "invoice_date"]
            row = [f"wardline.bill:{shop.supplier}:INV-1", "in_invoice", str(shop.supplier_id), "INV-1", "2026-11-20"]
            loading.load(shop.odoo.connection, "account.move", fields, [row])
        with Proxy(shop.odoo.url) as proxy:
            shop.through(proxy.url)
            proxy.withheld = "/" + "/".join(call.rsplit(".", 1))
            shop.house.receive(shop.invoice("INV-1", order, sutures(), total="20.00"), channel="supplier")
            for _ in range(4):
                for stage in shop.house.stages.values():
                    stage.step("bulk")
            assert proxy.held.is_set()
            proxy.release()
            shop.house.work_off()
        assert [(bill["state"], str(bill["amount_total"])) for bill in shop.bills()] == [("posted", "20.0")]
        assert shop.held() == {}
        assert [str(line["qty_invoiced"]) for line in shop.lines(order)] == ["8.0"]
