"""What is written is read back as the same, has the structure of its release, and is refused where it cannot be."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent
from app.model.channel import Channel, Profile
from app.model.documents import TradingDocument
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange, Written
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import SCHEMES, Identifier
from app.model.punchout import PunchOutSetup
from app.model.quantity import Quantity
from app.model.requisition import Requisition, RequisitionLine
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.standards.fhir.options import FhirOptions
from app.standards.fhir.standard import FHIR_R4, FHIR_R5, Fhir
from app.standards.writing import write
from tests import strategies as some

UNITS: Mapping[str, str | None] = {"EA": "EA", "box": "XBX", "{tbl}": "U2", "CA": "XCS", "Stück": None}
"""One of a table, one by its word, one of UCUM, one of another standard, and one that nobody knows."""
BRING = FhirOptions(delivery_means="receipt")
INTERCHANGE = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "https://erp.hospital.example", "EHR")

quantities = some.quantities(UNITS, some.amounts())
identifiers = some.identifiers(("gtin", "internal", "hibc", "ndc", "supplier", "manufacturer", "buyer"))
parties = some.parties(("internal", "gln", "duns", "vat", "account"), some.PROSE_CHARACTERS)
whens = some.days() | some.moments()
codes = some.maybe(some.codes())
words = some.maybe(some.prose())
marks: dict[str, Any] = {
    "identifiers": identifiers,
    "description": words,
    "lot": codes,
    "serial": codes,
    "expiry": some.maybe(some.days()),
}


def numbered(lines: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few lines, no two with one number."""
    return st.lists(lines, min_size=least, max_size=3, unique_by=lambda line: line.number).map(tuple)


requisitions = st.builds(
    Requisition,
    number=some.codes().map("R{}".format),
    lines=numbered(
        st.builds(
            RequisitionLine,
            number=some.codes(),
            quantity=quantities,
            action=st.sampled_from(["add", "change", "cancel"]),
            price=some.maybe(some.prices((None, "EUR"), some.maybe(quantities))),
            supplier=some.maybe(parties),
            needed_by=some.maybe(whens),
            cost_centre=codes,
            substitutes_allowed=some.maybe(st.booleans()),
            note=words,
            account=codes,
            **{name: marks[name] for name in marks if name != "expiry"},
        )
    ),
    action=st.sampled_from(["new", "change", "cancel", "duplicate"]),
    requested_at=some.maybe(whens),
    priority=st.sampled_from(["routine", "urgent", "stat"]),
    requester=codes,
    deliver_to=codes,
    deliver_from=codes,
    department=codes,
    cost_centre=codes,
    currency=some.maybe(st.just("EUR")),
    note=words,
)
receipts = st.builds(
    GoodsReceipt,
    number=some.codes().map("W{}".format),
    lines=numbered(
        st.builds(
            GoodsReceiptLine,
            number=some.codes(),
            received=quantities,
            order_number=codes,
            order_line=codes,
            ship_notice_line=codes,
            rejected=some.maybe(quantities),
            short=some.maybe(quantities),
            over=some.maybe(quantities),
            reason=codes,
            sscc=some.maybe(some.ssccs()),
            note=words,
            **marks,
        )
    ),
    action=st.sampled_from(["new", "change", "cancel", "duplicate"]),
    received_at=some.maybe(whens),
    noticed_at=some.maybe(whens),
    order_number=codes,
    ship_notice=codes,
    received_by=codes,
    location=codes,
    buyer=some.maybe(parties),
    seller=some.maybe(parties),
    ship_to=some.maybe(parties),
    note=words,
)
packages = st.builds(
    Package,
    id=some.codes(),
    sscc=some.maybe(some.ssccs()),
    type=codes,
    parent=codes,
    weight=some.maybe(quantities),
    tracking=codes,
)
notices = st.builds(
    ShipNotice,
    number=some.codes().map("L{}".format),
    lines=numbered(
        st.builds(
            ShipNoticeLine,
            quantity=quantities,
            number=some.codes(),
            order_number=codes,
            order_line=codes,
            ordered=some.maybe(quantities),
            outstanding=some.maybe(quantities),
            made_on=some.maybe(some.days()),
            udi=some.maybe(st.just("+H123PARTNO1234567890120/$$420020216LOT1")),
            package=codes,
            note=words,
            **marks,
        ),
        least=0,
    ),
    orders=some.several(some.codes()),
    action=st.sampled_from(["new", "change", "cancel", "duplicate"]),
    noticed_at=some.maybe(whens),
    shipped_at=some.maybe(whens),
    expected_at=some.maybe(whens),
    buyer=some.maybe(parties),
    seller=some.maybe(parties),
    ship_from=some.maybe(parties),
    ship_to=some.maybe(parties),
    carrier=codes,
    carrier_name=words,
    tracking=some.several(some.codes()),
    bill_of_lading=codes,
    packages=some.several(packages),
    package_count=some.maybe(some.counts()),
    weight=some.maybe(quantities),
    note=words,
)
reports = st.builds(
    InventoryReport,
    number=some.codes(),
    lines=some.several(
        st.builds(
            InventoryLine,
            quantity=quantities,
            activity=st.sampled_from(["on_hand", "consumed", "received", "adjusted", "wasted"]),
            number=codes,
            location=codes,
            price=some.maybe(some.prices((None, "EUR"))),
            order_number=codes,
            counted_at=some.maybe(whens),
            note=words,
            **marks,
        ),
        least=1,
    ),
    type=st.sampled_from(["snapshot", "difference"]),
    reported_at=whens,
    period_from=some.maybe(whens),
    period_to=some.maybe(whens),
    location=codes,
    currency=some.maybe(st.just("EUR")),
    reporter=some.maybe(parties),
    recipient=some.maybe(parties),
    supplier=some.maybe(parties),
    note=words,
)
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
each_release = pytest.mark.parametrize("standard", [FHIR_R4, FHIR_R5], ids=lambda standard: standard.name)


