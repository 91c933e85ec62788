"""The rows of a price list in our own names: items and units through the crosswalk, prices for one ordering unit.

Used by ``app.flows.price_list``. A row with several quantity breaks is several prices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.model.price import Price
from app.model.price_list import PriceList, PriceListLine
from app.odoo.price_lists import ListedPrice
from app.policy.pricing import WantedPrice

NAMED = 10
"""How many rows a hint names."""
UNKNOWN = "item_unknown"


@dataclass
class Rows:
    """The rows that were understood, the crosswalk rows that led to them, and how many were left out."""

    rows: list[ListedPrice] = field(default_factory=list)
    used: list[CrosswalkRow] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Tier:
    price: Price
    minimum: Decimal
    valid_from: date | None
    valid_to: date | None


def read_rows(document: PriceList, names: Names, currency: str, *, leave_out: bool) -> Rows:
    """The prices of a list; ``currency`` holds where a row has none, ``leave_out`` skips items that nobody knows.

    Raises Held for what nobody knows, naming all rows of the first cause.
    """
    found, failed = Rows(), list[tuple[str, Held]]()
    for place, line in enumerate(document.lines, 1):
        label = f"row {line.number or place}"
        try:
            found.rows += _prices(document, line, label, names, currency, found.used)
        except Held as held:
            if held.cause == UNKNOWN and leave_out:
                found.left_out += 1
            else:
                failed.append((label, held))
    if failed:
        first = failed[0][1]
        alike = [label for label, held in failed if held.cause == first.cause]
        more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
        hint = f"{first.hint} It is about {', '.join(alike[:NAMED])}{more} of price list {document.number}."
        raise Held(first.cause, first.subject, hint) from first
    return found


def _prices(
    document: PriceList, line: PriceListLine, label: str, names: Names, currency: str, used: list[CrosswalkRow]
) -> Iterator[ListedPrice]:
    if not line.identifiers:
        raise Held(UNKNOWN, f"{label} of price list {document.number}", "The row names no item; have it corrected.")
    items = names.item(line.identifiers)
    item = items[0].target
    used += items
    factor = _factor(line, line.unit or line.common_unit, item, names)
    code = next((one.value for one in line.identifiers if one.scheme == "supplier"), None)
    for tier in _tiers(document, line, label):
        yield ListedPrice(
            WantedPrice(
                row=label,
                item=item,
                unit="",
                minimum=tier.minimum,
                price=_per_unit(line, tier.price, factor, item, names),
                currency=tier.price.currency or currency,
                code=code,
                lead_days=int(line.lead_days) if line.lead_days is not None else None,
                valid_from=tier.valid_from,
                valid_to=tier.valid_to,
                ended=line.action == "delete" or document.action == "delete",
            ),
            line.unit or "",
            factor,
        )


def _factor(line: PriceListLine, unit: str | None, item: str, names: Names) -> Decimal:
    """How many base units the unit holds: as the crosswalk says, else as the row itself tells of its packs."""
    if not unit:
        return Decimal(1)
    try:
        factor = names.unit(unit, item).factor
    except Held as held:
        pack = next((one.quantity for one in line.packs if one.unit == unit and one.quantity), None)
        if held.cause != "unit_unknown" or pack is None:
            raise
        return pack
    assert factor is not None
    return factor


def _per_unit(line: PriceListLine, price: Price, factor: Decimal, item: str, names: Names) -> Decimal:
    """The price of one ordering unit: 98.00 for 100 pieces is 9.80 for a box of ten."""
    basis = price.basis
    if basis is None or not basis.value:
        return price.amount
    held = factor if basis.unit in (None, line.unit) else _factor(line, basis.unit, item, names)
    return price.amount * factor / (basis.value * held)


def _tiers(document: PriceList, line: PriceListLine, label: str) -> Iterator[_Tier]:
    """The row's own price and those of its breaks; a break without a quantity counts where there is no own price."""
    begins = _day(line.valid_from) or _day(document.valid_from)
    ends = _day(line.valid_to) or _day(document.valid_to)
    least = line.minimum or Decimal(0)
    breaks = [one for one in line.breaks if one.minimum or one.valid_from or line.price is None]
    if line.price:
        yield _Tier(line.price, least, begins, ends)
    for one in breaks:
        own = line.price is not None and (one.minimum or Decimal(0)) <= least and one.valid_from is None
        if not own:
            minimum = one.minimum if one.minimum and one.minimum > 1 else least
            yield _Tier(one.price, minimum, _day(one.valid_from) or begins, _day(one.valid_to) or ends)
    if not line.price and not breaks:
        hint = f"{label} has no price; have it corrected by the supplier, or cancel the list."
        raise Held("price_missing", f"{label} of price list {document.number}", hint)


def _day(when: date | datetime | None) -> date | None:
    return when.date() if isinstance(when, datetime) else when
