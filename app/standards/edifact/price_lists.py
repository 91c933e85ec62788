"""PRICAT, read: catalogues and price lists.

Called by ``app.standards.edifact.standard``. Sub-lines tell what a package holds; through them a package's content is
counted in base units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.model.item_record import Pack
from app.model.price_list import ListAction, PriceBreak, PriceList, PriceListLine
from app.model.when import When
from app.standards.edifact import details, items, orders, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Group, Section, split
from app.standards.edifact.syntax import Segment
from app.standards.edifact.units import common_unit
from app.standards.edifact.values import Values

ACTIONS: Mapping[str, ListAction] = {
    "1": "delete",
    "3": "delete",
    "2": "add",
    "4": "change",
    "5": "replace",
    "9": "add",
}
"""Message functions (1225). An original (9) adds: only a replacement (5) says that nothing else holds any more."""
LINE_ACTIONS: Mapping[str, ListAction] = {"1": "add", "2": "delete", "3": "change", "4": "change", "38": "replace"}
"""Actions (1229)."""
BEGINS, ENDS = ("7", "194", "157", "273"), ("206", "36", "158", "716")
MINIMUM, CONTENT = "53", ("45E", "59", "52", "45")
MAX_DEPTH = 10
"""Packages within packages; more is a circle."""


def read(message: Message, values: Values) -> PriceList | None:
    """A price list. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head, loops, _ = split(message.segments)
    header = Section(head)
    number = values.text(bgm, 2, 1, "price_list", required=True)
    action = _action(bgm, values)
    lines = _lines([Section(loop) for loop in loops], action, values)
    details.check_count(message.segments, len(loops), values)
    if values.findings.errors or number is None:
        return None
    starts, ends = details.window(header, values, BEGINS, "206")
    return PriceList(
        number=number,
        lines=tuple(lines),
        action=action,
        name=values.prose(bgm, 1, 4, "name"),
        revision=values.text(bgm, 2, 2, "revision") or values.text(bgm, 2, 3, "revision"),
        issued_at=details.date(header, values, "137"),
        contract=details.reference(header, values, orders.qualifier("contract", values), "BO"),
        currency=details.currency(header, values),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        valid_from=starts,
        valid_to=ends or details.date(header, values, *ENDS),
        note=details.notes(header, values),
    )


def _action(bgm: Segment, values: Values) -> ListAction:
    code = bgm.text(3) or "9"
    if code not in ACTIONS:
        values.findings.warn("action.unknown", bgm.place(3), "the message function is in no table; lines were added")
    return ACTIONS.get(code, "add")


def _lines(sections: Sequence[Section], action: ListAction, values: Values) -> list[PriceListLine]:
    """The lines, with what the sub-lines say of them."""
    found: dict[str, PriceListLine] = {}
    contents: dict[str, list[tuple[str | None, Decimal]]] = {}
    for place, section in enumerate(sections, 1):
        lin = section.segment("LIN")
        if lin and lin.text(4) == "1":
            _content(section, lin, contents, values)
            continue
        line = _line(section, place, action, values)
        if line:
            key = line.number if line.number and line.number not in found else f"{line.number}#{place}"
            found[key] = line
    return [_packed(key, line, found, contents) for key, line in found.items()]


def _content(
    section: Section, lin: Segment, contents: dict[str, list[tuple[str | None, Decimal]]], values: Values
) -> None:
    """A sub-line: so many of an item are in the package of another line."""
    parent = values.text(lin, 4, 2, "line")
    held = details.quantity(section, values, *CONTENT)
    gtin = next((one.value for one in items.read(section, values).identifiers if one.scheme == "gtin"), None)
    if parent is None or held is None:
        values.findings.warn("content.missing", lin.where, "what a package holds is not told; it was left out")
    else:
        contents.setdefault(parent, []).append((gtin, held.value))


def _packed(
    key: str,
    line: PriceListLine,
    lines: Mapping[str, PriceListLine],
    contents: Mapping[str, list[tuple[str | None, Decimal]]],
) -> PriceListLine:
    """The line with its package, counted in base units where one kind of item is in it."""
    quantity = _base_units(key, lines, contents, MAX_DEPTH)
    if quantity is None or not line.packs:
        return line
    return replace(line, packs=(replace(line.packs[0], quantity=quantity), *line.packs[1:]))


def _base_units(
    key: str,
    lines: Mapping[str, PriceListLine],
    contents: Mapping[str, list[tuple[str | None, Decimal]]],
    depth: int,
) -> Decimal | None:
    """How many base units a line's package holds; None for a mixture, for a circle, and where nothing is told."""
    held = contents.get(key, [])
    if len(held) != 1 or not depth:
        return None
    gtin, count = held[0]
    inner = next((name for name, line in lines.items() if gtin and gtin == _gtin(line) and name in contents), None)
    if inner is None:
        return count
    within = _base_units(inner, lines, contents, depth - 1)
    return None if within is None else count * within


def _gtin(line: PriceListLine) -> str | None:
    return next((one.value for one in line.identifiers if one.scheme == "gtin"), None)


