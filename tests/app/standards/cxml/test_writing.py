"""What is written as cXML is the same after reading, keeps the order of the document type, and holds no secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from app.errors import Permanent
from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.punchout import PunchOutSetup
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.response import Response
from app.standards.cxml.standard import CXML
from tests import strategies as some

PROFILE = Profile(Channel("partner", "cxml", "GEN"), str)
SENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNITS = {"EA": "EA", "DZN": "DZN", "KGM": "KGM", "CA": "XCS", "BX": "XBX"}


INTERCHANGE = Interchange(7, SENT, "NetworkId:AN01000000001", "DUNS:123456789")
marks = some.maybe(some.codes())
words = some.maybe(some.prose())
moments = some.maybe(some.days() | some.moments())
items = some.identifiers(["supplier", "supplier_auxiliary", "buyer", "gtin"], least=0).map(
    lambda found: found if any(one.scheme == "supplier" for one in found) else (Identifier("supplier", "S-1"), *found)
)
parties = st.builds(
    lambda party, numbers: replace(party, identifiers=numbers),
    some.parties(["account"], contacts=True),
    st.tuples(
        st.builds(PartyIdentifier, st.just("account"), some.codes()),
        st.builds(PartyIdentifier, st.just("gln"), some.glns()),
    ),
)


def back(document: Document) -> Document:
    """The document written and read again, without warnings."""
    (found,) = CXML.read(CXML.write(document, PROFILE, INTERCHANGE).body, PROFILE).documents
    return replace(found, warnings=())


@st.composite
def order_lines(draw: st.DrawFn, number: str) -> PurchaseOrderLine:
    quantity = draw(some.quantities(UNITS, some.amounts(places=3)))
    basis = st.none() | some.quantities(UNITS)
    names = draw(items)
    if draw(st.booleans()):
        names = (*names, Identifier("manufacturer", draw(some.codes())))
    if draw(st.booleans()):
        names = (*names, Identifier("unspsc", "42312201"))
    return PurchaseOrderLine(
        number=number,
        quantity=quantity,
        identifiers=names,
        description=draw(words),
        price=draw(some.maybe(some.prices((None, "EUR"), basis))),
        deliver_on=draw(moments),
        lot=draw(marks),
        serial=draw(marks),
        cost_centre=draw(marks),
        account=draw(marks),
        requisition=draw(marks),
        note=draw(words),
    )


@st.composite
def orders(draw: st.DrawFn) -> PurchaseOrder:
    numbers = draw(some.several(some.codes(some.DIGITS, 6), least=1))
    return PurchaseOrder(
        number=draw(some.codes()),
        lines=tuple(draw(order_lines(number)) for number in numbers),
        action=draw(st.sampled_from(["new", "change", "cancel"])),
        type=draw(st.sampled_from(["standard", "blanket", "release", "consignment"])),
        revision=draw(marks),
        ordered_at=draw(moments),
        currency="USD",
        buyer=draw(some.maybe(parties)),
        seller=draw(some.maybe(parties)),
        ship_to=draw(some.maybe(parties)),
        bill_to=draw(parties),
        deliver_on=draw(moments),
        contract=draw(marks),
        requisition=draw(marks),
        note=draw(words),
        total=draw(some.amounts()),
    )


@st.composite
def receipts(draw: st.DrawFn) -> GoodsReceipt:
    numbers = draw(some.several(some.codes(some.DIGITS, 6), least=1))
    lines = []
    for number in numbers:
        lot = draw(marks)
        rejected = draw(some.maybe(some.quantities(UNITS)))
        lines.append(
            GoodsReceiptLine(
                number=number,
                received=draw(some.quantities(UNITS)),
                order_line=draw(some.codes(some.DIGITS, 6)),
                identifiers=draw(st.just(()) | items),
                description=draw(words),
                rejected=rejected,
                reason=draw(words) if rejected else None,
                lot=lot,
                serial=draw(marks),
                expiry=draw(some.maybe(some.days())) if lot else None,
            )
        )
    return GoodsReceipt(
        number=draw(some.codes()),
        lines=tuple(lines),
        action=draw(st.sampled_from(["new", "change", "cancel"])),
        received_at=draw(moments),
        order_number=draw(some.codes()),
        ship_notice=draw(marks),
        note=draw(words),
    )


@st.composite
def reports(draw: st.DrawFn) -> InventoryReport:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lot = draw(marks)
        lines.append(
            InventoryLine(
                quantity=draw(some.quantities(UNITS)),
                activity=draw(st.sampled_from(["on_hand", "on_order", "consumed", "received", "adjusted"])),
                number=draw(marks),
                location=draw(marks),
                identifiers=draw(items),
                description=draw(words),
                lot=lot,
                expiry=draw(some.maybe(some.days())) if lot else None,
            )
        )
    return InventoryReport(draw(some.codes()), tuple(lines), reported_at=draw(moments))


punchouts = st.builds(
    PunchOutSetup,
    some.codes(),
    st.just("https://wardline.example/carts/1"),
    st.sampled_from(["create", "edit", "inspect"]),
    requester=marks,
    ship_to=some.maybe(parties),
    start_from=st.just(()) | items,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(orders(), receipts(), reports(), punchouts))
def test_a_document_is_the_same_after_writing_and_reading(document: Document) -> None:
    assert back(document) == document


ORDER = PurchaseOrder(
    "PO-1",
    (
        PurchaseOrderLine(
            "1", Quantity(Decimal("2.50"), "EA", "EA"), (Identifier("supplier", "A"),), price=Price(Decimal("9.990"))
        ),
    ),
    currency="USD",
    bill_to=Party((PartyIdentifier("account", "B-1"),), "General Hospital"),
    total=Decimal("24.98"),
)


def test_the_elements_stand_in_the_order_of_the_document_type() -> None:
    root = etree.fromstring(CXML.write(ORDER, PROFILE, INTERCHANGE).body)
    assert [child.tag for child in root] == ["Header", "Request"]
    assert [child.tag for child in root[0]] == ["From", "To", "Sender"]
    detail = root.find("Request/OrderRequest/ItemOut/ItemDetail")
    assert [child.tag for child in detail] == ["UnitPrice", "Description", "UnitOfMeasure", "Classification"]
    assert detail.findtext("UnitPrice/Money") == "9.990"
    assert root.find("Request/OrderRequest/ItemOut").get("quantity") == "2.50"


def test_the_secret_is_an_empty_place_for_the_transport() -> None:
    written = CXML.write(ORDER, PROFILE, INTERCHANGE)
    root = etree.fromstring(written.body)
    assert root.findtext("Header/Sender/Credential/SharedSecret") == ""
    assert root.get("payloadID") == written.control_id
    assert written.body == CXML.write(ORDER, PROFILE, INTERCHANGE).body


@pytest.mark.parametrize(
    "document",
    [
        replace(ORDER, bill_to=None),
        replace(ORDER, currency=None),
        replace(ORDER, action="duplicate"),
        replace(ORDER, type="bill_only"),
        replace(ORDER, lines=(replace(ORDER.lines[0], identifiers=(Identifier("gtin", "0" * 14),)),)),
        GoodsReceipt("R-1"),
        InventoryReport(
            "I-1", (InventoryLine(Quantity(Decimal(1)), "wasted", identifiers=(Identifier("supplier", "A"),)),)
        ),
        Response("application", "on_hold", "7@wardline"),
    ],
)
def test_what_cxml_has_no_place_for_is_not_written(document: Document) -> None:
    with pytest.raises(Permanent) as caught:
        CXML.write(document, PROFILE, INTERCHANGE)
    assert caught.value.code == "document.not_carried"


@pytest.mark.parametrize(
    ("status", "refers_to", "back_as"),
    [
        ("accepted", None, "accepted"),
        ("rejected", None, "rejected"),
        ("received", None, "received"),
        ("paid", "INV-1", "paid"),
        ("in_process", "INV-1", "in_process"),
    ],
)
def test_a_status_says_the_same_after_reading(status: str, refers_to: str | None, back_as: str) -> None:
    found = back(Response("application", status, "7@wardline", refers_to=refers_to))  # type: ignore[arg-type]
    assert isinstance(found, Response)
    assert (found.status, found.control_id, found.refers_to) == (back_as, "7@wardline", refers_to)


def test_days_and_moments_stay_what_they_are() -> None:
    for when in (date(2026, 11, 20), SENT):
        found = back(replace(ORDER, ordered_at=when))
        assert isinstance(found, PurchaseOrder)
        assert found.ordered_at == when
        assert type(found.ordered_at) is type(when)
