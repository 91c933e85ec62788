"""Sets an Odoo database up for procurement: suppliers, units that are bought in, cost centres.

Called after ``ops.provision`` by the demo, the scenarios and the tests; a second run changes only what differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.odoo import loading
from app.odoo.transport import Connection
from ops.provision import BATCH, MODULE

SETTINGS = {"group_analytic_accounting": True, "group_uom": True}
ONE = "1"
"""The id of ``Units``, which every database of Odoo has."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A partner that sells; ``reference`` is ours for it."""

    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A unit that holds ``factor`` pieces."""

    name: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class CostCentre:
    """An analytic account."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Price:
    """What a supplier asks for one ``unit`` (a pack's name, empty: one piece) of an item, from a quantity on."""

    supplier: str
    item: str
    price: Decimal
    unit: str = ""
    minimum: Decimal = Decimal(0)
    code: str = ""
    lead_days: int = 1
    until: str = ""


@dataclass(frozen=True, slots=True)
class Procurement:
    """All that Odoo must know before Wardline can order; ``untaxed`` takes the taxes on purchases off all items."""

    suppliers: tuple[Supplier, ...]
    packs: tuple[Pack, ...] = ()
    cost_centres: tuple[CostCentre, ...] = ()
    prices: tuple[Price, ...] = ()
    untaxed: bool = False
    currencies: tuple[str, ...] = ()


def provision(connection: Connection, wanted: Procurement) -> None:
    """Make the database agree with the description; the key must belong to an administrator."""
    settings = connection.get_model("res.config.settings", timeout=120)
    settings.execute(ids=settings.create(vals_list=[SETTINGS]))
    _activate(connection, wanted.currencies)
    suppliers = [(one.reference, [one.name, one.reference, "1", "1"]) for one in wanted.suppliers]
    _load(connection, "res.partner", ["name", "ref", "is_company", "supplier_rank"], suppliers)
    packs = [(one.name, [one.name, format(one.factor, "f"), ONE]) for one in wanted.packs]
    units = _load(connection, "uom.uom", ["name", "relative_factor", "relative_uom_id/.id"], packs)
    if wanted.untaxed:
        _untax(connection)
    partners = connection.get_model("res.partner").search_read(
        domain=[["ref", "in", [one.reference for one in wanted.suppliers]]], fields=["ref"], order="id"
    )
    named = {"": int(ONE)} | {pack.name: unit for pack, unit in zip(wanted.packs, units, strict=True)}
    _prices(connection, wanted, named, {row["ref"]: row["id"] for row in partners})
    if wanted.cost_centres:
        plan = str(_plan(connection))
        centres = [(one.code, [one.name, one.code, plan]) for one in wanted.cost_centres]
        _load(connection, "account.analytic.account", ["name", "code", "plan_id/.id"], centres)


def _untax(connection: Connection) -> None:
    products = connection.get_model("product.product")
    rows = products.search_read(domain=[["default_code", "!=", False]], fields=["supplier_taxes_id"], order="id")
    if taxed := [row["id"] for row in rows if row["supplier_taxes_id"]]:
        products.write(ids=taxed, vals={"supplier_taxes_id": [[6, 0, []]]})


def _prices(connection: Connection, wanted: Procurement, units: Mapping[str, int], partners: Mapping[str, int]) -> None:
    """The suppliers' prices; a price is known by supplier, item, unit and quantity."""
    if not wanted.prices:
        return
    rows = connection.get_model("product.product").search_read(
        domain=[["default_code", "in", sorted({one.item for one in wanted.prices})]],
        fields=["default_code", "product_tmpl_id"],
        order="id",
        load="",
    )
    templates = {row["default_code"]: row["product_tmpl_id"] for row in rows}
    currency = _currency(connection, wanted.currencies)
    fields = [
        "partner_id/.id", "product_tmpl_id/.id", "product_code", "min_qty", "price", "product_uom_id/.id", "delay",
        "currency_id/.id", "date_end",
    ]  # fmt: skip
    records = [
        (
            f"{one.supplier}_{one.item}_{one.unit}_{one.minimum}",
            [
                str(partners[one.supplier]), str(templates[one.item]), one.code, str(one.minimum), str(one.price),
                str(units[one.unit]), str(one.lead_days), str(currency), one.until,
            ],
        )
        for one in wanted.prices
    ]  # fmt: skip
    for start in range(0, len(records), BATCH):
        _load(connection, "product.supplierinfo", fields, records[start : start + BATCH])


def _currency(connection: Connection, names: Sequence[str]) -> int:
    """The first of the named currencies, the company's own where none is named."""
    wanted = [["name", "in", list(names)]] if names else []
    rows = connection.get_model("res.currency").search_read(domain=wanted, fields=["name"], order="id", limit=1)
    return int(rows[0]["id"])


def _activate(connection: Connection, names: Sequence[str]) -> None:
    currencies = connection.get_model("res.currency")
    rows = currencies.search_read(
        domain=[["name", "in", list(names)], ["active", "=", False]],
        fields=["name"],
        order="id",
        context={"active_test": False},
    )
    if rows:
        currencies.write(ids=[row["id"] for row in rows], vals={"active": True})


def _plan(connection: Connection) -> int:
    """The first analytic plan. Another one would be a new column, which Odoo's workers see one after the other."""
    plans = connection.get_model("account.analytic.plan")
    rows = plans.search_read(domain=[], fields=["name"], order="id", limit=1)
    return int(rows[0]["id"] if rows else plans.create(vals_list=[{"name": "Cost centres"}])[0])


def _load(
    connection: Connection, model: str, fields: Sequence[str], records: Sequence[tuple[str, Sequence[str]]]
) -> list[int]:
    rows = [[f"{MODULE}.{model.replace('.', '_')}_{key.replace(' ', '_')}", *cells] for key, cells in records]
    return loading.load(connection, model, ["id", *fields], rows, insert_only=False) if rows else []
