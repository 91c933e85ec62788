"""Invoices as claims: names, units, bases of prices, signs of charges, and the form they are frozen in."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows.claim import claim_of, for_order, from_data, order_numbers, to_data
from app.model.invoice import Invoice, InvoiceLine
from app.model.item import Identifier
from app.model.price import Charge, Price, Tax
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.policy.claims import Claim, ClaimedLine

D = Decimal
ROWS = (
    CrosswalkRow("item", "CAH-991", "GLOVE-M"),
    CrosswalkRow("unit", "EA", "each", factor=D(1)),
    CrosswalkRow("unit", "BX", "each", item="GLOVE-M", factor=D(10)),
    CrosswalkRow("unit", "XBX", "each", factor=D(12)),
)


def line(**changes: Any) -> InvoiceLine:
    base = {
        "number": "1",
        "identifiers": (Identifier("supplier", "CAH-991"),),
        "quantity": Quantity(D(5), "BX"),
        "price": Price(D("12.50")),
    }
    return InvoiceLine(**base | changes)


def claimed(*lines: InvoiceLine, **changes: Any) -> Claim:
    document = Invoice("INV-1", lines=lines or (line(),), order_number="P00001", **changes)
    claim, _ = claim_of(document, "S-1", Names(ROWS, "GEN", date(2026, 11, 20)))
    return claim


def only(**changes: Any) -> ClaimedLine:
    return claimed(line(**changes)).lines[0]


def test_items_and_units_get_our_names_and_the_rows_are_told() -> None:
    document = Invoice("INV-1", lines=(line(),), order_number="P00001")
    claim, rows = claim_of(document, "S-1", Names(ROWS, "GEN", date(2026, 11, 20)))
    assert (claim.lines[0].item, claim.lines[0].factor, claim.lines[0].order) == ("GLOVE-M", D(10), "P00001")
    assert [row.code for row in rows] == ["CAH-991", "BX"]


@pytest.mark.parametrize(
    ("quantity", "factor"),
    [
        (Quantity(D(5), "EA"), D(1)),
        (Quantity(D(5), "KARTON", "XBX"), D(12)),
        (Quantity(D(5), "KARTON", pack_factor=D(24)), D(24)),
        (Quantity(D(5), "PCE"), D(1)),
        (Quantity(D(5), "Stueck", "H87"), D(1)),
        (Quantity(D(5)), None),
    ],
)
def test_a_unit_is_found_by_its_code_its_common_code_or_its_pack(quantity: Quantity, factor: Decimal | None) -> None:
    assert only(quantity=quantity).factor == factor


@pytest.mark.parametrize(
    ("basis", "expected"),
    [(None, D(1)), (Quantity(D(100)), D(100)), (Quantity(D(100), "EA"), D(10)), (Quantity(D(2), "BX"), D(2))],
)
def test_the_basis_of_a_price_counts_in_the_lines_unit(basis: Quantity | None, expected: Decimal) -> None:
    assert only(price=Price(D("12.50"), basis=basis)).basis == expected


def test_an_unknown_item_needs_a_line_of_the_order() -> None:
    unknown = (Identifier("supplier", "NO-SUCH"),)
    with pytest.raises(Held) as held:
        only(identifiers=unknown)
    assert held.value.cause == "item_unknown"
    by_line = only(identifiers=unknown, order_line="2")
    assert (by_line.item, by_line.factor) == (None, None)
    assert only(identifiers=()).item is None


def test_an_unknown_unit_is_held() -> None:
    with pytest.raises(Held) as held:
        only(quantity=Quantity(D(5), "PALLET"))
    assert held.value.cause == "unit_unknown"


@pytest.mark.parametrize(
    ("quantity", "number", "factor"),
    [
        (Quantity(D(5), "KARTON"), "1", D(24)),
        (Quantity(D(5), "CT", "XCT"), "0001", D(24)),
        (Quantity(D(5), "EA"), "1", D(1)),
        (Quantity(D(5), "KARTON", pack_factor=D(20)), "1", D(20)),
    ],
)
def test_the_unit_that_a_line_was_ordered_in_needs_no_row(quantity: Quantity, number: str, factor: Decimal) -> None:
    told = PurchaseOrder("P00001", (PurchaseOrderLine("1", Quantity(D(5), "KARTON", "XCT", pack_factor=D(24))),))
    document = Invoice("INV-1", lines=(line(quantity=quantity, order_line=number),), order_number="P00001")
    claim, _ = claim_of(document, "S-1", Names(ROWS, "GEN", date(2026, 11, 20)), {"P00001": told})
    assert claim.lines[0].factor == factor


def test_allowances_are_negative_and_freight_is_told_by_its_code() -> None:
    charges = (Charge("allowance", D(3), "C310"), Charge("charge", D(7), "FC"), Charge("charge", D(2), "ZZZ"))
    found = [(charge.amount, charge.freight) for charge in claimed(charges=charges).charges]
    assert found == [(D(-3), False), (D(7), True), (D(2), False)]


def test_the_taxes_of_a_line_add_up() -> None:
    taxes = (Tax(D("8.00"), D(8)), Tax(D("2.00"), D(2)))
    assert (only(taxes=taxes).rate, only(taxes=taxes).tax) == (D(10), D("10.00"))
    assert only().rate is None


def test_a_claim_is_the_same_after_it_was_frozen() -> None:
    whole = claimed(
        line(net=D("62.50"), taxes=(Tax(D("3.1"), D(5)),), charges=(Charge("charge", D(1), "FC"),)),
        line(number="2", order_number="P00002", quantity=Quantity(D("0.333"), "EA")),
        charges=(Charge("allowance", D(3)),), taxes=(Tax(D("3.1"), D(5), D(62)),), total=D("62.60"), currency="EUR",
    )  # fmt: skip
    assert from_data(json.loads(json.dumps(to_data(whole)))) == whole
    assert order_numbers(whole) == ("P00001", "P00002")
    assert order_numbers(for_order(whole, "P00009")) == ("P00009",)
