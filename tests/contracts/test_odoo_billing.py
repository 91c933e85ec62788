"""What every Odoo must do for bills: one suite on the stand-in and on the real Odoo 19."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.errors import Permanent
from app.odoo import loading
from app.odoo.billing import Billing, Differs, NewBill, Place
from app.policy.match_report import Billed
from tests.fixtures_odoo import OdooServer

D = Decimal
DAY = date(2026, 11, 20)
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["standin_odoo", pytest.param("real_odoo", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def billing(odoo: OdooServer) -> Billing:
    return Billing(odoo.connection)


@pytest.fixture(scope="module")
def partner(odoo: OdooServer) -> int:
    fields = ["id", "name", "ref"]
    return loading.load(odoo.connection, "res.partner", fields, [["shop.supplier", "Cardinal Health", "S-1"]])[0]


@pytest.fixture
def new(odoo: OdooServer, partner: int) -> NewBill:
    """A bill of 20.00 under a key and number of its own."""
    number = f"INV-{next(_numbers)}"
    place = Place(partner, company_id=1, currency_id=currency(odoo, "USD"))
    line = Billed("Cleaning", Fraction(8), D("20.00"))
    return NewBill(f"bill:S-1:{number}", "in_invoice", place, number, DAY, (line,), D("20.00"), D("0.05"), DAY)


def currency(odoo: OdooServer, name: str) -> int:
    rows = odoo.connection.get_model("res.currency").search_read(
        domain=[["name", "=", name]], fields=["name"], context={"active_test": False}
    )
    return int(rows[0]["id"])


def tax(odoo: OdooServer) -> int:
    domain = [["type_tax_use", "=", "purchase"], ["amount", "=", 15]]
    return int(odoo.connection.get_model("account.tax").search_read(domain=domain, fields=["name"])[0]["id"])


def lines(odoo: OdooServer, bill: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = odoo.connection.get_model("account.move.line").search_read(
        domain=[["move_id", "=", bill], ["display_type", "=", "product"]],
        fields=["name", "quantity", "price_unit", "price_subtotal"],
    )
    return rows


@contextmanager
def closed(odoo: OdooServer, day: date) -> Iterator[None]:
    companies = odoo.connection.get_model("res.company")
    companies.write(ids=[1], vals={"fiscalyear_lock_date": day.isoformat()})
    try:
        yield
    finally:
        companies.write(ids=[1], vals={"fiscalyear_lock_date": False})


def test_a_bill_is_drafted_once_found_by_its_key_and_posted_once(billing: Billing, new: NewBill) -> None:
    assert billing.find(new.key) is None
    draft = billing.draft(new)
    assert (draft.state, draft.total, draft.invoice_date, draft.status) == ("draft", D(20), DAY, "draft")
    assert billing.draft(new) == draft
    posted = billing.post(draft)
    assert (posted.state, posted.status, posted.residual) == ("posted", "posted", D(20))
    assert posted.name.startswith("BILL/2026/")
    assert billing.post(draft) == posted
    assert billing.draft(new) == posted
    assert billing.find(new.key) == posted


def test_prices_without_an_end_still_make_up_the_amount(odoo: OdooServer, billing: Billing, new: NewBill) -> None:
    odd = replace(new, lines=(Billed("Odd", Fraction(54), D("1960.29")),), total=D("1960.29"))
    [line] = lines(odoo, billing.draft(odd).id)
    assert (str(line["price_subtotal"]), str(line["quantity"])) == ("1960.29", "54.0")


def test_cents_become_a_line_of_their_own(odoo: OdooServer, billing: Billing, new: NewBill) -> None:
    draft = billing.draft(replace(new, total=D("20.03")))
    assert draft.total == D("20.03")
    assert [line["name"] for line in lines(odoo, draft.id)] == ["Cleaning", "Rounding"]
    assert billing.draft(replace(new, total=D("20.03"))) == draft


def test_taxes_are_odoos_and_what_differs_is_taken_back(odoo: OdooServer, billing: Billing, new: NewBill) -> None:
    taxed = replace(new, lines=(replace(new.lines[0], taxes=(tax(odoo),)),))
    with pytest.raises(Differs) as differs:
        billing.draft(taxed)
    assert (differs.value.stated, differs.value.calculated) == (D("20.00"), D(23))
    assert billing.find(new.key) is None
    draft = billing.draft(replace(taxed, total=D("23.00")))
    assert (draft.untaxed, draft.tax, draft.total) == (D(20), D(3), D(23))


def test_a_discarded_draft_frees_its_key_and_a_posted_bill_stays(billing: Billing, new: NewBill) -> None:
    draft = billing.draft(new)
    billing.discard(draft)
    billing.discard(draft)
    assert billing.find(new.key) is None
    again = billing.post(billing.draft(new))
    billing.discard(again)
    assert billing.find(new.key) == again


def test_a_cancelled_bill_keeps_its_key_and_is_not_posted(billing: Billing, new: NewBill) -> None:
    cancelled = billing.cancel(billing.draft(new))
    assert (cancelled.status, billing.find(new.key)) == ("cancelled", cancelled)
    with pytest.raises(Permanent):
        billing.post(cancelled)


def test_a_refund_pays_the_bill_that_it_takes_back(billing: Billing, new: NewBill) -> None:
    bill = billing.post(billing.draft(new))
    part = (replace(new.lines[0], quantity=Fraction(2), amount=D("5.00")),)
    refund = replace(new, key=f"credit:{new.ref}", move_type="in_refund", lines=part, total=D("5.00"), corrects=bill.id)
    posted = billing.post(billing.draft(refund))
    assert (posted.move_type, posted.status, posted.residual) == ("in_refund", "paid", 0)
    [bill] = billing.read([bill.id])
    assert (bill.status, bill.residual) == ("partly_paid", D(15))


def test_bills_are_found_by_number_and_those_alike_by_amount_and_day(billing: Billing, new: NewBill) -> None:
    draft = billing.draft(new)
    partner = new.place.partner_id
    assert billing.by_number(partner, new.ref) == [draft]
    assert billing.by_number(partner, new.ref, "in_refund") == []
    assert billing.by_number(partner + 1, new.ref) == []
    # Without an order it is like nothing: standing orders have equal bills.
    assert billing.alike(partner, "in_invoice", D(20), DAY, timedelta(0), ["P00001"]) == []
    billing.cancel(draft)
    assert billing.by_number(partner, new.ref) == []


def test_the_last_closed_day_is_told_and_odoo_itself_moves_the_date(
    odoo: OdooServer, billing: Billing, new: NewBill
) -> None:
    assert billing.locked_until(1) is None
    with closed(odoo, DAY):
        assert billing.locked_until(1) == DAY
        posted = billing.post(billing.draft(new))
    [row] = odoo.connection.get_model("account.move").read(ids=[posted.id], fields=["date", "invoice_date"])
    assert row["invoice_date"] == DAY.isoformat()
    assert row["date"] > DAY.isoformat()


def test_bills_that_were_deleted_are_left_out(billing: Billing, new: NewBill) -> None:
    draft = billing.draft(new)
    billing.discard(draft)
    assert billing.read([draft.id]) == []
    assert billing.read([]) == []
