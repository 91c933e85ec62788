"""856 ship notice, read: shipment, orders, packs and items in a tree of HL loops.

Called by ``app.standards.x12.standard``. Parents are often left out; then the order of the levels tells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.standards.x12 import details, items, parties
from app.standards.x12.orders import PURPOSES
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops, reference

DEPTH: Mapping[str, int] = {"S": 0, "O": 1, "T": 2, "P": 3, "K": 3, "I": 4, "F": 4}
"""Levels (HL-03) from the outside to the inside: shipment, order, tare, pack, item."""
PACKS = ("T", "P", "K")
SSCC = ("GM", "AA", "AAS", "CP")
"""Marks and numbers qualifiers (data element 88) of a serial shipping container code."""


@dataclass(frozen=True, slots=True)
class Level:
    """One HL loop and the loops that it stands in."""

    head: Segment
    segments: tuple[Segment, ...]
    parents: tuple[Level, ...] = field(default=())

    @property
    def kind(self) -> str:
        """HL-03."""
        return self.head.text(3) or ""

    def outside(self, *kinds: str) -> Level | None:
        """The nearest loop of a kind that this one is, or stands in."""
        return next((level for level in (self, *reversed(self.parents)) if level.kind in kinds), None)


def ship_notice(found: TransactionSet, values: Values) -> ShipNotice | None:
    """An 856. None where a fault was found."""
    header, bodies, _ = loops(found.segments, "HL", ("CTT",))
    bsn = first(header, "BSN")
    if bsn is None:
        values.findings.reject("segment.missing", f"{found.where}/BSN", "the beginning segment is required")
        return None
    levels = _levels(bodies, values)
    number = values.text(bsn, 2, "ship_notice", required=True)
    packages = {level.head.text(1) or "": _package(level, values) for level in levels if level.kind in PACKS}
    lines = [line for level in levels if level.kind in {"I", "F"} for line in _lines(level, values)]
    if values.findings.errors or number is None:
        return None
    shipment = next((level.segments for level in levels if level.kind == "S"), ())
    return ShipNotice(
        number=number,
        lines=tuple(lines),
        orders=tuple(dict.fromkeys(_orders(levels, values))),
        action=PURPOSES.get(bsn.text(1) or "", "new"),
        noticed_at=values.when(bsn, 3, "date", 4),
        packages=tuple(packages.values()),
        **_shipment([*header, *shipment], values),
    )


def _shipment(segments: Sequence[Segment], values: Values) -> dict:  # type: ignore[type-arg]
    td5, td1 = first(segments, "TD5"), first(segments, "TD1")
    tracking = dict.fromkeys(s.text(2) for s in all_of(segments, "REF", "CN", "2I", "SI") if s.text(2))
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
        "bill_of_lading": reference(segments, "BM", "MB"),
        "package_count": values.amount(td1, 2, "package_count") if td1 else None,
        "weight": _weight(td1, values),
        "note": details.notes(segments, values),
    }


def _levels(bodies: Sequence[Sequence[Segment]], values: Values) -> list[Level]:
    """The loops with those they stand in: by HL-02 where it names one, else by the order of the levels."""
    by_id: dict[str, Level] = {}
    stack: list[Level] = []
    found = []
    for body in bodies:
        head = body[0]
        kind = head.text(3) or ""
        if kind not in DEPTH:
            values.findings.warn("level.unknown", head.place(3), "the level is in no table")
        named = by_id.get(head.text(2) or "")
        if head.text(2) and named is None:
            values.findings.warn("level.parent", head.place(2), "no level of that number was found before")
        while stack and DEPTH.get(stack[-1].kind, 9) >= DEPTH.get(kind, 9):
            stack.pop()
        parents = (*named.parents, named) if named else tuple(stack)
        level = Level(head, tuple(body[1:]), parents)
        by_id[head.text(1) or ""] = level
        stack = [*parents, level]
        found.append(level)
    return found


def _orders(levels: Sequence[Level], values: Values) -> Iterator[str]:
    for level in levels:
        if level.kind in {"O", "S"} and (prf := first(level.segments, "PRF")):
            number = values.text(prf, 1, "order")
            yield from [number] if number else []


def _package(level: Level, values: Values) -> Package:
    td1, man = first(level.segments, "TD1"), first(level.segments, "MAN", *SSCC)
    parent = level.parents[-1].outside(*PACKS) if level.parents else None
    return Package(
        id=level.head.text(1) or level.head.where,
        sscc=_sscc(man, values),
        type=values.text(td1, 1, "package"),
        parent=parent.head.text(1) if parent else None,
        weight=_weight(td1, values),
        tracking=reference(level.segments, "CN", "2I") or _tracking(level.segments, values),
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
    return values.quantity(td1, 7, 8, "weight") if td1 else None


def _lines(level: Level, values: Values) -> Iterator[ShipNoticeLine]:
    lin, sn1 = first(level.segments, "LIN"), first(level.segments, "SN1")
    if sn1 is None:
        values.findings.reject("segment.missing", f"{level.head.where}/SN1", "an item level has an SN1 segment")
        return
    quantity = values.quantity(sn1, 2, 3, required=True)
    product = items.read(lin, 2, values) if lin else items.Product()
    text = details.description(level.segments, values)
    if not product.identifiers:
        severity = values.findings.warn if text else values.findings.reject
        severity("item.missing", (lin or sn1).place(2), "a number of the item is required")
    if quantity is None:
        return
    order, pack = level.outside("O") or level.outside("S"), level.outside(*PACKS)
    prf = first(order.segments, "PRF") if order else None
    own = first(level.segments, "PRF")
    ordered = values.quantity(sn1, 5, 6, "ordered")
    yield ShipNoticeLine(
        quantity=quantity,
        number=values.text(lin, 1, "line") or values.text(sn1, 1, "line"),
        order_number=values.text(own, 1, "order") or values.text(prf, 1, "order"),
        order_line=values.text(own, 5, "line") or values.text(sn1, 1, "line") or values.text(lin, 1, "line"),
        identifiers=product.identifiers,
        description=text,
        ordered=ordered,
        lot=product.lot or reference(level.segments, "LT", "BT"),
        serial=product.serial or reference(level.segments, "SE"),
        expiry=_day(level, values, "036", "361"),
        made_on=_day(level, values, "405", "511", "094"),
        package=pack.head.text(1) if pack else None,
        note=details.notes(level.segments, values),
    )


def _day(level: Level, values: Values, *codes: str):  # type: ignore[no-untyped-def]
    dtm = first(level.segments, "DTM", *codes)
    return values.day(dtm.text(2), dtm.place(2), "date") if dtm else None
