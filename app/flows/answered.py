"""A supplier's confirmation in our names: which line it speaks of, our items, factors for units; frozen and read again.

Used by ``app.flows.order_confirmation`` when the document is resolved, and by the operation that carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.model.item import Identifier
from app.model.order_confirmation import ConfirmationLine, OrderConfirmation
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.when import When
from app.policy.confirmation import Answer, AnsweredLine, Asked

NAMED_AS_BASE = frozenset({"EA", "C62", "H87", "PCE"})
"""Units that mean one piece wherever nobody said otherwise."""
_NUMBERS = ("quantity", "factor", "price", "basis")
_DAYS = ("deliver_on", "ship_on")


class Reading:
    """Reads one confirmation; ``told`` is the order as its supplier was told it, None where that is not known."""

    def __init__(self, document: OrderConfirmation, told: PurchaseOrder | None, names: Names) -> None:
        self._document = document
        self._told = {line.number: line for line in told.lines} if told else {}
        self._names = names
        self.rows: list[CrosswalkRow] = []
        """The crosswalk rows that it was read by."""

    def answer(self) -> Answer:
        """The confirmation in our names. Raises Held for a substitute or unit that the crosswalk does not know."""
        document = self._document
        return Answer(
            status=document.status,
            lines=tuple(map(self._line, document.lines)),
            currency=document.currency,
            deliver_on=_day(document.deliver_on),
            ship_on=_day(document.ship_on),
        )

    def asked(self) -> dict[int, Asked]:
        """What the supplier was asked for, by line."""
        return {
            int(number): Asked(line.quantity.value, line.price.amount if line.price else None, _day(line.deliver_on))
            for number, line in self._told.items()
            if number.isdecimal()
        }

    def items(self) -> set[str]:
        """Our items on the order."""
        return {item for line in self._told.values() if (item := _ours(line.identifiers))}

    def _line(self, line: ConfirmationLine) -> AnsweredLine:
        told = self._told_line(line)
        item = _ours(told.identifiers) if told else self._item(line.identifiers)
        price = line.price
        return AnsweredLine(
            outcome=line.outcome,
            line=told.number if told else line.order_line,
            item=item,
            quantity=line.quantity.value if line.quantity else None,
            factor=self._factor(line.quantity, told, item),
            price=price.amount if price else None,
            basis=self._basis(line, told, item),
            currency=price.currency if price else None,
            deliver_on=_day(line.deliver_on),
            ship_on=_day(line.ship_on),
            substitute=self._substitute(line),
            reason=line.reason or line.note,
        )

    def _told_line(self, line: ConfirmationLine) -> PurchaseOrderLine | None:
        """The line it speaks of, by its number, else by an identifier that only one line has."""
        if line.order_line:
            return self._told.get(line.order_line) or self._told.get(line.order_line.lstrip("0"))
        fits = [told for told in self._told.values() if set(told.identifiers) & set(line.identifiers)]
        return fits[0] if len(fits) == 1 else None

    def _item(self, identifiers: Sequence[Identifier]) -> str | None:
        if not identifiers:
            return None
        try:
            found = self._names.item(identifiers)
        except Held:  # its number may still tell the line; where it does not, that is what a person is shown
            return None
        self.rows += found
        return found[0].target

    def _substitute(self, line: ConfirmationLine) -> str | None:
        """Our item for what comes instead. Raises Held where the crosswalk does not know it."""
        if not line.substitute:
            return None
        if ours := _ours(line.substitute):
            return ours
        found = self._names.item(line.substitute)
        self.rows += found
        return found[0].target

    def _factor(self, quantity: Quantity | None, told: PurchaseOrderLine | None, item: str | None) -> Decimal | None:
        """Base units in one of the quantity's; None for the unit that was ordered in."""
        if quantity is None or not quantity.unit:
            return None
        if told and _same_unit(quantity, told.quantity):
            return None
        try:
            return self._known(quantity, item or "")
        except Held as held:
            if held.cause != "unit_unknown":
                raise
            if quantity.pack_factor:
                return quantity.pack_factor
            if {quantity.unit, quantity.common_unit} & NAMED_AS_BASE:
                return Decimal(1)
            raise

    def _known(self, quantity: Quantity, item: str) -> Decimal | None:
        """What the crosswalk says of the unit's own code, else of its common one. Raises Held where it says nothing."""
        codes = [code for code in (quantity.unit, quantity.common_unit) if code]
        for code in codes[:-1]:
            try:
                return self._found(code, item)
            except Held as held:
                if held.cause != "unit_unknown":
                    raise
        return self._found(codes[-1], item)

    def _found(self, code: str, item: str) -> Decimal | None:
        row = self._names.unit(code, item)
        self.rows.append(row)
        return row.factor

    def _basis(self, line: ConfirmationLine, told: PurchaseOrderLine | None, item: str | None) -> Decimal | None:
        """For how many base units the price is; None for one of the quantity's unit."""
        basis = line.price.basis if line.price else None
        if basis is None or not basis.value:
            return None
        factor = self._factor(basis, told, item)
        if factor is None:
            factor = (told.quantity.pack_factor if told else None) or Decimal(1)
        return basis.value * factor


def to_data(answer: Answer) -> dict[str, Any]:
    """The answer as JSON with exact numbers."""
    data: dict[str, Any] = _plain(asdict(answer))
    return data


def from_data(data: Mapping[str, Any]) -> Answer:
    """The answer that was frozen."""
    lines = tuple(AnsweredLine(**_exact(line)) for line in data["lines"])
    return Answer(**_exact(data) | {"lines": lines})


def asked_to_data(asked: Mapping[int, Asked]) -> dict[str, Any]:
    """What was asked for, as JSON."""
    return {str(number): _plain(asdict(one)) for number, one in asked.items()}


def asked_from_data(data: Mapping[str, Any]) -> dict[int, Asked]:
    """What was asked for, as it was frozen."""
    return {int(number): Asked(**_exact(one)) for number, one in data.items()}


def _same_unit(one: Quantity, other: Quantity) -> bool:
    known = {other.unit, other.common_unit} - {None}
    return one.unit in known or one.common_unit in known


def _ours(identifiers: Sequence[Identifier]) -> str | None:
    """Our own number of an item, which suppliers repeat as the buyer's."""
    return next((one.value for one in identifiers if one.scheme == "buyer"), None)


def _day(when: When | None) -> date | None:
    return when.date() if isinstance(when, datetime) else when


def _exact(data: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(data)
    made |= {name: Decimal(made[name]) for name in _NUMBERS if made.get(name) is not None}
    return made | {name: date.fromisoformat(made[name]) for name in _DAYS if made.get(name) is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
