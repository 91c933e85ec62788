"""The simulated suppliers do what their behaviour says, in every standard, and what they write can be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.interchange import Interchange
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from app.standards import by_name
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.business import Office
from ops.simulators.suppliers.cxml import CxmlSupplier
from ops.simulators.suppliers.supplier import Supplier
from ops.simulators.suppliers.ubl import UblSupplier
from ops.simulators.suppliers.web import Reply, Request, WebServer
from ops.simulators.suppliers.x12 import X12Supplier
from tests.app.flows import trade

HALF = Decimal("0.5")


def office(**behaviour: Any) -> Office:
    made = Office("ACME", Behaviour(**behaviour))
    made.take(trade.order())
    return made


def test_the_default_supplier_does_everything_right() -> None:
    made = office()
    said, sent, bill = made.confirm("P00012"), made.ship("P00012"), made.bill("P00012")
    assert (said.status, [line.outcome for line in said.lines]) == ("accepted", ["accepted", "accepted"])
    assert [(line.order_line, line.quantity.value, bool(line.lot)) for line in sent.lines] == [
        ("1", 4, True),
        ("2", 10, True),
    ]
    assert (bill.total, bill.order_number, bill.number) == (Decimal("411.00"), "P00012", "INV-P00012-1")


def test_lines_can_be_refused_backordered_and_replaced() -> None:
    made = office(reject=("1",), backorder=("2",))
    assert [line.outcome for line in made.confirm("P00012").lines] == ["rejected", "backordered"]
    assert made.ship("P00012").lines == ()
    assert [line.quantity.value for line in made.ship("P00012").lines] == [10]
    replaced = office(substitutes={"1": "A-9"})
    said = replaced.confirm("P00012").lines[0]
    assert (said.outcome, said.substitute[0].value) == ("substituted", "A-9")
    assert replaced.ship("P00012").lines[0].identifiers[0].value == "A-9"


def test_prices_can_be_off() -> None:
    made = office(price_factor=Decimal("1.12"))
    [first, _] = made.confirm("P00012").lines
    assert first.price
    assert (first.outcome, first.price.amount) == ("changed", Decimal("110.88"))
    made.ship("P00012")
    assert made.bill("P00012").total == Decimal("460.32")
    only_billed = office(billed_factor=Decimal("1.12"))
    assert only_billed.confirm("P00012").status == "accepted"
    only_billed.ship("P00012")
    assert only_billed.bill("P00012").total == Decimal("460.32")


def test_half_can_be_shipped_and_all_be_billed() -> None:
    made = office(ship=HALF)
    assert [line.quantity.value for line in made.ship("P00012").lines] == [2, 5]
    assert made.bill("P00012").total == Decimal("205.50")
    assert [line.quantity.value for line in made.ship("P00012").lines] == [2, 5]
    assert made.bill("P00012").total == Decimal("205.50")
    greedy = office(ship=HALF, bill_ordered=True)
    greedy.ship("P00012")
    assert greedy.bill("P00012").total == Decimal("411.00")


def test_pieces_can_have_serial_numbers() -> None:
    made = office(serials=("A-1",), ship=HALF)
    first = [line.serial for line in made.ship("P00012").lines if line.serial]
    rest = [line.serial for line in made.ship("P00012").lines if line.serial]
    assert len({*first, *rest}) == 4


def test_part_of_an_invoice_can_be_given_back() -> None:
    made = office()
    made.ship("P00012")
    made.bill("P00012")
    credit = made.credit("P00012", HALF)
    assert (credit.type, credit.corrects, credit.total) == ("credit_note", "INV-P00012-1", Decimal("205.50"))


def test_changes_and_cancellations_are_followed() -> None:
    made = office()
    change = replace(trade.order(), action="change", revision="1", lines=(trade.line("2", "3", "1.50", "A-2"),))
    made.take(change)
    assert [line.quantity.value for line in made.accounts["P00012"].order.lines] == [4, 3]
    made.take(replace(change, action="cancel", revision="2", lines=()))
    assert made.ship("P00012").lines == ()
    assert made.confirm("P00012").lines == ()


@contextmanager
def x12(folder: Path, behaviour: Behaviour, _: str) -> Iterator[tuple[X12Supplier, Any]]:
    with X12Supplier(behaviour, folder=folder / "acme") as supplier:

        def put(body: bytes) -> None:
            path = folder / "acme" / "orders" / "850.x12"
            path.with_name(".850").write_bytes(body)
            path.with_name(".850").rename(path)

        yield supplier, put


@contextmanager
def cxml(_: Path, behaviour: Behaviour, reply_to: str) -> Iterator[tuple[CxmlSupplier, Any]]:
    with CxmlSupplier(behaviour, reply_to=reply_to, key="our-key") as supplier:
        yield supplier, lambda body: httpx.post(supplier.url, content=body)


@contextmanager
def ubl(_: Path, behaviour: Behaviour, reply_to: str) -> Iterator[tuple[UblSupplier, Any]]:
    with UblSupplier(behaviour, reply_to=reply_to, key="our-key") as supplier:
        yield supplier, lambda body: httpx.post(supplier.url, content=body)


SUPPLIERS = {"x12": x12, "cxml": cxml, "ubl": ubl}
"""How each is started, and how an order is put before it."""


def written(standard: str, order: PurchaseOrder) -> bytes:
    addresses = Interchange(7, trade.WHEN, "ZZ:WARDLINE", "ZZ:ACME")
    return by_name(standard).write(order, profile(standard), addresses).body


def profile(standard: str) -> Profile:
    return Profile(Channel("acme", standard, "GEN"), str)


def said(standard: str, supplier: Supplier) -> list[Document]:
    """What the supplier's messages say to who reads them."""
    messages = [sent.message.body for sent in supplier.sent]
    return [one for body in messages for one in by_name(standard).read(body, profile(standard)).documents]


