"""Units as people write them in tables, with the UN/ECE Recommendation 20 and 21 codes they stand for.

Used by the reading. What could mean two things stands in no table (CA, PC as pack, C) and is told by the channel.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "EA": "EA",
    "EACH": "EA",
    "STK": "H87",
    "STÜCK": "H87",
    "STUECK": "H87",
    "PCE": "H87",
    "PCS": "H87",
    "PIECE": "H87",
    "PIECES": "H87",
    "UNIT": "C62",
    "BX": "XBX",
    "BOX": "XBX",
    "BOXES": "XBX",
    "CS": "XCS",
    "CASE": "XCS",
    "CASES": "XCS",
    "CT": "XCT",
    "CTN": "XCT",
    "CARTON": "XCT",
    "KARTON": "XCT",
    "PK": "XPK",
    "PKG": "XPK",
    "PACK": "XPK",
    "PACKAGE": "XPK",
    "PACKUNG": "XPK",
    "BG": "XBG",
    "BAG": "XBG",
    "BTL": "XBO",
    "BT": "XBO",
    "BOTTLE": "XBO",
    "FLASCHE": "XBO",
    "RL": "XRO",
    "ROLL": "XRO",
    "ROLLE": "XRO",
    "TU": "XTU",
    "TUBE": "XTU",
    "VIAL": "XVI",
    "VL": "XVI",
    "AMP": "XAM",
    "AMPOULE": "XAM",
    "AMPULE": "XAM",
    "PALLET": "XPX",
    "DZ": "DZN",
    "DOZ": "DZN",
    "DOZEN": "DZN",
    "PR": "PR",
    "PAIR": "PR",
    "PAAR": "PR",
    "KIT": "KT",
    "KT": "KT",
    "SET": "SET",
    "TABLET": "U2",
    "TAB": "U2",
    "GROSS": "GRO",
    "ML": "MLT",
    "L": "LTR",
    "LITER": "LTR",
    "LITRE": "LTR",
    "G": "GRM",
    "MG": "MGM",
    "KG": "KGM",
    "MM": "MMT",
    "CM": "CMT",
    "LB": "LBR",
    "LBS": "LBR",
    "OZ": "ONZ",
}
"""In capitals; none of the words means something else in small letters."""


def common(unit: str, own: Mapping[str, str]) -> str | None:
    """The common code of a unit, the partner's own table first; None where there is none."""
    return own.get(unit) or WORDS.get(unit.upper())
