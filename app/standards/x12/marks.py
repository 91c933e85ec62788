"""Lot, serial number and expiry of a line, told in its product pairs and in the segments below it.

Used by the mappings of invoices, receipts and inventory. Statements that disagree are a fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.model.markings import Markings
from app.standards.x12.items import Product
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values

EXPIRY = frozenset({"036", "208"})
"""DTM-01 of an expiration, and of the expiration of a lot."""

LOTS = frozenset({"LT", "BT"})
"""REF-01 of a lot and of a batch."""


def marks_of(segment: Segment | None, product: Product, below: Iterable[Segment], values: Values) -> Markings:
    """What is marked on the unit that ``segment`` and the segments below it speak of."""
    marks = Markings(values.findings)
    if segment:
        marks.say_lot(product.lot, segment.where)
        marks.say_serial(product.serial, segment.where)
    for one in below:
        code = one.text(1)
        if one.tag == "REF" and code == "LT":
            marks.say_lot(one.text(2), one.place(2))
        elif one.tag == "REF" and code == "SE":
            marks.say_serial(one.text(2), one.place(2))
        elif one.tag == "DTM" and code in EXPIRY:
            day = values.when(one, 2, "expiry")
            marks.say_expiry(day if not isinstance(day, datetime) else day.date(), one.place(2))
    return marks


def stated(product: Product, below: Iterable[Segment], values: Values) -> tuple[list[str], list[str]]:
    """Every lot and every serial number that is told of a line, each once: a line may be of several units."""
    references = [one for one in below if one.tag == "REF"]
    lots = [product.lot, *(values.text(one, 2, "lot") for one in references if one.text(1) in LOTS)]
    serials = [product.serial, *(values.text(one, 2, "serial") for one in references if one.text(1) == "SE")]
    return [lot for lot in dict.fromkeys(lots) if lot], [one for one in dict.fromkeys(serials) if one]


def only(found: list[str], thing: str, where: str, values: Values) -> str | None:
    """The one that is told; of several none, with a warning."""
    if len(found) > 1:
        values.findings.warn(f"{thing}.ambiguous", where, "several are told for one quantity; none was taken")
    return found[0] if len(found) == 1 else None
