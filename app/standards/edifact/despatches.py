"""DESADV, read: what was sent, in which packages, with which lots and serial numbers.

Called by ``app.standards.edifact.standard``. CPS groups are the packages; the one without a parent and a mark of its
own is the shipment itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from biip.checksums import gs1_standard_check_digit

from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.standards.edifact import details, items, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Group, Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

SENT = ("12", "46", "47", "11")
"""Quantities (6063) that were sent."""
ORDERED, OUTSTANDING = ("21",), ("83", "73")
EXPIRES, MADE = ("36", "361", "360"), ("94", "365")
"""Dates (2005): expiry, best before, sell by; production and packaging."""
EXPECTED = ("17", "132", "69", "67", "2", "358", "64")
TRACKING = ("AWB", "HWB", "MWB", "AAM", "CN", "AAS", "SRN", "CU")
GROSS_WEIGHTS = frozenset({"AAB", "AAD", "G", "T"})
"""Measured dimensions (6313) of weight with package."""
SSCC_LENGTH = 18


@dataclass(slots=True)
class _Level:
    """One CPS group: its own segments, and the lines in it."""

    cps: Segment | None
    own: list[Segment] = field(default_factory=list)
    lines: list[list[Segment]] = field(default_factory=list)


def read(message: Message, values: Values) -> ShipNotice | None:
    """A ship notice. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head, levels = _levels(message.segments)
    header = Section(head)
    packages, places = _packages(levels, values)
    lines = [line for level, place in zip(levels, places, strict=True) for line in _level_lines(level, place, values)]
    details.check_count(message.segments, sum(len(level.lines) for level in levels), values)
    number = values.text(bgm, 2, 1, "number", required=True)
    if values.findings.errors or number is None:
        return None
    own = details.reference(header, values, "ON", "CO")
    orders = (own, *(line.order_number for line in lines))
    tdt = header.segment("TDT")
    return ShipNotice(
        number=number,
        lines=tuple(lines),
        orders=tuple(dict.fromkeys(order for order in orders if order)),
        action=details.action(bgm, values),
        noticed_at=details.date(header, values, "137"),
        shipped_at=details.date(header, values, "11", "111", "79"),
        expected_at=details.date(header, values, *EXPECTED),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_from=parties.read(header, "ship_from", values),
        ship_to=parties.read(header, "ship_to", values),
        carrier=values.text(tdt, 5, 1, "carrier") or _carrier(header, values),
        carrier_name=values.prose(tdt, 5, 4, "carrier"),
        tracking=_tracking(header, values),
        bill_of_lading=details.reference(header, values, "BM"),
        packages=tuple(packages),
        package_count=_count(message.segments, levels, values),
        weight=_weight(header.all("MEA"), values),
        note=details.notes(header, values),
    )


def _levels(segments: Sequence[Segment]) -> tuple[list[Segment], list[_Level]]:
    """The header and the CPS groups; lines outside of any are in one without CPS."""
    head: list[Segment] = []
    levels: list[_Level] = []
    for segment in segments:
        if segment.tag == "CPS":
            levels.append(_Level(segment))
        elif segment.tag == "LIN":
            if not levels:
                levels.append(_Level(None))
            levels[-1].lines.append([segment])
        elif not levels:
            head.append(segment)
        else:
            (levels[-1].lines[-1] if levels[-1].lines else levels[-1].own).append(segment)
    return head, levels


def _packages(levels: Sequence[_Level], values: Values) -> tuple[list[Package], list[str | None]]:
    """All packages, and for each level the one that its lines are in."""
    found: list[Package] = []
    places: list[str | None] = []
    whole: set[str] = set()
    seen: set[str] = set()
    for level in levels:
        number = values.text(level.cps, 1, 1, "package")
        parent = values.text(level.cps, 2, 1, "package")
        if level.cps and number in seen:
            values.findings.warn("package.duplicate", level.cps.place(1), "the number of the package came before")
        seen.add(number or "")
        own = _own_packages(level, number, None if parent in whole else parent, values)
        if number and parent is None and not any(package.sscc for package in own):
            whole.add(number)
            own = []
        found += own
        places.append(own[0].id if len(own) == 1 else None)
        if len(own) > 1 and level.lines and level.cps:
            text = "the lines are in several packages; which one each is in is not told"
            values.findings.warn("package.ambiguous", level.cps.where, text)
    return found, places


