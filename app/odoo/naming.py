"""From Odoo's ids to the names people use, for many records at a time: items, places, lots.

Used by ``app.odoo.supply`` and ``app.odoo.expectations``. Reading many2one fields as bare ids and naming them here is
five times as fast as letting Odoo name every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.model.supply import Place
from app.odoo.directory import ARCHIVED_TOO, Recollection
from app.odoo.transport import Connection

V = TypeVar("V")
Rows = list[dict[str, Any]]

OWN = ("internal", "transit")
"""The usages of places whose stock is ours."""
PAGE = 50_000
STEP = 10_000
"""How many records are read, and how many are named, in one call."""
_PLACE = ("complete_name", "usage", "active", "warehouse_id")


@dataclass(frozen=True, slots=True)
class Product:
    """An item by its internal reference, and the name of its base unit."""

    reference: str
    unit: str


class Naming:
    """Names of records by id; ``seconds`` is how long they are remembered. What has no name of its own is left out."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._products: Recollection[int, Product] = Recollection(seconds)
        self._places: Recollection[int, Place] = Recollection(seconds)
        self._lots: Recollection[int, str] = Recollection(seconds)

    def own_places(self) -> dict[int, Place]:
        """All places of ours, archived ones too, always read anew."""
        made = self._as_places(self.search("stock.location", [["usage", "in", list(OWN)]], _PLACE))
        self._places.remember(made)
        return {key: place for key, place in made.items() if place.name}

    def places(self, place_ids: Collection[int]) -> dict[int, Place]:
        """Places by id; those whose name another active place bears too are left out: nobody can tell them apart."""
        found = self._recalled(self._places, place_ids, "stock.location", _PLACE, self._as_places)
        return {key: place for key, place in found.items() if place.name}

    def products(self, product_ids: Collection[int]) -> dict[int, Product]:
        """Items by id, archived ones too; those without an internal reference are left out."""
        fields = ("default_code", "uom_id")
        found = self._recalled(self._products, product_ids, "product.product", fields, self._as_products)
        return {key: product for key, product in found.items() if product.reference}

    def lots(self, lot_ids: Collection[int]) -> dict[int, str]:
        """Lot and serial numbers by id."""
        return self._recalled(self._lots, lot_ids, "stock.lot", ("name",), _names)

    def names(self, model: str, record_ids: Collection[int]) -> dict[int, str]:
        """What records of any model are called; never remembered."""
        return _names(self.search(model, [["id", "in", sorted(record_ids)]], ("name",))) if record_ids else {}

    def search(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> Rows:
        """Records in one call, archived ones too, relations as ids."""
        rows: Rows = self._connection.get_model(model).search_read(
            domain=list(domain), fields=list(fields), order="id", load="", context=ARCHIVED_TOO
        )
        return rows

    def paged(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Records however many there are, by id: what appears or goes meanwhile shifts no page."""
        last = 0
        while True:
            page: Rows = self._connection.get_model(model).search_read(
                domain=[*domain, ["id", ">", last]], fields=list(fields), order="id", limit=PAGE, load=""
            )
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["id"]

    def _as_places(self, rows: Rows) -> dict[int, Place]:
        codes = {row["id"]: row["code"] for row in self.search("stock.warehouse", [], ("code",))} if rows else {}
        bearers = Counter(row["complete_name"] for row in rows if row["active"])
        return {
            row["id"]: Place(
                row["id"],
                row["complete_name"] if bearers[row["complete_name"]] <= 1 else "",
                row["usage"],
                row["active"],
                codes.get(row["warehouse_id"], ""),
            )
            for row in rows
        }

    def _as_products(self, rows: Rows) -> dict[int, Product]:
        units = self.names("uom.uom", {row["uom_id"] for row in rows})
        return {row["id"]: Product(row["default_code"] or "", units.get(row["uom_id"], "")) for row in rows}

    def _recalled(
        self,
        memory: Recollection[int, V],
        record_ids: Collection[int],
        model: str,
        fields: Sequence[str],
        made: Callable[[Rows], dict[int, V]],
    ) -> dict[int, V]:
        known = memory.recall(record_ids)
        unknown = sorted(set(record_ids) - known.keys())
        for start in range(0, len(unknown), STEP):
            found = made(self.search(model, [["id", "in", unknown[start : start + STEP]]], fields))
            memory.remember(found)
            known |= found
        return known


def _names(rows: Rows) -> dict[int, str]:
    return {row["id"]: row["name"] for row in rows}
