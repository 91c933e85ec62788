"""The hospital that the benchmark works on: its Odoo, its crosswalk and its channels, all generated.

Used by ``ops.bench.place``; the stock is large enough for any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from app.crosswalk.files import NumberedRow
from app.crosswalk.rows import CrosswalkRow
from ops.bench.events import ITEMS, LOTS, THEATRE, UNITS, VARIETY, WARDS, has_lots, mixed, pairs
from ops.provision import Count, Hospital, Item, Lot, Site

HOSPITAL = Hospital("GEN", "Benchmark Hospital", (*WARDS, THEATRE, *UNITS))
COUNTED = Decimal(1_000_000)
"""What every location holds of everything it uses, before the first event."""

PAIRS, HOSPITAL_MIX = tuple(pairs(600)), tuple(mixed(3000, UNITS, variety=VARIETY))
"""What other programs are compared over: everything different, and Zipf 1.1 over 300 items in 12 locations."""

CHANNELS = """\
[channels.cabinets]
standard = "canonical"
facility = "GEN"
lane = "bulk"

[channels.carts]
standard = "canonical"
facility = "GEN"
lane = "urgent"
"""


def site() -> Site:
    """What Odoo must know."""
    return Site(
        hospitals=(HOSPITAL,),
        items=tuple(Item(item, f"Article {item}", "lot" if has_lots(item) else "none") for item in VARIETY),
        lots=tuple(Lot(item, lot) for item, lot in product(filter(has_lots, VARIETY), LOTS)),
        counts=tuple(_counts()),
    )


def crosswalk() -> list[NumberedRow]:
    """What the senders' codes mean."""
    rows = [CrosswalkRow("item", f"C-{item}", item) for item in VARIETY]
    rows.append(CrosswalkRow("unit", "EA", "Units", factor=Decimal(1)))
    for name in HOSPITAL.departments:
        stock, consumption = HOSPITAL.stock(name), HOSPITAL.consumption(name)
        rows.append(CrosswalkRow("location", name, stock, consumption_location=consumption))
    return [NumberedRow(line, row) for line, row in enumerate(rows, 2)]


def _counts() -> Iterator[Count]:
    """The theatre uses every lot, the wards have one lot open of each item; a unit has what it will use."""
    for item, lot in product(filter(has_lots, ITEMS), LOTS):
        yield Count(HOSPITAL.stock(THEATRE), item, COUNTED, lot)
    for ward, item in product(WARDS, ITEMS):
        yield Count(HOSPITAL.stock(ward), item, COUNTED, LOTS[0] if has_lots(item) else None)
    for used in sorted({(use.department, use.item, use.lot) for use in (*PAIRS, *HOSPITAL_MIX)}, key=str):
        yield Count(HOSPITAL.stock(used[0]), used[1], COUNTED, used[2])
