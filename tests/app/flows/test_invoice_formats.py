"""Invoices as suppliers write them, all the way into Odoo: the supplier by its number, items by GTIN, freight, tax."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.flows.intake import Intake, Sending
from app.ledger.ledger import Ledger
from app.model.master import SupplierFacts
from app.model.party import PartyIdentifier
from tests import factories
from tests.app.flows.shop import Shop, Wanted, shops
from tests.fixtures_odoo import OdooServer

GOLDEN = Path("tests/golden/x12")
ITEMS = {"10614141999993": "GLOVE-M", "00614141000036": "CATH-77", "00614141000043": "SUTURE-30"}


@pytest.fixture(scope="module", params=[pytest.param("real", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    yield from shops(request)


@pytest.fixture
def shop(small_ledger: Ledger, odoo: OdooServer) -> Shop:
    """A shop whose supplier writes X12 and is known by its DUNS number."""
    made = Shop.over(small_ledger, odoo)
    made.house.channels["edi"] = factories.channel(name="edi", standard="x12")
    rows = [factories.row("item", gtin, item) for gtin, item in ITEMS.items()]
    made.house.crosswalk.import_rows(factories.numbered(*rows), "tester")
    supplier = SupplierFacts(made.supplier, "Cascade", identifiers=(PartyIdentifier("duns", "048319552"),))
    with small_ledger.transaction() as tx:
        small_ledger.registry.put_suppliers(tx, [supplier])
    return made


def ordered(shop: Shop) -> str:
    """What the invoice says was ordered; the hip bears a sales tax of 8.75 per cent."""
    lines = (
        Wanted("GLOVE-M", "10", "14.25", taxed=False),
        Wanted("CATH-77", "1", "1875.00", "Units", taxed=False),
        Wanted("SUTURE-30", "400", "0.224", "Units", taxed=False),
    )
    order = shop.order(*lines)
    taxed = {"tax_ids": [[6, 0, [shop.tax_of("8.75")]]]}
    shop.odoo.connection.get_model("purchase.order.line").write(ids=[shop.lines(order)[1]["id"]], vals=taxed)
    return order


def send(shop: Shop, name: str, order: str) -> Any:
    body = (GOLDEN / name / "in.x12").read_bytes().replace(b"PO-4500017331", order.encode())
    sending = Sending(shop.house.channels["edi"], body, "application/edi-x12", "tester", "0" * 32)
    receipt, _ = Intake(shop.house.ledger, str).take_in(sending)
    assert receipt.outcome == "accepted", receipt
    shop.house.work_off()
    return receipt.message_id


def test_an_810_with_freight_allowance_and_tax_is_billed_to_the_cent(shop: Shop) -> None:
    shop.rules(freight_amount=50)
    order = ordered(shop)
    message = send(shop, "normal-810-invoice", order)
    assert shop.held() == {}
    [bill] = shop.bills()
    assert (bill["state"], str(bill["amount_total"]), str(bill["amount_tax"])) == ("posted", "2311.43", "164.06")
    lines = {line["name"]: str(line["price_subtotal"]) for line in shop.bill_lines(bill["id"])}
    assert lines == {
        "GLOVE-M": "142.5", "CATH-77": "1875.0", "SUTURE-30": "89.6",
        "Allowance C310": "-4.48", "Freight D240": "44.75",
    }  # fmt: skip
    assert shop.house.state(message) == "settled"


def test_a_credit_memo_takes_back_a_box(shop: Shop) -> None:
    shop.rules(freight_amount=50)
    order = ordered(shop)
    send(shop, "normal-810-invoice", order)
    send(shop, "normal-810-credit-memo", order)
    assert shop.held() == {}
    [bill, refund] = shop.bills()
    assert (refund["ref"], refund["reversed_entry_id"]) == ("CM-2026-00417", bill["id"])
    assert str(shop.lines(order)[0]["qty_invoiced"]) == "9.0"


def test_a_supplier_that_nobody_knows_is_held(shop: Shop, small_ledger: Ledger) -> None:
    with small_ledger.transaction() as tx:
        small_ledger.registry.put_suppliers(tx, [SupplierFacts(shop.supplier, "Cascade")])
    send(shop, "normal-810-invoice", ordered(shop))
    assert shop.held() == {"supplier_unknown": "supplier duns:048319552"}