def _own_packages(level: _Level, number: str | None, parent: str | None, values: Values) -> list[Package]:
    """The packages that a level is: one for each SSCC, one without where there is none."""
    if number is None:
        return []
    section = Section(level.own)
    pac = section.segment("PAC")
    kind = values.text(pac, 3, 1, "package_type")
    weight = _weight([s for s in level.own if s.tag == "MEA"], values)
    marks = [s for s in level.own if s.tag == "GIN" and s.text(1) in {"BJ", "AW"}]
    codes = [code for gin in marks for n in range(2, len(gin.elements) + 1) if (code := sscc(gin, n, values))]
    if len(codes) < 2:
        return [Package(number, codes[0] if codes else None, kind, parent, weight)]
    return [Package(f"{number}.{place}", code, kind, parent) for place, code in enumerate(codes, 1)]


def sscc(gin: Segment, element: int, values: Values) -> str | None:
    """The 18 digits of a serial shipping container code; with its application identifier it has 20."""
    code = values.text(gin, element, 1, "sscc")
    if code is None:
        return None
    code = code[2:] if len(code) == SSCC_LENGTH + 2 and code.startswith("00") else code
    if len(code) != SSCC_LENGTH or not (code.isascii() and code.isdigit()):
        values.findings.warn("sscc.invalid", gin.place(element), "an SSCC has 18 digits; it was left out")
        return None
    if gs1_standard_check_digit(code[:-1]) != int(code[-1]):
        values.findings.warn("sscc.check_digit", gin.place(element), "the check digit of the SSCC is wrong")
    return code


def _weight(measures: Sequence[Segment], values: Values) -> Quantity | None:
    """MEA of the gross weight."""
    mea = next((s for s in measures if s.text(2) in GROSS_WEIGHTS and s.text(3, 2)), None)
    value = values.number(mea, 3, 2, "weight") if mea else None
    if mea is None or value is None:
        return None
    return values.measured(value, mea, 3, 1)


def _count(segments: Sequence[Segment], levels: Sequence[_Level], values: Values) -> Decimal | None:
    """CNT+11, else what PAC says of the shipment itself where it is told once."""
    cnt = next((s for s in segments if s.tag == "CNT" and s.text(1) == "11"), None)
    if cnt:
        return values.number(cnt, 1, 2, "count")
    top = next((level for level in levels if level.cps and level.cps.text(2) is None), None)
    counts = [s for s in top.own if s.tag == "PAC" and s.text(1)] if top else []
    return values.number(counts[0], 1, 1, "count") if len(counts) == 1 else None


def _carrier(header: Section, values: Values) -> str | None:
    nad = header.segment("NAD", *parties.ROLES["carrier"])
    return values.text(nad, 2, 1, "carrier")


def _tracking(header: Section, values: Values) -> tuple[str, ...]:
    found = [values.text(rff, 1, 2, "tracking") for rff in header.all("RFF", *TRACKING)]
    return tuple(dict.fromkeys(number for number in found if number))


def _level_lines(level: _Level, package: str | None, values: Values) -> Iterator[ShipNoticeLine]:
    for loop in level.lines:
        yield from _lines(Section(loop), package, values)


def _lines(section: Section, package: str | None, values: Values) -> Iterator[ShipNoticeLine]:
    """One line, or one for each lot or serial number in it where it is told how many are of each."""
    lin = section.segment("LIN")
    if lin is None:
        return
    product, text = items.read(section, values), items.description(section, values)
    order = section.segment("RFF", "ON", "CO")
    order_line = values.text(order, 1, 3, "order_line") or details.reference(section, values, "LI")
    items.check(section, product, text, values, order_line)
    details.check_quantities(section, (*SENT, *ORDERED, *OUTSTANDING), values)
    sent = details.with_pack(details.quantity(section, values, *SENT), section, values)
    if sent is None:
        if not section.segment("QTY", *SENT):
            values.findings.reject("quantity.missing", lin.where, "the despatched quantity (QTY+12) is required")
        return
    line = ShipNoticeLine(
        quantity=sent,
        number=values.text(lin, 1, 1, "line"),
        order_number=values.text(order, 1, 2, "order"),
        order_line=order_line,
        identifiers=product.identifiers,
        description=text,
        ordered=details.quantity(section, values, *ORDERED),
        outstanding=details.quantity(section, values, *OUTSTANDING),
        expiry=_day(details.date(section, values, *EXPIRES, month_end=True)),
        made_on=_day(details.date(section, values, *MADE)),
        package=package,
        note=details.notes(section, values),
    )
    first, *more = _marked(line, product, section, values)
    # What was ordered and is outstanding is told once; on every part it would count several times.
    yield first
    yield from (replace(part, ordered=None, outstanding=None) for part in more)


