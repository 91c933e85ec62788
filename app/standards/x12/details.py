"""What lines and headers of several sets have in common: descriptions, notes, dates, charges and taxes.

Used by the mappings of orders, confirmations and invoices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from textwrap import wrap

from app.errors import Permanent
from app.model.price import Charge, Price, Tax
from app.model.text import MAX_PROSE
from app.model.when import When
from app.standards.x12 import bases
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values, all_of

MESSAGE_LENGTH = 264
DESCRIPTION_LENGTH = 80
"""Characters of MSG-01 and PID-05."""
SERVICE_LENGTH = 4
"""Characters of SAC-02; a code of another length is an agency's own, in SAC-04."""
NOTE = "L1"
"""N9-01 of a note in letters; what real senders put there differs, so that every N9 is read for its MSG."""


def description(loop: Sequence[Segment], values: Values) -> str | None:
    """PID-05 of every free-form PID, in one text."""
    found = (values.prose(s, 5, "description") for s in all_of(loop, "PID"))
    return joined(dict.fromkeys(text for text in found if text), loop, values)


def notes(loop: Sequence[Segment], values: Values) -> str | None:
    """MSG-01 and NTE-02, a line each."""
    found = (values.prose(s, 1 if s.tag == "MSG" else 2, "note") for s in loop if s.tag in {"MSG", "NTE"})
    return joined((text for text in found if text), loop, values)


def joined(lines: Iterable[str], loop: Sequence[Segment], values: Values) -> str | None:
    """One text of several lines; those that go beyond what a text may hold are left out with a warning."""
    found, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > MAX_PROSE:
            text = f"texts have at most {MAX_PROSE} characters; the lines beyond were left out"
            values.findings.warn("text.too_long", loop[0].where, text)
            break
        found.append(line)
    return "\n".join(found) or None


def date(loop: Iterable[Segment], values: Values, *qualifiers: str) -> When | None:
    """DTM-02 with its time, of the first DTM with one of the qualifiers, in their order."""
    by_code = {s.text(1): s for s in reversed([s for s in loop if s.tag == "DTM"])}
    found = next((by_code[one] for one in qualifiers if one in by_code), None)
    return values.when(found, 2, "date", 3, 4) if found else None


def charges(loop: Iterable[Segment], values: Values) -> tuple[Charge, ...]:
    """SAC segments with an amount: A is an allowance, C a charge; others (data element 248) change no sum."""
    found = []
    for segment in all_of(loop, "SAC"):
        amount = values.implied(segment, 5, "charge")
        if amount is not None and segment.text(1) in {"A", "C"}:
            kind = "allowance" if segment.text(1) == "A" else "charge"
            if amount < 0:
                kind, amount = ("charge" if kind == "allowance" else "allowance"), -amount
                values.findings.warn("charge.sign", segment.place(5), "a negative amount was turned round")
            code = values.text(segment, 2, "charge") or values.text(segment, 4, "charge")
            found.append(Charge(kind, amount, code, values.prose(segment, 15)))  # type: ignore[arg-type]
    return tuple(found)


def taxes(loop: Iterable[Segment], values: Values) -> tuple[Tax, ...]:
    """TXI segments: type, amount, rate, exemption and basis."""
    found = [
        Tax(
            amount=values.amount(segment, 2, "tax"),
            rate=values.amount(segment, 3, "tax"),
            base=values.amount(segment, 8, "tax"),
            category=values.text(segment, 6, "tax"),
            scheme=values.text(segment, 1, "tax"),
        )
        for segment in all_of(loop, "TXI")
    ]
    return tuple(found)


def write_description(text: str | None) -> Iterator[list[str]]:
    """PID segments, one a line; a line that is too long is continued between words."""
    for line in text.split("\n") if text else ():
        yield from (["PID", "F", "", "", "", part] for part in wrap(line, DESCRIPTION_LENGTH))


def write_notes(text: str | None) -> Iterator[list[str]]:
    """N9 with MSG segments, one a line; a line that is too long is continued between words."""
    if text:
        yield ["N9", NOTE, "NOTE"]
        for line in text.split("\n"):
            yield from (["MSG", part] for part in wrap(line, MESSAGE_LENGTH))


def write_date(qualifier: str, when: When | None) -> Iterator[list[str]]:
    """A DTM segment; a moment in universal time."""
    if when is not None:
        yield ["DTM", qualifier, *stamp(when)]


def stamp(when: When) -> list[str]:
    """Date, and for a moment time and time code, in universal time."""
    if not isinstance(when, datetime):
        return [f"{when:%Y%m%d}"]
    moment = when.astimezone(UTC)
    if moment.microsecond:
        raise Permanent("X12 tells times to the second", code="document.not_carried")
    return [f"{moment:%Y%m%d}", f"{moment:%H%M%S}", "UT"]


def write_charges(found: Iterable[Charge]) -> Iterator[list[str]]:
    """SAC segments."""
    for one in found:
        code = one.code or ""
        codes = [code, "", ""] if len(code) in {0, SERVICE_LENGTH} else ["", "ZZ", code]
        yield [
            "SAC",
            "A" if one.kind == "allowance" else "C",
            *codes,
            cents(one.amount),
            *[""] * 9,
            one.description or "",
        ]


def write_taxes(found: Iterable[Tax]) -> Iterator[list[str]]:
    """TXI segments."""
    for one in found:
        numbers = [number(one.amount), number(one.rate), "", "", one.category or "", "", number(one.base)]
        yield ["TXI", one.scheme or "ZZ", *numbers]


def write_price(price: Price | None, unit: str | None, currency: str | None) -> list[str]:
    """Price and basis. Raises Permanent where X12 cannot tell what the price is for."""
    if price is None:
        return ["", ""]
    if price.currency not in (None, currency):
        raise Permanent("X12 has one currency for a whole document", code="document.not_carried")
    return [number(price.amount), _basis(price, unit)]


def _basis(price: Price, unit: str | None) -> str:
    if price.basis is None:
        return ""
    if code := bases.code_of(price.basis, unit):
        return code
    raise Permanent("X12 has no code for the quantity that the price is for", code="document.not_carried")


def number(value: Decimal | None) -> str:
    """A decimal number (R) with all its decimals, empty for none."""
    return "" if value is None else format(value, "f")


def cents(value: Decimal) -> str:
    """A number with two implied decimals (N2). Raises Permanent where it has more."""
    shifted = value.scaleb(2)
    if shifted != shifted.to_integral_value():
        raise Permanent("X12 tells this amount in hundredths", code="document.not_carried")
    return format(shifted.to_integral_value(), "f")
