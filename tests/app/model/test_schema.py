"""The stored form of documents and the contract with canonical senders."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.errors import Issue, Permanent
from app.model.consumption import Consumption
from app.model.item import SCHEMES, Identifier
from app.model.quantity import Quantity
from app.model.schema import KINDS, WireConsumption, digest_of, document_from_json, document_to_json, stored

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
maybe = st.none() | texts
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
consumptions = st.builds(
    Consumption,
    event_id=texts,
    kind=st.sampled_from(KINDS),
    occurred_at=st.datetimes(
        datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2199-12-30"), timezones=offsets
    ),
    identifiers=st.lists(st.builds(Identifier, st.sampled_from(SCHEMES), texts), max_size=3).map(tuple),
    quantity=st.builds(Quantity, st.decimals(min_value=0, max_value=10**9, places=9), maybe),
    facility=texts,
    location=texts,
    description=maybe,
    lot=maybe,
    serial=maybe,
    expiry=st.none() | st.dates(),
    udi=maybe,
    department=maybe,
    cost_centre=maybe,
    case=maybe,
    reverses=maybe,
    warnings=st.lists(st.builds(Issue, texts, texts, texts, st.just("warning")), max_size=2).map(tuple),
)


@given(consumptions)
def test_what_is_stored_comes_back_exactly(consumption: Consumption) -> None:
    content = document_to_json(consumption)
    again = document_from_json(content)
    assert again == consumption
    assert str(again.quantity.value) == str(consumption.quantity.value)
    assert again.occurred_at.utcoffset() == consumption.occurred_at.utcoffset()
    assert document_to_json(again) == content


@given(consumptions)
def test_its_digest_is_told_with_it(consumption: Consumption) -> None:
    assert stored(consumption) == (document_to_json(consumption), digest_of(consumption))


def test_the_stored_form() -> None:
    when = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    consumption = Consumption(
        "E", "use", when, (), Quantity(Decimal("10.10"), "EA"), "GEN", "OR1", expiry=date(2028, 1, 2)
    )
    content = json.loads(document_to_json(consumption))
    assert content["document"] == "consumption"
    assert content["quantity"] == {"value": "10.10", "unit": "EA"}
    assert content["occurred_at"] == "2026-11-20T08:00:00+00:00"
    assert content["expiry"] == "2028-01-02"
    assert set(content) == {field.name for field in fields(Consumption)} | {"document"}


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"document":"order"}', b'{"document":"consumption"}', b'{"document":[]}']
)
def test_anything_else_cannot_be_read_and_is_not_quoted(data: bytes) -> None:
    with pytest.raises(Permanent) as caught:
        document_from_json(data)
    assert caught.value.code == "document.unreadable"
    assert caught.value.__suppress_context__


def wire(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "event_id": "E-1",
        "occurred_at": "2026-11-20T08:00:00Z",
        "identifiers": [{"scheme": "internal", "value": "SUTURE-30"}],
        "quantity": {"value": "1"},
        "location": "OR1",
    }
    return {name: value for name, value in (base | changes).items() if value is not ...}


def faults(**changes: Any) -> Any:
    with pytest.raises(ValidationError) as caught:
        WireConsumption().load(wire(**changes))
    return caught.value.messages


def test_the_least_a_sender_must_say() -> None:
    data = WireConsumption().load(wire())
    assert (data["kind"], data["quantity"]["value"], data["quantity"]["unit"]) == ("use", Decimal(1), None)


@pytest.mark.parametrize("name", ["event_id", "occurred_at", "identifiers", "quantity", "location"])
def test_what_must_be_said(name: str) -> None:
    assert faults(**{name: ...}) == {name: ["Missing data for required field."]}


@pytest.mark.parametrize("name", ["patient", "name", "facility", "case", "warnings", "birth_date"])
def test_there_is_no_field_for(name: str) -> None:
    assert faults(**{name: "x"}) == {name: ["Unknown field."]}


@pytest.mark.parametrize(
    "value",
    ["0", "-1", "NaN", "1e5", "1_0", "x", "", True, None, 1.5, [], {}, Decimal("1E+400"), Decimal("NaN"), "9" * 500],
)
def test_quantities_that_are_none(value: object) -> None:
    assert list(faults(quantity={"value": value})) == ["quantity"]


@pytest.mark.parametrize(("value", "text"), [("0.250", "0.250"), (Decimal("1E+2"), "100"), ("5.", "5")])
def test_quantities_are_exact(value: object, text: str) -> None:
    assert str(WireConsumption().load(wire(quantity={"value": value}))["quantity"]["value"]) == text


@pytest.mark.parametrize("value", ["2026-11-20T08:00:00", "2026-11-20", "now", 5, None, True])
def test_times_need_an_offset(value: object) -> None:
    assert list(faults(occurred_at=value)) == ["occurred_at"]


def test_identifiers_are_of_known_schemes() -> None:
    assert faults(identifiers=[{"scheme": "sku", "value": "x"}])["identifiers"][0]["scheme"]
    assert faults(identifiers=[])
    assert faults(identifiers=[{"scheme": "gtin"}])


def test_only_a_reversal_names_another_event() -> None:
    assert faults(kind="reversal") == {"reverses": ["Missing data for required field."]}
    assert list(faults(reverses="E-0")) == ["reverses"]
    assert WireConsumption().load(wire(kind="reversal", reverses="E-0"))["reverses"] == "E-0"


def test_expiry_dates_are_plausible() -> None:
    assert list(faults(expiry="0001-01-01")) == ["expiry"]
    assert WireConsumption().load(wire(expiry="2028-06-30"))["expiry"] == date(2028, 6, 30)


def test_blank_text_is_missing() -> None:
    assert faults(event_id="  ") == {"event_id": ["Missing data for required field."]}
    assert WireConsumption().load(wire(lot="  "))["lot"] is None
