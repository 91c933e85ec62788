"""Whether a new supplier is one that is known already: numbers are certain, names are probable."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import Held, Rejected
from app.model.master import SupplierFacts
from app.model.party import PartyIdentifier
from app.policy.master_rules import PriceRules, SupplierRules
from app.policy.onboarding import Known, admit, candidates, plain_name, plain_number


def facts(reference: str, name: str = "", **numbers: str) -> SupplierFacts:
    named = tuple(PartyIdentifier(scheme, value) for scheme, value in numbers.items())  # type: ignore[arg-type]
    return SupplierFacts(reference, name, identifiers=named)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Meridian Medical, Inc.", "MERIDIAN  MEDICAL"),
        ("Müller GmbH & Co. KG", "Muller"),
        ("B. Braun Melsungen AG", "B Braun Melsungen"),
        ("Société Générale S.A.R.L.", "Societe Generale"),
        ("Kraków Sp. z o.o.", "Krakow"),
        ("Straßer & Söhne", "Strasser and Sohne"),
    ],
)
def test_the_same_name_however_it_is_written(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(("one", "other"), [("AG", "SE"), ("Meridian Cardio", "Meridian Ortho"), ("3M", "4M")])
def test_other_names_stay_others(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("vat", "DE 129.273.398", "de129273398"),
        ("gln", "614141000005", "0614141000005"),
        ("duns", "31-500-0554", "315000554"),
        ("duns", "01-500-0554", "15000554"),
    ],
)
def test_the_same_number_however_it_is_written(scheme: str, one: str, other: str) -> None:
    assert plain_number(scheme, one) == plain_number(scheme, other)


def test_shared_numbers_are_certain_and_come_first() -> None:
    known = [
        Known(facts("S-1", "Harbor")),
        Known(facts("S-2", "Quite another", vat="DE129273398", duns="315000554")),
        Known(facts("S-3", "Nobody")),
    ]
    found = candidates(facts("S-9", "HARBOR Ltd.", vat="DE 129273398", duns="315000554"), known)
    assert [(one.reference, one.certainty, one.why) for one in found] == [
        ("S-2", "certain", "the same tax number and DUNS"),
        ("S-1", "probable", "the same name"),
    ]


def test_nobody_is_a_candidate_for_oneself() -> None:
    assert candidates(facts("S-1", "Harbor", vat="X1"), [Known(facts("S-1", "Harbor", vat="X1"))]) == []


def test_numbers_of_zeros_and_of_another_scheme_say_nothing() -> None:
    known = [Known(facts("S-1", duns="000000000", account="77"))]
    assert candidates(facts("S-2", duns="000000000", account="77"), known) == []


def test_a_partner_of_odoo_without_a_reference_is_told_as_such() -> None:
    found = candidates(facts("S-2", gln="4012345000009"), [Known(facts("", "Harbor", gln="4012345000009"), 41)])
    with pytest.raises(Held) as caught:
        admit(facts("S-2"), found, "hold")
    assert "partner 41 in Odoo, which has no reference (Harbor: the same GLN)" in caught.value.hint


@pytest.mark.parametrize(
    ("numbers", "same_name", "cause"),
    [
        ({"vat": "X1"}, "hold", "supplier_duplicate"),
        ({"vat": "X1"}, "pass", "supplier_duplicate"),
        ({}, "hold", "supplier_duplicate_suspected"),
        ({}, "pass", None),
    ],
)
def test_what_is_held(numbers: dict[str, str], same_name: str, cause: str | None) -> None:
    new = facts("S-2", "Harbor", **numbers)
    found = candidates(new, [Known(facts("S-1", "Harbor", vat="X1"))])
    if cause is None:
        admit(new, found, same_name)
        return
    with pytest.raises(Held) as caught:
        admit(new, found, same_name)
    assert (caught.value.cause, caught.value.subject) == (cause, "supplier S-2")


@pytest.mark.parametrize(
    ("section", "data"),
    [
        (SupplierRules, {"approved": "yes"}),
        (SupplierRules, {"same_name": "ask"}),
        (SupplierRules, {"colour": "red"}),
        (PriceRules, {"max_change_percent": -1}),
        (PriceRules, {"max_change_percent": {"S-1": "much"}}),
        (PriceRules, {"max_ended_percent": "all"}),
        (PriceRules, {"unknown_items": "drop"}),
        (PriceRules, {"limit": 1}),
    ],
)
def test_faults_of_the_rule_book_are_named(section: Any, data: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        section.from_data(data)
    assert next(iter(data)) in caught.value.issues[0].where


def test_a_supplier_has_a_tolerance_of_its_own() -> None:
    rules = PriceRules.from_data({"max_change_percent": {"*": 10, "S-1": 2.5}})
    assert [str(rules.change_percent(name)) for name in ("S-1", "S-2")] == ["2.5", "10"]
    assert PriceRules().change_percent("S-1") == 25
