"""Orders and their lines as Odoo wants them: rows for ``load``, values for ``write``.

Used by ``app.odoo.purchasing``. Prices, dates, taxes and units are always told: what Odoo would fill in over the API
is wrong, and it recomputes price and date of a line with every change of its quantity unless both come along.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.model.order import Order, OrderLine
from app.odoo.loading import external_id
from app.odoo.order_reading import written
from app.policy.ordering import NewLine, NewOrder

MANUAL = "-1"
"""A price that Odoo takes for its own suggestion is replaced with each change of quantity; one that differs from what
it notes here as its suggestion is a person's, and stays. With the price itself left out of sight, less would be ordered
at a price of nothing, and Odoo would make a return to the supplier instead of expecting less."""

HEAD = (
    "id", "partner_id/.id", "currency_id/.id", "company_id/.id", "picking_type_id/.id", "origin", "priority", "note",
)  # fmt: skip
LINE = (
    "id", "product_id/.id", "product_qty", "product_uom_id/.id", "price_unit", "technical_price_unit", "discount",
    "tax_ids/.id", "date_planned", "analytic_distribution", "location_final_id/.id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a line of an order becomes; what is None stays.

    ``item_id`` is that of a substitute, which comes with its ``name``, its ``taxes`` and a quantity: that of the line
    may have been called off already, by a change that was interrupted.
    """

    line_id: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    planned_on: datetime | None = None
    item_id: int | None = None
    name: str = ""
    taxes: tuple[int, ...] = ()


def head_cells(key: str, new: NewOrder) -> list[str]:
    """The order's own cells."""
    ids = (new.supplier_id, new.currency_id, new.place.company_id, new.place.receipts)
    return [external_id(plain(key)), *map(str, ids), new.origin, "1" if new.urgent else "0", new.note]


def head_values(new: NewOrder) -> dict[str, Any]:
    """What an order in draft is put right with."""
    return {
        "partner_id": new.supplier_id,
        "currency_id": new.currency_id,
        "picking_type_id": new.place.receipts,
    }


def line_cells(key: str, line: NewLine, now: datetime) -> list[str]:
    """A line's cells; one that nobody needs by a day is planned for ``now``, since an empty cell is none."""
    return [
        external_id(line_key(key, line.number)),
        str(line.item_id),
        format(line.quantity, "f"),
        str(line.unit_id),
        format(line.price, "f"),
        MANUAL,
        "0",
        ",".join(map(str, line.taxes)),
        written(line.planned_on or now),
        json.dumps({str(line.account): 100}) if line.account else "",
        str(line.location) if line.location else "",
    ]


def order_rows(key: str, new: NewOrder, now: datetime) -> tuple[list[str], list[list[str]]]:
    """Fields and rows of an order with its lines: the order's own cells stand in the first row alone."""
    fields = [*HEAD, *(f"order_line/{name}" for name in LINE)]
    head = head_cells(key, new)
    rows = [
        [*(head if place == 0 else [""] * len(head)), *line_cells(key, line, now)]
        for place, line in enumerate(new.lines)
    ]
    return fields, rows


def line_rows(key: str, order_id: int, lines: Sequence[NewLine], now: datetime) -> tuple[list[str], list[list[str]]]:
    """Fields and rows of lines that join an order."""
    return ["order_id/.id", *LINE], [[str(order_id), *line_cells(key, line, now)] for line in lines]


def plain(key: str) -> str:
    """A key as an external id can have it, which holds no blanks."""
    return "".join("_" if character.isspace() else character for character in key)


def line_key(key: str, number: str) -> str:
    """The key of a line."""
    return plain(f"{key}:{number}")


def of_key(lines: Mapping[str, int], key: str) -> dict[str, int]:
    """Those of an order's lines, by their keys, that belong to the key of one posting."""
    return {name: line_id for name, line_id in lines.items() if name.startswith(plain(f"{key}:"))}


def corrections(order: Order, key: str, new: NewOrder, ours: Mapping[str, int], now: datetime) -> dict[str, Any]:
    """What an order in draft is put right with; ``ours`` are its lines of this key before any was added."""
    wanted = {line_key(key, line.number): line for line in new.lines}
    known = {line.id: line for line in order.lines}
    commands: list[list[Any]] = [[2, line_id, 0] for name, line_id in ours.items() if name not in wanted]
    commands += [
        [1, ours[name], whole_values(line, now)]
        for name, line in wanted.items()
        if name in ours and line.differs(known[ours[name]])
    ]
    values: dict[str, Any] = {"order_line": commands} if commands else {}
    if (order.supplier_id, order.currency, order.warehouse) != (new.supplier_id, new.currency, new.warehouse):
        values |= head_values(new)
    if new.origin not in order.origin.split(", "):
        values["origin"] = ", ".join(filter(None, (order.origin, new.origin)))
    return values


def steps(order: Order, changes: Sequence[LineChange], head: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The writes that bring changes about, each of them absolute.

    A line gets another item in three steps: what is expected of the old one is called off, then the item is changed,
    and only a new quantity makes Odoo expect the new one.
    """
    lines = {line.id: line for line in order.lines}
    swaps = [c for c in changes if c.item_id is not None and c.item_id != lines[c.line_id].item_id]
    if emptied := [c for c in swaps if lines[c.line_id].quantity]:
        yield {"order_line": [[1, c.line_id, _amounts(lines[c.line_id], Decimal(0))] for c in emptied]}
    if swaps:
        yield {"order_line": [[1, c.line_id, _swap(c)] for c in swaps]}
    swapped = {change.line_id for change in swaps}
    commands = [[1, c.line_id, values] for c in changes if (values := _values(c, lines[c.line_id], swapped))]
    values = dict(head) | ({"order_line": commands} if commands else {})
    if values:
        yield values


def _values(change: LineChange, line: OrderLine, swapped: Collection[int]) -> dict[str, Any]:
    """What differs; a new quantity takes price and date along, which Odoo would recompute."""
    fresh = change.line_id in swapped
    quantity = line.quantity if change.quantity is None else change.quantity
    price = line.price if change.price is None else change.price
    planned_on = change.planned_on or line.planned_on
    if (quantity, price, planned_on) == (line.quantity, line.price, line.planned_on) and not fresh:
        return {}
    values = _amounts(replace(line, price=price, planned_on=planned_on), quantity)
    if not fresh and quantity == line.quantity:
        del values["product_qty"]
    return values


def _swap(change: LineChange) -> dict[str, Any]:
    return {"product_id": change.item_id, "name": change.name, "tax_ids": [[6, 0, list(change.taxes)]]}


def _amounts(line: OrderLine, quantity: Decimal) -> dict[str, Any]:
    values: dict[str, Any] = {
        "product_qty": float(quantity),
        "price_unit": float(line.price),
        "technical_price_unit": float(MANUAL),
        "discount": float(line.discount),
    }
    return values | ({"date_planned": written(line.planned_on)} if line.planned_on else {})


def whole_values(line: NewLine, now: datetime) -> dict[str, Any]:
    """All of a line, to put it right."""
    return {
        "product_id": line.item_id,
        "product_uom_id": line.unit_id,
        "product_qty": float(line.quantity),
        "price_unit": float(line.price),
        "technical_price_unit": float(MANUAL),
        "discount": 0,
        "tax_ids": [[6, 0, list(line.taxes)]],
        "date_planned": written(line.planned_on or now),
        "analytic_distribution": {str(line.account): 100} if line.account else False,
        "location_final_id": line.location or False,
    }
