"""An invoice turned into a claim that can be matched: our names for its items, factors for units, signs for charges.

Used by ``app.flows.invoice``: ``claim_of`` when the document is resolved, ``to_data`` and ``from_data`` to freeze the
claim with its posting and to read it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows.delivered import same_unit
from app.model.invoice import Invoice, InvoiceLine
from app.model.price import Charge, Price, Tax
from app.model.purchase_order import PurchaseOrder
from app.model.quantity import Quantity
from app.policy.claims import Claim, ClaimedCharge, ClaimedLine, ClaimedTax

FREIGHT = frozenset({
    "D240", "D500", "D510", "G821", "G830", "H090",  # X12, element 1300
    "FC", "DL", "HD", "SH", "PC", "SAA",  # UNCL 7161
    "freight", "shipping", "special_handling", "handling",  # cXML
})  # fmt: skip
"""Codes of charges that are for carriage and handling."""
NAMED_AS_BASE = frozenset({"EA", "C62", "H87", "PCE", "PCB"})
"""Units that mean one piece wherever nobody said otherwise."""


def claim_of(
    document: Invoice, supplier: str, names: Names, told: Mapping[str, PurchaseOrder] | None = None
) -> tuple[Claim, tuple[CrosswalkRow, ...]]:
    """The claim, and the crosswalk rows it was read by.

    ``told`` are orders as the supplier was told them, by number: the unit that a line was ordered in holds what it was
    told to hold, so that nobody need enter it. Raises Held for an item or unit that the crosswalk does not know, unless
    the line names its line of an order.
    """
    rows: list[CrosswalkRow] = []
    lines = tuple(_line(line, document, names, rows, told or {}) for line in document.lines)
    claim = Claim(
        number=document.number,
        type=document.type,
        supplier=supplier,
        lines=lines,
        currency=document.currency or "",
        charges=tuple(map(_charge, document.charges)),
        taxes=tuple(ClaimedTax(tax.rate, tax.amount, tax.base) for tax in document.taxes),
        net_total=document.net_total,
        tax_total=document.tax_total,
        total=document.total,
    )
    return claim, tuple(rows)


def order_numbers(claim: Claim) -> tuple[str, ...]:
    """The orders that the lines name, in order, each once."""
    return tuple(dict.fromkeys(line.order for line in claim.lines if line.order))


def for_order(claim: Claim, number: str) -> Claim:
    """The claim as one for this order, whatever its lines name."""
    return replace(claim, lines=tuple(replace(line, order=number) for line in claim.lines))


def to_data(claim: Claim) -> dict[str, Any]:
    """The claim as JSON with exact numbers."""
    data: dict[str, Any] = _plain(asdict(claim))
    return data


def from_data(data: Mapping[str, Any]) -> Claim:
    """The claim that was frozen."""
    lines = tuple(
        ClaimedLine(**_exact(line, _LINE_NUMBERS) | {"charges": tuple(map(_charged, line["charges"]))})
        for line in data["lines"]
    )
    taxes = tuple(ClaimedTax(**_exact(tax, ("rate", "amount", "base"))) for tax in data["taxes"])
    rest = _exact(data, ("net_total", "tax_total", "total"))
    return Claim(**rest | {"lines": lines, "charges": tuple(map(_charged, data["charges"])), "taxes": taxes})


_LINE_NUMBERS = ("quantity", "factor", "price", "basis", "net", "rate", "tax")


def _line(
    line: InvoiceLine,
    document: Invoice,
    names: Names,
    rows: list[CrosswalkRow],
    told: Mapping[str, PurchaseOrder],
) -> ClaimedLine:
    item = _item(line, names, rows)
    quantity = line.quantity or Quantity(Decimal(1))
    ordered = _ordered(line, told.get(line.order_number or document.order_number or ""))
    factor = _factor(quantity, item, names, rows, ordered)
    return ClaimedLine(
        number=line.number,
        quantity=quantity.value,
        order=line.order_number or document.order_number,
        order_line=line.order_line,
        item=item,
        unit=quantity.unit or "",
        factor=factor,
        price=line.price.amount if line.price else None,
        basis=_basis(line.price, factor, item, names, rows, ordered),
        net=line.net,
        rate=_rate(line.taxes),
        tax=_sum(line.taxes),
        charges=tuple(map(_charge, line.charges)),
    )


def _item(line: InvoiceLine, names: Names, rows: list[CrosswalkRow]) -> str | None:
    """Our item; a line that names its order line may do without, and one without any number has none."""
    if not line.identifiers:
        return None
    try:
        found = names.item(line.identifiers)
    except Held as held:
        if line.order_line and held.cause == "item_unknown":
            return None
        raise
    rows.extend(found)
    return found[0].target


def _ordered(line: InvoiceLine, order: PurchaseOrder | None) -> Quantity | None:
    """What the supplier was told of the line, where it names our number of the line."""
    if order is None or not line.order_line:
        return None
    numbers = (line.order_line, line.order_line.lstrip("0"))
    return next((one.quantity for one in order.lines if one.number in numbers), None)


def _factor(
    quantity: Quantity, item: str | None, names: Names, rows: list[CrosswalkRow], ordered: Quantity | None
) -> Decimal | None:
    """Base units in one of the quantity's, None where nobody can tell. Raises Held for a known item's unknown unit."""
    if not quantity.unit:
        return None
    if ordered and same_unit(quantity, ordered) and quantity.pack_factor in (None, ordered.pack_factor):
        return ordered.pack_factor or Decimal(1)
    try:
        row = _unit(quantity, item or "", names)
    except Held as held:
        if held.cause != "unit_unknown":
            raise
        named = Decimal(1) if {quantity.unit, quantity.common_unit} & NAMED_AS_BASE else None
        if (factor := quantity.pack_factor or named) or item is None:
            # What a unit holds depends on the item, which may be told by its order line alone.
            return factor
        raise
    rows.append(row)
    return row.factor


def _unit(quantity: Quantity, item: str, names: Names) -> CrosswalkRow:
    """The unit by the sender's own code, else by the common one."""
    try:
        return names.unit(quantity.unit or "", item)
    except Held as held:
        if held.cause != "unit_unknown" or not quantity.common_unit:
            raise
    try:
        return names.unit(quantity.common_unit, item)
    except Held as held:
        # People mend what the sender wrote, so that is what the hold is about.
        raise Held(held.cause, f"unit {quantity.unit} of {item}", held.hint) from held


