"""What a price is for: data element 639, the basis of unit price code.

Used by ``values`` and ``details``. Most codes tell a kind of price and no quantity. Partners write units of measure
there as well; whether ``CA`` is a catalogue price or a case only the line's own unit or the partner's table settles.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.model.quantity import Quantity
from app.standards.x12.units import COMMON

KINDS = frozenset(
    {
        "AA", "AB", "AP", "AW", "BD", "BR", "CP", "CR", "CT", "DI", "DR", "DS", "EC", "ES", "FB", "FO", "FX", "KA",
        "KP", "LR", "NC", "NE", "NT", "PQ", "PR", "PV", "QR", "QT", "RS", "RT", "SC", "SR", "ST", "SW", "TB", "UM",
        "VQ", "WH",
    }
)  # fmt: skip
"""Kinds of price that name no quantity: contract, catalogue, net, quoted."""
MANY: Mapping[str, int] = {
    "PN": 10,
    **dict.fromkeys(("HP", "HC", "LC", "QH", "RC", "TC", "WC"), 100),
    **dict.fromkeys(("TP", "LM", "QS", "RM", "TM", "WM"), 1_000),
    "TT": 10_000,
    "HT": 100_000,
}
"""Prices per ten, hundred, thousand and more of the line's unit."""
OF_UNIT: Mapping[str, tuple[int, str]] = {
    **dict.fromkeys(("PE", "TE", "LE", "QE", "RE", "WE"), (1, "EA")),
    **dict.fromkeys(("PD", "LD", "TD", "RD", "WD"), (1, "DZ")),
    "PP": (1, "LB"),
    "PO": (1, "OZ"),
    "PG": (1, "GR"),
    "PL": (1, "LT"),
    "PF": (1, "FT"),
    "PY": (1, "YD"),
    "HF": (100, "FT"),
    "TF": (1_000, "FT"),
}
"""Prices of a quantity in a unit of their own."""
EITHER = frozenset({"CA", "PK", "PT"})
"""A catalogue price or one per case; per kilogram or per package; per ton or per pint."""

UNKNOWN = Quantity(Decimal(0))
"""What the code is for cannot be told."""


def basis_of(code: str, unit: str | None, agreed: str | None) -> Quantity | None:
    """What a price is for: None for one of the line's unit, ``UNKNOWN`` where that is not known.

    ``agreed`` is what the partner's table says of the code: ``unit``, a number of the line's unit, or a unit.
    """
    if agreed == "unit" or (agreed is None and code == unit):
        return None
    if agreed and agreed.isdigit():
        return Quantity(Decimal(agreed), unit)
    if agreed:
        return Quantity(Decimal(1), agreed)
    return _by_standard(code, unit)


def _by_standard(code: str, unit: str | None) -> Quantity | None:
    if code in MANY:
        return Quantity(Decimal(MANY[code]), unit)
    if code in OF_UNIT:
        many, of = OF_UNIT[code]
        return None if many == 1 and unit in {None, of} else Quantity(Decimal(many), of)
    if code in KINDS:
        return None
    return Quantity(Decimal(1), code) if code in COMMON and code not in EITHER else UNKNOWN


def code_of(basis: Quantity, unit: str | None) -> str | None:
    """The code for a price of ``basis`` beside a quantity in ``unit``, None where the standard has none."""
    if basis.unit != unit:
        told = ((code, Quantity(Decimal(many), of)) for code, (many, of) in OF_UNIT.items())
        return next((code for code, one in told if (one.value, one.unit) == (basis.value, basis.unit)), None)
    return "UM" if basis.value == 1 else next((code for code, many in MANY.items() if many == basis.value), None)
