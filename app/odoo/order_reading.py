"""Purchase orders read from Odoo: an order with its lines, items and units in one call.

Used by ``app.odoo.purchasing``. ``SPECIFICATION`` is what is asked of ``web_read``, ``order_of`` what it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from app.model.order import Order, OrderLine, OrderState
from app.model.stock import Tracking

Nested = dict[str, Any]
_UNIT: Nested = {"fields": {"name": {}, "factor": {}}}
_ITEM: Nested = {
    "fields": {
        "default_code": {},
        "tracking": {},
        "barcode": {},
        "uom_id": _UNIT,
        "product_uom_ids": {"fields": {"uom_id": {}, "barcode": {}}},
    }
}
_SUPPLIER: Nested = {"fields": {"ref": {}, "name": {}, "commercial_partner_id": {"fields": {"ref": {}}}}}
_WAREHOUSE: Nested = {"fields": {"warehouse_id": {"fields": {"code": {}}}}}

HEAD: Nested = {
    "name": {},
    "state": {},
    "partner_id": _SUPPLIER,
    "company_id": {},
    "picking_type_id": _WAREHOUSE,
    "currency_id": {"fields": {"name": {}}},
    "origin": {},
    "partner_ref": {},
    "acknowledged": {},
    "picking_ids": {},
    "write_date": {},
}
LINE: Nested = {
    "display_type": {},
    "name": {},
    "product_id": _ITEM,
    "product_uom_id": _UNIT,
    "product_qty": {},
    "qty_received": {},
    "qty_invoiced": {},
    "price_unit": {},
    "discount": {},
    "tax_ids": {},
    "date_planned": {},
    "analytic_distribution": {},
}
SPECIFICATION: Nested = HEAD | {"order_line": {"fields": LINE}}


def exact(number: Any, digits: int = 6) -> Decimal:
    """A float of Odoo's as the decimal it stands for."""
    return round(Decimal(str(number or 0)), digits).normalize() + 0


def moment(text: str | bool | None) -> datetime | None:
    """A moment as Odoo writes it: UTC, without saying so."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if isinstance(text, str) else None


def written(at: datetime) -> str:
    """A moment as Odoo reads it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def accounts_of(rows: Iterable[Mapping[str, Any]]) -> set[int]:
    """The analytic accounts that the lines of these orders name."""
    return {
        int(account)
        for row in rows
        for line in row["order_line"]
        for accounts in (line["analytic_distribution"] or {})
        for account in accounts.split(",")
    }


def order_of(row: Mapping[str, Any], codes: Mapping[int, str]) -> Order:
    """An order as ``web_read`` tells it; ``codes`` are those of analytic accounts by id."""
    supplier = row["partner_id"]
    lines = sorted((line for line in row["order_line"] if not line["display_type"]), key=lambda line: line["id"])
    return Order(
        id=row["id"],
        number=row["name"],
        state=cast("OrderState", row["state"]),
        supplier=supplier["ref"] or supplier["commercial_partner_id"]["ref"] or "",
        supplier_id=supplier["id"],
        supplier_name=supplier["name"] or "",
        company_id=row["company_id"],
        warehouse=_warehouse(row["picking_type_id"]),
        currency=row["currency_id"]["name"],
        origin=row["origin"] or "",
        partner_ref=row["partner_ref"] or "",
        acknowledged=row["acknowledged"],
        lines=tuple(_line(line, number, codes) for number, line in enumerate(lines, 1)),
        receipts=tuple(row["picking_ids"]),
        written_at=cast("datetime", moment(row["write_date"])),
    )


def _warehouse(operation: Any) -> str:
    warehouse = operation["warehouse_id"] if operation else None
    return str(warehouse["code"]) if warehouse else ""


def _line(row: Mapping[str, Any], number: int, codes: Mapping[int, str]) -> OrderLine:
    item, unit = row["product_id"] or _NO_ITEM, row["product_uom_id"] or _NO_UNIT
    base = item["uom_id"] or unit
    shares = _shares(row["analytic_distribution"] or {}, codes)
    return OrderLine(
        id=row["id"],
        number=number,
        item=item["default_code"] or "",
        item_id=item["id"],
        tracking=cast("Tracking", item["tracking"]),
        unit=unit["name"],
        unit_id=unit["id"],
        factor=exact(Decimal(unit["factor"]) / Decimal(base["factor"]), 9),
        quantity=exact(row["product_qty"]),
        price=exact(row["price_unit"]),
        received=exact(row["qty_received"]),
        invoiced=exact(row["qty_invoiced"]),
        planned_on=moment(row["date_planned"]),
        name=row["name"] or "",
        cost_centre=max(shares, key=lambda share: share[1], default=(None, 0))[0],
        gtin=_gtin(item, unit["id"], base["id"]),
        base_unit=base["name"],
        discount=exact(row["discount"]),
        taxes=tuple(row["tax_ids"]),
        accounts=shares,
    )


_NO_ITEM: Nested = {
    "id": 0,
    "default_code": "",
    "tracking": "none",
    "barcode": False,
    "uom_id": None,
    "product_uom_ids": (),
}
_NO_UNIT: Nested = {"id": 0, "name": "", "factor": 1}


def _shares(distribution: Mapping[str, Any], codes: Mapping[int, str]) -> tuple[tuple[str, Decimal], ...]:
    """Codes of accounts with the per cent that each bears; accounts without a code go by their id."""
    return tuple(
        (codes.get(int(account), f"id:{account}"), exact(share))
        for accounts, share in sorted(distribution.items())
        for account in accounts.split(",")
    )


def _gtin(item: Mapping[str, Any], unit: int, base: int) -> str | None:
    """The barcode of the item in this unit: its own is that of its base unit."""
    if unit == base:
        return item["barcode"] or None
    return next((packed["barcode"] or None for packed in item["product_uom_ids"] if packed["uom_id"] == unit), None)
