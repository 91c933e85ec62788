"""What is used up: events in which everything differs, and events as a hospital's wards have them.

Made anew for each measurement by the other modules of the benchmark; the same numbers always give the same uses, so
that rounds can be compared.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice, product

from app import ids

ITEMS = tuple(f"BENCH-{number:03}" for number in range(100))
VARIETY = tuple(f"BENCH-{number:03}" for number in range(300))
"""All items; a hospital's mix against other programs is of all of them, everything else of the first hundred."""
LOTS = ("L1", "L2", "L3", "L4")
THEATRE = "THEATRE"
WARDS = ("WARD1", "WARD2", "WARD3", "WARD4")
UNITS = tuple(f"UNIT{number:02}" for number in range(1, 13))
"""Where the events against other programs happen."""
EXPONENT = 1.1
"""Of Zipf's law: how much more often the first item is used than the second, the second than the third."""
SEED = 19
QUANTITIES, FREQUENCIES = (Decimal(1), Decimal(2), Decimal("0.5")), (8, 1, 1)


@dataclass(frozen=True, slots=True)
class Use:
    """So much of an item, and of one lot where it has lots, used up in a department."""

    department: str
    item: str
    lot: str | None
    quantity: Decimal


def has_lots(item: str) -> bool:
    """Every second item is tracked by lot."""
    return VARIETY.index(item) % 2 == 1


def distinct(count: int) -> list[Use]:
    """Uses in the theatre, at most 200, no two of the same item and lot."""
    both = product(LOTS, filter(has_lots, ITEMS))
    return [Use(THEATRE, item, lot, Decimal(1)) for lot, item in islice(both, count)]


def pairs(count: int) -> list[Use]:
    """Uses in the units, no two of the same item and unit; at most as many as there are of both."""
    return [
        Use(unit, item, LOTS[0] if has_lots(item) else None, Decimal(1))
        for item, unit in islice(product(VARIETY, UNITS), count)
    ]


def mixed(count: int, wards: Sequence[str] = WARDS, seed: int = SEED, variety: Sequence[str] = ITEMS) -> list[Use]:
    """Uses spread evenly over the wards, their items by Zipf's law; an item has one lot open at a time."""
    chance = random.Random(seed)
    items = chance.choices(variety, zipf(len(variety)), k=count)
    quantities = chance.choices(QUANTITIES, FREQUENCIES, k=count)
    return [
        Use(ward, item, LOTS[0] if has_lots(item) else None, quantity)
        for ward, item, quantity in zip(islice(cycle(wards), count), items, quantities, strict=True)
    ]


def zipf(count: int) -> list[float]:
    """The weights of the first ``count`` ranks."""
    return [1 / rank**EXPONENT for rank in range(1, count + 1)]


def batches(uses: Iterable[Use], limit: int) -> int:
    """How many batches of at most ``limit`` events the uses must travel in: a batch is of one location."""
    return sum(-(-count // limit) for count in Counter(use.department for use in uses).values())


def message(uses: Iterable[Use]) -> bytes:
    """One message of the canonical standard, every use a new event."""
    return b"\n".join(json.dumps(_event(use)).encode() for use in uses)


def _event(use: Use) -> dict[str, object]:
    event: dict[str, object] = {
        "event_id": str(ids.new_id()),
        "occurred_at": ids.now().isoformat(),
        "identifiers": [{"scheme": "internal", "value": f"C-{use.item}"}],
        "quantity": {"value": str(use.quantity), "unit": "EA"},
        "location": use.department,
    }
    if use.lot:
        event["lot"] = use.lot
    return event