def profile(options: FhirOptions = BRING) -> Profile:
    channel = Channel(
        "ehr",
        "fhir-r4",
        "GEN",
        time_zone=ZoneInfo("Europe/Berlin"),
        identifier_systems={"https://hospital.example/items": "internal"},
        options=options,
    )
    return Profile(channel, lambda number: f"case-of-{number}")


def check(standard: Fhir, document: TradingDocument) -> None:
    """Written and read, it is what it was; and there is nothing odd about it but units that no table holds."""
    written = standard.write(document, profile(), INTERCHANGE)
    reading = standard.read(written.body, profile())
    (found,) = reading.documents
    assert dataclasses.replace(found, warnings=()) == document
    assert {issue.code for issue in reading.issues} <= {"unit.unknown", "udi.unread"}
    assert reading.envelope.message_type == written.message_type
    assert reading.envelope.control_id == f"urn:wardline:interchange|{written.control_id}"
    assert standard.write(document, profile(), INTERCHANGE) == written


@each_release
@given(requisition=requisitions)
@quick
def test_requisitions(standard: Fhir, requisition: Requisition) -> None:
    check(standard, requisition)


@each_release
@given(receipt=receipts)
@quick
def test_goods_receipts(standard: Fhir, receipt: GoodsReceipt) -> None:
    check(standard, receipt)


@each_release
@given(notice=notices)
@quick
def test_ship_notices(standard: Fhir, notice: ShipNotice) -> None:
    check(standard, notice)


@given(report=reports)
@quick
def test_inventory_reports(report: InventoryReport) -> None:
    check(FHIR_R5, report)


@each_release
@pytest.mark.parametrize(
    "quantity", [Quantity(Decimal("2.50"), "BX", "XBX", Decimal(10)), Quantity(Decimal(3), "EA", "EA")]
)
def test_quantities_keep_their_digits_and_packs(standard: Fhir, quantity: Quantity) -> None:
    line = RequisitionLine("1", quantity, (Identifier("internal", "GLOVE-M"),))
    check(standard, Requisition("R1", (line,)))
    body = standard.write(Requisition("R1", (line,)), profile(), INTERCHANGE).body
    assert f'"value":{quantity.value}'.encode() in body


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_of_identifiers_has_a_system(scheme: str) -> None:
    value = "00812345678901" if scheme == "gtin" else "4512"
    line = RequisitionLine("1", Quantity(Decimal(1), "EA", "EA"), (Identifier(scheme, value),))
    check(FHIR_R4, Requisition("R1", (line,)))


def test_a_scanned_carrier_is_written_as_the_scanner_sent_it() -> None:
    udi = "]d201008123456789011728063010L1\x1d21S1"
    line = ShipNoticeLine(
        Quantity(Decimal(1), "EA", "EA"),
        "1",
        identifiers=(Identifier("gtin", "00812345678901"),),
        lot="L1",
        serial="S1",
        expiry=date(2028, 6, 30),
        udi=udi,
    )
    for standard in (FHIR_R4, FHIR_R5):
        check(standard, ShipNotice("L1", (line,)))


def test_the_systems_written_are_the_partners() -> None:
    options = FhirOptions(written_systems={"gtin": "urn:oid:2.51.1.1"})
    line = RequisitionLine("1", Quantity(Decimal(1), "EA", "EA"), (Identifier("gtin", "00812345678901"),))
    body = FHIR_R4.write(Requisition("R1", (line,)), profile(options), INTERCHANGE).body
    (entry,) = json.loads(body)["entry"]
    assert entry["resource"]["itemCodeableConcept"]["coding"][0]["system"] == "urn:oid:2.51.1.1"
    assert entry["request"] == {"method": "POST", "url": "SupplyRequest"}


GLOVE = (Identifier("internal", "GLOVE-M"),)
ONE = Quantity(Decimal(1), "EA", "EA")


@pytest.mark.parametrize(
    ("standard", "document"),
    [
        (FHIR_R4, Requisition("R1", ())),
        (FHIR_R4, Requisition("R1", (RequisitionLine("1", Quantity(Decimal(1)), GLOVE),))),
        (FHIR_R4, Requisition("R1", (RequisitionLine("1", ONE),))),
        (FHIR_R4, InventoryReport("I1", (InventoryLine(ONE, identifiers=GLOVE),))),
        (FHIR_R5, PunchOutSetup("S1", "https://erp.hospital.example/cart")),
    ],
)
def test_what_cannot_be_carried_is_refused(standard: Fhir, document: Any) -> None:
    with pytest.raises(Permanent) as caught:
        standard.write(document, profile(), INTERCHANGE)
    assert caught.value.code == "document.not_carried"


def test_the_shared_check_of_written_documents_is_passed() -> None:
    line = GoodsReceiptLine("1", ONE, "4512", "10", identifiers=GLOVE)
    for standard in (FHIR_R4, FHIR_R5):
        assert isinstance(write(standard, GoodsReceipt("W1", (line,)), profile(), INTERCHANGE), Written)
