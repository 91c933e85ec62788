"""What headers and lines of several messages have in common: dates, references, notes, prices, taxes and charges.

Used by the mappings; the writing side is in ``app.standards.edifact.write_details``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.trade import Action
from app.model.when import When
from app.standards.edifact.sections import Group, Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

ACTIONS: Mapping[str, Action] = {
    "1": "cancel",
    "3": "cancel",
    "17": "cancel",
    "40": "cancel",
    "2": "change",
    "4": "change",
    "5": "change",
    "18": "change",
    "20": "change",
    "21": "change",
    "33": "change",
    "36": "change",
    "52": "change",
    "7": "duplicate",
    "31": "duplicate",
    "35": "duplicate",
}
"""Message functions (1225) that say something about an earlier message; the others are new ones."""
NEW = frozenset({
    "",
    "6",
    "9",
    "11",
    "12",
    "13",
    "14",
    "16",
    "22",
    "27",
    "28",
    "29",
    "30",
    "34",
    "42",
    "43",
    "46",
    "47",
})
TERMS, REASON = "AAB", "ACD"
"""Text subjects (4451): terms of payment and reason; every other text is a note."""
INFORMATIVE = frozenset({"59", "45E", "52", "45", "53", "54"})
"""Quantities (6063) of packing and of minimum orders: they are about the item, not about the line."""
GROSS = frozenset({"AAB", "GRP"})
"""Price qualifiers (5125) of prices before allowances."""
CHARGE_AMOUNTS = ("8", "23", "204", "131")
TAX_AMOUNT, TAX_BASE = "124", "125"


def beginning(segments: Iterable[Segment], values: Values, where: str) -> Segment | None:
    """BGM with a document number; a fault where there is none."""
    bgm = next((segment for segment in segments if segment.tag == "BGM"), None)
    if bgm is None:
        values.findings.reject("segment.missing", f"{where}/BGM", "the beginning segment is required")
    return bgm


def action(bgm: Segment, values: Values) -> Action:
    """What the message does to an earlier one."""
    code = bgm.text(3) or ""
    if code not in ACTIONS and code not in NEW:
        values.findings.warn("action.unknown", bgm.place(3), "the message function is in no table; a new one was taken")
    return ACTIONS.get(code, "new")


def date(section: Section, values: Values, *codes: str, month_end: bool = False) -> When | None:
    """The date with the first of the qualifiers that there is one for."""
    return values.when(section.segment("DTM", *codes), month_end=month_end)


def window(section: Section, values: Values, first: Sequence[str], last: str = "63") -> tuple[When | None, When | None]:
    """From when and until when; a period tells both."""
    begin = section.segment("DTM", *first)
    start, end = values.period(begin) if begin else (None, None)
    return start, values.when(section.segment("DTM", last)) or end


def reference(section: Section, values: Values, *codes: str) -> str | None:
    """The number with the first of the qualifiers that there is one for."""
    return values.text(section.segment("RFF", *codes), 1, 2, "reference")


def reference_date(section: Section, values: Values, *codes: str) -> When | None:
    """The date of that reference."""
    group = section.best("RFF", *codes)
    return values.when(group.first("DTM")) if group else None


def currency(section: Section, values: Values) -> str | None:
    """The currency that amounts are in (CUX-01, or CUX-02 where that is the only one)."""
    cux = next(iter(section.all("CUX")), None)
    if cux is None:
        return None
    element = 1 if cux.text(1, 2) or not cux.text(2, 2) else 2
    for segment in section.all("CUX"):
        element, cux = next(((n, segment) for n in (1, 2) if segment.text(n, 1) == "2"), (element, cux))
    return values.text(cux, element, 2, "currency")


def notes(section: Section, values: Values, *, subject: str | None = None) -> str | None:
    """The texts of FTX segments, a line each: of one subject, or of all but terms and reasons."""
    found = []
    for ftx in section.all("FTX"):
        told = ftx.text(1)
        if told == subject if subject else told not in {TERMS, REASON}:
            found.append(values.words(ftx, 4, 1, 5))
    return "\n".join(text for text in found if text) or None


def amount(section: Section | Group, values: Values, *codes: str) -> Decimal | None:
    """The amount with the first of the qualifiers that there is one for."""
    segments = {s.text(1): s for s in reversed(list(section.all("MOA")))}
    found = next((segments[code] for code in codes if code in segments), None)
    return values.number(found, 1, 2, "amount") if found else None


def quantity(section: Section, values: Values, *codes: str) -> Quantity | None:
    """The quantity with the first of the qualifiers that there is one for. Two of one kind that differ are a fault."""
    segment = section.segment("QTY", *codes)
    if segment is None:
        return None
    found = values.quantity(segment)
    for other in section.all("QTY", segment.text(1) or ""):
        if other is not segment and found is not None and values.quantity(other) not in (None, found):
            values.findings.reject("quantity.conflict", other.place(1, 2), f"disagrees with {segment.where}")
    return found


def with_pack(found: Quantity | None, section: Section, values: Values) -> Quantity | None:
    """The quantity with how many consumer units one of it holds (QTY+59)."""
    pack = section.segment("QTY", "59")
    if found is None or pack is None:
        return found
    return Quantity(found.value, found.unit, found.common_unit, values.number(pack, 1, 2, "pack"))


def price(section: Section, values: Values) -> Price | None:
    """The price that counts, by the partner's order of qualifiers. Two of one kind that differ are a fault."""
    group = section.best("PRI", *values.options.prices)
    if group is None:
        return None
    found = price_of(group, values)
    for other in section.groups("PRI", group.head.text(1) or ""):
        if other is not group and found is not None and price_of(other, values) not in (None, found):
            values.findings.reject("price.conflict", other.head.place(1, 2), f"disagrees with {group.head.where}")
    if group.head.text(1) in GROSS:
        values.findings.warn("price.gross", group.head.place(1), "only a price before allowances is told")
    return found


