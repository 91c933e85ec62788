"""What the reports of stock and activity (846, 852, 867) have in common: quantities by activity, places and prices.

Used by ``inventory``, ``activities`` and ``resales``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast, get_args

from app.errors import Permanent
from app.model.inventory_report import Activity, InventoryLine
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.party import Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.items import Product
from app.standards.x12.marks import marks_of
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values

LEVELS = frozenset({"on_hand", "on_order", "committed"})
"""Activities that are levels at one time; all others come and go within a period."""
PLACES = ("WH", "ST", "RL", "LC", "SF", "BY")
"""N1-01 of places that hold stock, where they stand with a quantity."""
MARKS = ("REF", "DTM")
"""Segments that tell lot, serial number or expiry."""
REPORTERS, RECIPIENTS = ("FR", "DB", "41"), ("TO", "40", "BG")
"""N1-01 of who reports and to whom."""


def activity(segment: Segment, table: Mapping[str, Activity], values: Values) -> Activity:
    """What the quantity of a segment is a quantity of, by its first element."""
    code = segment.text(1) or ""
    agreed = values.options.activities.get(code)
    if agreed in get_args(Activity):
        return cast("Activity", agreed)
    if code not in table:
        values.findings.warn("activity.unknown", segment.place(1), "the kind of quantity is in no table")
    return table.get(code, "other")


def code_of(found: Activity, table: Mapping[Activity, str], agreed: Mapping[str, str]) -> str | None:
    """The code that is written for an activity; the partner's own comes first."""
    return {meaning: code for code, meaning in agreed.items()}.get(found) or table.get(found)


def counted(segment: Segment, number: int, unit: int, values: Values) -> Quantity | None:
    """A quantity; one without a unit is kept with a warning."""
    found = values.quantity(segment, number, unit, required=True)
    if found and found.unit is None:
        values.findings.warn("unit.missing", segment.place(unit), "a unit is expected")
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """What holds for every quantity of an item; found once, since there may be many quantities."""

    segment: Segment
    number: str | None
    identifiers: tuple[Identifier, ...]
    description: str | None
    marks: Markings
    prices: tuple[Segment, ...]
    location: str | None
    order_number: str | None
    counted_at: When | None
    note: str | None

    def marked(self, below: Iterable[Segment], values: Values, expiry: tuple[date, str] | None = None) -> Markings:
        """What is marked on the units of one quantity."""
        told = [segment for segment in below if segment.tag in MARKS]
        if not told and expiry is None:
            return self.marks
        known = Product((), self.marks.lot, self.marks.serial)
        found = marks_of(self.segment, known, told, values)
        found.say_expiry(self.marks.expiry, self.segment.where)
        if expiry:
            found.say_expiry(*expiry)
        return found

    def price(self, unit: str | None, values: Values) -> Price | None:
        """The price in the one CTP; of several prices none is taken."""
        if len(self.prices) > 1:
            values.findings.warn("price.ambiguous", self.prices[0].place(3), "several prices are told; none was taken")
        if len(self.prices) != 1:
            return None
        amount = values.amount(self.prices[0], 3, "price")
        return Price(amount, basis=basis(self.prices[0], 5, unit, values)) if amount is not None else None


def item(lin: Segment, above: Sequence[Segment], values: Values) -> Item:
    """The item of a LIN segment; ``above`` stands before its first quantity."""
    tags = {segment.tag for segment in above}
    product, description = items.read(lin, 2, values), details.description(above, values) if "PID" in tags else None
    remarks.check_item(product.identifiers, description, lin, values)
    return Item(
        segment=lin,
        number=values.text(lin, 1, "line"),
        identifiers=product.identifiers,
        description=description,
        marks=marks_of(lin, product, above, values),
        prices=tuple(segment for segment in above if segment.tag == "CTP" and segment.text(3)),
        location=place(above, values) if "N1" in tags else None,
        order_number=remarks.number(above, values, "PO") if "REF" in tags else None,
        counted_at=details.date(above, values, "007", "097") if "DTM" in tags else None,
        note=remarks.read(above, values) if tags & remarks.TAGS.keys() else None,
    )


def place(segments: Sequence[Segment], values: Values, codes: Sequence[str] = PLACES) -> str | None:
    """The number, else the name, of the place that an N1 among the segments names."""
    n1 = next((s for s in segments if s.tag == "N1" and s.text(1) in codes), None)
    return values.text(n1, 4, "location") or values.text(n1, 2, "location")


def party(segments: Sequence[Segment], codes: Sequence[str], values: Values) -> Party | None:
    """The party with one of the entity codes, the first code first."""
    by_code = {loop[0].text(1): loop for loop in reversed(parties.loops_of(segments)[0])}
    found = next((by_code[code] for code in codes if code in by_code), None)
    return parties.party(found, values) if found else None


def write_party(code: str, found: Party | None, qualifiers: Mapping[str, str]) -> Iterator[list[str]]:
    """The N1 loop of a party under an entity code."""
    for segment in parties.write("buyer", found, qualifiers):
        yield ["N1", code, *segment[2:]] if segment[0] == "N1" else segment


def basis(segment: Segment, number: int, unit: str | None, values: Values) -> Quantity | None:
    """One of the unit that a price is for, None where that is the line's."""
    code = values.unit(segment, number)
    return None if code in (None, unit) else values.measured(Decimal(1), code, segment.place(number))


def by_place(total: InventoryLine, parts: Sequence[InventoryLine], where: str, values: Values) -> list[InventoryLine]:
    """The quantities by place where they make the total, so that nothing is counted twice; else the total alone."""
    if not parts:
        return [total]
    units = {part.quantity.unit for part in parts}
    if units == {total.quantity.unit} and sum((p.quantity.value for p in parts), Decimal(0)) == total.quantity.value:
        return list(parts)
    text = "the quantities by place do not make the total; the total was taken"
    values.findings.warn("quantity.conflict", where, text)
    return [total]


def priced_unit(found: Price, unit: str | None) -> str:
    """The unit that a price is for one of. Raises Permanent where it is for another number of it."""
    told = found.basis
    if told and (told.value != Decimal(1) or told.unit in (None, unit)):
        raise Permanent("a price is told for one of a unit here", code="document.not_carried")
    return (told.unit if told else unit) or ""


def write_price(found: Price, unit: str | None) -> Iterator[list[str]]:
    """A CTP segment."""
    if found.currency:
        raise Permanent("there is no place for the currency of a price here", code="document.not_carried")
    yield ["CTP", "", "CON", details.number(found.amount), "1", priced_unit(found, unit)]
