"""Suppliers' prices in Odoo: what a price list changes is written, what stays as it is costs no write.

Part of ``Erp``; used by the operation ``prices.put``. Which prices are new, change or end is decided by
``app.policy.pricing``; here the names become Odoo's ids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.errors import Held, Transient
from app.ids import digest
from app.odoo import faults, loading
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.order_reading import exact
from app.odoo.transport import Connection
from app.policy import pricing
from app.policy.pricing import Limits, Plan, StandingPrice, WantedPrice

MODEL = "product.supplierinfo"
BATCH = 500
PRECISION = "Product Price"
_FIELDS = (
    "product_id", "product_tmpl_id", "product_code", "min_qty", "price", "discount", "product_uom_id", "date_start",
    "date_end", "delay", "currency_id",
)  # fmt: skip
_NEW = (
    "id", "partner_id/.id", "product_tmpl_id/.id", "product_id/.id", "product_code", "min_qty", "price",
    "product_uom_id/.id", "date_start", "date_end", "delay", "currency_id/.id", "discount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A row of a list with the unit that it counts in: ``factor`` base units, ``unit`` as the list calls it."""

    wanted: WantedPrice
    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class NewList:
    """A price list: whose, its prices, from when on it is complete (None: a part), under which ``scope``.

    A full list speaks of the prices of its own scope, a contract; one without a scope of all that the supplier has.
    """

    supplier: str
    rows: tuple[ListedPrice, ...]
    today: date
    full: date | None = None
    scope: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Item:
    id: int
    template: int
    base: int
    packs: tuple[int, ...]
    only: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What Odoo has of the names in a list."""

    partner: int
    items: Mapping[str, _Item]
    units: Mapping[int, tuple[str, Decimal]]
    currencies: Mapping[str, int]

    def unit(self, row: ListedPrice) -> int | None:
        """The unit that holds as many base units as the list's: one of the item's own packs before others."""
        item = self.items[row.wanted.item]
        base = self.units[item.base][1]
        fits = [one for one, (_, factor) in self.units.items() if round(factor / base, 6) == round(row.factor, 6)]
        ranked = sorted(fits, key=lambda one: (one != item.base, one not in item.packs, one))
        return ranked[0] if ranked else None


class PriceLists:
    """Prices of suppliers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._prices = connection.get_model(MODEL)

    def put(self, partner: int, new: NewList) -> Plan:
        """Bring the supplier's prices to what the list says; what was done.

        May be repeated: what is done already is found unchanged. New prices come before old ones end, so that there is
        always one. Raises Held for what is missing in Odoo, naming the rows, and for what the policy holds.
        """
        known = self._known(partner, new)
        wanted = [replace(row.wanted, unit=str(known.unit(row))) for row in new.rows]
        standing = self._standing(known, new)
        made = pricing.plan(wanted, standing, new.today, full=new.full, limits=new.limits)
        try:
            self._insert(known, new, made.new)
            self._change(known, made.changed)
            self._end(made.ended)
        except faults.Declined as refusal:
            hint = "Odoo refused it; do the same by hand there to see why, mend that and release."
            raise Held("refused_by_odoo", new.limits.subject, hint) from refusal
        except faults.Absent as error:
            raise Transient("a price was deleted in Odoo", code="odoo.deleted") from error
        return made

    def _known(self, partner: int, new: NewList) -> _Known:
        """Raises Held where an item, a unit or a currency is missing."""
        items = self._items({row.wanted.item for row in new.rows}, new)
        rows = self._search("uom.uom", [], ("name", "factor"), active_test=True)
        units = {row["id"]: (row["name"], Decimal(str(row["factor"]))) for row in rows}
        names = {row.wanted.currency for row in new.rows}
        rows = self._search("res.currency", [["name", "in", sorted(names)]], ("name",), active_test=True)
        known = _Known(partner, items, units, {row["name"]: row["id"] for row in rows})
        if missing := sorted(names - known.currencies.keys()):
            hint = "Activate the currency in Odoo, or correct the price list, and release."
            raise Held("currency_not_in_odoo", f"currency {missing[0]}", hint)
        if no_unit := [row for row in new.rows if known.unit(row) is None]:
            first = no_unit[0]
            hint = f"Make a unit of {first.factor.normalize():f} base units in Odoo for {_rows(no_unit)}, and release."
            raise Held("unit_not_in_odoo", f"unit {first.unit} of {first.wanted.item}", hint)
        self._refuse_fine(new)
        return known

    def _items(self, references: Set[str], new: NewList) -> dict[str, _Item]:
        fields = ("default_code", "product_tmpl_id", "uom_id", "uom_ids", "active")
        rows = self._search("product.product", [["default_code", "in", sorted(references)]], fields)
        active = [row for row in rows if row["active"]]
        bearers = Counter(row["default_code"] for row in active)
        for cause, wrong, hint in (
            ("item_not_in_odoo", references - {row["default_code"] for row in rows}, "Make the item in Odoo"),
            ("item_archived", references - bearers.keys(), "Unarchive the item in Odoo"),
            ("item_ambiguous_in_odoo", {name for name, count in bearers.items() if count > 1}, "Leave one item so"),
        ):
            if wrong:
                told = _rows([row for row in new.rows if row.wanted.item in wrong])
                text = f"{hint}, or correct the crosswalk, for {told}; then release."
                raise Held(cause, f"item {min(wrong)}", text)
        templates = [row["product_tmpl_id"] for row in active]
        siblings = self._search("product.product", [["product_tmpl_id", "in", templates]], ("product_tmpl_id",))
        counted = Counter(row["product_tmpl_id"] for row in siblings)
        return {
            row["default_code"]: _Item(
                row["id"], row["product_tmpl_id"], row["uom_id"], tuple(row["uom_ids"] or ()),
                counted[row["product_tmpl_id"]] == 1,
            )
            for row in active
        }  # fmt: skip

    def _refuse_fine(self, new: NewList) -> None:
        digits = int(self._connection.get_model("decimal.precision").precision_get(application=PRECISION))
        if fine := [row for row in new.rows if row.wanted.price != round(row.wanted.price, digits)]:
            hint = f"Odoo keeps {digits} decimals of a price, which {_rows(fine)} exceed; raise Odoo's precision."
            raise Held("price_too_fine", new.limits.subject, hint)

    def _standing(self, known: _Known, new: NewList) -> list[StandingPrice]:
        """The supplier's prices of the list's items, for a full list of all items that have a reference."""
        domain: list[Any] = [["partner_id", "=", known.partner]]
        if not new.full:
            domain.append(["product_tmpl_id", "in", sorted({item.template for item in known.items.values()})])
        rows = self._search(MODEL, domain, _FIELDS)
        ours = self._in_scope([row["id"] for row in rows], new) if new.full and new.scope else None
        bearers = self._bearers({row["product_tmpl_id"] for row in rows if row["product_tmpl_id"]})
        currencies = {row["id"]: row["name"] for row in self._search("res.currency", [], ("name",))}
        made = []
        for row in rows:
            own = [one for one in bearers.get(row["product_tmpl_id"], ()) if row["product_id"] in (False, one["id"])]
            if len(own) == 1:
                listed = ours is None or row["id"] in ours
                made.append(_standing(row, own[0], currencies[row["currency_id"]], listed=listed))
        return made

    def _bearers(self, templates: set[int]) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        domain: list[Any] = [["product_tmpl_id", "in", sorted(templates)], ["default_code", "!=", False]]
        for row in self._search("product.product", domain, ("default_code", "product_tmpl_id", "uom_id")):
            found[row["product_tmpl_id"]].append(row)
        return found

    def _in_scope(self, price_ids: Sequence[int], new: NewList) -> set[int]:
        """Those of the prices that came with a list of this scope."""
        if not price_ids:
            return set()
        prefix = loading.external_id(_scope(new))
        rows = self._prices.get_metadata(ids=list(price_ids))
        return {row["id"] for row in rows for name in row["xmlids"] if name["xmlid"].startswith(prefix)}

    def _insert(self, known: _Known, new: NewList, rows: Sequence[WantedPrice]) -> None:
        for start in range(0, len(rows), BATCH):
            cells = [_cells(known, new, row) for row in rows[start : start + BATCH]]
            # Not insert-only: a price that was made under this key before, and changed since, is to be as it is told.
            loading.load(self._connection, MODEL, _NEW, cells, insert_only=False)

    def _change(self, known: _Known, rows: Sequence[tuple[int, WantedPrice]]) -> None:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            values = [_values(known, row) for _, row in part]
            self._prices.web_save_multi(ids=[one for one, _ in part], vals_list=values, specification={})

    def _end(self, ended: Mapping[int, date]) -> None:
        by_day: dict[date, list[int]] = defaultdict(list)
        for price, day in ended.items():
            by_day[day].append(price)
        for day, prices in by_day.items():
            self._prices.write(ids=prices, vals={"date_end": day.isoformat()})

    def _search(
        self, model: str, domain: list[Any], fields: Sequence[str], *, active_test: bool = False
    ) -> list[dict[str, Any]]:
        context = {} if active_test else ARCHIVED_TOO
        rows: list[dict[str, Any]] = self._connection.get_model(model).search_read(
            domain=domain, fields=list(fields), order="id", load="", context=context
        )
        return rows


