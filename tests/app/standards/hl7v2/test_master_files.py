"""MFN^M01, M15, M16 and Znn read as item records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.model.item import Identifier
from app.model.item_record import ItemRecord, Pack
from app.model.party import PartyIdentifier
from app.standards.hl7v2.messages import EVENTS
from tests.app.standards.hl7v2.messages import Faults, Make, faults, oddities, read, segment

KIND = "MFN^M16^MFN_M16"
MFI = "MFI|INV^Items^HL70175||UPD|||AL"
MFE = "MFE|MAD|1|20261201|3605|CWE"
ITM = "ITM|3605|Hand wash"


def records(make: Make, *segments: str, kind: str = KIND, **options: Any) -> list[ItemRecord]:
    documents = read(make, kind, *segments, **options).documents
    return [document for document in documents if isinstance(document, ItemRecord)]


def one(make: Make, *segments: str, **options: Any) -> ItemRecord:
    (record,) = records(make, MFI, MFE, ITM, *segments, **options)
    return record


def warned(record: ItemRecord) -> Faults:
    return [(issue.code, issue.where) for issue in record.warnings]


def test_the_least_a_sender_must_say(profile: Make) -> None:
    record = one(profile)
    assert (record.number, record.action, record.description) == ("3605", "add", "Hand wash")
    assert (record.effective_at, record.warnings) == (date(2026, 12, 1), ())


@pytest.mark.parametrize(
    ("event", "action"),
    [("MAD", "add"), ("MUP", "update"), ("MDC", "deactivate"), ("MAC", "reactivate"), ("mdl", "delete")],
)
def test_record_level_events(profile: Make, event: str, action: str) -> None:
    assert records(profile, MFI, f"MFE|{event}|1||3605")[0].action == action


@pytest.mark.parametrize("event", [*EVENTS["MFN"], "Z01", "ZIT"])
def test_master_files_that_are_taken(profile: Make, event: str) -> None:
    reading = read(profile, f"MFN^{event}", MFI, MFE)
    assert reading.mapping == f"hl7v2.mfn-{event.lower()}/1"


def test_other_master_files_are_refused(profile: Make) -> None:
    assert faults(profile, "MFN^M02", MFI, MFE) == [("event_code.unsupported", "MSH-9.2")]


def test_what_itm_tells(profile: Make) -> None:
    fields = {"f1": "3605", "f2": "Hand wash", "f3": "I", "f4": "IMP", "f5": "HYG", "f6": "Y", "f7": "4012^GLN"}
    fields |= {"f8": "Clean Hands Ltd.", "f9": "HW-500", "f11": "N", "f12": "C1", "f13": "4.50&EUR", "f14": "1"}
    fields |= {"f17": "no", "f19": "61200", "f22": "Y", "f30": "N", "f31": "Y", "f33": "53131608"}
    (record,) = records(profile, MFI, MFE, segment("ITM", **fields))
    assert (record.status, record.type, record.implantable, record.category) == ("inactive", "IMP", True, "HYG")
    assert (record.expiry_tracked, record.chargeable, record.stocked, record.latex) == (True, False, True, False)
    assert (record.taxable, record.hazardous, record.sterile) == (True, False, True)
    assert (record.charge_code, record.account) == ("C1", "61200")
    assert record.price is not None
    assert (record.price.amount, record.price.currency) == (Decimal("4.50"), "EUR")
    assert record.manufacturer is not None
    assert record.manufacturer.identifiers == (PartyIdentifier("gln", "4012"),)
    assert record.identifiers == (Identifier("manufacturer", "HW-500"), Identifier("unspsc", "53131608"))
    assert record.warnings == ()


def test_what_itm_tells_oddly(profile: Make) -> None:
    fields = {"f1": "3605", "f3": "Z", "f6": "perhaps", "f12": "Y", "f13": "C1", "f33": "soap"}
    (record,) = records(profile, MFI, MFE, segment("ITM", **fields))
    assert {code for code, _ in warned(record)} == {
        "status.unsupported",
        "expiry_tracked.unsupported",
        "charge_code.shifted",
        "price.invalid",
        "unspsc.invalid",
    }
    assert (record.status, record.charge_code, record.price, record.identifiers) == (None, None, None, ())
    (record,) = records(profile, MFI, MFE, segment("ITM", **fields), item_statuses={"Z": "discontinued"})
    assert record.status == "discontinued"


def test_the_items_number_goes_before_the_records_key(profile: Make) -> None:
    (record,) = records(profile, MFI, "MFE|MAD|1||KEY", ITM)
    assert (record.number, warned(record)) == ("3605", [("item.key", "MFE[1]-4")])


def packs(make: Make, *segments: str, **options: Any) -> tuple[Pack, ...]:
    return one(make, "VND|1|V1|Vendor|LD-1|Y||||C-1", *segments, **options).sources[0].packs


def test_sources_and_packs(profile: Make) -> None:
    record = one(
        profile,
        "VND|1|V1^DUNS|Vendor|LD-1|Y||||C-1",
        "PKG|1|CS^Case|N|12|48.00&EUR|||10812345678908^^GTIN||12",
        "PKG|2|BT|Y|1",
        "VND|2||Other",
    )
    first, second = record.sources
    assert (first.catalogue_number, first.primary, first.contract) == ("LD-1", True, "C-1")
    assert (first.supplier.identifiers, first.supplier.name) == ((PartyIdentifier("duns", "V1"),), "Vendor")
    assert second.supplier.name == "Other"
    case, bottle = first.packs
    assert (case.unit, case.quantity, case.common_unit, case.gtin) == ("CS", 12, "XCS", "10812345678908")
    assert (bottle.default, record.base_unit, record.common_unit) == (True, "BT", "XBO")


def test_what_a_pack_holds(profile: Make) -> None:
    chain = ["PKG|1|CS||4", "PKG|2|BX||10", "PKG|3|EA||1"]
    assert [pack.quantity for pack in packs(profile, *chain)] == [None, None, 1]
    assert [pack.quantity for pack in packs(profile, *chain, package_quantity="next_level")] == [40, 10, 1]
    assert [pack.quantity for pack in packs(profile, *chain, package_quantity="base_unit")] == [4, 10, 1]
    assert [pack.quantity for pack in packs(profile, "PKG|1|CS||4||||||40", "PKG|2|BX||10||||||10")] == [40, 10]
    assert [pack.quantity for pack in packs(profile, "PKG|1|CS||few", "PKG|2|BX||0", "PKG|3||1")] == [None, None]


def test_places_and_lots(profile: Make) -> None:
    fields = {"f1": "1", "f2": "STORE1^GEN", "f7": "A-1", "f16": "Y", "f17": "N", "f24": "24", "f25": "12"}
    record = one(profile, segment("IVT", **fields), "ILT|1|L77|202811||||||36")
    (place,) = record.places
    assert (place.location, place.bin, place.consigned, place.on_hand) == ("STORE1", "A-1", True, 36)
    assert (place.reorder_point, place.reorder_quantity, record.reusable) == (24, 12, False)
    assert (record.lot, record.expiry, record.warnings) == ("L77", date(2028, 11, 30), ())


def test_levels_are_days_unless_the_channel_says_otherwise(profile: Make) -> None:
    ivt = segment("IVT", f2="STORE1", f22="14", f23="30")
    record = one(profile, ivt)
    assert (record.places[0].minimum, record.places[0].maximum) == (None, None)
    assert warned(record) == [("level.days", "IVT[1]-22"), ("level.days", "IVT[1]-23")]
    record = one(profile, ivt, levels="quantity")
    assert (record.places[0].minimum, record.places[0].maximum, record.warnings) == (14, 30, ())


def test_order_packagings_become_base_units(profile: Make) -> None:
    ivt = segment("IVT", f2="STORE1", f8="CS", f25="2")
    record = one(profile, "VND|1|V1", "PKG|1|CS||12", "PKG|2|EA||1", ivt)
    assert (record.places[0].reorder_quantity, warned(record)) == (24, [("reorder_quantity.converted", "IVT[1]-25")])
    record = one(profile, ivt)
    assert (record.places[0].reorder_quantity, warned(record)) == (None, [("reorder_quantity.unit", "IVT[1]-25")])


def test_lots_are_summed(profile: Make) -> None:
    record = one(profile, "IVT|1|STORE1", "ILT|1|L1|||||||3", "ILT|2|L2|||||||4.5")
    assert (record.places[0].on_hand, record.lot) == (Decimal("7.5"), None)
    assert {code for code, _ in warned(record)} == {"on_hand.summed", "lot.several"}


def test_m15(profile: Make) -> None:
    iim = "IIM|VAC-1^Vaccine|FLU|L88|20270630|PFI^Makers|FRIDGE||100|EA|8.20|20261119|64|EA|90686"
    (record,) = records(profile, MFI, "MFE|MAD|1||VAC-1", iim, kind="MFN^M15")
    assert (record.number, record.description, record.lot, record.expiry) == (
        "VAC-1",
        "Vaccine",
        "L88",
        date(2027, 6, 30),
    )
    assert (record.places[0].location, record.places[0].on_hand, record.base_unit) == ("FRIDGE", 64, "EA")


def test_own_segments_by_option(profile: Make) -> None:
    fields = {"ZIT-1": "description", "ZIT-2": "base_unit", "ZIT-3.2": "gtin", "ZIT-4": "serial_tracked"}
    (record,) = records(profile, MFI, "MFE|MAD|1||T-1", "ZIT|Tape|RL|x^812345678901|Y", kind="MFN^Z01", fields=fields)
    assert (record.number, record.description, record.base_unit, record.common_unit) == ("T-1", "Tape", "RL", "XRO")
    assert (record.identifiers, record.serial_tracked) == ((Identifier("gtin", "00812345678901"),), True)


def test_a_record_that_is_wrong_does_not_stop_the_others(profile: Make) -> None:
    reading = read(profile, KIND, MFI, "MFE|XXX|1||A", MFE, ITM, "MFE|MAD|2|||CWE")
    assert [document.number for document in reading.documents if isinstance(document, ItemRecord)] == ["3605"]
    assert [(issue.severity, issue.code, issue.where) for issue in reading.issues] == [
        ("error", "record_event.unsupported", "MFE[1]-1"),
        ("error", "item.missing", "MFE[3]-4"),
    ]


def test_a_message_without_a_good_record_is_refused(profile: Make) -> None:
    refused = faults(profile, KIND, MFI, "MFE|MAD|1||A", "ITM|A|x", "IVT|1|S", "ILT|1|L|soon")
    assert refused == [("expiry.invalid", "MFE[1]/ILT[1]-3")]
    assert faults(profile, KIND, MFI) == [("segment.missing", "MFE")]


def test_oddities_of_the_file(profile: Make) -> None:
    reading = read(profile, KIND, MFE, "SFT|x", ITM, "ITV|1|STORE1")
    assert oddities(reading) == [("segment.misspelled", "ITV[1]"), ("segment.missing", "MFI")]
    (record,) = reading.documents
    assert isinstance(record, ItemRecord)
    assert record.places[0].location == "STORE1"


def test_too_much_of_anything_is_refused(profile: Make) -> None:
    assert faults(profile, KIND, MFI, MFE, "VND|1|V", *["PKG|1|BX"] * 500) == [("pack.too_many", "MFE[1]/PKG")]
    assert faults(profile, KIND, MFI, MFE, *["IVT|1|S"] * 5001) == [("location.too_many", "MFE[1]/IVT")]
    assert faults(profile, KIND, MFI, *["MFE|MAD|1||A"] * 20_001) == [("segment.too_many", "MFE")]
