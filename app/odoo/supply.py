"""What Odoo holds, and what it thinks should be held: stock by item, place and lot, its changes, reorder rules.

Part of ``Erp``; used by the stock watch, the replenishment plan and the recall sweep. Reads only, but for the transfers
between our own places that ``app.odoo.rebalancing`` makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.model.supply import Expected, Figure, Orderpoint, Place, Reading
from app.odoo.expectations import Expectations
from app.odoo.naming import OWN, Naming
from app.odoo.rebalancing import Rebalancing
from app.odoo.transport import Connection

OVERLAP = timedelta(seconds=125)
"""How far a poll looks back: ``write_date`` is when a transaction began, which may take Odoo's ``limit_time_real``."""
REREAD = 2_000
"""With more changed pairs of item and place than this all is read anew, which is cheaper."""
FORECASTS = 500
"""Reorder rules whose figures Odoo computes in one call, at some 2 ms each."""


class Supply:
    """Reads stock and reorder rules; ``seconds`` is how long the names of items, places and lots are remembered."""

    def __init__(self, connection: Connection, seconds: float = 600) -> None:
        self._connection = connection
        self._naming = Naming(connection, seconds)
        self._expectations = Expectations(connection, self._naming)
        self.transfers = Rebalancing(connection, self._naming)

    def stock(self) -> Reading:
        """All that our own places hold, by item, place and lot."""
        mark, own = self._mark(), sorted(self._naming.own_places())
        return Reading(mark, None, self._figures(self._quants([["location_id", "in", own]])))

    def changes(self, since: datetime) -> Reading:
        """What changed since the mark of the last reading: each changed pair of item and place, read as a whole.

        Odoo merges and deletes quants without a trace, so that a pair's other quants cannot be taken from memory.
        """
        mark = self._mark()
        domain = [["write_date", ">=", since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")]]
        rows = self._naming.paged("stock.quant", domain, ("product_id", "location_id"))
        touched = {(row["product_id"], row["location_id"]) for row in rows}
        places = self._naming.places({place for _, place in touched})
        touched = {(item, place) for item, place in touched if place in places and places[place].usage in OWN}
        if len(touched) > REREAD:
            return self.stock()
        products = self._naming.products({item for item, _ in touched})
        pairs = frozenset((products[item].reference, places[place].name) for item, place in touched if item in products)
        figures = self._figures(self._quants(_around(touched))) if touched else ()
        return Reading(mark, pairs, tuple(f for f in figures if (f.item, f.location) in pairs))

    def of_lots(self, names: Collection[str]) -> tuple[Figure, ...]:
        """What our own places hold of lots and serial numbers with these names, of whatever item."""
        lots = [row["id"] for row in self._naming.search("stock.lot", [["name", "in", sorted(names)]], ("name",))]
        own = sorted(self._naming.own_places())
        return self._figures(self._quants([["lot_id", "in", lots], ["location_id", "in", own]])) if lots else ()

    def places(self) -> list[Place]:
        """Our own places, archived ones too; of a name that several bear none."""
        return list(self._naming.own_places().values())

    def orderpoints(self) -> list[Orderpoint]:
        """Odoo's active reorder rules, without the figures that Odoo has to compute for them."""
        fields = ("product_id", "location_id", "product_min_qty", "product_max_qty", "trigger", "replenishment_uom_id")
        rows = list(self._naming.paged("stock.warehouse.orderpoint", [], (*fields, "snoozed_until")))
        places = self._naming.places({row["location_id"] for row in rows})
        products = self._naming.products({row["product_id"] for row in rows})
        packs = self._packs({row["replenishment_uom_id"] for row in rows if row["replenishment_uom_id"]})
        return [
            Orderpoint(
                id=row["id"],
                item=products[row["product_id"]].reference,
                location=places[row["location_id"]].name,
                minimum=Decimal(row["product_min_qty"]),
                maximum=Decimal(row["product_max_qty"]),
                automatic=row["trigger"] == "auto",
                pack=packs.get(row["replenishment_uom_id"], Decimal(0)),
                snoozed_until=date.fromisoformat(row["snoozed_until"]) if row["snoozed_until"] else None,
            )
            for row in rows
            if row["product_id"] in products and row["location_id"] in places
        ]

    def forecasts(self, orderpoint_ids: Sequence[int]) -> dict[int, tuple[Decimal, Decimal, Decimal]]:
        """By reorder rule: the forecast, what is to be ordered, and the days that takes, as Odoo computes them."""
        found = {}
        for start in range(0, len(orderpoint_ids), FORECASTS):
            rows = self._connection.get_model("stock.warehouse.orderpoint").read(
                ids=list(orderpoint_ids[start : start + FORECASTS]),
                fields=["qty_forecast", "qty_to_order", "lead_days"],
                load="",
            )
            for row in rows:
                figures = Decimal(row["qty_forecast"]), Decimal(row["qty_to_order"]), Decimal(row["lead_days"])
                found[int(row["id"])] = figures
        return found

    def expected(self, items: Collection[str]) -> list[Expected]:
        """What is on its way to our own places: open moves, and lines of orders that nobody has confirmed yet."""
        return self._expectations.of_items(items)

    def _mark(self) -> datetime:
        """From when on the next poll must ask, in Odoo's own time, which may differ from ours."""
        self._connection.version()
        return self._connection.heard_at - OVERLAP

    def _packs(self, unit_ids: Collection[int]) -> dict[int, Decimal]:
        rows = self._naming.search("uom.uom", [["id", "in", sorted(unit_ids)]], ("factor",)) if unit_ids else []
        return {row["id"]: Decimal(row["factor"]) for row in rows}

    def _quants(self, domain: Sequence[Any]) -> Iterator[dict[str, Any]]:
        fields = ("product_id", "location_id", "lot_id", "quantity", "reserved_quantity")
        return self._naming.paged("stock.quant", domain, fields)

    def _figures(self, quants: Iterable[Mapping[str, Any]]) -> tuple[Figure, ...]:
        """Quants in names, summed: Odoo may keep several of one thing, by owner, by package or until it merges them."""
        rows = list(quants)
        places = self._naming.places({row["location_id"] for row in rows})
        products = self._naming.products({row["product_id"] for row in rows})
        lots = self._naming.lots({row["lot_id"] for row in rows if row["lot_id"]})
        sums: dict[tuple[str, int, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for row in rows:
            product, place = products.get(row["product_id"]), places.get(row["location_id"])
            if product and place and place.usage in OWN:
                held = sums[product.reference, place.id, lots.get(row["lot_id"], ""), product.unit]
                held[0] += Decimal(row["quantity"])
                held[1] += Decimal(row["reserved_quantity"])
        return tuple(
            Figure(item, places[place].name, places[place].warehouse, lot, quantity, reserved, unit)
            for (item, place, lot, unit), (quantity, reserved) in sums.items()
            if quantity or reserved
        )


def _around(pairs: Collection[tuple[int, int]]) -> list[Any]:
    """A domain that holds these pairs of item and place, and others between the same items and places."""
    items, places = sorted({item for item, _ in pairs}), sorted({place for _, place in pairs})
    return [["product_id", "in", items], ["location_id", "in", places]]
