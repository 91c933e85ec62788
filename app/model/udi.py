"""Unique Device Identifications: what the carrier on the package says, in whatever form it was passed on.

Used by ``app.model.markings``. GS1 carriers are read in full; those of HIBCC and ICCBBA are recognised and kept as they
are. Real systems send human readable text, braces for parentheses, scanner prefixes and bare device identifiers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from biip import ParseError
from biip.gs1_element_strings import GS1ElementStrings
from biip.gs1_messages import GS1Message

from app.model import gate
from app.model.gtin import gtin14

Issuer = Literal["gs1", "hibcc", "iccbba"]

_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
"""Prefixes scanners put before GS1 data (ISO/IEC 15424)."""
_BRACES = str.maketrans("{}", "()")
_SHORT_GTIN = re.compile(r"^(\(0[12]\))(\d{8}|\d{12,13})(?=\(|$)")
_ELEMENT_STRINGS = re.compile(r"01\d{14}")


@dataclass(frozen=True, slots=True)
class Udi:
    """A carrier's content; ``issuer`` is None where it could not be told, ``gtin`` has 14 digits."""

    raw: str
    issuer: Issuer | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None


def parse(raw: str) -> Udi:
    """Read a carrier; what cannot be read is kept as ``raw`` alone. Never raises for any text."""
    content = _SYMBOLOGY.sub("", raw.strip(), count=1)
    if content.startswith("+"):
        return Udi(raw, "hibcc")
    if content.startswith(("=", "&")):
        return Udi(raw, "iccbba")
    if gtin := gtin14(content):
        return Udi(raw, "gs1", gtin)
    elements = _elements(content)
    return _from_elements(raw, elements) if elements else Udi(raw)


def _elements(content: str) -> GS1ElementStrings | None:
    # biip walks through long input more than once and knows digits beyond ASCII; carriers have neither.
    if len(content) > gate.MAX_TEXT or not content.isascii():
        return None
    content = content.translate(_BRACES) if content.startswith("{") else content
    try:
        if content.startswith("("):
            # Published samples leave out the leading zeros that (01) requires.
            padded = _SHORT_GTIN.sub(lambda found: found[1] + found[2].zfill(14), content)
            return GS1Message.parse_hri(padded).element_strings
        # Without parentheses and a leading GTIN any digits could pass for some element string.
        return GS1Message.parse(content).element_strings if _ELEMENT_STRINGS.match(content) else None
    except ParseError:
        return None


def _from_elements(raw: str, elements: GS1ElementStrings) -> Udi:
    values = {element.ai.ai: element for element in reversed(elements)}
    expiry = values.get("17")
    return Udi(
        raw,
        "gs1",
        values["01"].value if "01" in values else None,
        _value(values["10"].value) if "10" in values else None,
        _value(values["21"].value) if "21" in values else None,
        expiry.date if expiry else None,
    )


def _value(found: str) -> str | None:
    return found.strip() or None
