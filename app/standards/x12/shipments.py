"""856 ship notice, read: shipment, orders, packs and items in a tree of HL loops.

Called by ``app.standards.x12.standard``. Parents are often left out; then the order of the levels tells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.model.trade import Action
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.marks import only, stated
from app.standards.x12.orders import PURPOSES
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops

DEPTH: Mapping[str, int] = {"S": 0, "O": 1, "T": 2, "P": 3, "K": 3, "I": 4, "F": 4}
"""Levels (HL-03) from the outside to the inside: shipment, order, tare, pack, item."""
ONE = Decimal(1)
INNERMOST = 9
"""Where a level that is in no table stands."""
PACKS, ITEMS = ("T", "P", "K"), ("I", "F")
MAX_DEPTH = 20
"""Levels within levels; nobody has more."""
SSCC = ("GM", "AA", "AAS", "AI")
"""Marks and numbers qualifiers (data element 88) of a serial shipping container code."""


@dataclass(frozen=True, slots=True)
class Level:
    """One HL loop and the loop that it stands in."""

    id: str
    kind: str
    head: Segment
    segments: tuple[Segment, ...]
    parent: Level | None = None
    depth: int = 0

    def outside(self, *kinds: str) -> Level | None:
        """The nearest loop of a kind that this one is, or stands in."""
        level: Level | None = self
        while level and level.kind not in kinds:
            level = level.parent
        return level


def ship_notice(found: TransactionSet, values: Values) -> ShipNotice | None:
    """An 856. None where a fault was found."""
    header, bodies, _ = loops(found.segments, "HL", ("CTT",))
    bsn = first(header, "BSN")
    if bsn is None:
        values.findings.reject("segment.missing", f"{found.where}/BSN", "the beginning segment is required")
        return None
    levels = _levels(bodies, values)
    number = values.text(bsn, 2, "ship_notice", required=True)
    packages = [_package(level, values) for level in levels if level.kind in PACKS]
    lines = [line for level in levels if level.kind in ITEMS for line in _lines(level, values)]
    if values.findings.errors or number is None:
        return None
    shipment = next((level.segments for level in levels if level.kind == "S"), ())
    return ShipNotice(
        number=number,
        lines=tuple(lines),
        orders=tuple(dict.fromkeys(_orders(levels, values))),
        action=_action(bsn, values),
        noticed_at=values.when(bsn, 3, "date", 4),
        packages=tuple(packages),
        **_shipment([*header, *shipment], values),
    )


def _action(bsn: Segment, values: Values) -> Action:
    code = bsn.text(1) or ""
    if code not in PURPOSES:
        values.findings.warn("purpose.unknown", bsn.place(1), "the purpose is in no table; it was read as an original")
    return PURPOSES.get(code, "new")


def _shipment(segments: Sequence[Segment], values: Values) -> dict[str, Any]:
    td5, td1 = first(segments, "TD5"), first(segments, "TD1")
    tracking = dict.fromkeys(values.text(ref, 2, "tracking") for ref in all_of(segments, "REF", "CN", "2I", "SI"))
    return {
        "shipped_at": details.date(segments, values, "011", "068", "370"),
        "expected_at": details.date(segments, values, "017", "067", "002", "371"),
        "buyer": parties.read(segments, "buyer", values),
        "seller": parties.read(segments, "seller", values),
        "ship_from": parties.read(segments, "ship_from", values),
        "ship_to": parties.read(segments, "ship_to", values),
        "carrier": values.text(td5, 3, "carrier"),
        "carrier_name": values.prose(td5, 5, "carrier"),
        "tracking": tuple(number for number in tracking if number),
        "bill_of_lading": remarks.number(segments, values, "BM", "MB"),
        "package_count": values.aside(td1, 2, "package_count") if td1 else None,
        "weight": _weight(td1, values),
        "note": details.notes(segments, values),
    }


def _levels(bodies: Sequence[Sequence[Segment]], values: Values) -> list[Level]:
    """The loops with those they stand in: by HL-02 where it names one, else by the order of the levels."""
    by_id: dict[str, Level] = {}
    found: list[Level] = []
    for body in bodies:
        level = _level(body, by_id, found[-1] if found else None, values)
        if level.id in by_id:
            values.findings.warn("level.duplicate", level.head.place(1), "two levels have one number")
        if level.depth > MAX_DEPTH:
            values.findings.reject("level.too_many", level.head.where, f"at most {MAX_DEPTH} levels in one another")
            return []
        by_id[level.id] = level
        found.append(level)
    return found


def _level(body: Sequence[Segment], by_id: Mapping[str, Level], before: Level | None, values: Values) -> Level:
    head = body[0]
    kind, number = head.text(3) or "", head.text(2)
    if kind not in DEPTH:
        values.findings.warn("level.unknown", head.place(3), "the level is in no table")
    parent = by_id.get(number or "")
    if number and parent is None:
        values.findings.warn("level.parent", head.place(2), "no level of that number was found before")
    if parent is None:
        parent = before
        while parent and DEPTH.get(parent.kind, INNERMOST) >= DEPTH.get(kind, INNERMOST):
            parent = parent.parent
    own = values.text(head, 1, "level") or head.where
    return Level(own, kind, head, tuple(body[1:]), parent, parent.depth + 1 if parent else 0)


def _orders(levels: Sequence[Level], values: Values) -> Iterator[str]:
    for level in levels:
        if prf := first(level.segments, "PRF"):
            number = values.text(prf, 1, "order")
            yield from [number] if number else []


def _package(level: Level, values: Values) -> Package:
    td1, man = first(level.segments, "TD1"), first(level.segments, "MAN", *SSCC)
    parent = level.parent.outside(*PACKS) if level.parent else None
    return Package(
        id=level.id,
        sscc=_sscc(man, values),
        type=values.text(td1, 1, "package"),
        parent=parent.id if parent else None,
        weight=_weight(td1, values),
        tracking=remarks.number(level.segments, values, "CN", "2I") or _tracking(level.segments, values),
    )


def _tracking(segments: Sequence[Segment], values: Values) -> str | None:
    return values.text(first(segments, "MAN", "CP", "SM"), 2, "tracking")


def _sscc(man: Segment | None, values: Values) -> str | None:
    """18 digits; the application identifier 00 before them is no part of the code."""
    number = values.text(man, 2, "sscc")
    if man is None or number is None:
        return None
    if len(number) == 20 and number.startswith("00"):
        number = number[2:]
    if len(number) != 18 or not number.isdigit():
        values.findings.warn("sscc.invalid", man.place(2), "an SSCC has 18 digits; it was left out")
        return None
    return number


def _weight(td1: Segment | None, values: Values) -> Quantity | None:
    value = values.aside(td1, 7, "weight") if td1 else None
    if td1 is None or value is None:
        return None
    return values.measured(value, values.text(td1, 8, "unit"), td1.place(8))


def _lines(level: Level, values: Values) -> Iterator[ShipNoticeLine]:
    """One line; where there are as many serial numbers as pieces, one for each of them."""
    lin, sn1 = first(level.segments, "LIN"), first(level.segments, "SN1")
    if sn1 is None:
        values.findings.reject("segment.missing", f"{level.head.where}/SN1", "an item level has an SN1 segment")
        return
    quantity = values.quantity(sn1, 2, 3, required=True)
    product = items.read(lin, 2, values) if lin else items.Product()
    text = details.description(level.segments, values)
    remarks.check_item(product.identifiers, text, lin or sn1, values)
    lots, serials = stated(product, level.segments, values)
    if quantity is None:
        return
    line = ShipNoticeLine(
        quantity=quantity,
        number=values.text(lin, 1, "line") or values.text(sn1, 1, "line"),
        identifiers=product.identifiers,
        description=text,
        ordered=values.quantity(sn1, 5, 6, "ordered"),
        lot=only(lots, "lot", sn1.where, values),
        expiry=_day(level, values, "036", "208", "361"),
        made_on=_day(level, values, "405", "511", "094"),
        note=details.notes(level.segments, values),
        **_origin(level, lin, sn1, values),
    )
    if len(serials) > 1 and quantity.value == len(serials):
        yield from (replace(line, quantity=replace(quantity, value=ONE), serial=serial) for serial in serials)
    else:
        yield replace(line, serial=only(serials, "serial", sn1.where, values))


def _origin(level: Level, lin: Segment | None, sn1: Segment, values: Values) -> dict[str, Any]:
    """The order and its line, and the pack, that the item stands in."""
    order, pack = level.outside("O") or level.outside("S"), level.outside(*PACKS)
    prf = first(order.segments, "PRF") if order else None
    own = first(level.segments, "PRF")
    return {
        "order_number": values.text(own, 1, "order") or values.text(prf, 1, "order"),
        "order_line": values.text(own, 5, "line") or values.text(sn1, 1, "line") or values.text(lin, 1, "line"),
        "package": pack.id if pack else None,
    }


def _day(level: Level, values: Values, *codes: str) -> date | None:
    dtm = first(level.segments, "DTM", *codes)
    return values.day(dtm.text(2), dtm.place(2), "date") if dtm else None
