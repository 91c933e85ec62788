"""Orders, receipts and responses written: what is read back is what was written, and it fits OASIS's schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from app.errors import Permanent
from app.model.channel import Channel, Profile
from app.model.documents import TradingDocument
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange, Written
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Charge, Tax
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.response import Response, ResponseFault
from app.standards.ubl import schemas
from app.standards.ubl.options import UblOptions
from app.standards.ubl.orders import ORDER_TYPES
from app.standards.ubl.standard import UBL
from app.standards.ubl.syntax import NOT_TOLD
from app.standards.ubl.write_responses import CODES
from app.standards.writing import write
from tests import strategies

OPTIONS = UblOptions(units={"BOX": "XBX"}, order_types={"bill_only": "BO1"})
PROFILE = Profile(Channel("ubl", "ubl", "GEN", options=OPTIONS), str)
INTERCHANGE = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "ZZ:WARDLINE", "ZZ:SUPPLIER")
UNITS: Mapping[str, str | None] = {"EA": "EA", "XBX": "XBX", "H87": "H87", "BOX": "XBX"}
ITEMS = ("buyer", "supplier", "manufacturer", "gtin", "hibc", "ndc", "internal", "unspsc")

prose = strategies.prose().filter(lambda text: text not in NOT_TOLD)
codes = strategies.codes().filter(lambda text: text not in NOT_TOLD)
whens = strategies.days() | strategies.moments()
quantities = strategies.quantities(UNITS)
parties = strategies.parties(("network", "gln", "duns", "hin", "name", "vat", "account"), contacts=True)
places = strategies.parties(("gln", "duns", "name"), contacts=True)


def optional(**values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: strategies.maybe(value) for name, value in values.items()}


charges = strategies.several(
    st.builds(Charge, st.sampled_from(["allowance", "charge"]), strategies.amounts(), codes, prose), most=2
)
taxes = strategies.several(
    st.builds(Tax, strategies.amounts(), strategies.amounts(), strategies.amounts(), codes, st.just("VAT")), most=2
)
rates = strategies.several(st.builds(Tax, rate=strategies.amounts(), category=codes, scheme=st.just("VAT")), most=1)
prices = strategies.prices((None, "USD"), strategies.maybe(quantities))


def order_lines(action: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[PurchaseOrderLine, ...]]:
    line = st.builds(
        PurchaseOrderLine,
        codes,
        quantities,
        strategies.identifiers(ITEMS),
        strategies.maybe(prose),
        action,
        taxes=rates,
        charges=charges,
        **optional(price=prices, net=strategies.amounts(), deliver_on=whens, deliver_not_after=whens, lot=codes,
                   serial=codes, cost_centre=codes, account=codes, requisition=codes, note=prose),
    )  # fmt: skip
    return strategies.several(line, 1)


HEAD = optional(contract=codes, requisition=codes, note=prose)
BODY = {
    "ordered_at": whens,
    "currency": st.just("EUR"),
    "buyer": parties,
    "seller": parties,
    "charges": charges,
    "taxes": taxes,
    **optional(ship_to=places, bill_to=parties, deliver_on=whens, deliver_not_after=whens, terms=prose,
               total=strategies.amounts()),
}  # fmt: skip
orders = st.builds(
    PurchaseOrder,
    codes,
    order_lines(st.just("add")),
    action=st.sampled_from(["new", "duplicate"]),
    type=st.sampled_from([*ORDER_TYPES, "bill_only"]),
    **HEAD,
    **BODY,
)
changes = st.builds(
    PurchaseOrder,
    codes,
    order_lines(st.sampled_from(["add", "change", "cancel"])),
    action=st.just("change"),
    revision=codes,
    **HEAD,
    **BODY,
)
cancellations = st.builds(
    PurchaseOrder, codes, action=st.just("cancel"), ordered_at=whens, buyer=parties, seller=parties, **HEAD
)
receipts = st.builds(
    GoodsReceipt,
    codes,
    strategies.several(
        st.builds(
            GoodsReceiptLine,
            codes,
            quantities,
            identifiers=strategies.identifiers(ITEMS, least=0),
            **optional(order_number=codes, order_line=codes, ship_notice_line=codes, description=prose,
                       rejected=quantities, short=quantities, over=quantities, reason=codes, lot=codes, serial=codes,
                       sscc=strategies.ssccs(), note=prose),
        ),
        1,
    ),
    action=st.sampled_from(["new", "change", "cancel", "duplicate"]),
    noticed_at=whens,
    ship_to=parties.map(lambda party: replace(party, contact=None)),
    seller=parties,
    **optional(received_at=whens, order_number=codes, ship_notice=codes, received_by=codes, location=codes,
               buyer=parties, note=prose),
)  # fmt: skip
ends = st.builds(Party, st.tuples(st.builds(PartyIdentifier, st.just("network"), codes)))


@st.composite
def responses(draw: st.DrawFn) -> Response:
    transaction = draw(st.sampled_from(sorted(CODES)))
    status, code = draw(st.sampled_from(sorted(CODES[transaction].items())))
    kind, document_type = {"mlr": (None, "220"), "catalogue_response": ("price_list", "9")}.get(
        transaction, ("invoice", "380")
    )
    number = draw(codes)
    fault = st.builds(ResponseFault, codes, codes, prose)
    return Response(
        "application" if kind else "functional",
        status,
        control_id=None if kind else number,
        number=draw(codes),
        message_type=document_type,
        refers_to=number if kind else None,
        refers_to_kind=kind,
        responded_at=draw(whens),
        code=code,
        text=draw(strategies.maybe(prose)),
        sender=draw(ends),
        recipient=draw(ends),
        faults=draw(strategies.several(fault)),
    )


@given(st.one_of(orders, changes, cancellations, receipts, responses()))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(document: TradingDocument) -> None:
    written = UBL.write(document, PROFILE, INTERCHANGE)
    assert UBL.write(document, PROFILE, INTERCHANGE) == written
    (found,) = UBL.read(written.body, PROFILE).documents
    assert replace(found, warnings=()) == document


LINE = PurchaseOrderLine("1", Quantity(Decimal(2), "EA", "EA"), (Identifier("supplier", "S-1"),))
BUYER, SELLER = Party((PartyIdentifier("gln", "4007000000012"),)), Party(name="Hansemed")
ORDER = PurchaseOrder("PO-1", (LINE,), ordered_at=date(2026, 11, 20), buyer=BUYER, seller=SELLER)


def written(document: TradingDocument, **changes: Any) -> Written:
    return write(UBL, replace(document, **changes), PROFILE, INTERCHANGE)


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": ()},
        {"buyer": None},
        {"revision": "2"},
        {"action": "cancel"},
        {"total": Decimal(5)},
        {"lines": (replace(LINE, action="cancel"),)},
        {"lines": (replace(LINE, quantity=Quantity(Decimal(2), "BX")),)},
        {"lines": (replace(LINE, quantity=Quantity(Decimal(2))),)},
        {"lines": (replace(LINE, quantity=Quantity(Decimal(2), "EA", "EA", Decimal(5))),)},
        {"lines": (replace(LINE, identifiers=(Identifier("supplier", "A"), Identifier("supplier", "B"))),)},
        {"lines": (replace(LINE, identifiers=(Identifier("other", "A"),)),)},
        {"taxes": (Tax(rate=Decimal(19)),)},
    ],
)
def test_what_ubl_has_no_place_for_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Permanent) as caught:
        written(ORDER, **changes)
    assert caught.value.code == "document.not_carried"


def test_a_type_of_order_needs_a_code() -> None:
    plain = Profile(Channel("ubl", "ubl", "GEN"), str)
    with pytest.raises(Permanent):
        UBL.write(replace(ORDER, type="bill_only"), plain, INTERCHANGE)
    assert b">BO1</cbc:OrderTypeCode>" in written(ORDER, type="bill_only").body


def test_the_interchanges_address_stands_where_a_party_has_none() -> None:
    interchange = replace(INTERCHANGE, receiver="0088:4260000000011")
    body = write(UBL, ORDER, PROFILE, interchange).body
    assert b'<cbc:EndpointID schemeID="0088">4260000000011</cbc:EndpointID>' in body
    assert b"WARDLINE" not in body


def test_a_change_is_numbered_by_its_revision() -> None:
    assert written(ORDER, action="change", revision="3").control_id == "PO-1-3"


def test_other_kinds_are_refused() -> None:
    answer = Response("application", "accepted", refers_to="X", refers_to_kind="ship_notice")
    with pytest.raises(Permanent) as caught:
        UBL.write(answer, PROFILE, INTERCHANGE)
    assert caught.value.code == "document.not_carried"


@pytest.mark.parametrize("name", ["Order", "OrderChange", "OrderCancellation", "ReceiptAdvice", "ApplicationResponse"])
def test_the_schemas_load_and_refuse_elements_out_of_order(name: str) -> None:
    space = "urn:oasis:names:specification:ubl:schema:xsd:"
    with pytest.raises(Permanent) as caught:
        schemas.check(
            name, f'<{name} xmlns="{space}{name}-2"><ID xmlns="{space}CommonBasicComponents-2"/></{name}>'.encode()
        )
    assert caught.value.code == "document.not_valid"