def _basis(
    price: Price | None,
    factor: Decimal | None,
    item: str | None,
    names: Names,
    rows: list[CrosswalkRow],
    ordered: Quantity | None,
) -> Decimal:
    """For how many of the line's units the price is."""
    if price is None or price.basis is None or not price.basis.value:
        return Decimal(1)
    of_basis = _factor(price.basis, item, names, rows, ordered)
    return price.basis.value * (of_basis / factor if of_basis and factor else 1)


def _charge(charge: Charge) -> ClaimedCharge:
    amount = -charge.amount if charge.kind == "allowance" else charge.amount
    return ClaimedCharge(amount, charge.code or "", charge.code in FREIGHT)


def _rate(taxes: tuple[Tax, ...]) -> Decimal | None:
    rates = [tax.rate for tax in taxes if tax.rate is not None]
    return sum(rates, Decimal(0)) if rates else None


def _sum(taxes: tuple[Tax, ...]) -> Decimal | None:
    amounts = [tax.amount for tax in taxes if tax.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _charged(data: Mapping[str, Any]) -> ClaimedCharge:
    return ClaimedCharge(**_exact(data, ("amount",)))


def _exact(data: Mapping[str, Any], numbers: tuple[str, ...]) -> dict[str, Any]:
    return {name: Decimal(value) if name in numbers and value is not None else value for name, value in data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return format(value, "f") if isinstance(value, Decimal) else value
