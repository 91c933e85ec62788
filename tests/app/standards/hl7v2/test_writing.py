"""What is written reads back as the same document, and what has no place is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from app.errors import Permanent
from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.interchange import Interchange
from app.model.invoice import Invoice
from app.model.item import Identifier
from app.model.item_record import ItemPlace, ItemRecord, ItemSource, Pack
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.requisition import Requisition, RequisitionLine
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.standard import HL7V2
from app.standards.hl7v2.units import PACKAGES, UCUM
from app.standards.writing import write as write_checked
from tests import strategies as s

OWN = Hl7Options(
    fields={"ZQD-1": "serial", "ZQD-2": "lot", "ZQD-3": "deliver_from", "ZIT-1": "lot_tracked", "ZIT-2.1": "gtin"},
    levels="quantity",
)
TO = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "WARDLINE|GEN", "EHR|GEN")
UNITS = {**PACKAGES, **UCUM}
SCHEMES = ("internal", "gtin", "ndc", "supplier", "manufacturer", "buyer")


def profile(options: Hl7Options = OWN) -> Profile:
    return Profile(Channel("ehr", "hl7v2", "GEN", options=options), lambda number: number)


def back(document: Document, options: Hl7Options = OWN) -> Document:
    """The document as it reads after it was written."""
    written = HL7V2.write(document, profile(options), TO)
    (found,) = HL7V2.read(written.body, profile(options)).documents
    return replace(found, warnings=())


PARTIES = st.builds(
    Party,
    s.several(st.builds(PartyIdentifier, st.sampled_from(["internal", "gln", "duns"]), s.codes()), 1, 1),
    s.maybe(s.prose()),
)
SUPPLIERS = st.builds(
    Party,
    st.one_of(
        st.builds(lambda one: (PartyIdentifier("internal", one),), s.codes()),
        st.builds(
            lambda one, two: (PartyIdentifier("gln", one), PartyIdentifier("internal", two)), s.glns(), s.codes()
        ),
    ).map(lambda found: found[:1]),
    s.maybe(s.prose()),
)
LINES = st.builds(
    RequisitionLine,
    number=s.codes(),
    quantity=s.quantities(UNITS, s.amounts(places=3)),
    identifiers=s.identifiers(SCHEMES),
    description=s.maybe(s.prose()),
    price=s.maybe(s.prices()),
    supplier=s.maybe(SUPPLIERS),
    needed_by=s.maybe(s.days() | s.moments()),
    lot=s.maybe(s.codes()),
    serial=s.maybe(s.codes()),
    cost_centre=s.maybe(s.codes()),
    substitutes_allowed=s.maybe(st.booleans()),
    note=s.maybe(s.prose()),
    account=s.maybe(s.codes()),
)


@st.composite
def requisitions(draw: st.DrawFn) -> Requisition:
    lines = draw(st.lists(LINES, min_size=1, max_size=4, unique_by=lambda line: line.number))
    action = draw(st.sampled_from(["new", "cancel", "change"]))
    deeds = {"new": ["add"], "cancel": ["cancel"], "change": ["change"]}[action]
    from_where = draw(s.maybe(s.codes()))
    return Requisition(
        number=draw(s.codes()),
        lines=tuple(replace(line, action=draw(st.sampled_from(deeds))) for line in lines),
        action=action,
        requested_at=draw(s.maybe(s.days() | s.moments())),
        priority=draw(st.sampled_from(["routine", "urgent", "stat"])),
        requester=draw(s.maybe(s.codes())),
        deliver_to=draw(s.maybe(s.codes())),
        deliver_from=from_where,
        department=draw(s.maybe(s.codes())),
        note=draw(s.maybe(s.prose())),
    )


@given(requisitions())
@settings(max_examples=60, deadline=None)
def test_requisitions_read_back(document: Requisition) -> None:
    assert back(document) == document


PACKS = st.builds(
    lambda unit, quantity, gtin, price, default: Pack(unit, quantity, UNITS[unit], gtin, price, default),
    st.sampled_from(sorted(UNITS)),
    s.maybe(st.integers(2, 500).map(Decimal)),
    s.maybe(s.gtins()),
    s.maybe(s.prices(["EUR", "USD", None])),
    s.maybe(st.booleans()),
)
SOURCES = st.builds(
    ItemSource,
    supplier=PARTIES,
    catalogue_number=s.maybe(s.codes()),
    primary=s.maybe(st.booleans()),
    contract=s.maybe(s.codes()),
    packs=s.several(PACKS),
)
LEVELS = s.maybe(s.amounts(places=0))
PLACES = st.builds(
    ItemPlace,
    location=s.codes(),
    bin=s.maybe(s.codes()),
    minimum=LEVELS,
    maximum=LEVELS,
    reorder_point=LEVELS,
    reorder_quantity=LEVELS,
    consigned=s.maybe(st.booleans()),
)


@st.composite
def item_records(draw: st.DrawFn) -> ItemRecord:
    places = draw(s.several(PLACES))
    lot = draw(s.maybe(s.codes())) if places else None
    kind = draw(s.maybe(st.sampled_from(["SUP", "MED"])))
    flags = {
        name: draw(s.maybe(st.booleans()))
        for name in (
            "lot_tracked",
            "expiry_tracked",
            "stocked",
            "chargeable",
            "latex",
            "sterile",
            "hazardous",
            "taxable",
        )
    }
    return ItemRecord(
        number=draw(s.codes()),
        action=draw(st.sampled_from(["add", "update", "deactivate", "reactivate", "delete"])),
        identifiers=draw(s.identifiers(["gtin", "manufacturer", "unspsc"], 0)),
        description=draw(s.maybe(s.prose())),
        status=draw(s.maybe(st.sampled_from(["active", "inactive", "discontinued", "pending"]))),
        type=kind,
        category=draw(s.maybe(s.codes())),
        manufacturer=draw(s.maybe(PARTIES)),
        charge_code=draw(s.maybe(s.codes().filter(lambda code: code not in {"Y", "N"}))),
        account=draw(s.maybe(s.codes())),
        price=draw(s.maybe(s.prices(["EUR", "USD", None]))),
        effective_at=draw(s.maybe(s.days() | s.moments())),
        reusable=draw(s.maybe(st.booleans())) if places else None,
        lot=lot,
        expiry=draw(s.maybe(s.days())) if lot else None,
        sources=draw(s.several(SOURCES)),
        places=tuple(replace(place, on_hand=draw(LEVELS) if lot else None) for place in places),
        note=draw(s.maybe(s.prose())),
        **flags,
    )


@given(item_records())
@settings(max_examples=60, deadline=None)
def test_item_records_read_back(document: ItemRecord) -> None:
    assert back(document) == document


LINE = RequisitionLine("1", Quantity(Decimal(2), "BX", "XBX"), (Identifier("internal", "TAPE"),))
ASKED = Requisition("R-1", (LINE,))
ITEM = ItemRecord("TAPE")


def lined(**changes: object) -> Requisition:
    return replace(ASKED, lines=(replace(LINE, **changes),))


@pytest.mark.parametrize(
    "document",
    [
        replace(ASKED, action="duplicate"),
        replace(ASKED, lines=()),
        replace(ASKED, action="cancel"),
        replace(ASKED, action="change"),
        replace(ASKED, currency="EUR"),
        replace(ASKED, deliver_from="STORE"),
        replace(ASKED, lines=(LINE, LINE)),
        lined(quantity=Quantity(Decimal(2), "BX", "XBX", Decimal(10))),
        lined(quantity=Quantity(Decimal(0), "BX", "XBX")),
        lined(quantity=Quantity(Decimal(2), "?", "XYZ")),
        lined(price=Price(Decimal(1), "EUR")),
        lined(price=Price(Decimal(1), None, Quantity(Decimal(100)))),
        lined(lot="L1"),
        lined(identifiers=(Identifier("internal", "A"), Identifier("internal", "B"))),
        lined(identifiers=tuple(Identifier(scheme, "1") for scheme in ("internal", "gtin", "ndc", "hibc"))),
        replace(ITEM, base_unit="EA"),
        replace(ITEM, serial="S1"),
        replace(ITEM, lot="L1"),
        replace(ITEM, identifiers=(Identifier("ndc", "1"),)),
        replace(ITEM, packs=(Pack("BX", Decimal(10), "XBX"),)),
        replace(ITEM, price=Price(Decimal(1), None, Quantity(Decimal(100)))),
        replace(ITEM, places=(ItemPlace("A", minimum=Decimal(1)),)),
        replace(ITEM, places=(ItemPlace("A", on_hand=Decimal(1)),)),
        replace(ITEM, places=(ItemPlace("A"),), expiry=date(2028, 1, 1)),
        replace(ITEM, sources=(ItemSource(Party(name="S"), price=Price(Decimal(1))),)),
        replace(ITEM, sources=(ItemSource(Party(name="S"), packs=(Pack("?", Decimal(1), "XYZ"),)),)),
    ],
)
def test_what_has_no_place_is_refused(document: Document) -> None:
    with pytest.raises(Permanent) as caught:
        HL7V2.write(document, profile(Hl7Options()), TO)
    assert caught.value.code == "document.not_carried"


def test_other_kinds_are_not_written() -> None:
    with pytest.raises(Permanent) as caught:
        HL7V2.write(Invoice("I-1", date(2026, 11, 20)), profile(), TO)  # type: ignore[call-arg]
    assert caught.value.code == "document.not_written"


def test_a_base_unit_is_told_by_a_pack_of_one() -> None:
    pack = Pack("EA", Decimal(1), "EA")
    document = replace(ITEM, base_unit="EA", common_unit="EA", sources=(ItemSource(Party(name="S"), packs=(pack,)),))
    assert back(document, Hl7Options()) == document


def test_a_unit_of_another_standard_is_written_as_ours() -> None:
    body = HL7V2.write(lined(quantity=Quantity(Decimal(2), "CA", "XCS")), profile(), TO).body
    assert b"|2|CS" in body


def test_needs_of_the_requisition_are_those_of_its_lines() -> None:
    found = back(replace(ASKED, needed_by=date(2026, 12, 1), cost_centre="4400"))
    assert isinstance(found, Requisition)
    assert (found.lines[0].needed_by, found.lines[0].cost_centre) == (date(2026, 12, 1), "4400")


def test_separators_in_texts_and_codes_are_escaped() -> None:
    note = 'Tape | 25 ^ mm & ~ "strong" \\ cheap\nsecond line'
    document = replace(lined(note=note, description='""'), number="R|1")
    assert back(document) == document


def test_what_the_character_set_cannot_tell_is_refused() -> None:
    with pytest.raises(Permanent, match="8859/1"):
        HL7V2.write(lined(note="Łódź"), profile(Hl7Options(written_character_set="8859/1")), TO)
    document = lined(note="Jürgen & Söhne")
    assert back(document, Hl7Options(written_character_set="8859/1")) == document


def test_the_header_says_what_the_options_say() -> None:
    options = Hl7Options(version="2.6", written_accept="AL", written_application="NE")
    written = HL7V2.write(ASKED, profile(options), replace(TO, test=True))
    header = written.body.split(b"\r")[0].decode().split("|")
    assert header[2:6] == ["WARDLINE", "GEN", "EHR", "GEN"]
    assert header[8:12] == ["OMS^O05^OMS_O05", "7", "T", "2.6"]
    assert header[14:16] == ["AL", "NE"]
    assert (written.message_type, written.control_id, written.content_type) == ("OMS^O05", "7", "application/hl7-v2")


def test_equal_documents_give_equal_bytes_and_pass_the_check_on_what_was_written() -> None:
    assert write_checked(HL7V2, ASKED, profile(), TO) == write_checked(HL7V2, ASKED, profile(), TO)
