"""How items are named by those who speak of them.

Used by every document with lines; the crosswalk turns the bag of identifiers into one item of the ERP.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMES = ("internal", "gtin", "hibc", "ndc", "supplier", "manufacturer", "buyer", "unspsc")
"""Identifier schemes, the most trustworthy first; a tie between two schemes is an ambiguity, never a guess."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of an item: the scheme it belongs to and the code in it (GTINs always with 14 digits)."""

    scheme: str
    value: str
