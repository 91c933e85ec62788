"""Which lots and serial numbers goods have that a receipt only counts: those of the ship notice, and never a guess.

Pure: ``app.flows.goods_receipt`` asks it with what the ledger keeps of ship notices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Noticed:
    """What is left to come of one line of a ship notice, in base units.

    ``notice`` and ``ordinal`` are the notice's document and the place of the line in it.
    """

    notice: UUID
    ordinal: int
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class Allotted:
    """A part of what was received; ``of`` is the line of the ship notice that it is counted against, if any."""

    quantity: Decimal
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    of: Noticed | None = None


def allot(quantity: Decimal, noticed: Sequence[Noticed]) -> tuple[Allotted, ...]:
    """What was received of a line, in the lots that were noticed; together always just ``quantity``.

    All that is still to come has its own lots; less than that has one only where there is a single one to have. What is
    beyond the notice has none.
    """
    coming = [line for line in noticed if line.quantity > 0]
    total = sum((line.quantity for line in coming), Decimal(0))
    alike = len({(line.lot, line.serial, line.expiry) for line in coming}) == 1
    if not coming or (quantity < total and not alike):
        return (Allotted(quantity),)
    parts, left = [], quantity
    for line in coming:
        taken = min(left, line.quantity)
        if taken > 0:
            parts.append(Allotted(taken, line.lot, line.serial, line.expiry, line))
        left -= taken
    return (*parts, Allotted(left)) if left else tuple(parts)


def named(
    quantity: Decimal, lot: str | None, serial: str | None, expiry: date | None, noticed: Sequence[Noticed]
) -> tuple[Allotted, ...]:
    """What was received of a lot or serial number that the receipt itself names; the notice may tell its expiry."""
    same = [line for line in noticed if (serial and line.serial == serial) or (lot and not serial and line.lot == lot)]
    known = next((line for line in same if line.quantity > 0), same[0] if same else None)
    if known is None:
        return (Allotted(quantity, lot, serial, expiry),)
    counted = min(quantity, max(known.quantity, Decimal(0)))
    part = Allotted(counted, lot or known.lot, serial, expiry or known.expiry, known)
    rest = quantity - part.quantity
    beyond = Allotted(rest, part.lot, serial, part.expiry)
    return tuple(one for one in (part, beyond) if one.quantity > 0)
