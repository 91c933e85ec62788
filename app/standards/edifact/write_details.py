"""What headers and lines of several messages have in common, written.

Used by the writing side of the package; every function yields segments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal

from app.model.item import Identifier
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.edifact import times
from app.standards.edifact.details import REASON, TERMS
from app.standards.edifact.emit import Element, chunks, fitting, not_carried, prose
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.units import common_unit

Segments = Iterator[Sequence[Element]]
NUMBER_LENGTH = 15
"""Digits of a number (n..15), without its sign and mark."""


def number(value: Decimal | None, most: int = NUMBER_LENGTH) -> str:
    """A number with all its decimals, empty for none. Raises Permanent where it is too long."""
    if value is None:
        return ""
    text = format(value, "f")
    if len(text.strip("-").replace(".", "")) > most:
        raise not_carried(f"a number has at most {most} digits in EDIFACT")
    return text


def beginning(name: list[str], document: str, function: str) -> list[Element]:
    """BGM."""
    return ["BGM", name, fitting(document, 35, "document number"), function]


def date(code: str, when: When | None, zone: tzinfo) -> Segments:
    """DTM; nothing for none."""
    if when is not None:
        yield ["DTM", [code, *times.write(when, zone)]]


def reference(code: str, value: str | None, line: str | None = None, version: str | None = None) -> Segments:
    """RFF; nothing for none."""
    if value is not None:
        parts = [
            code,
            fitting(value, 35, "reference"),
            fitting(line or "", 6, "line number"),
            fitting(version or "", 35, "revision"),
        ]
        yield ["RFF", parts]


def note(text: str | None, options: EdifactOptions, subject: str = "AAI") -> Segments:
    """FTX, one for each line of the text or for as much of it as fits into five components."""
    size = 70 if options.directory == "D.96A" else 512
    for line in prose(text, options).split("\n") if text else ():
        pieces = chunks(line, size)
        for place in range(0, len(pieces), 5):
            yield ["FTX", subject, "", "", pieces[place : place + 5]]


def terms(text: str | None, options: EdifactOptions) -> Segments:
    """FTX of the payment terms."""
    return note(text, options, TERMS)


def reason(text: str | None, options: EdifactOptions) -> Segments:
    """FTX of a reason."""
    return note(text, options, REASON)


def quantity(code: str, found: Quantity | None, options: EdifactOptions) -> Segments:
    """QTY; nothing for none. Raises Permanent where the unit would be understood as another one."""
    if found is None:
        return
    check_unit(found, options)
    yield ["QTY", [code, number(found.value), fitting(found.unit or "", 3, "unit")]]
    if found.pack_factor is not None:
        yield ["QTY", ["59", number(found.pack_factor)]]


def check_unit(found: Quantity, options: EdifactOptions) -> None:
    """Refuse a unit of another standard that means something else here."""
    if found.common_unit is not None and common_unit(found.unit, options.units) != found.common_unit:
        hint = "Write UN/ECE Recommendation 20 and 21 codes, or set units in the channel's options."
        raise not_carried("the unit has another meaning in EDIFACT, or none", hint)


def amount(code: str, value: Decimal | None) -> Segments:
    """MOA; nothing for none."""
    if value is not None:
        yield ["MOA", [code, number(value, 18)]]


def currency(code: str | None) -> Segments:
    """CUX of an order; nothing for none."""
    if code is not None:
        yield ["CUX", ["2", fitting(code, 3, "currency"), "9"]]


def price(found: Price | None, options: EdifactOptions) -> Segments:
    """PRI of the net price, and CUX where it has a currency of its own."""
    if found is None:
        return
    basis = found.basis
    told: list[str] = []
    if basis is not None:
        check_unit(basis, options)
        told = ["", "", number(basis.value, 9), fitting(basis.unit or "", 3, "unit")]
    yield ["PRI", ["AAA", number(found.amount), *told]]
    yield from currency(found.currency)


def taxes(found: Iterable[Tax]) -> Segments:
    """TAX groups."""
    for tax in found:
        rate = ["", "", "", number(tax.rate)] if tax.rate is not None else []
        kind, category = fitting(tax.scheme or "", 3, "kind of tax"), fitting(tax.category or "", 3, "tax category")
        yield ["TAX", "7", kind, "", number(tax.base), rate, category]
        yield from amount("124", tax.amount)


def charges(found: Iterable[Charge], options: EdifactOptions) -> Segments:
    """ALC groups with their amounts."""
    for charge in found:
        pieces = chunks(prose(charge.description, options), 35) if charge.description else []
        if len(pieces) > 2:
            raise not_carried("an allowance or charge has at most two times 35 characters of text in EDIFACT")
        special: list[str] = [charge.code or "", "", "", *pieces]
        yield ["ALC", "A" if charge.kind == "allowance" else "C", "", "", "", special]
        yield from amount("8", charge.amount)


def check_schemes(found: Iterable[Identifier], known: Iterable[str]) -> None:
    """Refuse item identifiers that no type is there for."""
    if missing := {one.scheme for one in found} - set(known):
        raise not_carried(f"EDIFACT has no item type for {', '.join(sorted(missing))}")
