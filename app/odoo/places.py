"""Places and cost centres in Odoo: made where they are missing, compared where they are there; never moved or deleted.

Part of ``Erp``; used by the operation ``location.put``. New places stand under the stock of their facility's warehouse,
where the warehouse's own rules reach them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import Held
from app.odoo import faults, loading
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.transport import Connection

LOCATION, ACCOUNT, WAREHOUSE = "stock.location", "account.analytic.account", "stock.warehouse"


@dataclass(frozen=True, slots=True)
class Placed:
    """A record of Odoo that stands for a place; ``created``: it was missing."""

    model: str
    id: int
    name: str
    created: bool = False


class Places:
    """Warehouses, stock locations and analytic accounts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def site(self, code: str, company: str) -> dict[str, Any]:
        """The warehouse of this code. Raises Held where there is none, or several companies have one."""
        rows = self._search(WAREHOUSE, [["code", "=", code]], ("name", "lot_stock_id", "company_id"))
        if company:
            named = {row["id"] for row in self._search("res.company", [["name", "=", company]], ("name",))}
            rows = [row for row in rows if row["company_id"] in named]
        if len(rows) == 1:
            return rows[0]
        if not rows:
            hint = "Make the warehouse in Odoo, or correct the facility in the channels file, and release."
            raise Held("warehouse_not_in_odoo", f"warehouse {code}", hint)
        raise Held("warehouse_ambiguous_in_odoo", f"warehouse {code}", "Set the facility's company, and release.")

    def named(self, complete_name: str, *, active: bool | None) -> Placed:
        """The location of this complete name. Raises Held where it is not there, or not as active as is told."""
        rows = self._search(LOCATION, [["complete_name", "=", complete_name]], ("complete_name", "active"))
        if not rows:
            hint = "Make the stock location in Odoo, or correct the crosswalk, and release."
            raise Held("location_not_in_odoo", f"location {complete_name}", hint)
        row = next((one for one in rows if one["active"]), rows[0])
        _refuse_contradiction(complete_name, row["active"], active)
        return Placed(LOCATION, row["id"], complete_name)

    def place(self, key: str, name: str, warehouse: dict[str, Any], parent: str, *, active: bool | None) -> Placed:
        """The location of this name under the warehouse's stock or under ``parent``; made where it is missing.

        Raises Held where it stands elsewhere by now, was archived, or is told to be inactive while it is not.
        """
        above = self._above(warehouse, parent)
        complete = f"{above['complete_name']}/{name}"
        known = loading.find(self._connection, LOCATION, key)
        domain = [["id", "=", known]] if known else [["complete_name", "=", complete]]
        rows = self._search(LOCATION, domain, ("complete_name", "active", "usage"))
        if rows:
            row = rows[0]
            if row["complete_name"] != complete or row["usage"] != "internal":
                hint = (
                    f"Odoo has it as {row['complete_name']}, told is {complete}; nothing is moved. Correct one of them."
                )
                raise Held("location_contradicts", f"location {complete}", hint)
            _refuse_contradiction(complete, row["active"], active)
            return Placed(LOCATION, row["id"], complete)
        if active is False:
            return Placed(LOCATION, 0, complete)
        cells = [loading.external_id(key), name, "internal", str(above["id"])]
        [made] = self._load(LOCATION, ["id", "name", "usage", "location_id/.id"], cells, f"location {complete}")
        return Placed(LOCATION, made, complete, created=True)

    def cost_centre(self, key: str, code: str, name: str, *, active: bool | None) -> Placed:
        """The analytic account of this code, made where it is missing. Raises Held where several have it."""
        rows = self._search(ACCOUNT, [["code", "=", code]], ("name", "active"))
        if len(rows) > 1:
            hint = "Several analytic accounts have this code; mend it."
            raise Held("cost_centre_ambiguous_in_odoo", f"cost centre {code}", hint)
        if rows:
            _refuse_contradiction(f"cost centre {code}", rows[0]["active"], active)
            return Placed(ACCOUNT, rows[0]["id"], rows[0]["name"])
        if active is False:
            return Placed(ACCOUNT, 0, name)
        plans = self._search("account.analytic.plan", [], ("name",))
        if not plans:
            raise Held("refused_by_odoo", f"cost centre {code}", "Odoo has no analytic plan; make one and release.")
        cells = [loading.external_id(key), name, code, str(plans[0]["id"])]
        [made] = self._load(ACCOUNT, ["id", "name", "code", "plan_id/.id"], cells, f"cost centre {code}")
        return Placed(ACCOUNT, made, name, created=True)

    def _above(self, warehouse: dict[str, Any], parent: str) -> dict[str, Any]:
        domain = [["complete_name", "=", parent]] if parent else [["id", "=", warehouse["lot_stock_id"]]]
        rows = self._search(LOCATION, domain, ("complete_name", "active"))
        if not rows or not rows[0]["active"]:
            hint = "Make or unarchive the stock location in Odoo, or correct the crosswalk, and release."
            raise Held("location_not_in_odoo", f"location {parent or warehouse['name']}", hint)
        return rows[0]

    def _load(self, model: str, fields: Sequence[str], cells: Sequence[str], subject: str) -> list[int]:
        try:
            return loading.load(self._connection, model, fields, [cells])
        except faults.Declined as refusal:
            hint = "Odoo refused it; do the same by hand there to see why, mend that and release."
            raise Held("refused_by_odoo", subject, hint) from refusal

    def _search(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._connection.get_model(model).search_read(
            domain=list(domain), fields=list(fields), order="id", load="", context=ARCHIVED_TOO
        )
        return rows


def _refuse_contradiction(name: str, is_active: bool, told: bool | None) -> None:
    """Raises Held where one side has closed a place that the other has open."""
    if told is not None and told != is_active:
        here, there = ("open", "closed") if is_active else ("archived", "open")
        hint = (
            f"It is {here} in Odoo and told as {there}; stock may lie there. Settle it in Odoo, then release or cancel."
        )
        raise Held("location_contradicts", f"location {name}", hint)
