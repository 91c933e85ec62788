"""What Odoo has of the names in an order: supplier, items, units, currency, warehouse, cost centres.

Used by ``app.odoo.purchasing``. Suppliers and items are read anew each time, for they may be archived at any moment;
what hardly ever changes is remembered, and read again when a name is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from app.model.order import Order
from app.model.order_request import OrderRequest, RequestedLine
from app.odoo.directory import ARCHIVED_TOO, Recollection
from app.odoo.transport import Connection
from app.policy.ordering import KnownItem, KnownLocation, KnownSupplier, KnownUnit, OrderingFacts, Place

V = TypeVar("V")
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UnitTable:
    """All units of Odoo by name and by id."""

    by_name: Mapping[str, Sequence[KnownUnit]]
    by_id: Mapping[int, KnownUnit]


class OrderLookups:
    """Looks names up; ``seconds`` is how long units, currencies, warehouses and cost centres are remembered."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._units: Recollection[str, UnitTable] = Recollection(seconds)
        self._currencies: Recollection[str, int] = Recollection(seconds)
        self._places: Recollection[str, list[Place]] = Recollection(seconds)
        self._accounts: Recollection[str, list[int]] = Recollection(seconds)
        self._locations: Recollection[str, KnownLocation] = Recollection(seconds)
        self._digits: Recollection[str, int] = Recollection(seconds)

    def of_request(self, request: OrderRequest) -> OrderingFacts:
        """What is needed to place an order."""
        return self._facts(
            request.lines,
            request.currency,
            self.places(request.warehouse),
            self._suppliers(request.supplier),
            request.company,
        )

    def of_lines(self, lines: Sequence[RequestedLine], order: Order) -> OrderingFacts:
        """What is needed to add lines to an order, or to change them."""
        places = [place for place in self.places(order.warehouse) if place.company_id == order.company_id]
        return self._facts(lines, order.currency, places, [], "")

    def places(self, warehouse: str) -> list[Place]:
        """The warehouses with this code, one in each company at most."""
        known = self._places.recall([warehouse])
        if not known:
            fields = ["company_id", "in_type_id"]
            rows: Rows = self._connection.get_model("stock.warehouse").search_read(
                domain=[["code", "=", warehouse]], fields=fields, order="id"
            )
            found = [Place(row["id"], row["in_type_id"][0], *row["company_id"]) for row in rows if row["in_type_id"]]
            known = {warehouse: found}
            if found:
                self._places.remember(known)
        return known[warehouse]

    def _facts(
        self,
        lines: Sequence[RequestedLine],
        currency: str,
        places: Sequence[Place],
        suppliers: Sequence[KnownSupplier],
        company: str,
    ) -> OrderingFacts:
        companies = {place.company_id for place in places if not company or place.company == company}
        if not lines:
            return OrderingFacts([], {}, {}, {}, {}, places, {}, {})
        items = self._items({line.item for line in lines}, companies)
        units = self._unit_table({line.unit for line in lines if line.unit}, _base_units(items))
        position = suppliers[0].fiscal_position if suppliers else 0
        return OrderingFacts(
            suppliers=suppliers,
            items=items,
            units=units.by_name,
            bases=units.by_id,
            currencies=self._known(self._currencies, [currency], self._active_currencies),
            places=places,
            accounts=self._cost_centres({line.cost_centre for line in lines if line.cost_centre}),
            locations=self._known(
                self._locations, {line.deliver_to for line in lines if line.deliver_to}, self._own_locations
            ),
            tax_map=self._tax_map(position, {tax for found in items.values() for item in found for tax in item.taxes}),
            digits=self.digits(),
        )

    def digits(self) -> int:
        """How many decimals Odoo keeps of a quantity."""
        known = self._digits.recall(["Product Unit"])
        if not known:
            precision = self._connection.get_model("decimal.precision")
            known = {"Product Unit": int(precision.precision_get(application="Product Unit"))}
            self._digits.remember(known)
        return known["Product Unit"]

    def _suppliers(self, reference: str) -> list[KnownSupplier]:
        fields = ["active", "property_account_position_id"]
        rows = self._search("res.partner", [["ref", "=", reference]], fields)
        return [KnownSupplier(row["id"], row["active"], row["property_account_position_id"] or 0) for row in rows]

    def _items(self, references: Collection[str], companies: Collection[int]) -> dict[str, list[KnownItem]]:
        # The taxes of other companies are not shown to a user who works in this one.
        context = {"allowed_company_ids": sorted(companies)} if len(companies) == 1 else {}
        fields = ["default_code", "name", "active", "purchase_ok", "uom_id", "supplier_taxes_id"]
        rows = self._search("product.product", [["default_code", "in", sorted(references)]], fields, context)
        found: dict[str, list[KnownItem]] = defaultdict(list)
        for row in rows:
            item = KnownItem(
                id=row["id"],
                active=row["active"],
                purchasable=row["purchase_ok"],
                unit_id=row["uom_id"],
                taxes=tuple(row["supplier_taxes_id"]),
                name=f"[{row['default_code']}] {row['name']}",
            )
            found[row["default_code"]].append(item)
        return dict(found)

    def _unit_table(self, names: Collection[str], base_ids: Collection[int]) -> UnitTable:
        known = self._units.recall(["all"]).get("all")
        if known is None or set(names) - known.by_name.keys() or set(base_ids) - known.by_id.keys():
            rows = self._search("uom.uom", [], ["name", "factor", "active"])
            by_id = {row["id"]: KnownUnit(row["id"], Decimal(row["factor"]), row["active"]) for row in rows}
            by_name: dict[str, list[KnownUnit]] = defaultdict(list)
            for row in rows:
                by_name[row["name"]].append(by_id[row["id"]])
            known = UnitTable(by_name, by_id)
            self._units.remember({"all": known})
        return known

    def _active_currencies(self, names: Sequence[str]) -> dict[str, int]:
        rows: Rows = self._connection.get_model("res.currency").search_read(
            domain=[["name", "in", list(names)]], fields=["name"], order="id"
        )
        return {row["name"]: row["id"] for row in rows}

    def _cost_centres(self, codes: Collection[str]) -> dict[str, list[int]]:
        return self._known(self._accounts, codes, self._analytic_accounts) if codes else {}

    def _analytic_accounts(self, codes: Sequence[str]) -> dict[str, list[int]]:
        rows: Rows = self._connection.get_model("account.analytic.account").search_read(
            domain=[["code", "in", list(codes)]], fields=["code"], order="id"
        )
        found: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            found[row["code"]].append(row["id"])
        return dict(found)

    def _own_locations(self, names: Sequence[str]) -> dict[str, KnownLocation]:
        rows: Rows = self._connection.get_model("stock.location").search_read(
            domain=[["complete_name", "in", list(names)], ["usage", "=", "internal"]],
            fields=["complete_name", "warehouse_id"],
            order="id",
            load="",
        )
        return {row["complete_name"]: KnownLocation(row["id"], row["warehouse_id"] or 0) for row in rows}

    def _tax_map(self, position: int, taxes: Collection[int]) -> dict[int, list[int]]:
        """What a fiscal position makes of taxes: what it names no replacement for stays, and an empty one drops all."""
        if not position or not taxes:
            return {}
        [row] = self._connection.get_model("account.fiscal.position").read(ids=[position], fields=["tax_ids"], load="")
        if not row["tax_ids"]:
            return {tax: [] for tax in taxes}
        rows = self._connection.get_model("account.tax").read(
            ids=row["tax_ids"], fields=["original_tax_ids"], load="", context=ARCHIVED_TOO
        )
        mapped: dict[int, list[int]] = defaultdict(list)
        for replacement in rows:
            for original in replacement["original_tax_ids"]:
                mapped[original].append(replacement["id"])
        return dict(mapped)

    def _known(
        self, memory: Recollection[str, V], names: Collection[str], read: Callable[[Sequence[str]], dict[str, V]]
    ) -> dict[str, V]:
        known = memory.recall(names)
        if unknown := sorted(set(names) - known.keys()):
            found = read(unknown)
            memory.remember(found)
            known |= found
        return known

    def _search(
        self, model: str, domain: list[Any], fields: list[str], context: Mapping[str, object] | None = None
    ) -> Rows:
        rows: Rows = self._connection.get_model(model).search_read(
            domain=domain, fields=fields, order="id", load="", context={**ARCHIVED_TOO, **(context or {})}
        )
        return rows


def _base_units(items: Mapping[str, Iterable[KnownItem]]) -> set[int]:
    return {item.unit_id for found in items.values() for item in found}
