"""Units of measure: UN/CEFACT's and X12's are both in use, and differ where it hurts.

Used by ``syntax``. A code that the two lists mean differently has no common unit unless the partner's list is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.common_units import COMMON_UNITS
from app.standards.cxml.options import CxmlOptions

X12: Mapping[str, str] = {
    "EA": "EA",
    "CA": "XCS",
    "BX": "XBX",
    "CT": "XCT",
    "PK": "XPK",
    "BG": "XBG",
    "BO": "XBO",
    "DZ": "DZN",
    "PR": "PR",
    "RL": "XRO",
    "KT": "KT",
    "VI": "XVI",
    "TB": "XTU",
    "JR": "XJR",
    "SET": "SET",
    "LB": "LBR",
    "OZ": "ONZ",
    "KG": "KGM",
    "GR": "GRM",
    "LT": "LTR",
    "ML": "MLT",
    "FT": "FOT",
    "IN": "INH",
    "HR": "HUR",
}
"""Codes of X12 data element 355 that are met in cXML."""


def common_unit(code: str | None, options: CxmlOptions) -> str | None:
    """The UN/ECE code of a unit, or None where it has none or it is not clear which list is meant."""
    if code is None:
        return None
    if known := options.units.get(code):
        return known
    uncefact, x12 = code if code in COMMON_UNITS else None, X12.get(code)
    if options.unit_code_list == "uncefact":
        return uncefact
    if options.unit_code_list == "x12":
        return x12
    return (uncefact or x12) if not (uncefact and x12) or uncefact == x12 else None
