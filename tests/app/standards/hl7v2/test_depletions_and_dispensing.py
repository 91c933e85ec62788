"""OMS^O05 as depletion, RDS^O13 and RAS^O17 read as consumption."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.model.consumption import Consumption
from app.model.item import Identifier
from tests.app.standards.hl7v2.messages import Make, faults, oddities, read, segment

VISIT = segment("PV1", f2="I", f3="WARD3^12", f19="V-1")
ORDER = "ORC|RE|O-1|F-1"


def all_of(make: Make, kind: str, *segments: str, **options: Any) -> list[Consumption]:
    documents = read(make, kind, *segments, **options).documents
    return [document for document in documents if isinstance(document, Consumption)]


def rxd(**changes: str) -> str:
    base = {"f1": "1", "f2": "VANC^Vancomycin", "f3": "20261120101500+0100", "f4": "2", "f5": "VIAL"}
    return segment("RXD", **(base | changes))


def rxa(**changes: str) -> str:
    base = {"f2": "1", "f3": "20261120101500+0100", "f5": "VANC^Vancomycin", "f6": "2", "f7": "VIAL"}
    return segment("RXA", **(base | changes))


def rqd(**changes: str) -> str:
    return segment("RQD", **({"f1": "1", "f4": "STENT", "f5": "1", "f6": "EA", "f9": "OR1"} | changes))


def test_orders_that_tell_what_was_taken(profile: Make) -> None:
    segments = [VISIT, "ORC|NW|6420|||||||20261120102500", rqd(), rqd(f1="2", f4="SUTURE", f5="3")]
    first, second = all_of(profile, "OMS^O05", *segments, supply_orders="consumption")
    assert [(one.event_id, one.kind, one.location, one.case) for one in (first, second)] == [
        ("6420-1", "use", "OR1", "case-of-V-1"),
        ("6420-2", "use", "OR1", "case-of-V-1"),
    ]
    assert (first.identifiers, str(second.quantity.value)) == ((Identifier("internal", "STENT"),), "3")


def test_a_cancelled_depletion_undoes_the_event(profile: Make) -> None:
    (found,) = all_of(profile, "OMS^O05", "ORC|CA|6420|||||||20261120102500", rqd(), supply_orders="consumption")
    assert (found.kind, found.event_id, found.reverses) == ("reversal", "6420-1-undone", "6420-1")


def test_what_is_peculiar_to_depletions(profile: Make) -> None:
    def refused(*segments: str) -> list[tuple[str, str]]:
        return faults(profile, "OMS^O05", *segments, supply_orders="consumption")

    assert refused("ORC|XO|1|||||||20261120", rqd()) == [("order_control.unsupported", "ORC[1]-1")]
    assert refused("ORC|NW|1|||||||20261120", rqd(f9="")) == [("location.missing", "RQD[1]-9")]
    assert refused("ORC|NW|1|||||||20261120", rqd(f5="0")) == [("quantity.invalid", "RQD[1]-5")]
    duplicates = refused("ORC|NW|1|||||||20261120", rqd(), rqd())
    assert duplicates == [("event.duplicate", "RQD[1]"), ("event.duplicate", "RQD[2]")]


def test_a_depletion_without_a_time_takes_that_of_sending(profile: Make) -> None:
    reading = read(profile, "OMS^O05", "ORC|NW|1", rqd(), supply_orders="consumption")
    (found,) = reading.documents
    assert isinstance(found, Consumption)
    assert found.occurred_at.isoformat() == "2026-11-20T10:30:00+01:00"
    assert oddities(reading) == [("occurred_at.missing", "ORC[1]-9")]


def test_a_dispense_takes_from_stock(profile: Make) -> None:
    (found,) = all_of(profile, "RDS^O13", VISIT, ORDER, rxd(f18="L1", f19="20271130"))
    assert (found.event_id, found.kind, found.location, found.lot) == ("F-1-1", "use", "WARD3", "L1")
    assert (found.expiry, found.description, found.quantity.common_unit) == (date(2027, 11, 30), "Vancomycin", "XVI")


@pytest.mark.parametrize(("changes", "location"), [({"f26": "CAB3"}, "CAB3"), ({"f13": "OR1^2"}, "OR1"), ({}, "WARD3")])
def test_where_it_was_dispensed(profile: Make, changes: dict[str, str], location: str) -> None:
    assert all_of(profile, "RDS^O13", VISIT, ORDER, rxd(**changes))[0].location == location


def test_a_dispense_without_a_place_is_the_senders(profile: Make) -> None:
    assert all_of(profile, "RDS^O13", ORDER, rxd())[0].location == "APP"
    assert all_of(profile, "RDS^O13", ORDER, rxd(), default_location="PHARM")[0].location == "PHARM"


def test_dispenses_that_came_back_or_were_cancelled(profile: Make) -> None:
    assert all_of(profile, "RDS^O13", VISIT, ORDER, rxd(f4="-2"))[0].kind == "return"
    (undone,) = all_of(profile, "RDS^O13", VISIT, "ORC|CA|O-1|F-1", rxd())
    assert (undone.kind, undone.reverses) == ("reversal", "F-1-1")


def test_several_lots_cannot_be_told_apart(profile: Make) -> None:
    assert faults(profile, "RDS^O13", VISIT, ORDER, rxd(f18="L1~L2")) == [("lot.conflict", "RXD[1]-18")]


def test_the_alternate_code_of_a_drug(profile: Make) -> None:
    (found,) = all_of(profile, "RDS^O13", VISIT, ORDER, rxd(f2="0409-6531-02^x^NDC^VANC^x^L"))
    assert found.identifiers == (Identifier("internal", "VANC"), Identifier("ndc", "0409-6531-02"))
    assert faults(profile, "RDS^O13", VISIT, ORDER, rxd(f2="29504-1^x^RXN")) == [("item.missing", "RXD[1]")]


def test_administrations_are_no_stock_unless_the_channel_says_so(profile: Make) -> None:
    reading = read(profile, "RAS^O17", VISIT, ORDER, rxa())
    assert (reading.documents, oddities(reading)) == ((), [("administration.ignored", "RXA[1]")])


def used(make: Make, *segments: str) -> list[Consumption]:
    return all_of(make, "RAS^O17", VISIT, ORDER, *segments, administrations="use")


def test_what_was_given(profile: Make) -> None:
    (found,) = used(profile, rxa(f11="WARD7^1", f15="L1", f16="202711", f20="CP", f21="A"))
    assert (found.event_id, found.kind, found.location, found.lot) == ("F-1-1", "use", "WARD7", "L1")
    assert used(profile, rxa(f11="^^^CLINIC"))[0].location == "CLINIC"
    assert used(profile, rxa(f25="(01)00812345678901(10)L9"))[0].lot == "L9"


@pytest.mark.parametrize("status", ["RE", "NA"])
def test_what_was_not_given_takes_nothing(profile: Make, status: str) -> None:
    reading = read(profile, "RAS^O17", VISIT, ORDER, rxa(f20=status), administrations="use")
    assert (reading.documents, oddities(reading)) == ((), [("administration.nothing_given", "RXA[1]-20")])
    assert used(profile, rxa(f20="PA"))[0].kind == "use"


def test_administrations_deleted_or_updated(profile: Make) -> None:
    (undone,) = used(profile, rxa(f21="D"))
    assert (undone.kind, undone.reverses) == ("reversal", "F-1-1")
    refused = faults(profile, "RAS^O17", VISIT, ORDER, rxa(f21="U"), administrations="use")
    assert refused == [("action.unsupported", "RXA[1]-21")]


def test_an_unknown_amount_is_refused(profile: Make) -> None:
    refused = faults(profile, "RAS^O17", VISIT, ORDER, rxa(f6="999"), administrations="use")
    assert refused == [("quantity.ambiguous", "RXA[1]-6")]
