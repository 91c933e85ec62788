"""Orders as Odoo gives rise to them can be told in every standard that has orders, in its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Permanent
from app.flows.wording import worded
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.setup import Facility
from app.standards import by_name
from app.standards.cxml.options import CxmlOptions
from app.standards.writing import write
from app.standards.x12.options import X12Options

SITE = Facility("GEN", name="General Hospital").party
BOXES = Quantity(Decimal(3), "BX", "XBX", Decimal(10))
ADDRESSES = {
    "x12": ("ZZ:WARDLINE", "ZZ:ACME"),
    "cxml": ("NetworkId:WARDLINE", "NetworkId:ACME"),
    "ubl": ("0088:7300010000001", "0088:7300010000018"),
    "edifact": ("14:4012345000009", "14:4012345000016"),
    "canonical": ("WARDLINE", "ACME"),
    "tabular": ("WARDLINE", "ACME"),
}


def line(number: str, quantity: Quantity, **changes: Any) -> PurchaseOrderLine:
    names = tuple(Identifier(*one) for one in (("supplier", "CAH-991"), ("gtin", "04012345000009"), ("buyer", "STENT")))
    made = PurchaseOrderLine(
        number,
        quantity,
        names,
        "Stent 3.5 mm",
        price=Price(Decimal("99.00")),
        net=Decimal("297.00"),
        deliver_on=date(2026, 12, 5),
        cost_centre="CC-100",
        requisition="R-1",
    )
    return replace(made, **changes)


def order(**changes: Any) -> PurchaseOrder:
    """An order as it follows from one in Odoo: boxes that hold ten, and pieces."""
    made = PurchaseOrder(
        "P00012",
        (line("1", BOXES), line("2", Quantity(Decimal(3), "EA", "EA"))),
        ordered_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        currency="EUR",
        buyer=SITE,
        seller=Party((PartyIdentifier("internal", "S-1001"), PartyIdentifier("duns", "123456789")), "Acme"),
        ship_to=SITE,
        deliver_on=date(2026, 12, 5),
        contract="CT-77",
        requisition="R-1",
        note="Ring at gate 3",
        total=Decimal("594.00"),
    )
    return replace(made, **changes)


def change(**changes: Any) -> PurchaseOrder:
    fewer = line("1", replace(BOXES, value=Decimal(2)), action="change")
    gone = line("2", Quantity(Decimal(0), "EA", "EA"), action="cancel")
    return order(action="change", revision="1", lines=(fewer, gone), **changes)


def cancellation() -> PurchaseOrder:
    lines = tuple(replace(one, action="cancel") for one in order().lines)
    return order(action="cancel", revision="2", lines=lines)  # type: ignore[arg-type]


def told(document: Any, standard: str, options: object = None) -> tuple[Any, tuple[str, ...], bytes]:
    """The document in the partner's words, what it goes without, and its message."""
    channel = Channel("acme", standard, "GEN", options=options)
    said, left_out = worded(document, channel)
    addresses = Interchange(1, datetime(2026, 11, 23, 8, 0, tzinfo=UTC), *ADDRESSES[standard])
    return said, left_out, write(by_name(standard), said, Profile(channel, str), addresses).body


@pytest.mark.parametrize(
    "document", [order(), order(type="rush"), change(), cancellation()], ids=lambda one: one.action
)
@pytest.mark.parametrize("standard", ADDRESSES)
def test_an_order_can_be_told_in_every_standard(standard: str, document: PurchaseOrder) -> None:
    _, left_out, body = told(document, standard)
    assert b"P00012" in body
    if standard in ("canonical", "tabular", "edifact"):
        assert left_out == ()


@pytest.mark.parametrize(("standard", "unit"), [("x12", "BX"), ("cxml", "BX"), ("ubl", "XBX"), ("edifact", "XBX")])
def test_a_unit_is_said_in_the_standards_own_code(standard: str, unit: str) -> None:
    said, left_out, _ = told(order(), standard)
    assert [one.quantity.unit for one in said.lines] == [unit, "EA"]
    assert [one.quantity.common_unit for one in said.lines] == ["XBX", "EA"]
    assert ("pack_factor" in left_out) == (standard != "edifact")


def test_a_code_agreed_with_the_partner_comes_first() -> None:
    said, _, _ = told(order(), "x12", X12Options(units={"ZB": "XBX"}))
    assert said.lines[0].quantity.unit == "ZB"
    said, _, _ = told(order(), "cxml", CxmlOptions(unit_code_list="uncefact"))
    assert said.lines[0].quantity.unit == "XBX"


def test_a_unit_that_nobody_knows_is_left_as_it_is_for_the_writer_to_refuse() -> None:
    odd = order(lines=(line("1", Quantity(Decimal(1), "Pallet", None)),))
    said, _ = worded(odd, Channel("acme", "ubl", "GEN"))
    assert said == odd
    with pytest.raises(Permanent):
        told(odd, "ubl")


def test_an_update_in_cxml_states_the_order_anew() -> None:
    said, _, body = told(change(), "cxml")
    assert [(one.number, one.action, one.quantity.value) for one in said.lines] == [("1", "add", 2)]
    assert b'type="update"' in body
    assert b'type="delete"' in told(cancellation(), "cxml")[2]


def test_whom_to_bill_is_the_buyer_where_nobody_else_is() -> None:
    assert told(order(), "cxml")[0].bill_to == SITE
    other = Party((PartyIdentifier("gln", "4012345000009"),), "Shared services")
    assert told(order(bill_to=other), "cxml")[0].bill_to == other


@pytest.mark.parametrize("standard", ["cxml", "ubl"])
def test_urgency_is_said_in_words_where_there_is_no_code_for_it(standard: str) -> None:
    said, left_out, body = told(order(type="rush"), standard)
    assert said.note == "URGENT\nRing at gate 3"
    assert b"URGENT" in body
    assert "type" in left_out
    assert told(order(type="rush"), "x12")[0].type == "rush"


def test_other_documents_speak_the_partners_units_too() -> None:
    stock = InventoryLine(Quantity(Decimal(5), "XBX", "XBX"), identifiers=(Identifier("supplier", "A-1"),))
    report = InventoryReport("R-1", lines=(stock,), reported_at=date(2026, 11, 23))
    said, _ = worded(report, Channel("acme", "x12", "GEN"))
    assert isinstance(said, InventoryReport)
    assert said.lines[0].quantity.unit == "BX"
