"""Master data as Odoo has it: items with their units and barcodes, suppliers, contract prices, cost centres.

Part of ``Erp``; read by the synchronisation. Everything is asked for in pages by id, with relations as bare ids, which
is several times faster than with their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from app.model.gtin import gtin14
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.model.party import PartyIdentifier
from app.model.stock import Tracking
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.order_reading import exact
from app.odoo.transport import Connection

PAGE = 1000
_ITEM = (
    "default_code", "name", "barcode", "active", "purchase_ok", "tracking", "uom_id", "categ_id", "standard_price",
    "product_tmpl_id", "uom_ids",
)  # fmt: skip
_SUPPLIER = ("ref", "name", "vat", "active")
_OFFER = (
    "partner_id", "product_id", "product_tmpl_id", "product_code", "min_qty", "price", "discount", "product_uom_id",
    "date_start", "date_end", "delay", "currency_id", "sequence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item with every name it goes by: GTINs of itself and its packs, and how many base units each pack holds."""

    facts: ItemFacts
    template: int
    gtins: tuple[str, ...] = ()
    packs: tuple[tuple[str, Decimal], ...] = ()


class Master:
    """Reads master data."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def items(self) -> list[KnownItem]:
        """The items that have an internal reference, archived ones too."""
        rows = list(self._pages("product.product", [["default_code", "!=", False]], _ITEM))
        units = self._units()
        barcodes: dict[int, list[str]] = defaultdict(list)
        for packed in self._pages("product.uom", [], ("product_id", "barcode")):
            barcodes[packed["product_id"]].append(packed["barcode"])
        names = self._names("product.category", {row["categ_id"] for row in rows if row["categ_id"]}, "complete_name")
        return [_item(row, units, barcodes[row["id"]], names) for row in rows]

    def suppliers(self) -> list[SupplierFacts]:
        """The partners that sell and have a reference of ours."""
        domain: list[Any] = [["supplier_rank", ">", 0], ["ref", "!=", False]]
        return [_supplier(row) for row in self._pages("res.partner", domain, _SUPPLIER)]

    def offers(self, partner: int | None = None) -> list[Offer]:
        """Every price of every supplier, or of one partner, for items and suppliers that have references."""
        domain = [["partner_id", "=", partner]] if partner else []
        rows = list(self._pages("product.supplierinfo", domain, _OFFER))
        partners = self._names("res.partner", {row["partner_id"] for row in rows}, "ref")
        currencies = self._names("res.currency", {row["currency_id"] for row in rows}, "name")
        units = self._units()
        items = self._variants({row["product_tmpl_id"] for row in rows if row["product_tmpl_id"]})
        made: list[Offer] = []
        for row in rows:
            for reference, product, unit in items.get(row["product_tmpl_id"] or 0, ()):
                supplier = partners.get(row["partner_id"])
                if supplier and row["product_id"] in (False, product):
                    made.append(_offer(row, reference, supplier, currencies[row["currency_id"]], units, unit))
        return made

    def cost_centres(self) -> dict[str, str]:
        """The names of analytic accounts by their code."""
        rows = self._pages("account.analytic.account", [["code", "!=", False]], ("code", "name"))
        return {row["code"]: row["name"] for row in rows}

    def _units(self) -> dict[int, tuple[str, Decimal]]:
        return {
            row["id"]: (row["name"], Decimal(str(row["factor"])))
            for row in self._pages("uom.uom", [], ("name", "factor"))
        }

    def _variants(self, templates: set[int]) -> dict[int, list[tuple[str, int, int]]]:
        found: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
        domain: list[Any] = [["product_tmpl_id", "in", sorted(templates)], ["default_code", "!=", False]]
        for row in self._pages("product.product", domain, ("default_code", "product_tmpl_id", "uom_id")):
            found[row["product_tmpl_id"]].append((row["default_code"], row["id"], row["uom_id"]))
        return found

    def _names(self, model: str, ids: set[int], field: str) -> dict[int, str]:
        rows = self._pages(model, [["id", "in", sorted(ids)]], (field,)) if ids else ()
        return {row["id"]: row[field] for row in rows if row[field]}

    def _pages(self, model: str, domain: list[Any], fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """All records, in pages by id: an offset would be lost when somebody deletes a record in between."""
        last, page = 0, PAGE
        records = self._connection.get_model(model)
        while page == PAGE:
            rows: list[dict[str, Any]] = records.search_read(
                domain=[*domain, ["id", ">", last]], fields=fields, order="id", limit=PAGE, load="",
                context=ARCHIVED_TOO,
            )  # fmt: skip
            yield from rows
            page = len(rows)
            last = rows[-1]["id"] if rows else last


def _item(
    row: Mapping[str, Any],
    units: Mapping[int, tuple[str, Decimal]],
    barcodes: Sequence[str],
    categories: Mapping[int, str],
) -> KnownItem:
    base_name, base = units[row["uom_id"]]
    facts = ItemFacts(
        reference=row["default_code"],
        name=row["name"],
        category=categories.get(row["categ_id"] or 0, ""),
        unit=base_name,
        tracking=cast("Tracking", row["tracking"]),
        active=row["active"],
        purchasable=row["purchase_ok"],
        standard_price=exact(row["standard_price"]),
    )
    gtins = [gtin for code in (row["barcode"], *barcodes) if code and (gtin := gtin14(code))]
    packs = [(units[unit][0], exact(units[unit][1] / base, 9)) for unit in row["uom_ids"] or () if unit in units]
    return KnownItem(facts, row["product_tmpl_id"] or 0, tuple(gtins), tuple(packs))


def _supplier(row: Mapping[str, Any]) -> SupplierFacts:
    vat = (PartyIdentifier("vat", row["vat"]),) if row["vat"] else ()
    return SupplierFacts(row["ref"], row["name"] or "", row["active"], True, "", vat)


def _offer(
    row: Mapping[str, Any],
    item: str,
    supplier: str,
    currency: str,
    units: Mapping[int, tuple[str, Decimal]],
    base_unit: int,
) -> Offer:
    unit = row["product_uom_id"] or base_unit
    name, factor = units[unit]
    return Offer(
        item=item,
        supplier=supplier,
        price=exact(Decimal(str(row["price"])) * (1 - Decimal(str(row["discount"] or 0)) / 100)),
        currency=currency,
        unit="" if unit == base_unit else name,
        factor=exact(factor / units[base_unit][1], 9),
        minimum=exact(row["min_qty"]),
        supplier_code=row["product_code"] or None,
        lead_days=int(row["delay"] or 0),
        valid_from=_day(row["date_start"]),
        valid_to=_day(row["date_end"]),
        preferred=row["sequence"] == 1,
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
