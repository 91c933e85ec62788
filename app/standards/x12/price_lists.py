"""Price lists: transaction set 832, price/sales catalogue, read.

Called by ``app.standards.x12.standard``. BCT, LIN, CTP and SLN as in releases 004010 and 005010 and in the guide of
the health industry, where the prices of a contract are tiers (``C01``, ``C02``) and SLN segments tell the packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.model.party import Party
from app.model.price import Price
from app.model.price_list import ListAction, PriceBreak, PriceList, PriceListLine
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.packs import packs_of
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops

PURPOSES: Mapping[str, ListAction] = {
    "00": "replace", "05": "replace", "02": "add", "03": "delete", "01": "delete", "04": "change",
}  # fmt: skip
"""Transaction set purpose codes (BCT-10, data element 353)."""
MAINTENANCE: Mapping[str, ListAction] = {
    "001": "change", "002": "delete", "003": "add", "004": "add", "005": "delete", "006": "add", "007": "change",
}  # fmt: skip
"""Maintenance type codes (G53-01, data element 875): 002 is discontinued, 005 withdrawn for a time."""
CLASSES: Mapping[ListAction, ListAction] = {"replace": "add", "add": "add", "change": "change", "delete": "delete"}
FROM, UNTIL = ("092", "007", "196"), ("093", "036", "197")
"""DTM-01 of the first and the last day that a contract or a price holds."""
MINIMUM = ("57",)
"""CTB-03 of the smallest quantity that may be ordered (data element 673)."""
DAYS: Mapping[str, int] = {"DA": 1, "CD": 1, "WK": 7}
"""LDT-03 units of lead times in days."""


def read(message: TransactionSet, values: Values) -> PriceList | None:
    """The price list; None where a fault was left in the findings of ``values``."""
    header, bodies, _ = loops(message.segments, "LIN", ("CTT",))
    outside = parties.loops_of(header)[1]
    bct = first(header, "BCT")
    if bct is None:
        values.findings.reject("segment.missing", f"{message.where}/BCT", "the beginning segment is required")
        return None
    number = values.text(bct, 2, "price_list") or values.text(bct, 6, "price_list")
    if number is None:
        values.findings.reject("price_list.missing", bct.place(2), "a value is required")
    action = _action(bct, values)
    lines = [_line(loop, action, values) for loop in bodies]
    if values.findings.errors or number is None:
        return None
    return PriceList(
        number=number,
        lines=tuple(lines),
        action=action,
        name=values.prose(bct, 9, "name"),
        revision=values.text(bct, 3, "revision") or values.text(bct, 4, "revision"),
        issued_at=details.date(outside, values, "097", "102"),
        contract=remarks.number(outside, values, "CT", "BC"),
        tier=remarks.number(outside, values, "PTC", "PD"),
        currency=values.text(first(message.segments, "CUR"), 2, "currency"),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        valid_from=details.date(outside, values, *FROM),
        valid_to=details.date(outside, values, *UNTIL),
        note=remarks.read(outside, values),
    )


def _action(bct: Segment, values: Values) -> ListAction:
    code = bct.text(10)
    if code not in PURPOSES:
        text = "the purpose is in no table; its lines were taken as additions, nothing else is replaced"
        values.findings.warn("purpose.unknown", bct.place(10), text)
    return PURPOSES.get(code or "", "add")


def _line(loop: Sequence[Segment], action: ListAction, values: Values) -> PriceListLine:
    lin = loop[0]
    below, prices = _prices(loop)
    product = items.read(lin, 2, values)
    description = details.description(below, values)
    remarks.check_item(product.identifiers, description, lin, values)
    own, breaks = _line_action(below, action, values), _breaks(prices, values)
    unit = _unit(prices, below, values)
    if not breaks and own != "delete":
        values.findings.warn("price.missing", lin.where, "a price (CTP) is expected")
    return PriceListLine(
        identifiers=product.identifiers,
        number=values.text(lin, 1, "line"),
        action=own,
        description=description,
        manufacturer=_manufacturer(lin, values),
        unit=unit,
        common_unit=values.common_unit(unit),
        price=_price(breaks, lin, values),
        breaks=breaks if len(breaks) > 1 or any(_more_than_price(one) for one in breaks) else (),
        packs=packs_of(below, unit, values),
        minimum=_minimum(below, values),
        lead_days=_lead_days(below, values),
        valid_from=details.date(below, values, *FROM),
        valid_to=details.date(below, values, *UNTIL),
        note=remarks.read(below, values),
    )


@dataclass(frozen=True, slots=True)
class _Priced:
    """A CTP segment and the DTM segments that follow it."""

    ctp: Segment
    dates: tuple[Segment, ...]


def _prices(loop: Sequence[Segment]) -> tuple[list[Segment], list[_Priced]]:
    """The segments of a line without its prices, and the prices."""
    below: list[Segment] = []
    prices: list[tuple[Segment, list[Segment]]] = []
    inside = False
    for segment in loop:
        if segment.tag == "CTP":
            prices.append((segment, []))
            inside = True
        elif inside and segment.tag == "DTM":
            prices[-1][1].append(segment)
        else:
            inside = False
            below.append(segment)
    return below, [_Priced(ctp, tuple(dates)) for ctp, dates in prices]


def _breaks(prices: Sequence[_Priced], values: Values) -> tuple[PriceBreak, ...]:
    trades = {one.ctp.text(1) for one in prices}
    found = (_break(one, values, several_trades=len(trades) > 1) for one in prices)
    return tuple(one for one in found if one)


def _break(priced: _Priced, values: Values, *, several_trades: bool) -> PriceBreak | None:
    ctp = priced.ctp
    amount = values.amount(ctp, 3, "price")
    if amount is None:
        values.findings.warn("price.missing", ctp.place(3), "a price is expected; the segment was left out")
        return None
    quantity = values.amount(ctp, 4, "quantity")
    multiplied = ctp.text(6) is not None or ctp.text(7) is not None
    if multiplied:
        text = "a price with a multiplier was taken as it stands, without it"
        values.findings.warn("price.multiplier", ctp.place(7), text)
    minimum = quantity if values.options.price_quantity == "minimum" and quantity not in (None, 1) else None
    code = values.text(ctp, 2, "price_class") or values.text(ctp, 1, "price_class")
    trade = values.text(ctp, 1, "price_class")
    return PriceBreak(
        price=Price(amount, basis=_basis(ctp, quantity, values)),
        minimum=minimum,
        price_class=f"{trade}:{code}" if several_trades and trade and code != trade else code,
        valid_from=_day(priced, values, FROM),
        valid_to=_day(priced, values, UNTIL),
    )


def _basis(ctp: Segment, quantity: Decimal | None, values: Values) -> Quantity | None:
    """What the price is for: CTP-11 of the unit, or CTP-04 where the partner means that, else one of it."""
    unit = values.unit(ctp, 5)
    several = values.amount(ctp, 11, "quantity")
    if several is None and values.options.price_quantity == "basis":
        several = quantity
    if unit is None and several is None:
        return None
    return values.measured(several if several is not None else Decimal(1), unit, ctp.place(5))


def _day(priced: _Priced, values: Values, codes: Sequence[str]) -> When | None:
    return details.date(priced.dates, values, *codes) if priced.dates else None


def _more_than_price(one: PriceBreak) -> bool:
    return one != PriceBreak(one.price)


def _price(breaks: Sequence[PriceBreak], lin: Segment, values: Values) -> Price | None:
    """The only price, else the one of the best class of ours from the first piece on; of several none is taken."""
    if len(breaks) == 1:
        return breaks[0].price if breaks[0].minimum is None else None
    for name in values.options.price_classes:
        found = [one for one in breaks if one.price_class == name and one.minimum is None]
        if len(found) == 1:
            return found[0].price
    if breaks:
        text = "several prices are told, and which class is ours is not known; none was taken as the price"
        values.findings.warn("price.ambiguous", lin.where, text)
    return None


def _unit(prices: Iterable[_Priced], below: Sequence[Segment], values: Values) -> str | None:
    """The unit that all prices are for, else the one in PO4 or UIT."""
    units = {unit for one in prices if (unit := values.unit(one.ctp, 5))}
    if len(units) > 1:
        places = [one.ctp.place(5) for one in prices]
        values.findings.warn(
            "unit.ambiguous", places[0], "the prices are for several units; none was taken as the unit"
        )
        return None
    return next(iter(units), None) or next((values.unit(uit, 1) for uit in all_of(below, "UIT")), None)


def _line_action(below: Sequence[Segment], action: ListAction, values: Values) -> ListAction:
    g53 = first(below, "G53")
    code = g53.text(1) if g53 else None
    if g53 and code not in MAINTENANCE:
        values.findings.warn("maintenance.unknown", g53.place(1), "the maintenance type is in no table")
    return MAINTENANCE.get(code or "") or CLASSES[action]


def _manufacturer(lin: Segment, values: Values) -> Party | None:
    name = remarks.pair(lin, "MF", values)
    return Party(name=name) if name else None


def _minimum(below: Sequence[Segment], values: Values) -> Decimal | None:
    ctb = next((s for s in all_of(below, "CTB") if s.text(3) in MINIMUM), None)
    return values.amount(ctb, 4, "quantity") if ctb else None


def _lead_days(below: Sequence[Segment], values: Values) -> Decimal | None:
    ldt = first(below, "LDT")
    if ldt is None or (count := values.amount(ldt, 2, "lead_time")) is None:
        return None
    factor = DAYS.get(ldt.text(3) or "")
    if factor is None:
        values.findings.warn("lead_time.unit", ldt.place(3), "days or weeks are expected; it was left out")
        return None
    return count * factor
