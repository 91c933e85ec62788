"""Units as partners are told them: a code in common use for the name that Odoo has.

Used where documents are made from Odoo's records. What has no code is told by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from app.model.quantity import Quantity

CODES: Mapping[str, tuple[str, str]] = {
    "unit": ("EA", "EA"),
    "each": ("EA", "EA"),
    "piece": ("EA", "EA"),
    "box": ("BX", "XBX"),
    "case": ("CA", "XCS"),
    "carton": ("CT", "XCT"),
    "pack": ("PK", "XPK"),
    "packet": ("PK", "XPK"),
    "bag": ("BG", "XBG"),
    "bottle": ("BO", "XBO"),
    "vial": ("VI", "XVI"),
    "tube": ("TB", "XTU"),
    "jar": ("JR", "XJR"),
    "roll": ("RL", "XRO"),
    "kit": ("KT", "KT"),
    "set": ("ST", "SET"),
    "pair": ("PR", "PR"),
    "dozen": ("DZ", "DZN"),
    "kg": ("KG", "KGM"),
    "g": ("GR", "GRM"),
    "l": ("LT", "LTR"),
    "ml": ("ML", "MLT"),
    "m": ("MR", "MTR"),
    "cm": ("CM", "CMT"),
    "mm": ("MM", "MMT"),
}
"""X12's code (data element 355) and UN/ECE's by the first word of a unit's name: boxes of 10 and of 50 are boxes."""
_WORD = re.compile(r"[A-Za-z]+")


def told(value: Decimal, unit: str, factor: Decimal) -> Quantity:
    """A quantity for a partner; ``unit`` is the name of Odoo's unit, ``factor`` how many base units one holds."""
    found = _WORD.match(unit.strip())
    word = found.group().lower() if found else ""
    code, common = CODES.get(word) or CODES.get(_singular(word)) or (unit or None, None)
    return Quantity(value, code, common, factor if factor != 1 else None)


def _singular(word: str) -> str:
    return word[:-2] if word.endswith(("xes", "ches", "shes")) else word.removesuffix("s")
