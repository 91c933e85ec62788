"""Orders as an invoice is matched with them: lines, receipts, what was billed, taxes and units, fresh from Odoo.

Used by ``app.odoo.billing``. Drafts count as billed in Odoo, so that the bill that is being matched is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.odoo.transport import Connection
from app.policy.claims import MatchFacts, OrderedLine, OrderFacts

Rows = dict[int, dict[str, Any]]
ARCHIVED_TOO = {"active_test": False}
REFUNDS = ("in_refund",)

_ORDER = ("name", "state", "partner_id", "currency_id", "company_id")
_LINE = (
    "order_id", "product_id", "product_uom_id", "product_qty", "qty_received", "qty_invoiced", "price_unit",
    "price_subtotal", "price_tax", "discount", "tax_ids", "display_type",
)  # fmt: skip
_PRODUCT = ("default_code", "uom_id", "categ_id", "type", "purchase_method")
_TAX = ("amount", "amount_type", "price_include", "company_id")


class BilledOrders:
    """Reads what a match needs, in as many calls as there are models."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def orders(self, numbers: Collection[str]) -> list[dict[str, Any]]:
        """The orders with these names, with ids for relations.

        ``supplier`` is our reference of their supplier, ``currency`` the name of their currency.
        """
        rows = self._search("purchase.order", [["name", "in", sorted(numbers)]], _ORDER)
        partners = self._read("res.partner", {row["partner_id"] for row in rows}, ("ref", "commercial_partner_id"))
        heads = self._read("res.partner", {p["commercial_partner_id"] for p in partners.values()}, ("ref",))
        currencies = self._read("res.currency", {row["currency_id"] for row in rows}, ("name",))
        for row in rows:
            partner = partners[row["partner_id"]]
            row["currency"] = currencies[row["currency_id"]]["name"]
            row["commercial_id"] = partner["commercial_partner_id"]
            row["supplier"] = partner["ref"] or heads[partner["commercial_partner_id"]]["ref"] or ""
        return rows

    def facts(self, orders: Sequence[Mapping[str, Any]], decimals: int, own_bill: int | None) -> MatchFacts:
        """The orders with their lines, without what the bill ``own_bill`` has of them."""
        ids = [order["id"] for order in orders]
        lines = self._search("purchase.order.line", [["order_id", "in", ids], ["display_type", "=", False]], _LINE)
        products = self._read("product.product", {row["product_id"] for row in lines}, _PRODUCT)
        own = self._own(own_bill) if own_bill else []
        named = (*(row["product_uom_id"] for row in (*lines, *own)), *(p["uom_id"] for p in products.values()))
        units = self._read("uom.uom", set(named), ("name", "factor"))
        categories = self._read("product.category", {p["categ_id"] for p in products.values()}, ("complete_name",))
        taxes = self._read("account.tax", {tax for row in lines for tax in row["tax_ids"]}, _TAX)
        billed = _billed(own, units)
        made = []
        for order in orders:
            mine = [row for row in lines if row["order_id"] == order["id"]]
            made_lines = tuple(
                _line(order, number, row, products, units, categories, taxes, billed[row["id"]])
                for number, row in enumerate(mine, 1)
            )
            made.append(OrderFacts(order["name"], order["supplier"], order["currency"], order["state"], made_lines))
        return MatchFacts(tuple(made), decimals, self._rates(orders))

    def _own(self, bill: int) -> list[dict[str, Any]]:
        domain = [["move_id", "=", bill], ["purchase_line_id", "!=", False], ["parent_state", "!=", "cancel"]]
        fields = ("purchase_line_id", "quantity", "product_uom_id", "move_type")
        return self._search("account.move.line", domain, fields)

    def _rates(self, orders: Iterable[Mapping[str, Any]]) -> dict[Decimal, int]:
        """The taxes on purchases of the orders' companies that are the only ones with their rate."""
        companies = sorted({order["company_id"] for order in orders})
        domain = [["type_tax_use", "=", "purchase"], ["amount_type", "=", "percent"], ["company_id", "in", companies]]
        found: dict[Decimal, list[int]] = defaultdict(list)
        for row in self._search("account.tax", domain, _TAX, context={}):
            if not row["price_include"]:
                found[exact(row["amount"], 4)].append(row["id"])
        return {rate: tax_ids[0] for rate, tax_ids in found.items() if len(tax_ids) == 1}

    def _read(self, model: str, ids: Collection[int], fields: Sequence[str]) -> Rows:
        wanted = sorted(record_id for record_id in ids if record_id)
        if not wanted:
            return {}
        rows = self._connection.get_model(model).read(ids=wanted, fields=list(fields), load="")
        return {row["id"]: row for row in rows}

    def _search(
        self, model: str, domain: list[Any], fields: Sequence[str], context: Mapping[str, object] = ARCHIVED_TOO
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._connection.get_model(model).search_read(
            domain=domain, fields=list(fields), order="id", load="", context=context
        )
        return rows


def exact(number: Any, digits: int) -> Decimal:
    """A float of Odoo's as the decimal it stands for."""
    return round(Decimal(str(number or 0)), digits).normalize() + 0


def _billed(own: Iterable[Mapping[str, Any]], units: Rows) -> defaultdict[int, Decimal]:
    """What our own bill has of each order line, in base units of the unit's family."""
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in own:
        sign = -1 if row["move_type"] in REFUNDS else 1
        factor = Decimal(units[row["product_uom_id"]]["factor"]) if row["product_uom_id"] else Decimal(1)
        found[row["purchase_line_id"]] += sign * exact(row["quantity"], 6) * factor
    return found


def _line(
    order: Mapping[str, Any],
    number: int,
    row: Mapping[str, Any],
    products: Rows,
    units: Rows,
    categories: Rows,
    taxes: Rows,
    own: Decimal,
) -> OrderedLine:
    product = products.get(row["product_id"], {"default_code": "", "uom_id": row["product_uom_id"], "type": "service"})
    unit, base = units[row["product_uom_id"]], units[product["uom_id"]]
    known = [taxes[tax] for tax in row["tax_ids"]]
    return OrderedLine(
        id=row["id"],
        order=order["name"],
        number=str(number),
        item=product["default_code"] or "",
        quantity=exact(row["product_qty"], 6),
        price=_price(row, known),
        received=exact(row["qty_received"], 6),
        invoiced=exact(row["qty_invoiced"], 6) - own / Decimal(unit["factor"]),
        unit=unit["name"],
        factor=Decimal(unit["factor"]) / Decimal(base["factor"]),
        base_unit=base["name"],
        category=categories.get(product.get("categ_id") or 0, {}).get("complete_name", ""),
        rate=_rate(row, known),
        taxes=tuple(row["tax_ids"]),
        control="ordered" if product.get("purchase_method") == "purchase" else "received",
        service=product["type"] == "service",
    )


def _price(row: Mapping[str, Any], taxes: Sequence[Mapping[str, Any]]) -> Decimal:
    """The price of one unit after discount, without tax."""
    if any(tax["price_include"] for tax in taxes) and row["product_qty"]:
        return exact(Decimal(row["price_subtotal"]) / Decimal(row["product_qty"]), 8)
    return exact(Decimal(row["price_unit"]) * (1 - Decimal(row["discount"] or 0) / 100), 8)


def _rate(row: Mapping[str, Any], taxes: Sequence[Mapping[str, Any]]) -> Decimal:
    """The rate of all its taxes together; what is no percentage is told by what it comes to."""
    if all(tax["amount_type"] == "percent" for tax in taxes):
        return exact(sum((Decimal(tax["amount"]) for tax in taxes), Decimal(0)), 4)
    untaxed = Decimal(row["price_subtotal"])
    return exact(Decimal(row["price_tax"]) * 100 / untaxed, 4) if untaxed else Decimal(0)
