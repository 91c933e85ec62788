"""What is to be ordered from one supplier: the effect of ``order.place``, read.

Written by the flow of requisitions, read by ``app.flows.ordering``; ``app.policy.ordering`` decides whether Odoo can
take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """One item; ``number`` is the requisition's line, ``unit`` the name of Odoo's unit (empty: the base unit).

    One unit holds ``factor`` base units; ``price`` is for one unit.
    """

    number: str
    item: str
    quantity: Decimal
    price: Decimal
    unit: str = ""
    factor: Decimal = Decimal(1)
    supplier_code: str | None = None
    cost_centre: str | None = None
    needed_by: date | None = None
    deliver_to: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> RequestedLine:
        """A line of an effect."""
        return cls(
            number=str(data["number"]),
            item=data["item"],
            quantity=Decimal(data["quantity"]),
            price=Decimal(data["price"]),
            unit=data.get("unit") or "",
            factor=Decimal(data.get("factor") or 1),
            supplier_code=data.get("supplier_code"),
            cost_centre=data.get("cost_centre"),
            needed_by=_day(data.get("needed_by")),
            deliver_to=data.get("deliver_to"),
        )


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order to be placed; until ``window`` others of the same supplier and facility join the same order."""

    requisition: str
    facility: str
    warehouse: str
    supplier: str
    currency: str
    lines: tuple[RequestedLine, ...]
    company: str = ""
    needed_by: date | None = None
    contract: str | None = None
    urgent: bool = False
    note: str | None = None
    window: datetime | None = None

    @classmethod
    def of(cls, effect: Mapping[str, Any]) -> OrderRequest:
        """The frozen effect of a posting."""
        window = effect.get("window")
        return cls(
            requisition=effect["requisition"],
            facility=effect["facility"],
            warehouse=effect["warehouse"],
            supplier=effect["supplier"],
            currency=effect["currency"],
            lines=tuple(RequestedLine.of(line) for line in effect["lines"]),
            company=effect.get("company") or "",
            needed_by=_day(effect.get("needed_by")),
            contract=effect.get("contract"),
            urgent=bool(effect.get("urgent")),
            note=effect.get("note"),
            window=datetime.fromisoformat(window) if window else None,
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
