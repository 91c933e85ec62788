"""The register of master data: what is put in comes out, suppliers are recognised, offers replace each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app import ids
from app.ledger.documents import NewDocument
from app.ledger.ledger import Ledger
from app.ledger.publications import Publication
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.model.party import Party, PartyIdentifier
from tests import factories

STENT = ItemFacts("STENT-35", "Coronary stent", "Implants", "Units", "lot", criticality="critical", clinical=True)
MERIDIAN = SupplierFacts(
    "S-1001", "Meridian Cardio", currency="EUR",
    identifiers=(PartyIdentifier("gln", "4012345000009"), PartyIdentifier("vat", "DE129273398")),
)  # fmt: skip
OFFER = Offer(
    "STENT-35", "S-1001", Decimal("980.50"), "EUR", "Box of 10", Decimal(10), Decimal(1), "CAH-991", "CT-77", 3,
    date(2026, 1, 1), date(2026, 12, 31), preferred=True,
)  # fmt: skip


def party(*identifiers: tuple[str, str], name: str | None = None) -> Party:
    return Party(tuple(PartyIdentifier(scheme, value) for scheme, value in identifiers), name)  # type: ignore[arg-type]


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    with ledger.transaction() as tx:
        ledger.registry.put_items(tx, [STENT, ItemFacts("GLOVE-M")])
        ledger.registry.put_suppliers(tx, [MERIDIAN, SupplierFacts("S-2", "Twin"), SupplierFacts("S-3", "Twin")])
        ledger.registry.put_offers(tx, [OFFER, replace(OFFER, minimum=Decimal(100), price=Decimal(900))])
    return ledger


def test_what_is_put_in_comes_out(filled: Ledger) -> None:
    with filled.reading() as tx:
        assert filled.registry.items(tx, ["STENT-35", "NOWHERE"]) == {"STENT-35": STENT}
        assert filled.registry.suppliers(tx, ["S-1001"]) == {"S-1001": MERIDIAN}
        offers = filled.registry.offers(tx, ["STENT-35", "GLOVE-M"])
    assert offers["STENT-35"] == [OFFER, replace(OFFER, minimum=Decimal(100), price=Decimal(900))]
    assert offers["GLOVE-M"] == []


def test_putting_again_changes_and_does_not_double(filled: Ledger) -> None:
    moved = replace(MERIDIAN, identifiers=(PartyIdentifier("duns", "123456789"),), active=False)
    with filled.transaction() as tx:
        filled.registry.put_items(tx, [replace(STENT, active=False)])
        filled.registry.put_suppliers(tx, [moved])
        filled.registry.put_offers(tx, [replace(OFFER, price=Decimal(1))])
        assert filled.registry.items(tx, ["STENT-35"])["STENT-35"].active is False
        assert filled.registry.suppliers(tx, ["S-1001"])["S-1001"] == moved
        assert [one.price for one in filled.registry.offers(tx, ["STENT-35"])["STENT-35"]] == [Decimal(1)]
        assert filled.registry.supplier_of(tx, party(("gln", "4012345000009"))) is None


@pytest.mark.parametrize(("who", "expected"), [
    (party(("internal", "S-1001")), "S-1001"),
    (party(("gln", "4012345000009")), "S-1001"),
    (party(("duns", "999"), ("vat", "DE129273398")), "S-1001"),
    (party(("internal", "S-9"), name="Meridian Cardio"), "S-1001"),
    (party(name="Twin"), None),
    (party(("gln", "1")), None),
    (party(), None),
])  # fmt: skip
def test_a_supplier_is_recognised_and_never_guessed(filled: Ledger, who: Party, expected: str | None) -> None:
    with filled.reading() as tx:
        assert filled.registry.supplier_of(tx, who) == expected


def test_codes_have_names(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        ledger.registry.put_codes(tx, "cost_centre", {"CC-100": "Cardiology"})
        ledger.registry.put_codes(tx, "cost_centre", {"CC-100": "Cath lab", "CC-200": "Theatre"})
        assert ledger.registry.codes(tx, "cost_centre") == {"CC-100": "Cath lab", "CC-200": "Theatre"}
        assert ledger.registry.codes(tx, "department") == {}


def test_all_suppliers_and_all_offers_of_one(filled: Ledger) -> None:
    with filled.reading() as tx:
        everyone = filled.registry.every_supplier(tx)
        offered = filled.registry.offers_of(tx, "S-1001")
    assert {one.reference for one in everyone} == {"S-1001", "S-2", "S-3"}
    assert {(one.item, one.minimum) for one in offered} == {("STENT-35", Decimal(1)), ("STENT-35", Decimal(100))}


def test_what_channels_were_told_of_items(ledger: Ledger) -> None:
    told = Publication("ehr", "STENT-35", "d1", due=True)
    with ledger.transaction() as tx:
        ledger.publications.note(tx, [told, replace(told, channel="data")])
        assert ledger.publications.due(tx, "STENT-35", ["ehr", "data", "other"]) == {"ehr", "data"}
        ledger.publications.sent(tx, "STENT-35", ["ehr"])
        ledger.publications.note(tx, [replace(told, channel="data", digest="d2", due=False)])
    with ledger.reading() as tx:
        assert ledger.publications.of(tx, "ehr") == {"STENT-35": replace(told, due=False)}
        assert ledger.publications.of(tx, "data")["STENT-35"].digest == "d2"


def test_a_document_may_be_said_again_once_its_identity_is_forgotten(ledger: Ledger) -> None:
    entry = ledger.messages.accept(factories.arrival())
    new = NewDocument(0, "supplier", "i-1", "f-1", ids.now(), (("supplier_number", "S-1"),), b"{}")
    with ledger.transaction() as tx:
        message = ledger.messages.load(tx, {entry.message_id})[entry.message_id]
        [first] = ledger.documents.enter(tx, message, "m/1", [new], ids.now()).new
        assert ledger.documents.enter(tx, message, "m/1", [new], ids.now()).repeated == [(message.id, new)]
        ledger.documents.forget_identity(tx, [first.id])
        [second] = ledger.documents.enter(tx, message, "m/1", [replace(new, ordinal=1)], ids.now()).new
        assert [row.id for row in ledger.documents.namesakes(tx, second, "supplier_number", "S-1")] == [first.id]