@pytest.mark.parametrize("standard", SUPPLIERS)
def test_an_order_is_taken_over_a_real_socket_and_dealt_with(standard: str, tmp_path: Path) -> None:
    came: list[Request] = []

    def intake(request: Request) -> Reply:
        came.append(request)
        return Reply(202)

    behaviour = Behaviour(ship=HALF, invoices=2, reject=("2",), serials=("A-1",))
    with WebServer(intake) as server, SUPPLIERS[standard](tmp_path, behaviour, server.url) as (supplier, put):
        put(written(standard, trade.order()))
        sent = supplier.deliver("P00012")
        supplier.credit("P00012")

    assert [one.status for one in sent] == ([0] * 4 if standard == "x12" else [202] * 4)
    kinds = [type(one) for one in said(standard, supplier)]
    assert kinds == [OrderConfirmation, ShipNotice, Invoice, Invoice, Invoice]
    confirmation, shipment, bill, copy, credit = said(standard, supplier)
    assert isinstance(confirmation, OrderConfirmation)
    assert [line.outcome for line in confirmation.lines] == ["accepted", "rejected"]
    assert isinstance(shipment, ShipNotice)
    assert [(line.order_line, line.quantity.value) for line in shipment.lines] == [("1", 1), ("1", 1)]
    assert len({line.serial for line in shipment.lines}) == 2
    assert isinstance(bill, Invoice)
    assert (bill.total, bill.number) == (Decimal("198.00"), copy.number)
    assert credit.type == "credit_note"
    if standard != "x12":
        assert {request.headers["authorization"] for request in came} == {"Bearer our-key"}


def test_a_silent_supplier_says_nothing_more() -> None:
    with CxmlSupplier(Behaviour(silent=True)) as supplier:
        answer = httpx.post(supplier.url, content=written("cxml", trade.order()))
        assert b'code="200"' in answer.content
        assert supplier.deliver("P00012") == []


def test_a_supplier_may_deal_with_orders_by_itself(tmp_path: Path) -> None:
    with x12(tmp_path, Behaviour(automatic=True), "") as (supplier, put):
        put(written("x12", trade.order()))
        supplier.wait_for("P00012")
        while len(supplier.sent) < 3:
            pass
    assert [type(one.document) for one in supplier.sent] == [OrderConfirmation, ShipNotice, Invoice]


def test_what_is_no_order_is_refused_in_the_suppliers_standard() -> None:
    with CxmlSupplier() as supplier:
        assert b'code="4' in httpx.post(supplier.url, content=b"<cXML/>").content
    with UblSupplier() as supplier:
        assert httpx.post(supplier.url, content=b"<Order/>").status_code == 422


def test_a_supplier_may_demand_its_secret() -> None:
    with CxmlSupplier(shared_secret="s3cret") as supplier:
        body = written("cxml", trade.order())
        assert b'code="401"' in httpx.post(supplier.url, content=body).content
        filled = body.replace(b"<SharedSecret/>", b"<SharedSecret>s3cret</SharedSecret>")
        assert b'code="200"' in httpx.post(supplier.url, content=filled).content


def test_an_order_that_does_not_come_is_told() -> None:
    with CxmlSupplier() as supplier, pytest.raises(TimeoutError):
        supplier.wait_for("P1", seconds=0.01)
