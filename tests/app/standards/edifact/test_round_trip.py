"""What is written is read back as it was: documents in EDIFACT's own units and identifier schemes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from app.errors import Permanent
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange
from app.model.party import Party, PartyIdentifier
from app.model.price import Charge, Tax
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.response import Response, ResponseFault, ResponsePart
from app.model.when import When
from app.standards.edifact.items import AGREED, WRITTEN
from app.standards.edifact.standard import EDIFACT
from app.standards.writing import write
from tests import strategies as some
from tests.app.standards.edifact.messages import profile

UNITS: dict[str | None, str | None] = {"PCE": "H87", "EA": "EA", "XBX": "XBX", "KGM": "KGM", "C62": "C62"}
SCHEMES = ("gtin", "supplier", "manufacturer", "buyer", "hibc", "ndc", "unspsc", "internal", "udi_di", "isbt")
SENDING = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "14:4012345000009", "14:4399901000011")

directories = st.sampled_from(["D.96A", "D.01B"])
numbers = some.codes(most=12)
line_numbers = some.codes(some.DIGITS, 6)
texts = some.prose(most=30)
whens: st.SearchStrategy[When] = some.days() | some.moments()
quantities = some.quantities(UNITS)  # type: ignore[arg-type]
parties = some.parties(["gln", "duns", "hin", "dea", "account", "internal", "network", "name"], contacts=True)
taxed = st.builds(
    Tax,
    some.maybe(some.amounts()),
    some.maybe(some.amounts(most="99.99")),
    some.maybe(some.amounts()),
    some.maybe(st.sampled_from(["S", "E", "Z"])),
    st.sampled_from(["VAT", "GST"]),
)
charged = st.builds(
    Charge,
    st.sampled_from(["allowance", "charge"]),
    some.amounts(),
    some.maybe(some.codes(some.LETTERS, 3)),
    some.maybe(texts),
)
prices = some.prices((None, "EUR"), some.maybe(some.quantities(UNITS, some.counts(1000))))  # type: ignore[arg-type]


def with_vat(party: Party) -> Party:
    return replace(party, identifiers=(*party.identifiers, PartyIdentifier("vat", "DE123456789")))


def order_lines(*actions: str) -> st.SearchStrategy[tuple[PurchaseOrderLine, ...]]:
    line = st.builds(
        PurchaseOrderLine,
        number=line_numbers,
        quantity=quantities,
        identifiers=some.identifiers(SCHEMES),
        description=some.maybe(texts),
        action=st.sampled_from(actions),
        price=some.maybe(prices),
        net=some.maybe(some.amounts()),
        deliver_on=some.maybe(whens),
        lot=some.maybe(numbers),
        serial=some.maybe(numbers),
        cost_centre=some.maybe(numbers),
        account=some.maybe(numbers),
        requisition=some.maybe(numbers),
        taxes=some.several(taxed, most=2),
        charges=some.several(charged, most=2),
        note=some.maybe(texts),
        deliver_not_after=some.maybe(whens),
    )
    return some.several(line, 1, 3)


def orders(actions: tuple[str, ...], line_actions: tuple[str, ...]) -> st.SearchStrategy[PurchaseOrder]:
    return st.builds(
        PurchaseOrder,
        number=numbers,
        lines=order_lines(*line_actions),
        action=st.sampled_from(actions),
        type=st.sampled_from(["standard", "blanket", "release", "consignment", "rush"]),
        revision=some.maybe(some.codes(most=5)),
        ordered_at=some.maybe(whens),
        currency=some.maybe(st.sampled_from(["EUR", "SEK"])),
        buyer=some.maybe(parties.map(with_vat)),
        seller=some.maybe(parties),
        ship_to=some.maybe(parties),
        bill_to=some.maybe(parties),
        deliver_on=some.maybe(whens),
        deliver_not_after=some.maybe(whens),
        contract=some.maybe(numbers),
        requisition=some.maybe(numbers),
        terms=some.maybe(texts),
        note=some.maybe(texts),
        charges=some.several(charged, most=2),
        taxes=some.several(taxed, most=2),
        total=some.maybe(some.amounts()),
    )


def receipt_line(received: Quantity, differences: list[int | None], **told: object) -> GoodsReceiptLine:
    rejected, short, over = (replace(received, value=Decimal(n)) if n else None for n in differences)
    return GoodsReceiptLine(received=received, rejected=rejected, short=short, over=over, **told)  # type: ignore[arg-type]


receipts = st.builds(
    GoodsReceipt,
    number=numbers,
    lines=some.several(
        st.builds(
            receipt_line,
            quantities,
            st.lists(st.none() | st.integers(1, 99), min_size=3, max_size=3),
            number=line_numbers,
            order_number=some.maybe(numbers),
            order_line=some.maybe(line_numbers),
            ship_notice_line=some.maybe(line_numbers),
            identifiers=some.identifiers(SCHEMES),
            description=some.maybe(texts),
            reason=some.maybe(st.sampled_from(["DME", "PC", "Wrong item delivered"])),
            lot=some.maybe(numbers),
            serial=some.maybe(numbers),
            expiry=some.maybe(some.days()),
            sscc=some.maybe(some.ssccs()),
            note=some.maybe(texts),
        ),
        1,
    ),
    action=st.sampled_from(["new", "change", "cancel", "duplicate"]),
    received_at=some.maybe(whens),
    noticed_at=some.maybe(whens),
    order_number=some.maybe(numbers),
    ship_notice=numbers,
    received_by=some.maybe(some.codes(most=30)),
    location=some.maybe(numbers),
    buyer=some.maybe(parties),
    seller=some.maybe(parties),
    ship_to=some.maybe(parties),
    note=some.maybe(texts),
)

fault_codes = st.sampled_from(["12", "13", "18", "29"])
part_faults = some.several(
    st.builds(
        ResponseFault, fault_codes, st.sampled_from(["segment 4", "segment 7 element 02", "segment 7 element 01.2"])
    )
)
parts = st.builds(
    ResponsePart, numbers, st.sampled_from(["accepted", "rejected"]), st.sampled_from(["ORDERS", "RECADV"]), part_faults
)


def told_by(parts: tuple[ResponsePart, ...]) -> str:
    return "accepted_with_errors" if any(part.status == "rejected" for part in parts) else "accepted"


addresses = st.builds(
    lambda scheme, gln, number: Party((PartyIdentifier(scheme, gln if scheme == "gln" else number),)),
    st.sampled_from(["gln", "duns", "network"]),
    some.glns(),
    some.codes(some.LETTERS + some.DIGITS),
)
responses = st.builds(
    lambda parts, **told: Response("functional", told_by(parts), parts=parts, **told),  # type: ignore[arg-type]
    parts=some.several(parts),
    control_id=numbers,
    sender=addresses,
    recipient=addresses,
) | st.builds(
    lambda place, code, **told: Response(  # type: ignore[arg-type]
        "functional", "rejected", code=code, faults=(ResponseFault(code, place),) if place else (), **told
    ),
    place=st.sampled_from([None, "UNB", "UNB-05", "UNB-01.2", "UNZ-01"]),
    code=fault_codes,
    control_id=numbers,
    sender=addresses,
    recipient=addresses,
)


@given(
    document=orders(("new", "duplicate"), ("add",)) | orders(("change", "cancel"), ("add", "change", "cancel")),
    directory=directories,
)
@settings(max_examples=50, deadline=None)
def test_orders(document: PurchaseOrder, directory: str) -> None:
    check(document, directory)


@given(document=receipts, directory=directories)
@settings(max_examples=50, deadline=None)
def test_receipts(document: GoodsReceipt, directory: str) -> None:
    check(document, directory)


@given(document=responses)
@settings(max_examples=50, deadline=None)
def test_responses(document: Response) -> None:
    check(document, "D.01B")


def check(document: PurchaseOrder | GoodsReceipt | Response, directory: str) -> None:
    channel = profile(directory=directory, character_set="UNOW")
    written = write(EDIFACT, document, channel, SENDING)
    (back,) = EDIFACT.read(written.body, channel).documents
    assert replace(back, warnings=()) == document
    assert written == EDIFACT.write(document, channel, SENDING)


def test_every_scheme_is_tried() -> None:
    assert set(SCHEMES) == {*WRITTEN, *AGREED}


def test_a_unit_of_another_standard_is_not_written() -> None:
    line = PurchaseOrderLine("1", Quantity(Decimal(1), "CA", "XCS"))
    with pytest.raises(Permanent) as caught:
        EDIFACT.write(PurchaseOrder("4711", (line,)), profile(), SENDING)
    assert caught.value.code == "document.not_carried"
