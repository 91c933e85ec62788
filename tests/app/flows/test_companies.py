"""A facility whose company is another than the service account's: its orders, goods and bills are that company's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.ledger.ledger import Ledger
from app.model.setup import Facility
from tests.app.flows.dock import Dock, came
from tests.app.flows.ward import BOX, Ward, line, opened
from tests.fixtures_odoo import OdooServer

COMPANY = "Laboratory Ltd"


@pytest.fixture(params=[pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    """An Odoo with a second company, which has its own books and the warehouse LAB."""
    server: OdooServer = request.getfixturevalue(request.param)
    found(server)
    return server


@pytest.fixture
def ward(small_ledger: Ledger, odoo: OdooServer, tmp_path: Any) -> Ward:
    """The laboratory, which has channels of its own; what it asks for comes from the suppliers of the hospital."""
    buyers = Dock.over(small_ledger, odoo).buyers
    facilities = buyers.house.stages["resolve"].setup.facilities  # type: ignore[attr-defined]
    facilities["LAB"] = Facility("LAB", "Laboratory", COMPANY, "LAB", currency="EUR", time_zone=ZoneInfo("Asia/Tokyo"))
    for name in ("cabinets", "dock"):
        buyers.house.channels[name] = replace(buyers.house.channels[name], facility="LAB")
    return opened(buyers, tmp_path)


def found(odoo: OdooServer) -> None:
    """Found the company as an accountant does: the company, its chart of accounts, its warehouse."""
    model = odoo.connection.get_model
    accounts = [one.get_model("res.users").context_get()["uid"] for one in (odoo.connection, odoo.service)]
    [eur] = model("res.currency").search_read(domain=[["name", "=", "EUR"]], fields=["name"])
    [made] = model("res.company").create(vals_list=[{"name": COMPANY, "currency_id": eur["id"]}])
    model("res.users").write(ids=accounts, vals={"company_ids": [[4, made, 0]]})
    charts = model("account.chart.template", timeout=120)
    charts.try_loading(template_code="generic_coa", company=made, install_demo=False)
    model("stock.warehouse").create(vals_list=[{"name": "Laboratory", "code": "LAB", "company_id": made}])


def rows(ward: Ward, model: str, *fields: str, **equal: Any) -> list[dict[str, Any]]:
    """Records of Odoo with their company."""
    domain = [[name, "=", value] for name, value in equal.items()]
    found: list[dict[str, Any]] = ward.buyers.model(model).search_read(
        domain=domain, fields=[*fields, "company_id"], order="id"
    )
    return found


def test_from_requisition_to_bill_everything_is_the_facilitys_companys(ward: Ward) -> None:
    dock = Dock(ward.buyers)
    message = ward.ask(line(cost_centre=None))
    assert ward.buyers.held() == {}
    [order] = ward.buyers.orders_of(message)
    [placed] = rows(ward, "purchase.order", "state", "picking_type_id", name=order.number)
    assert (placed["company_id"][1], placed["state"], order.warehouse) == (COMPANY, "purchase", "LAB")
    assert {tax["company_id"][1] for tax in rows(ward, "account.tax", id=list(order.lines[0].taxes))} <= {COMPANY}

    dock.receive(came(order, "1", "2", "BX"))
    assert ward.buyers.held() == {}
    [transfer] = rows(ward, "stock.picking", "state", "location_dest_id", id=order.receipts[0])
    assert (transfer["company_id"][1], transfer["state"]) == (COMPANY, "done")
    assert transfer["location_dest_id"][1].startswith("LAB/")

    net = Decimal(2) * BOX.price
    tax = round(net * Decimal("0.15"), 2)
    bill = {
        "document": "invoice", "number": "INV-1", "type": "invoice", "currency": "EUR", "issued_at": "2026-11-20",
        "order_number": order.number, "total": str(net + tax),
        "taxes": [{"rate": "15", "amount": str(tax)}], "tax_total": str(tax),
        "lines": [{
            "number": "1", "order_line": "1", "quantity": {"value": "2", "unit": "BX"},
            "price": {"amount": str(BOX.price)}, "net": str(net),
        }],
    }  # fmt: skip
    ward.buyers.house.receive(bill, channel="supplier")
    ward.buyers.house.work_off()
    assert ward.buyers.held() == {}
    [booked] = rows(ward, "account.move", "state", "journal_id", ref="INV-1")
    assert (booked["company_id"][1], booked["state"]) == (COMPANY, "posted")
    assert rows(ward, "account.journal", id=booked["journal_id"][0])[0]["company_id"][1] == COMPANY
