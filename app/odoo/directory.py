"""What Odoo knows by name: items, locations, lots and operation types, with a short memory for what seldom changes.

Used by ``app.odoo.stock``. Only what was found is remembered, so that a record made just now is found at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from app import ids
from app.errors import Permanent
from app.odoo.gateway import Item, Location
from app.odoo.transport import Connection

ARCHIVED_TOO = {"active_test": False}
K = TypeVar("K")
V = TypeVar("V")


class Recollection(Generic[K, V]):
    """What was read from Odoo less than ``seconds`` ago."""

    def __init__(self, seconds: float) -> None:
        self._life = timedelta(seconds=seconds)
        self._entries: dict[K, tuple[datetime, V]] = {}

    def recall(self, keys: Iterable[K]) -> dict[K, V]:
        """Those of the keys that are still remembered."""
        oldest = ids.now() - self._life
        entries = ((key, self._entries.get(key)) for key in keys)
        return {key: entry[1] for key, entry in entries if entry and entry[0] > oldest}

    def remember(self, found: Mapping[K, V]) -> None:
        """Keep what was found, from now on."""
        self._entries.update({key: (ids.now(), value) for key, value in found.items()})


class Directory:
    """Looks records of Odoo up by the names people use; ``seconds`` is how long items and locations are remembered."""

    def __init__(self, connection: Connection, consumption_operation: str, seconds: float) -> None:
        self._connection = connection
        self._consumption_operation = consumption_operation
        self._items: Recollection[str, tuple[Item, ...]] = Recollection(seconds)
        self._locations: Recollection[str, Location] = Recollection(seconds)
        self._operations: Recollection[int, int] = Recollection(seconds)
        self._digits: Recollection[str, int] = Recollection(seconds)

    def items(self, references: Collection[str]) -> dict[str, Sequence[Item]]:
        """The items with these internal references, archived ones included; a reference may name several."""
        known = self._items.recall(references)
        if unknown := sorted(set(references) - known.keys()):
            found: dict[str, tuple[Item, ...]] = defaultdict(tuple)
            for row in self._search("product.product", [["default_code", "in", unknown]], _ITEM_FIELDS):
                found[row["default_code"]] += (_item(row),)
            self._items.remember(found)
            known |= found
        return dict(known)

    def locations(self, names: Collection[str]) -> dict[str, Location]:
        """The locations with these complete names, archived ones included.

        An active location hides archived ones of its name. A name that several companies give to active locations is
        left out, because nobody can tell which is meant.
        """
        known = self._locations.recall(names)
        if unknown := sorted(set(names) - known.keys()):
            bearers: dict[str, list[Location]] = defaultdict(list)
            for row in self._search("stock.location", [["complete_name", "in", unknown]], _LOCATION_FIELDS):
                bearers[row["complete_name"]].append(_location(row))
            found = {name: one for name, several in bearers.items() if (one := _only(several))}
            self._locations.remember(found)
            known |= found
        return known

    def lots(self, item_ids: Collection[int], names: Collection[str]) -> dict[tuple[int, str], int]:
        """Lot and serial numbers, never remembered: (item id, name) to lot id."""
        domain = [["product_id", "in", sorted(item_ids)], ["name", "in", sorted(names)]]
        rows = self._search("stock.lot", domain, ["name", "product_id"])
        return {(row["product_id"], row["name"]): row["id"] for row in rows}

    def operation(self, warehouse_id: int) -> int:
        """The operation type of the warehouse's consumption, or else of its internal transfers.

        Raises Permanent where it has neither.
        """
        known = self._operations.recall([warehouse_id])
        if not known:
            domain = [["warehouse_id", "=", warehouse_id], ["sequence_code", "=", self._consumption_operation]]
            rows = self._connection.get_model("stock.picking.type").search_read(domain=domain, fields=["code"], limit=1)
            known = {warehouse_id: rows[0]["id"] if rows else self._internal_transfers(warehouse_id)}
            self._operations.remember(known)
        return known[warehouse_id]

    def any_operation(self) -> int:
        """An operation type for a transfer that moves nothing, of consumption if there is one."""
        types = self._connection.get_model("stock.picking.type")
        consumption = ["sequence_code", "=", self._consumption_operation]
        for domain in ([consumption], [["code", "=", "internal"]]):
            if rows := types.search_read(domain=domain, fields=["code"], order="id", limit=1, context=ARCHIVED_TOO):
                return int(rows[0]["id"])
        raise Permanent("Odoo has no operation type for internal transfers", code="odoo.operation_missing")

    def digits(self) -> int:
        """How many decimals Odoo keeps of a quantity; more are rounded away without a word."""
        known = self._digits.recall(["Product Unit"])
        if not known:
            precision = self._connection.get_model("decimal.precision")
            known = {"Product Unit": int(precision.precision_get(application="Product Unit"))}
            self._digits.remember(known)
        return known["Product Unit"]

    def _internal_transfers(self, warehouse_id: int) -> int:
        rows = self._connection.get_model("stock.warehouse").read(ids=[warehouse_id], fields=["int_type_id"], load="")
        if not rows or not rows[0]["int_type_id"]:
            raise Permanent("a warehouse has no operation type for consumption", code="odoo.operation_missing")
        return int(rows[0]["int_type_id"])

    def _search(self, model: str, domain: list[object], fields: Sequence[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._connection.get_model(model).search_read(
            domain=domain, fields=fields, order="id", load="", context=ARCHIVED_TOO
        )
        return rows


_ITEM_FIELDS = ("default_code", "active", "is_storable", "tracking", "uom_id")
_LOCATION_FIELDS = ("complete_name", "active", "usage", "warehouse_id")


def _item(row: Mapping[str, Any]) -> Item:
    return Item(row["id"], row["default_code"], row["active"], row["is_storable"], row["tracking"], row["uom_id"])


def _location(row: Mapping[str, Any]) -> Location:
    return Location(row["id"], row["complete_name"], row["active"], row["usage"], row["warehouse_id"] or None)


def _only(bearers: Sequence[Location]) -> Location | None:
    active = [location for location in bearers if location.active]
    return active[0] if len(active) == 1 else bearers[0] if not active else None
