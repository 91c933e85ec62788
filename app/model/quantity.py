"""Amounts with their units, exact from end to end.

Used by every document kind; floats are refused on the way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount as its sender wrote it.

    ``value`` is exact. ``unit`` is the source unit, the sender's own code (``EA``, ``BX``, ``Box``), or None where the
    standard has no place for one; the crosswalk turns it into the item's base unit. ``common_unit`` is the UN/ECE
    Recommendation 20 or 21 code that the standard's own table gives for it (X12 ``CA`` is ``XCS``), None where there
    is none; it is never guessed from equal spelling. ``pack_factor`` is how many base units one unit holds, where the
    message itself says so.
    """

    value: Decimal
    unit: str | None = None
    common_unit: str | None = None
    pack_factor: Decimal | None = None
