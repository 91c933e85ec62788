"""Items: numbers and their types in LIN and PIA (7140, 7143), descriptions, lots and serial numbers, both ways.

Used by every mapping with lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.model import gtin
from app.model.item import SCHEMES, Identifier
from app.standards.edifact.emit import Element, chunks, fitting
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.sections import Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

TYPES: Mapping[str, str] = {
    "EN": "gtin",
    "SRV": "gtin",
    "UP": "gtin",
    "AM": "gtin",
    "SA": "supplier",
    "VP": "supplier",
    "VN": "supplier",
    "MF": "manufacturer",
    "IN": "buyer",
    "BP": "buyer",
    "AC": "hibc",
    "BC": "ndc",
    "BD": "ndc",
    "BE": "ndc",
    "BF": "ndc",
    "BG": "ndc",
    "TST": "unspsc",
}
"""Item types (7143) and the scheme of the number beside them."""
LOTS, SERIALS = frozenset({"NB", "BB"}), frozenset({"SN"})
"""Types of what is no name of the item but a mark on the unit."""
IGNORED = frozenset({
    "CC", "CG", "CL", "CR", "CV", "DR", "DW", "EC", "EF", "GB", "GN", "GS", "HS", "IZ", "MN", "ON", "PD", "PL", "PO",
    "PV", "QS", "RN", "SG", "ST", "STI", "STL", "STM", "STO", "STQ", "STT", "SUA", "SUD", "BO", "IT", "AA", "SS", "SRZ",
})  # fmt: skip
"""Types of classes, colours, sizes, drawings and orders: no names of the item."""
WRITTEN: Mapping[str, str] = {
    "gtin": "SRV",
    "supplier": "SA",
    "manufacturer": "MF",
    "buyer": "IN",
    "hibc": "AC",
    "ndc": "BG",
    "unspsc": "TST",
}
"""What is written for a scheme."""
AGREED: Mapping[str, str] = {"internal": "INT", "udi_di": "UDI", "isbt": "ISB"}
"""Schemes that 7143 has no code for: type ZZZ (mutually defined) with one of these as the code list (1131)."""
SUBSTITUTED_BY, SUBSTITUTES_FOR = "3", "4"
"""PIA-01 (4347): the numbers are of what comes instead, or of what LIN comes instead of."""
LOT_MARKS, SERIAL_MARKS = frozenset({"BX"}), frozenset({"BN", "SE"})
"""Object identifications (7405) of GIN and GIR."""


@dataclass(frozen=True, slots=True)
class Product:
    """What LIN, PIA, GIN and GIR of one line say."""

    identifiers: tuple[Identifier, ...] = ()
    substitute: tuple[Identifier, ...] = ()
    lots: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()

    @property
    def lot(self) -> str | None:
        """The one lot, None where there is none or where there are several."""
        return self.lots[0] if len(self.lots) == 1 else None

    @property
    def serial(self) -> str | None:
        """The one serial number, None where there is none or where there are several."""
        return self.serials[0] if len(self.serials) == 1 else None


class _Bag:
    """Numbers gathered from one line; each once, in their order."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.named: dict[str, dict[Identifier, None]] = {"own": {}, SUBSTITUTED_BY: {}, SUBSTITUTES_FOR: {}}
        self.lots: dict[str, None] = {}
        self.serials: dict[str, None] = {}

    def take(self, segment: Segment, element: int, role: str = "own") -> None:
        number = self.values.text(segment, element, 1, "item")
        if number is None:
            return
        kind = segment.text(element, 2) or ""
        if kind in LOTS:
            self.lots.setdefault(number)
        elif kind in SERIALS:
            self.serials.setdefault(number)
        else:
            self._name(number, kind, segment, element, role)

    def _name(self, number: str, kind: str, segment: Segment, element: int, role: str) -> None:
        scheme, where = self._scheme(kind, segment, element), segment.place(element)
        if scheme == "gtin":
            known = gtin.read(number, where, self.values.findings)
        elif scheme is None and not kind and (known := _looks_like_a_gtin(number)):
            scheme, text = "gtin", "the number has no type; by form and check digit it is a GTIN"
            self.values.findings.warn("item.qualifier", segment.place(element, 2), text)
        else:
            known = number
        if scheme and known:
            self.named[role].setdefault(Identifier(scheme, known))
        elif not scheme and kind not in IGNORED:
            text = "the item type is missing or in no table; the number was left out"
            self.values.findings.warn("item.qualifier", segment.place(element, 2), text)

    def _scheme(self, kind: str, segment: Segment, element: int) -> str | None:
        known = self.values.options.item_types.get(kind) or TYPES.get(kind)
        if known is None and kind == "ZZZ":
            by_list = {code: scheme for scheme, code in AGREED.items()}
            known = by_list.get(segment.text(element, 3) or "")
        return known if known in SCHEMES else None

    def names(self, role: str) -> tuple[Identifier, ...]:
        """The names in the order they were sent, or in the partner's order of trust."""
        found, priority = tuple(self.named[role]), self.values.options.identifier_priority
        if not priority:
            return found
        ranks = {scheme: rank for rank, scheme in enumerate(priority)}
        return tuple(sorted(found, key=lambda identifier: ranks.get(identifier.scheme, len(ranks))))


