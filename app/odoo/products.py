"""Items in Odoo: made once under their reference, brought up to date, archived; never deleted, never renumbered.

Part of ``Erp``; used by the operation ``item.put`` and the bulk import, which asks and writes hundreds at once. Values
are told in the words of ``FIELDS``; what is as it should be is not written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.odoo import loading
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.transport import Connection

MODEL = "product.product"
FIELDS = {"name": "name", "barcode": "barcode", "category": "categ_id", "tracking": "tracking",
          "expires": "use_expiration_date", "active": "active"}  # fmt: skip
"""Our word for each value that is kept, and Odoo's field. ``expires`` needs a tracked item."""
_EXPIRY = "use_expiration_date"


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as Odoo has it; ``unit`` is its base unit's name."""

    id: int
    reference: str
    unit: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """An item to be made; ``unit`` empty: counted in Odoo's own first unit."""

    reference: str
    values: Mapping[str, Any]
    unit: str = ""


class Products:
    """Items as Odoo's products."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._products = connection.get_model(MODEL)
        self._expiry: bool | None = None
        self._ids: dict[str, dict[str, int]] = defaultdict(dict)

    def find(self, references: Collection[str]) -> dict[str, list[Kept]]:
        """The items with these references, archived ones too; a reference may name several."""
        found: dict[str, list[Kept]] = defaultdict(list)
        fields = ["default_code", "uom_id", *(name for name in FIELDS.values() if name != _EXPIRY or self._expires())]
        rows = self._products.search_read(
            domain=[["default_code", "in", sorted(references)]], fields=fields, order="id", context=ARCHIVED_TOO
        )
        for row in rows:
            values = {ours: row[theirs] for ours, theirs in FIELDS.items() if theirs in row}
            values["category"] = row["categ_id"][1] if row["categ_id"] else ""
            values["barcode"] = row["barcode"] or ""
            kept = Kept(row["id"], row["default_code"], row["uom_id"][1], values)
            found[kept.reference].append(kept)
        return dict(found)

    def create(self, items: Sequence[New]) -> list[int]:
        """Make items, all or none, each under its reference's key; those made under it before are found.

        Raises Declined where Odoo refuses one of them, a barcode that another one has for example.
        """
        names = [name for name in FIELDS if any(name in item.values for item in items) and self._has(name)]
        fields = ["id", "default_code", "is_storable", "uom_id/.id", *map(_column, names)]
        if "name" not in names:
            fields.append("name")
        units = self.units({item.unit for item in items})
        rows = [
            [
                loading.external_id(_key(item.reference)), item.reference, "1", str(units.get(item.unit, 1)),
                *(self._cell(name, item.values.get(name)) for name in names),
                *([] if "name" in names else [item.reference]),
            ]
            for item in items
        ]  # fmt: skip
        return loading.load(self._connection, MODEL, fields, rows)

    def update(self, changes: Sequence[tuple[Kept, Mapping[str, Any]]]) -> None:
        """Write what differs, all or none. Raises Declined where Odoo refuses one of them."""
        ids = [kept.id for kept, _ in changes]
        values = [{FIELDS[name]: self._value(name, one) for name, one in told.items()} for _, told in changes]
        self._products.web_save_multi(
            ids=ids, vals_list=values, specification={"default_code": {}}, context={"tracking_disable": True}
        )

    def categories(self, names: Collection[str]) -> dict[str, int]:
        """The ids of those of the names that are complete names of categories."""
        return self._named("product.category", "complete_name", names)

    def units(self, names: Collection[str]) -> dict[str, int]:
        """The ids of those of the names that are units."""
        return self._named("uom.uom", "name", names)

    def _named(self, model: str, column: str, names: Collection[str]) -> dict[str, int]:
        known = self._ids[model]
        if unknown := sorted({name for name in names if name} - known.keys()):
            domain = [[column, "in", unknown]]
            rows = self._connection.get_model(model).search_read(domain=domain, fields=[column], order="id")
            known |= {row[column]: row["id"] for row in reversed(rows)}
        return {name: known[name] for name in names if name in known}

    def _has(self, name: str) -> bool:
        return name != "expires" or self._expires()

    def _expires(self) -> bool:
        """Whether Odoo keeps expiry dates, which is an application of its own."""
        if self._expiry is None:
            self._expiry = bool(self._products.fields_get(allfields=[_EXPIRY], attributes=["type"]))
        return self._expiry

    def _value(self, name: str, value: Any) -> Any:
        if name == "category":
            return self.categories({value}).get(value, False)
        return value if isinstance(value, bool) else value or False

    def _cell(self, name: str, value: Any) -> str:
        if name == "category":
            return str(self.categories({value}).get(value, ""))
        if name in ("expires", "active"):
            return "1" if value or (name == "active" and value is None) else "0"
        return str(value or ("none" if name == "tracking" else ""))


def _column(name: str) -> str:
    return f"{FIELDS[name]}/.id" if name == "category" else FIELDS[name]


def _key(reference: str) -> str:
    """The external id's part for a reference: what has no spaces or dots of its own."""
    return "item:" + "".join(
        letter if letter.isalnum() or letter in "-_" else f"~{ord(letter):x}" for letter in reference
    )