def _day(found: date | datetime | None) -> date | None:
    return found.date() if isinstance(found, datetime) else found


@dataclass(slots=True)
class _Marks:
    """What one PCI group says of a part of a line."""

    quantity: Quantity | None
    lots: dict[str, None] = field(default_factory=dict)
    serials: dict[str, None] = field(default_factory=dict)
    expiry: date | None = None
    made_on: date | None = None


def _marked(line: ShipNoticeLine, product: items.Product, section: Section, values: Values) -> Iterator[ShipNoticeLine]:
    """The line with its lot and serial number, taken apart where it has several."""
    groups = [_marks(group, values) for tag in ("PAC", "PCI") for group in section.groups(tag)]
    groups = [one for one in groups if one.lots or one.serials or one.expiry or one.made_on]
    lots = dict.fromkeys([*product.lots, *(lot for one in groups for lot in one.lots)])
    serials = dict.fromkeys([*product.serials, *(serial for one in groups for serial in one.serials)])
    parts = [one for one in groups if one.quantity]
    if len(lots) < 2 and len(serials) < 2:
        lot, serial = next(iter(lots), None), next(iter(serials), None)
        expiry = line.expiry or next((one.expiry for one in groups if one.expiry), None)
        made_on = line.made_on or next((one.made_on for one in groups if one.made_on), None)
        yield replace(line, lot=lot, serial=serial, expiry=expiry, made_on=made_on)
    elif len(parts) == len(groups) and parts and _adds_up(line, parts):
        for one in parts:
            yield from _part(replace(line, quantity=one.quantity or line.quantity), one, values, section)
    else:
        whole = _Marks(line.quantity, lots, serials, line.expiry, line.made_on)
        yield from _part(line, whole, values, section)


def _adds_up(line: ShipNoticeLine, parts: Sequence[_Marks]) -> bool:
    told = [one.quantity for one in parts if one.quantity]
    units = {quantity.unit for quantity in told} - {None, line.quantity.unit}
    return not units and sum((quantity.value for quantity in told), Decimal(0)) == line.quantity.value


def _part(line: ShipNoticeLine, marks: _Marks, values: Values, section: Section) -> Iterator[ShipNoticeLine]:
    """A part of a line: one line for each serial number where there are as many of them as units."""
    lin = section.segment("LIN")
    lot = next(iter(marks.lots)) if len(marks.lots) == 1 else None
    quantity = replace(line.quantity, unit=line.quantity.unit)
    line = replace(line, lot=lot, expiry=marks.expiry or line.expiry, made_on=marks.made_on or line.made_on)
    if len(marks.lots) > 1 and lin:
        text = "there are several lots, and how many are of each is not told; they were left out"
        values.findings.warn("lot.ambiguous", lin.where, text)
    if not marks.serials or len(marks.serials) != quantity.value:
        if len(marks.serials) == 1:
            line = replace(line, serial=next(iter(marks.serials)))
        elif marks.serials and lin:
            text = "there are not as many serial numbers as units; they were left out"
            values.findings.warn("serial.ambiguous", lin.where, text)
        yield line
        return
    for serial in marks.serials:
        yield replace(line, quantity=replace(quantity, value=Decimal(1)), serial=serial)


def _marks(group: Group, values: Values) -> _Marks:
    qty = next(group.all("QTY", *SENT, "11", "52"), None)
    found = _Marks(values.quantity(qty) if qty else None)
    for segment in (*group.all("GIN"), *group.all("GIR")):
        items.take_marks(segment, values, found.lots, found.serials)
    by_code = {dtm.text(1): dtm for dtm in group.all("DTM")}
    expires = next((by_code[code] for code in EXPIRES if code in by_code), None)
    made = next((by_code[code] for code in MADE if code in by_code), None)
    found.expiry, found.made_on = _day(values.when(expires, month_end=True)), _day(values.when(made))
    return found
