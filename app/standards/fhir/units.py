"""Units of FHIR quantities as common codes: UCUM, drug forms and the words of senders (FHIR R4, 2.24.0.7).

Called by readers and writers; the common codes are those of UN/ECE Recommendation 20 and, after an X, of 21.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.standards.fhir.options import FhirOptions
from app.standards.fhir.systems import COMMON_UNITS, UCUM

DRUG_FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"

WORDS: Mapping[str, str] = {
    "EA": "EA",
    "EACH": "EA",
    "PIECE": "H87",
    "BX": "XBX",
    "BOX": "XBX",
    "CS": "XCS",
    "CASE": "XCS",
    "CT": "XCT",
    "CTN": "XCT",
    "CARTON": "XCT",
    "PK": "XPK",
    "PACK": "XPK",
    "PACKAGE": "XPK",
    "BG": "XBG",
    "BAG": "XBG",
    "BT": "XBO",
    "BOTTLE": "XBO",
    "RL": "XRO",
    "ROLL": "XRO",
    "TU": "XTU",
    "TUBE": "XTU",
    "VI": "XVI",
    "VIAL": "XVI",
    "AMPULE": "XAM",
    "AMPOULE": "XAM",
    "PR": "PR",
    "PAIR": "PR",
    "DZ": "DZN",
    "DOZEN": "DZN",
    "KT": "KT",
    "KIT": "KT",
    "SET": "SET",
    "TAB": "U2",
    "TABLET": "U2",
    "TABLETS": "U2",
}
"""Codes and words without a system; senders do not agree on capitals, so none matter."""

SYSTEMS: Mapping[str, Mapping[str, str]] = {
    UCUM: {
        "1": "C62",
        "{each}": "EA",
        "{piece}": "H87",
        "{box}": "XBX",
        "{Box}": "XBX",
        "{case}": "XCS",
        "{pack}": "XPK",
        "{package}": "XPK",
        "{bag}": "XBG",
        "{bottle}": "XBO",
        "{vial}": "XVI",
        "{kit}": "KT",
        "{set}": "SET",
        "{tbl}": "U2",
        "{tablet}": "U2",
        "mL": "MLT",
        "ml": "MLT",
        "L": "LTR",
        "l": "LTR",
        "dL": "DLT",
        "uL": "4G",
        "kg": "KGM",
        "g": "GRM",
        "mg": "MGM",
        "ug": "MC",
        "m": "MTR",
        "cm": "CMT",
        "mm": "MMT",
        "[iU]": "NIU",
    },
    DRUG_FORMS: {"TAB": "U2", "VIAL": "XVI", "AMP": "XAM"},
}
"""Codes of systems, in which capitals do matter."""


def common(unit: str, system: str | None, options: FhirOptions) -> str | None:
    """The common code of a unit, None where there is none."""
    if found := options.units.get(unit):
        return found
    if system and system.startswith(COMMON_UNITS):
        return unit
    if system:
        return SYSTEMS.get(system, {}).get(unit)
    return WORDS.get(unit.upper()) or SYSTEMS[UCUM].get(unit)


def written(unit: str, common_unit: str | None, options: FhirOptions) -> dict[str, str]:
    """The parts of a Quantity that tell the unit, so that whoever knows our tables reads the same again."""
    if common_unit is None or common(unit, None, options) == common_unit:
        return {"unit": unit, "code": unit}
    return {"unit": unit, "system": COMMON_UNITS, "code": common_unit}
