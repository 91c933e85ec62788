"""GTINs and their check digits."""

from __future__ import annotations

import pytest

from app.model import gtin
from app.model.findings import Findings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00812345678901", "00812345678901"),
        ("0812345678901", "00812345678901"),
        ("812345678901", "00812345678901"),
        ("40170725", "00000040170725"),
        ("81234567890", None),
        ("081234567890A", None),
        ("٠٠٨١٢٣٤٥٦٧٨٩٠١", None),
        ("", None),
    ],
)
def test_gtins_have_fourteen_digits(value: str, expected: str | None) -> None:
    assert gtin.gtin14(value) == expected


def test_a_wrong_check_digit_is_a_warning() -> None:
    findings = Findings()
    assert gtin.read("00812345678903", "here", findings) == "00812345678903"
    assert [(issue.code, issue.where) for issue in findings.warnings] == [("gtin.check_digit", "here")]
    findings.settle()


def test_what_is_no_gtin_is_left_out_with_a_warning() -> None:
    findings = Findings()
    assert gtin.read("12", "here", findings) is None
    assert [issue.code for issue in findings.warnings] == ["gtin.invalid"]


def test_a_good_one_is_silent() -> None:
    findings = Findings()
    assert gtin.read("812345678901", "here", findings) == "00812345678901"
    assert findings.warnings == ()
