"""Units as HL7 senders write them, with the UN/ECE Recommendation 20 and 21 codes they stand for.

Used by the readers and writers. Units are user-defined (table 0818 and others): words, abbreviations and UCUM are all
met. What could mean two things stands in no table (CA is a case here and a can there) and is told by the channel.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.findings import Findings
from app.model.quantity import Quantity
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Segment

PACKAGES: Mapping[str, str] = {
    "EA": "EA",
    "EACH": "EA",
    "BX": "XBX",
    "BOX": "XBX",
    "CS": "XCS",
    "CASE": "XCS",
    "CT": "XCT",
    "CTN": "XCT",
    "CARTON": "XCT",
    "PK": "XPK",
    "PKG": "XPK",
    "PACK": "XPK",
    "PACKAGE": "XPK",
    "BG": "XBG",
    "BAG": "XBG",
    "BT": "XBO",
    "BTL": "XBO",
    "BOTTLE": "XBO",
    "RL": "XRO",
    "ROLL": "XRO",
    "TU": "XTU",
    "TUBE": "XTU",
    "VI": "XVI",
    "VIAL": "XVI",
    "AMP": "XAM",
    "AMPULE": "XAM",
    "AMPOULE": "XAM",
    "TRAY": "XPU",
    "DZ": "DZN",
    "DOZEN": "DZN",
    "PR": "PR",
    "PAIR": "PR",
    "KT": "KT",
    "KIT": "KT",
    "ST": "SET",
    "SET": "SET",
    "TAB": "U2",
    "TABLET": "U2",
    "PIECE": "H87",
    "GR": "GRO",
    "GROSS": "GRO",
}
"""Packages and counts; senders do not agree on capitals, so none matter."""

UCUM: Mapping[str, str] = {
    "mL": "MLT",
    "ml": "MLT",
    "L": "LTR",
    "l": "LTR",
    "dL": "DLT",
    "uL": "4G",
    "g": "GRM",
    "mg": "MGM",
    "kg": "KGM",
    "ug": "MC",
    "mcg": "MC",
    "mm": "MMT",
    "cm": "CMT",
    "m": "MTR",
    "{box}": "XBX",
    "{tablet}": "U2",
    "{tbl}": "U2",
    "{piece}": "H87",
    "{each}": "EA",
}
"""UCUM, in which capitals do matter."""


def common(unit: str | None, options: Hl7Options) -> str | None:
    """The common code of a unit, None where there is none."""
    if unit is None:
        return None
    return options.units.get(unit) or UCUM.get(unit) or PACKAGES.get(unit.upper())


def named(unit: str | None, where: str, options: Hl7Options, findings: Findings) -> str | None:
    """The common code of a unit; that there is none is a warning."""
    found = common(unit, options)
    if unit is not None and found is None:
        findings.warn("unit.unknown", where, "the unit stands in no table; the crosswalk must know it")
    return found


def of(segment: Segment, number: int, findings: Findings) -> str | None:
    """The unit in a coded field, by its code, else by its words: ``BX^Box``, ``Box``, ``^Box``."""
    code = segment.text(number) or segment.text(number, 2)
    return findings.text("unit", code, segment.place(number))


def written(quantity: Quantity, options: Hl7Options) -> str | None:
    """Our code for the unit of a quantity of any standard, None where there is none that means the same."""
    return code_for(quantity.unit, quantity.common_unit, options)


def code_for(unit: str | None, common_unit: str | None, options: Hl7Options) -> str | None:
    """The code itself where it means the same here, else the one of the common code."""
    if unit is not None and common(unit, options) == common_unit:
        return unit
    tables = (options.units, PACKAGES, UCUM)
    return next((code for table in tables for code, known in table.items() if known == common_unit), None)