def read(section: Section, values: Values) -> Product:
    """The product of one line."""
    bag = _Bag(values)
    if lin := section.segment("LIN"):
        bag.take(lin, 3)
    for pia in section.all("PIA"):
        role = code if (code := pia.text(1) or "") in {SUBSTITUTED_BY, SUBSTITUTES_FOR} else "own"
        for element in range(2, len(pia.elements) + 1):
            bag.take(pia, element, role)
    for segment in (*section.all("GIN"), *section.all("GIR")):
        take_marks(segment, values, bag.lots, bag.serials)
    own, instead, before = (bag.names(role) for role in ("own", SUBSTITUTED_BY, SUBSTITUTES_FOR))
    if before and not instead:
        own, instead = before, own
    return Product(own, instead, tuple(bag.lots), tuple(bag.serials))


def take_marks(segment: Segment, values: Values, lots: dict[str, None], serials: dict[str, None]) -> None:
    """The lots and serial numbers of a GIN or GIR segment."""
    single = segment.tag == "GIN"
    for element in range(2, len(segment.elements) + 1):
        kind = segment.text(1) if single else segment.text(element, 2)
        target = lots if kind in LOT_MARKS else serials if kind in SERIAL_MARKS else None
        if target is None:
            continue
        if single and segment.text(element, 2):
            text = "a range of numbers cannot be kept; name each of them"
            values.findings.warn("range.unsupported", segment.place(element, 2), text)
        elif value := values.text(segment, element, 1, "mark"):
            target.setdefault(value)


def description(section: Section, values: Values) -> str | None:
    """The free texts of every IMD, a line each."""
    found = [values.words(imd, 3, 4, 5) for imd in section.all("IMD")]
    return "\n".join(dict.fromkeys(text for text in found if text)) or None


def check(section: Section, product: Product, text: str | None, values: Values, order_line: str | None = None) -> None:
    """Refuse a line that says nothing of its item; one that names the line of the order is only odd."""
    lin = section.segment("LIN")
    if lin is None or product.identifiers or text is not None:
        return
    if order_line:
        values.findings.warn(
            "item.missing", lin.place(3), "a number of the item is expected; the order's line tells it"
        )
    else:
        values.findings.reject("item.missing", lin.place(3), "a number or a description of the item is required")


def _looks_like_a_gtin(number: str) -> str | None:
    found = gtin.gtin14(number) if len(number) >= 12 else None
    return found if found and gtin.check_digit_holds(found) else None


def write(
    number: str,
    action: str,
    identifiers: Sequence[Identifier],
    options: EdifactOptions,
    marks: Sequence[Sequence[str]] = (),
) -> Iterator[Sequence[Element]]:
    """LIN and PIA: a GTIN in LIN, everything else beside it; ``marks`` are further numbers with their types."""
    rest = list(identifiers)
    main = next((one for one in rest if one.scheme == "gtin"), None)
    lin: list[Element] = ["LIN", fitting(number, 6, "line number"), action]
    if main:
        rest.remove(main)
        lin.append(_number(main, options))
    yield lin
    numbers = [*(_number(one, options) for one in rest), *marks]
    for place in range(0, len(numbers), 5):
        function = "1" if main or place else "5"
        yield ["PIA", function, *numbers[place : place + 5]]


def _number(identifier: Identifier, options: EdifactOptions) -> list[str]:
    value = fitting(identifier.value, 35, "item number")
    if identifier.scheme in AGREED:
        return [value, "ZZZ", AGREED[identifier.scheme], "ZZZ"]
    kind = WRITTEN[identifier.scheme]
    if kind == "SRV" and options.directory == "D.96A":
        kind = "EN"
    return [value, kind]


def write_description(text: str | None, options: EdifactOptions) -> Iterator[Sequence[Element]]:
    """IMD segments, one for each line of the text or for as much of it as fits into two components."""
    size = 35 if options.directory == "D.96A" else 256
    for line in text.split("\n") if text else ():
        pieces = chunks(line, size)
        for place in range(0, len(pieces), 2):
            yield ["IMD", "F", "", ["", "", "", *pieces[place : place + 2]]]


def write_marks(lot: str | None, serial: str | None) -> Iterator[Sequence[Element]]:
    """GIN segments."""
    for kind, value in (("BX", lot), ("BN", serial)):
        if value:
            yield ["GIN", kind, fitting(value, 35, "lot or serial number")]
