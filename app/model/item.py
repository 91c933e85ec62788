"""How items are named by those who speak of them.

Used by every document with lines; the crosswalk turns the bag of identifiers into one item of the ERP.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMES = (
    "internal",
    "gtin",
    "udi_di",
    "hibc",
    "ndc",
    "isbt",
    "supplier",
    "manufacturer",
    "buyer",
    "unspsc",
    "supplier_auxiliary",
)
"""Identifier schemes, the most trustworthy first; a tie between two schemes is an ambiguity, never a guess.

``internal`` is the number of the site that reads the message, ``buyer`` the one the buying party wrote, ``supplier``
and ``manufacturer`` are their catalogue numbers. ``unspsc`` names a class of items, never one of them;
``supplier_auxiliary`` is what a supplier's shop wants back beside its number (cXML SupplierPartAuxiliaryID).
"""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of an item: the scheme it belongs to and the code in it (GTINs always with 14 digits)."""

    scheme: str
    value: str