def _line(section: Section, position: int, whole: ListAction, values: Values) -> PriceListLine | None:
    lin = section.segment("LIN")
    if lin is None:
        return None
    product, text = items.read(section, values), items.description(section, values)
    items.check(section, product, text, values)
    if alc := section.segment("ALC"):
        text_of = "allowances and charges of a price are not kept; the price is told without them"
        values.findings.warn("charge.unsupported", alc.where, text_of)
    action = _line_action(lin, whole, values)
    chosen = _plain(section, values)
    unit = _unit(section, values)
    starts, ends = details.window(section, values, BEGINS, "206")
    minimum = details.quantity(section, values, MINIMUM)
    return PriceListLine(
        identifiers=product.identifiers,
        number=details.line_number(section, position, values),
        action=action,
        description=text,
        manufacturer=parties.read(section, "manufacturer", values),
        unit=unit,
        common_unit=common_unit(unit, values.options.units),
        price=details.price_of(chosen, values) if chosen else None,
        breaks=_breaks(section, chosen, values),
        packs=_packs(section, product, values),
        minimum=minimum.value if minimum else None,
        lead_days=_lead_days(section, values),
        valid_from=starts,
        valid_to=ends or details.date(section, values, *ENDS),
        note=details.notes(section, values),
    )


def _line_action(lin: Segment, whole: ListAction, values: Values) -> ListAction:
    code = lin.text(2)
    if code and code not in LINE_ACTIONS:
        values.findings.warn("action.unknown", lin.place(2), "the action is in no table; that of the list was taken")
    return LINE_ACTIONS.get(code or "") or ("add" if whole == "replace" else whole)


def _unit(section: Section, values: Values) -> str | None:
    """The ordering unit: that of the minimum order, else the one that the price is for."""
    for tag, codes, component in (("QTY", (MINIMUM, "21"), 3), ("PRI", values.options.prices, 6)):
        if found := values.text(section.segment(tag, *codes), 1, component, "unit"):
            return found
    return None


def _plain(section: Section, values: Values) -> Group | None:
    """The price that holds for any quantity and all the time. Two of one kind that differ are a fault."""
    plain = [group for group in section.groups("PRI") if not group.first("RNG") and not group.first("DTM")]
    ranks = values.options.prices
    known = [group for group in plain if group.head.text(1) in ranks]
    if not known:
        return None
    found = min(known, key=lambda group: ranks.index(group.head.text(1) or ""))
    for other in known:
        same = [other.head.text(1, n) == found.head.text(1, n) for n in (1, 3, 4)]
        if all(same) and details.price_of(other, values) != details.price_of(found, values):
            where = other.head.place(1, 2)
            values.findings.reject("price.conflict", where, f"disagrees with {found.head.where}")
    if found.head.text(1) in details.GROSS:
        values.findings.warn("price.gross", found.head.place(1), "only a price before allowances is told")
    return found


def _breaks(section: Section, chosen: Group | None, values: Values) -> tuple[PriceBreak, ...]:
    """Prices for quantities, periods and classes: all but the plain one that counts."""
    found = [_break(group, values) for group in section.groups("PRI") if group is not chosen]
    return tuple(dict.fromkeys(one for one in found if one))


def _break(group: Group, values: Values) -> PriceBreak | None:
    price = details.price_of(group, values)
    if price is None:
        return None
    rng = group.first("RNG", "4")
    dates = {dtm.text(1): dtm for dtm in group.all("DTM")}
    begin = next((dates[code] for code in BEGINS if code in dates), None)
    end = next((dates[code] for code in ENDS if code in dates), None)
    starts, ends = values.period(begin) if begin else (None, None)
    return PriceBreak(
        price,
        minimum=values.number(rng, 2, 2, "quantity") if rng else None,
        price_class=values.text(group.head, 1, 4, "price_class") or values.text(group.head, 1, 1, "price_class"),
        valid_from=starts,
        valid_to=_last(values.when(end), ends),
    )


def _last(told: When | None, of_period: When | None) -> When | None:
    return told if told is not None else of_period


def _packs(section: Section, product: items.Product, values: Values) -> tuple[Pack, ...]:
    """The package of the line (PAC); what it holds is told by sub-lines, or as consumer units in it (QTY+59)."""
    unit = values.text(section.segment("PAC"), 3, 1, "unit")
    if unit is None:
        return ()
    held = section.segment("QTY", "59")
    gtin = next((one.value for one in product.identifiers if one.scheme == "gtin"), None)
    return (
        Pack(unit, values.number(held, 1, 2, "pack") if held else None, common_unit(unit, values.options.units), gtin),
    )


def _lead_days(section: Section, values: Values) -> Decimal | None:
    """DTM+169 in days (804) or weeks (803)."""
    dtm = section.segment("DTM", "169")
    found = values.number(dtm, 1, 2, "lead_time") if dtm else None
    if dtm is None or found is None:
        return None
    factor = {"804": 1, "803": 7}.get(dtm.text(1, 3) or "")
    if factor is None:
        values.findings.warn("lead_time.unsupported", dtm.place(1, 3), "days (804) or weeks (803) are expected")
    return found * factor if factor else None
