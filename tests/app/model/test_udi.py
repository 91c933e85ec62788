"""UDI carriers in the forms they are met in."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.udi import Udi, parse

FULL = ("00812345678901", "L2406A", "S1", date(2028, 6, 30))


def parts(udi: Udi) -> tuple[str | None, str | None, str | None, date | None]:
    return udi.gtin, udi.lot, udi.serial, udi.expiry


@pytest.mark.parametrize(
    "raw",
    [
        "(01)00812345678901(17)280630(10)L2406A(21)S1",
        "(01) 00812345678901 (17) 280630 (10) L2406A (21) S1",
        "{01}00812345678901{17}280630{10}L2406A{21}S1",
        "(01)812345678901(17)280630(10)L2406A(21)S1",
        "01008123456789011728063010L2406A\x1d21S1",
        "]d201008123456789011728063010L2406A\x1d21S1",
        "]C101008123456789011728063010L2406A\x1d21S1",
        "\x1d01008123456789011728063010L2406A\x1d21S1",
    ],
)
def test_gs1_carriers_in_every_form_say_the_same(raw: str) -> None:
    udi = parse(raw)
    assert parts(udi) == FULL
    assert udi.issuer == "gs1"
    assert udi.raw == raw


def test_day_zero_of_an_expiry_is_the_end_of_the_month() -> None:
    assert parse("(01)00812345678901(17)280200").expiry == date(2028, 2, 29)


def test_a_bare_device_identifier_is_a_gtin() -> None:
    assert parts(parse("812345678901")) == ("00812345678901", None, None, None)


def test_a_wrong_check_digit_does_not_hide_the_rest() -> None:
    assert parse("(01)00812345678903(10)A").lot == "A"


@pytest.mark.parametrize(
    ("raw", "issuer"),
    [
        ("+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C", "hibcc"),
        ("=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123", "iccbba"),
        ("=)1TE123456A&)RZ12345678", "iccbba"),
    ],
)
def test_other_issuers_are_recognised_and_kept(raw: str, issuer: str) -> None:
    assert parse(raw) == Udi(raw, issuer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "hello",
        "(01)39183189818(21)5091100966",
        "(99999)1",
        "(17)999999",
        "12345",
        "(" * 150,
        "01" + "٣" * 14,
        "0" * 10**7,
    ],
)
def test_what_cannot_be_read_is_kept(raw: str) -> None:
    assert parse(raw) == Udi(raw)


@given(st.text(max_size=60) | st.text(alphabet="(){}0123456789\x1d]C17AB", max_size=60))
def test_no_text_whatever_raises(raw: str) -> None:
    udi = parse(raw)
    assert udi.raw == raw
    assert udi.gtin is None or len(udi.gtin) == 14