def _standing(row: Mapping[str, Any], item: Mapping[str, Any], currency: str, *, listed: bool) -> StandingPrice:
    price = Decimal(str(row["price"])) * (1 - Decimal(str(row["discount"] or 0)) / 100)
    return StandingPrice(
        id=row["id"],
        item=item["default_code"],
        unit=str(row["product_uom_id"] or item["uom_id"]),
        minimum=exact(row["min_qty"]),
        price=exact(price),
        currency=currency,
        code=row["product_code"] or None,
        lead_days=int(row["delay"] or 0),
        valid_from=_day(row["date_start"]),
        valid_to=_day(row["date_end"]),
        listed=listed,
    )


def _cells(known: _Known, new: NewList, row: WantedPrice) -> list[str]:
    item = known.items[row.item]
    named = "|".join((row.item, row.unit, format(row.minimum.normalize(), "f"), str(row.valid_from)))
    key = f"{_scope(new)}{digest(named.encode())[:24]}"
    return [
        loading.external_id(key),
        str(known.partner),
        str(item.template),
        "" if item.only else str(item.id),
        row.code or "",
        format(row.minimum, "f"),
        format(row.price, "f"),
        row.unit,
        row.valid_from.isoformat() if row.valid_from else "",
        row.valid_to.isoformat() if row.valid_to else "",
        str(row.lead_days or 0),
        str(known.currencies[row.currency]),
        "0",
    ]


def _values(known: _Known, row: WantedPrice) -> dict[str, Any]:
    values: dict[str, Any] = {
        "price": float(row.price),
        "discount": 0,
        "currency_id": known.currencies[row.currency],
        "date_end": row.valid_to.isoformat() if row.valid_to else False,
    }
    if row.lead_days is not None:
        values["delay"] = row.lead_days
    return values | ({"product_code": row.code} if row.code is not None else {})


def _scope(new: NewList) -> str:
    """The beginning of the keys of all prices of the supplier and scope; without blanks, as external ids must be."""
    return f"price:{digest(f'{new.supplier}|{new.scope}'.encode())[:16]}:"


def _rows(rows: Sequence[ListedPrice]) -> str:
    """Rows for a hint, the first of them by name."""
    named = ", ".join(row.wanted.row for row in rows[:10])
    return named if len(rows) <= 10 else f"{named} and {len(rows) - 10} more"


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
