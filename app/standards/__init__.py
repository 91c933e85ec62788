"""The languages Wardline reads and answers in. One folder a standard; adding one is a folder and a name here."""

from __future__ import annotations

from app.errors import Misconfigured
from app.standards.base import Standard
from app.standards.canonical.standard import CANONICAL
from app.standards.cxml.standard import CXML
from app.standards.edifact.standard import EDIFACT
from app.standards.fhir.standard import FHIR_R4, FHIR_R5
from app.standards.hl7v2.standard import HL7V2
from app.standards.tabular.standard import TABULAR
from app.standards.ubl.standard import UBL
from app.standards.x12.standard import X12_STANDARD

STANDARDS: tuple[Standard, ...] = (HL7V2, FHIR_R4, FHIR_R5, CANONICAL, UBL, X12_STANDARD, EDIFACT, CXML, TABULAR)


def by_name(name: str) -> Standard:
    """The standard of that name. Raises Misconfigured if there is none."""
    for standard in STANDARDS:
        if standard.name == name:
            return standard
    raise Misconfigured(f"there is no standard {name}", code="standard.unknown")
