"""Unit codes of data element 355 and what they are in UN/ECE Recommendations 20 and 21.

Used by ``values``. Equal spelling proves nothing: X12 ``CA`` is a case, ``XCA`` of Recommendation 21 is a rectangular
can. A code that is not here has no common code, and is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "EA": "EA",
    "UN": "C62",
    "PC": "H87",
    "CA": "XCS",
    "BX": "XBX",
    "CT": "XCT",
    "PK": "XPK",
    "BG": "XBG",
    "BO": "XBO",
    "BD": "XBE",
    "CN": "XCX",
    "JR": "XJR",
    "KT": "KT",
    "RL": "XRO",
    "RO": "XRO",
    "SH": "XST",
    "ST": "SET",
    "TB": "XTU",
    "TY": "XPU",
    "VI": "XVI",
    "AM": "XAM",
    "DZ": "DZN",
    "GS": "GRO",
    "HU": "CEN",
    "TH": "MIL",
    "PR": "PR",
    "LB": "LBR",
    "OZ": "ONZ",
    "FO": "OZA",
    "GR": "GRM",
    "KG": "KGM",
    "ME": "MGM",
    "GA": "GLL",
    "QT": "QTL",
    "PT": "PTL",
    "LT": "LTR",
    "ML": "MLT",
    "CC": "CMQ",
    "IN": "INH",
    "FT": "FOT",
    "YD": "YRD",
    "SF": "FTK",
    "SY": "YDK",
    "CM": "CMT",
    "MM": "MMT",
    "MR": "MTR",
    "HR": "HUR",
    "DA": "DAY",
    "MO": "MON",
}
