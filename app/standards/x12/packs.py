"""Packs of an item in a price list: SLN segments, PKL and PO4.

Used by ``price_lists``. A factor that the message does not prove is left out: a case of 20 that is taken for one of 80
orders four times too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.model.item_record import Pack
from app.standards.x12 import items
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values, all_of, first

ONE = Decimal(1)
MAX_LEVELS = 8
"""Packs within packs; nobody has more."""
MAX_DIGITS = 2
"""The power of ten of a quantity within a pack at most: with it, all factors are exact."""


def packs_of(segments: Sequence[Segment], ordered: str | None, values: Values) -> tuple[Pack, ...]:
    """The packs, the largest one first; ``ordered`` is the unit that the price is for."""
    levels = [sln for sln in all_of(segments, "SLN") if sln.part(5)]
    return _tree(levels, ordered, values) if levels else _physical(segments, ordered, values)


def _tree(levels: Sequence[Segment], ordered: str | None, values: Values) -> tuple[Pack, ...]:
    counts = [values.amount(sln, 4, "quantity") for sln in levels]
    factors = _factors(counts, levels, values)
    return tuple(
        Pack(
            unit=unit,
            quantity=factor,
            common_unit=values.common_unit(unit),
            gtin=_gtin(sln, values),
            default=True if unit == ordered else None,
        )
        for sln, factor in zip(levels, factors, strict=True)
        if (unit := values.unit(sln, 5))
    )


def _factors(counts: Sequence[Decimal | None], levels: Sequence[Segment], values: Values) -> list[Decimal | None]:
    """How many of the smallest level are in each one."""
    last = len(counts) - 1
    if len(counts) > MAX_LEVELS:
        values.findings.warn("pack.too_many", levels[0].where, f"at most {MAX_LEVELS} levels are expected")
        return [None] * len(counts)
    if any(not count or count <= 0 for count in counts):
        values.findings.warn("pack.missing", levels[0].place(4), "a quantity at each level is expected")
        return [None] * last + [ONE]
    known = [count for count in counts if count]
    if any(count.adjusted() > MAX_DIGITS for count in known):
        values.findings.warn("pack.invalid", levels[0].place(4), "packs of a plausible size are expected")
        return [None] * len(counts)
    flat = [known[last] / count if known[last] % count == 0 else None for count in known]
    nested = [_product(known[place + 1 :]) for place in range(len(known))]
    if known[0] != 1:
        values.findings.warn("pack.ambiguous", levels[0].place(4), "one of the largest pack is expected first")
        return [None] * last + [ONE]
    choice = values.options.packs
    if choice == "unknown" and flat != nested:
        text = "whether the quantities are in the next larger pack or all in the largest is not known (option packs)"
        values.findings.warn("pack.ambiguous", levels[0].where, text)
        return [one if one == other else None for one, other in zip(flat, nested, strict=True)]
    return list(flat if choice == "flat" else nested)


def _product(counts: Sequence[Decimal]) -> Decimal:
    found = ONE
    for count in counts:
        found *= count
    return found


def _gtin(sln: Segment, values: Values) -> str | None:
    named = items.read(sln, 9, values).identifiers
    return next((one.value for one in named if one.scheme == "gtin"), None)


def _physical(segments: Sequence[Segment], ordered: str | None, values: Values) -> tuple[Pack, ...]:
    """PO4-01, how many are in one of what is ordered, where PO4-03 says of what and PO4-02 tells no other size."""
    po4 = first(segments, "PO4")
    inner = values.text(po4, 3, "unit")
    if po4 is None or inner is None or ordered is None or inner == ordered or po4.text(1) is None:
        return ()
    count = values.amount(po4, 1, "quantity")
    if count is None or count <= 0 or po4.text(2) not in (None, "1"):
        return ()
    return (
        Pack(ordered, count, values.common_unit(ordered), default=True),
        Pack(inner, ONE, values.common_unit(inner)),
    )