def price_of(group: Group, values: Values) -> Price | None:
    """C509 of a PRI segment; 5284 and 6411 tell what it is the price of."""
    pri = group.head
    found = values.number(pri, 1, 2, "price", required=True)
    if found is None:
        return None
    told = values.text(group.first("CUX"), 1, 2, "currency")
    basis = values.number(pri, 1, 5, "price_basis")
    if basis is not None and basis <= 0:
        values.findings.reject("price_basis.invalid", pri.place(1, 5), "a quantity above zero is expected")
        return None
    if basis is None and pri.text(1, 6):
        basis = Decimal(1)
    return Price(found, told, values.measured(basis, pri, 1, 6) if basis is not None else None)


def taxes(section: Section, values: Values) -> tuple[Tax, ...]:
    """TAX groups: kind, rate, category, basis and amount."""
    return tuple(tax for group in section.groups("TAX") if (tax := _tax(group, values)) != Tax())


def _tax(group: Group, values: Values) -> Tax:
    tax = group.head
    base = values.number(tax, 4, 1, "tax")
    return Tax(
        amount(group, values, TAX_AMOUNT),
        values.number(tax, 5, 4, "tax"),
        base if base is not None else amount(group, values, TAX_BASE),
        values.text(tax, 6, 1, "tax"),
        values.text(tax, 2, 1, "tax"),
    )


def charges(section: Section, values: Values) -> tuple[Charge, ...]:
    """ALC groups that state an amount; one that states a percentage alone is noted."""
    found = [_charge(group, values) for group in section.groups("ALC", "A", "C")]
    return tuple(charge for charge in found if charge)


def _charge(group: Group, values: Values) -> Charge | None:
    alc = group.head
    told = amount(group, values, *CHARGE_AMOUNTS)
    if told is None:
        text = "an allowance or charge without an amount was left out"
        values.findings.warn("charge.missing", alc.where, text)
        return None
    allowance = alc.text(1) == "A"
    if told < 0:
        values.findings.warn("charge.sign", alc.where, "a negative amount was turned round")
        allowance, told = not allowance, -told
    code = values.text(alc, 5, 1, "charge") or values.text(alc, 2, 1, "charge")
    return Charge("allowance" if allowance else "charge", told, code, values.words(alc, 5, 4, 5))


def check_count(segments: Iterable[Segment], lines: int, values: Values) -> None:
    """CNT+2 against the lines that were found."""
    for segment in segments:
        if segment.tag == "CNT" and segment.text(1) == "2":
            told = values.number(segment, 1, 2, "count")
            if told is not None and told != lines:
                values.findings.warn("count.conflict", segment.place(1, 2), f"{lines} lines were found")


def warn_splits(section: Section, values: Values) -> None:
    """Quantities for several places or times within one line: only their sum is kept."""
    for group in (*section.groups("LOC"), *section.groups("SCC")):
        if split := group.first("QTY"):
            text = "the line is split over places or times; only the whole quantity is kept"
            values.findings.warn("delivery.unsupported", split.where, text)
            return


def check_quantities(section: Section, known: Iterable[str], values: Values) -> None:
    """Quantities of kinds that are in no table: they are left out, and that is said."""
    taken = {*known, *INFORMATIVE}
    for qty in section.all("QTY"):
        if qty.text(1) not in taken:
            text = "the kind of quantity is in no table of this message; it was left out"
            values.findings.warn("quantity.unsupported", qty.place(1), text)


def line_number(section: Section, position: int, values: Values) -> str:
    """LIN-01, else the line's position."""
    lin = section.segment("LIN")
    found = values.text(lin, 1, 1, "line")
    if lin and found is None:
        values.findings.warn("line.missing", lin.place(1), "the line has no number; its position was taken")
    return found or str(position)
