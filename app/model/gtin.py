"""Global Trade Item Numbers, always written with 14 digits.

Used by the standards and by the reading of UDIs.
"""

from __future__ import annotations

from app.model.findings import Findings

LENGTHS = (8, 12, 13, 14)
"""GTIN-8, -12 (UPC), -13 (EAN) and -14 (GS1 General Specifications, 3.3.2)."""


def read(value: str, where: str, findings: Findings) -> str | None:
    """The GTIN with 14 digits, or None where the value is none.

    Either way it is only a warning: published catalogues hold numbers with wrong check digits that are in daily use.
    """
    if (gtin := gtin14(value)) is None:
        findings.warn("gtin.invalid", where, "a GTIN has 8, 12, 13 or 14 digits; it was left out")
    elif not check_digit_holds(gtin):
        findings.warn("gtin.check_digit", where, "the check digit of the GTIN is wrong")
    return gtin


def gtin14(value: str) -> str | None:
    """The number padded to 14 digits, or None where it is none. The check digit is not looked at."""
    if len(value) in LENGTHS and value.isascii() and value.isdigit():
        return value.zfill(14)
    return None


def check_digit_holds(gtin: str) -> bool:
    """Whether the last digit of a 14-digit GTIN fits the others (GS1 General Specifications, 7.9)."""
    digits = [int(digit) for digit in gtin]
    return (3 * sum(digits[0::2]) + sum(digits[1::2])) % 10 == 0
