"""UBL's outside and its values: encodings, envelopes, places, dates, doubled elements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.standards.ubl.options import UblOptions
from app.standards.ubl.standard import UBL
from tests.app.standards.ubl.documents import codes, document, order, read

BERLIN, INDIA = timezone(timedelta(hours=1)), timezone(timedelta(hours=5.5))
ENVELOPE = (
    '<sh:StandardBusinessDocument xmlns:sh="urn:sbdh"><sh:StandardBusinessDocumentHeader>'
    "<sh:Sender><sh:Identifier>0088:4007000000012</sh:Identifier></sh:Sender>"
    "<sh:DocumentIdentification><sh:InstanceIdentifier>I-77</sh:InstanceIdentifier>"
    "<sh:CreationDateAndTime>{}</sh:CreationDateAndTime></sh:DocumentIdentification>"
    "</sh:StandardBusinessDocumentHeader>{}</sh:StandardBusinessDocument>"
)


def rejected(body: bytes) -> set[str]:
    with pytest.raises(Rejected) as caught:
        read(body)
    return {issue.code for issue in caught.value.issues}


def test_an_order_is_known_by_its_number() -> None:
    envelope = UBL.envelope(order())
    assert (envelope.message_type, envelope.control_id, envelope.sender) == ("Order", "Order:N-1", "")


def test_an_envelope_brings_sender_and_number_and_its_time_does_not_count() -> None:
    first, second = (UBL.envelope(ENVELOPE.format(time, order().decode()).encode()) for time in ("now", "later"))
    assert (first.sender, first.control_id) == ("0088:4007000000012", "I-77")
    assert first.fingerprint == second.fingerprint


def test_layout_does_not_make_another_message() -> None:
    laid_out = order().replace(b"><", b">\r\n\t<")
    assert UBL.envelope(laid_out).fingerprint == UBL.envelope(order()).fingerprint
    assert read(laid_out).documents == read(order()).documents


def test_a_new_version_of_a_catalogue_is_another_message() -> None:
    versions = [document("Catalogue", f"<cbc:VersionID>{number}</cbc:VersionID>") for number in (1, 2)]
    assert len({UBL.envelope(body).control_id for body in versions}) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_encodings(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = (
        f'<?xml version="1.0" encoding="{declared}"?>'
        + order(item="<cac:Item><cbc:Name>Ä</cbc:Name></cac:Item>").decode()
    )
    (found,) = read(text.encode(encoding)).documents
    assert found.lines[0].description == "Ä"


def test_what_is_no_ubl() -> None:
    assert rejected(b"<Order/>") == {"document.unsupported"}
    assert rejected(document("Tender", "")) == {"document.unsupported"}
    assert rejected(ENVELOPE.format("now", "").encode()) == {"document.ambiguous"}
    assert rejected(b"\x00") == {"xml.invalid"}


def test_places_count_from_one_among_equals() -> None:
    line = b"<cac:OrderLine><cac:LineItem><cbc:ID>2</cbc:ID></cac:LineItem></cac:OrderLine></Order>"
    with pytest.raises(Rejected) as caught:
        read(order().replace(b"</Order>", line))
    assert caught.value.issues[0].where == "Order/OrderLine[2]/LineItem/Quantity"


@pytest.mark.parametrize("text", ["1.000,5", "zwei", "1e3", "-1", "1" * 300, "∞", "NaN"])
def test_quantities_that_are_none(text: str) -> None:
    assert "quantity.invalid" in rejected(order(f'<cbc:Quantity unitCode="EA">{text}</cbc:Quantity>'))


def test_a_doubled_quantity_is_one_only_if_both_say_the_same() -> None:
    one = '<cbc:Quantity unitCode="EA">2</cbc:Quantity>'
    assert not codes(read(order(one * 2)))
    assert rejected(order(one + one.replace("2", "3"))) == {"element.ambiguous"}
    assert rejected(order(one + one.replace("EA", "XBX"))) == {"element.ambiguous"}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("", date(2026, 11, 20)),
        ("<cbc:IssueTime>06:10:10</cbc:IssueTime>", datetime(2026, 11, 20, 6, 10, 10, tzinfo=BERLIN)),
        ("<cbc:IssueTime>06:10:10.0Z</cbc:IssueTime>", datetime(2026, 11, 20, 6, 10, 10, tzinfo=UTC)),
        ("<cbc:IssueTime>06:10:10+05:30</cbc:IssueTime>", datetime(2026, 11, 20, 6, 10, 10, tzinfo=INDIA)),
        ("<cbc:IssueTime>noon</cbc:IssueTime>", date(2026, 11, 20)),
    ],
)  # fmt: skip
def test_times(profile: Callable[..., Profile], time: str, expected: Any) -> None:
    (found,) = read(order(more=time), profile=profile).documents
    assert found.ordered_at == expected
    assert type(found.ordered_at) is type(expected)


def test_units_by_the_partners_table_and_by_the_list_they_claim() -> None:
    odd = '<cbc:Quantity unitCode="BX">2</cbc:Quantity>'
    assert read(order(odd)).documents[0].lines[0].quantity.common_unit is None
    told = read(order(odd), UblOptions(units={"BX": "XBX"}))
    assert (told.documents[0].lines[0].quantity.common_unit, codes(told)) == ("XBX", [])
    other = read(order('<cbc:Quantity unitCode="CA" unitCodeListID="X12-355">2</cbc:Quantity>'))
    assert codes(other) == ["unit.unknown"]


def test_warnings_may_be_made_faults() -> None:
    body = order('<cbc:Quantity unitCode="PCE">2</cbc:Quantity>')
    with pytest.raises(Rejected) as caught:
        read(body, UblOptions(strict=("unit.unknown",)))
    assert [(issue.code, issue.severity) for issue in caught.value.issues] == [("unit.unknown", "error")]


def test_many_lines_with_faults_end_soon() -> None:
    line = (
        "<cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID><cbc:Quantity>1</cbc:Quantity></cac:LineItem></cac:OrderLine>"
    )
    assert len(read(document("Order", line * 20_000)).documents[0].lines) == 20_000
