"""Amounts with their units, exact from end to end.

Used by every document kind; floats are refused on the way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount as its sender wrote it.

    ``value`` is exact, ``unit`` is the sender's own code (``EA``, ``BX``, ``Box``) or None where the standard has no
    place for one; the crosswalk turns it into the item's base unit with a pack factor.
    """

    value: Decimal
    unit: str | None = None
