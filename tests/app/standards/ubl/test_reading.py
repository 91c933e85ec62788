"""What the documents of UBL mean: items, prices, outcomes, pieces, totals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.errors import Rejected
from app.model.item import Identifier
from app.model.party import PartyIdentifier
from app.model.quantity import Quantity
from app.standards.ubl.options import UblOptions
from tests.app.standards.ubl.documents import (
    ITEM,
    ORDER_REFERENCE,
    codes,
    despatch,
    document,
    order,
    read,
    response,
    serial,
)

GTIN = "04260000123451"
GLN = "4007000000012"


def standard(number: str, scheme: str = "") -> str:
    attribute = f' schemeID="{scheme}"' if scheme else ""
    entry = f"<cac:StandardItemIdentification><cbc:ID{attribute}>{number}</cbc:ID></cac:StandardItemIdentification>"
    return f"<cac:Item>{entry}</cac:Item>"


@pytest.mark.parametrize(
    ("number", "scheme", "expected", "warnings"),
    [
        (GTIN, "0160", [GTIN], []),
        (GTIN[1:], "GTIN", [GTIN], []),
        (GTIN[:-1] + "9", "0160", [GTIN[:-1] + "9"], ["gtin.check_digit"]),
        (GTIN, "", [GTIN], ["item.unknown"]),
        (GTIN[:-1] + "9", "", [], ["item.unknown", "item.missing"]),
        (GLN, "0088", [], ["item.unknown", "item.missing"]),
        ("ABC", "0160", [], ["gtin.invalid", "item.missing"]),
    ],
)
def test_numbers_of_items(number: str, scheme: str, expected: list[str], warnings: list[str]) -> None:
    reading = read(order(item=standard(number, scheme)))
    assert [identifier.value for identifier in reading.documents[0].lines[0].identifiers] == expected
    assert codes(reading) == warnings


def test_item_schemes_of_a_partner() -> None:
    reading = read(order(item=standard("A99", "ACME")), UblOptions(item_schemes={"ACME": "supplier"}))
    assert reading.documents[0].lines[0].identifiers == (Identifier("supplier", "A99"),)


def test_a_unspsc_has_eight_or_ten_digits() -> None:
    item = "<cac:Item><cac:CommodityClassification><cbc:ItemClassificationCode listID='{}'>{}</cbc:ItemClassificationCode></cac:CommodityClassification></cac:Item>"  # noqa: E501
    for list_id, code, expected in (
        ("TST", "42142523", 1),
        ("MP", "4214252301", 1),
        ("MP", "x", 0),
        ("CPV", "33140000", 0),
    ):
        assert len(read(order(item=item.format(list_id, code))).documents[0].lines[0].identifiers) == expected


def test_numbers_of_parties() -> None:
    party = (
        "<cac:BuyerCustomerParty><cac:Party><cbc:EndpointID schemeID='0192'>987654325</cbc:EndpointID>"
        f"<cac:PartyIdentification><cbc:ID schemeID='0088'>{GLN}</cbc:ID></cac:PartyIdentification>"
        "<cac:PartyIdentification><cbc:ID schemeID='9930'>DE1</cbc:ID></cac:PartyIdentification>"
        "<cac:PartyIdentification><cbc:ID schemeID='0088'>123</cbc:ID></cac:PartyIdentification>"
        "<cac:PartyIdentification><cbc:ID>77</cbc:ID></cac:PartyIdentification>"
        "</cac:Party></cac:BuyerCustomerParty>"
    )
    reading = read(order(more=party))
    assert reading.documents[0].buyer.identifiers == (
        PartyIdentifier("network", "0192:987654325"),
        PartyIdentifier("gln", GLN),
        PartyIdentifier("vat", "DE1"),
        PartyIdentifier("name", "0088:123"),
        PartyIdentifier("name", "77"),
    )
    assert codes(reading) == ["gln.invalid"]


def test_prices_keep_their_basis_and_a_foreign_currency() -> None:
    line = (
        '<cbc:Quantity unitCode="XBX">2</cbc:Quantity>'
        '<cac:Price><cbc:PriceAmount currencyID="{}">98.00</cbc:PriceAmount>'
        '<cbc:BaseQuantity unitCode="H87">100</cbc:BaseQuantity></cac:Price>'
    )
    for currency, expected in (("EUR", None), ("USD", "USD")):
        price = read(order(line.format(currency))).documents[0].lines[0].price
        assert (str(price.amount), price.currency) == ("98.00", expected)
        assert price.basis == Quantity(Decimal(100), "H87", "H87")
    with pytest.raises(Rejected):
        read(order(line.format("EUR").replace("100<", "0<")))


def test_an_amount_in_another_currency_is_left_out() -> None:
    totals = "<cac:AnticipatedMonetaryTotal><cbc:PayableAmount currencyID='USD'>5</cbc:PayableAmount></cac:AnticipatedMonetaryTotal>"  # noqa: E501
    reading = read(order(more=totals))
    assert (reading.documents[0].total, codes(reading)) == (None, ["currency.conflict"])


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("1", "changed"), ("3", "changed"), ("5", "accepted"), ("7", "rejected"), ("42", "accepted"), ("99", "on_hold")],
)
def test_outcomes(code: str, outcome: str) -> None:
    (found,) = read(response(f"<cbc:LineStatusCode>{code}</cbc:LineStatusCode>")).documents
    assert [line.outcome for line in found.lines] == [outcome]


def test_a_line_without_a_status_has_the_documents() -> None:
    body = response()
    for code, outcome in (("AP", "accepted"), ("RE", "rejected"), ("CA", "changed"), ("AB", "on_hold")):
        (found,) = read(body.replace(b">CA<", f">{code}<".encode())).documents
        assert found.lines[0].outcome == outcome


def test_an_order_line_is_known_by_the_buyers_number() -> None:
    reference = "<cac:OrderLineReference><cbc:LineID>10</cbc:LineID></cac:OrderLineReference>"
    assert read(response(more=reference)).documents[0].lines[0].order_line == "10"
    assert read(response()).documents[0].lines[0].order_line == "9"


def test_what_comes_later_is_a_line_of_its_own() -> None:
    line = (
        "<cbc:LineStatusCode>3</cbc:LineStatusCode>"
        '<cbc:Quantity unitCode="XBX">8</cbc:Quantity><cbc:MaximumBackorderQuantity>4</cbc:MaximumBackorderQuantity>'
    )
    (found,) = read(response(line)).documents
    assert [(one.outcome, str(one.quantity.value), one.quantity.unit) for one in found.lines] == [
        ("changed", "8", "XBX"),
        ("backordered", "4", "XBX"),
    ]


def test_a_substitute() -> None:
    more = (
        f"<cac:SellerSubstitutedLineItem><cbc:ID>1</cbc:ID>{ITEM.replace('S-1', 'S-2')}</cac:SellerSubstitutedLineItem>"
    )
    (line,) = read(response("<cbc:LineStatusCode>3</cbc:LineStatusCode>", more)).documents[0].lines
    assert (line.outcome, line.substitute) == ("substituted", (Identifier("supplier", "S-2"),))


def test_an_answer_to_two_orders_is_ambiguous() -> None:
    with pytest.raises(Rejected) as caught:
        read(
            response().replace(ORDER_REFERENCE.encode(), (ORDER_REFERENCE + ORDER_REFERENCE.replace("1", "2")).encode())
        )
    assert caught.value.code == "order_number.ambiguous"


def test_pieces_with_serial_numbers_are_lines_of_their_own() -> None:
    lines = read(despatch("2", serial("A") + serial("B"))).documents[0].lines
    assert [(line.serial, str(line.quantity.value), line.order_number) for line in lines] == [
        ("A", "1", "PO-1"),
        ("B", "1", "PO-1"),
    ]


def test_pieces_that_do_not_add_up_are_not_divided() -> None:
    reading = read(despatch("3", serial("A") + serial("B")))
    assert [(line.serial, str(line.quantity.value)) for line in reading.documents[0].lines] == [(None, "3")]
    assert codes(reading) == ["lot.ambiguous"]


def test_a_udi_that_disagrees_with_the_lot_beside_it() -> None:
    instance = (
        f"<cac:ItemInstance><cbc:ProductTraceID schemeID='UDI'>(01){GTIN}(10)A1</cbc:ProductTraceID>"
        "<cac:LotIdentification><cbc:LotNumberID>B2</cbc:LotNumberID></cac:LotIdentification></cac:ItemInstance>"
    )
    with pytest.raises(Rejected) as caught:
        read(despatch("1", instance))
    assert caught.value.code == "lot.conflict"


def test_a_bare_line_of_a_receipt_speaks_of_the_whole_despatch() -> None:
    reading = read(document("ReceiptAdvice", "<cac:ReceiptLine><cbc:ID>1</cbc:ID></cac:ReceiptLine>"))
    assert (reading.documents[0].lines, codes(reading)) == ((), ["line.empty"])


def test_a_credit_note_keeps_its_signs() -> None:
    line = f'<cac:CreditNoteLine><cbc:ID>1</cbc:ID><cbc:CreditedQuantity unitCode="EA">-3</cbc:CreditedQuantity>{ITEM}</cac:CreditNoteLine>'  # noqa: E501
    (found,) = read(document("CreditNote", line)).documents
    assert (found.type, str(found.lines[0].quantity.value)) == ("credit_note", "-3")


def test_a_negative_allowance_is_a_charge() -> None:
    charge = "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount>-5.00</cbc:Amount></cac:AllowanceCharge>"  # noqa: E501
    reading = read(order(more=charge))
    (found,) = reading.documents[0].charges
    assert (found.kind, str(found.amount), codes(reading)) == ("charge", "5.00", ["charge.negative"])


@pytest.mark.parametrize(
    ("code", "status"),
    [("AB", "received"), ("IP", "in_process"), ("UQ", "on_hold"), ("CA", "accepted_with_errors"), ("PD", "paid")],
)
def test_invoice_responses(code: str, status: str) -> None:
    answer = (
        f"<cac:DocumentResponse><cac:Response><cbc:ResponseCode>{code}</cbc:ResponseCode></cac:Response>"
        "<cac:DocumentReference><cbc:ID>RE-1</cbc:ID><cbc:DocumentTypeCode>380</cbc:DocumentTypeCode>"
        "</cac:DocumentReference></cac:DocumentResponse>"
    )
    (found,) = read(document("ApplicationResponse", answer)).documents
    assert (found.level, found.status, found.refers_to, found.refers_to_kind) == (
        "application",
        status,
        "RE-1",
        "invoice",
    )
