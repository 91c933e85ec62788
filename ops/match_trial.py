"""Invoices of a new supplier put through the match before any is real: against an order made to fit, and others.

Used by ``wardline invoices try``. The order is made out of the invoice itself, so that whatever does not fit is the
invoice's own arithmetic, or the one thing that was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Misconfigured
from app.flows.claim import claim_of
from app.model.channel import Channel, Profile
from app.model.invoice import Invoice
from app.policy.claims import Claim, ClaimedLine, MatchFacts, OrderedLine, OrderFacts
from app.policy.match import match, upright
from app.policy.match_lines import Terms, priced
from app.policy.match_money import stated_tax
from app.policy.match_report import Match
from app.policy.matching import Matching, Tolerance
from app.standards import by_name
from app.standards.sniffing import sniff

FACILITY = "TRIAL"
UNLIMITED = Decimal(10) ** 9
LENIENT = Matching((Tolerance(freight_amount=UNLIMITED, charge_amount=UNLIMITED),))
"""Charges are no part of the trial's order, so that they are all allowed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One match: of which invoice, against which order, and how it went."""

    file: str
    invoice: str
    order: str
    match: Match


def invoices_in(path: Path, standard: str | None = None) -> list[Invoice]:
    """The invoices of a file. Raises Rejected where it cannot be read, Misconfigured where its standard is unknown."""
    body = path.read_bytes()
    if (name := standard or sniff(body)) is None:
        raise Misconfigured(f"{path.name} is in no standard that is known here", code="standard.unknown")
    channel = Channel(name="trial", standard=name, facility=FACILITY, time_zone=ZoneInfo("UTC"))
    reading = by_name(name).read(body, Profile(channel, str))
    return [document for document in reading.documents if isinstance(document, Invoice)]


def trials(path: Path, standard: str | None = None) -> Iterator[Trial]:
    """Every invoice of a file against every kind of order. Raises as ``invoices_in``."""
    for invoice in invoices_in(path, standard):
        claim, _ = claim_of(invoice, "supplier", _names(invoice))
        claim = upright(claim)
        fitting = _order(claim)
        for name, change in ORDERS.items():
            if fitting.lines and (order := change(fitting)):
                facts = MatchFacts((order,))
                yield Trial(path.name, invoice.number, name, match(_of(claim, order), facts, LENIENT))


def _fits(order: OrderFacts) -> OrderFacts:
    return order


def _cheaper(order: OrderFacts) -> OrderFacts:
    """The order's price is such that the invoice is 12 per cent above it."""
    return _first(order, lambda line: replace(line, price=line.price / Decimal("1.12")))


def _half_received(order: OrderFacts) -> OrderFacts:
    return _first(order, lambda line: replace(line, received=line.received / 2))


def _ordered_in_tens(order: OrderFacts) -> OrderFacts:
    """The order counts boxes of ten; the invoice names as many of something else at the price of a box."""
    return _first(order, lambda line: replace(line, factor=Decimal(10), unit="Box of 10"))


def _without_last(order: OrderFacts) -> OrderFacts | None:
    return replace(order, lines=order.lines[:-1]) if len(order.lines) > 1 else None


ORDERS: Mapping[str, Callable[[OrderFacts], OrderFacts | None]] = {
    "made to fit": _fits,
    "first price 12 % lower": _cheaper,
    "first line half received": _half_received,
    "first line in boxes of 10": _ordered_in_tens,
    "last line not ordered": _without_last,
}


def _first(order: OrderFacts, change: Callable[[OrderedLine], OrderedLine]) -> OrderFacts:
    """Change the line that costs the most: a change of one that costs nothing would show nothing."""
    dearest = max(order.lines, key=lambda line: abs(line.quantity * line.price))
    return replace(order, lines=tuple(change(line) if line is dearest else line for line in order.lines))


def _order(claim: Claim) -> OrderFacts:
    credit = claim.type == "credit_note"
    lines = tuple(_ordered(place, line, claim, credit=credit) for place, line in enumerate(claim.lines, 1))
    return OrderFacts("TRIAL", claim.supplier, claim.currency, "purchase", lines)


def _ordered(place: int, line: ClaimedLine, claim: Claim, *, credit: bool) -> OrderedLine:
    goods, count = Fraction(priced(line, Terms(2)).goods), Fraction(line.quantity)
    price = goods / count if count else goods
    rate = line.rate if line.rate is not None else _rate(claim)
    return OrderedLine(
        id=place,
        order="TRIAL",
        number=str(place),
        item=f"ITEM-{place}",
        quantity=abs(line.quantity),
        price=Decimal(abs(price).numerator) / Decimal(abs(price).denominator),
        received=abs(line.quantity),
        invoiced=abs(line.quantity) if credit else Decimal(0),
        factor=line.factor or Decimal(1),
        rate=rate,
        taxes=(1,) if rate else (),
    )


def _rate(claim: Claim) -> Decimal:
    """The rate that the whole invoice bears, where its lines name none."""
    named = {tax.rate for tax in claim.taxes if tax.rate is not None}
    if len(named) == 1:
        return named.pop()
    goods = sum((priced(line, Terms(2)).goods for line in claim.lines), Decimal(0))
    return round(stated_tax(claim) * 100 / goods, 4) if goods else Decimal(0)


def _of(claim: Claim, order: OrderFacts) -> Claim:
    """The claim as if it had named the trial's order, line by line."""
    lines = tuple(
        replace(line, order="TRIAL", order_line=str(place), item=f"ITEM-{place}", factor=_factor(line, place, order))
        for place, line in enumerate(claim.lines, 1)
    )
    return replace(claim, lines=lines)


def _factor(line: ClaimedLine, place: int, order: OrderFacts) -> Decimal | None:
    """A named unit is one piece; where none is named, the order's is meant, whatever that is."""
    boxed = next((one for one in order.lines if one.number == str(place) and one.factor == 10), None)
    return Decimal(1) if boxed else line.factor


def _names(invoice: Invoice) -> Names:
    """A crosswalk that knows every code of the invoice."""
    rows = []
    for place, line in enumerate(invoice.lines, 1):
        rows += [CrosswalkRow("item", one.value, f"ITEM-{place}") for one in line.identifiers]
        for quantity in (line.quantity, line.price.basis if line.price else None):
            if quantity and quantity.unit:
                rows.append(CrosswalkRow("unit", quantity.unit, "each", factor=Decimal(1)))
    unique = {(row.kind, row.code): row for row in rows}
    return Names(unique.values(), FACILITY, date.max)
