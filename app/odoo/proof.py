"""Whether the records that the ledger believes to be in Odoo are there, and still bear our keys.

Part of ``Erp``; asked by the completeness statement. A restored backup or a deletion shows here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.odoo.directory import ARCHIVED_TOO
from app.odoo.loading import MODULE
from app.odoo.order_reading import written
from app.odoo.transfer_notes import events
from app.odoo.transport import Connection

STEP = 1_000
LINES = "purchase.order.line"
CARRIED = "transfer:"
"""What the keys of transfers between our own places begin with."""
STATELESS = "exists"


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it stands: its state (``exists`` where its model has none) and its external id, if any."""

    state: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A transfer of ours: its id, its name, its state, its key, and the marks of the events it is made of."""

    record_id: int
    record_name: str
    state: str
    key: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A record: its id and its name."""

    record_id: int
    record_name: str


class Proof:
    """Reads records back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standings(self, model: str, record_ids: Sequence[int]) -> dict[int, Standing]:
        """How the records stand; those that Odoo does not have are left out."""
        found: dict[int, Standing] = {}
        for start in range(0, len(record_ids), STEP):
            states = self._states(model, list(record_ids[start : start + STEP]))
            if states:
                rows = self._connection.get_model(model).get_metadata(ids=sorted(states))
                keys = {int(row["id"]): str(row["xmlid"] or "") for row in rows}
                found |= {key: Standing(state, keys.get(key, "")) for key, state in states.items()}
        return found

    def traces(self, since: datetime) -> Iterator[Trace]:
        """The transfers that were made, completed or changed since a moment, bear a key of ours and tell events."""
        rows = self._written("stock.picking", ("name", "note"), since)
        told = {int(row["id"]): (str(row["name"]), marks) for row in rows if (marks := events(str(row["note"] or "")))}
        standings = self.standings("stock.picking", sorted(told))
        for record_id, standing in standings.items():
            if key := _key(standing):
                name, marks = told[record_id]
                yield Trace(record_id, name, standing.state, key, marks)

    def ordered(self, since: datetime) -> dict[str, Named]:
        """The orders that were placed or changed since a moment, by the keys of ours under which they got lines."""
        rows = self._written(LINES, ("order_id",), since)
        orders = {int(row["id"]): int(row["order_id"]) for row in rows}
        named = self._connection.get_model("purchase.order").search_read(
            domain=[["id", "in", sorted(set(orders.values()))]], fields=["name"], order="id", load=""
        )
        known = {int(row["id"]): Named(int(row["id"]), str(row["name"])) for row in named}
        keys = self._keys(LINES, orders)
        return {key.rpartition(":")[0]: known[orders[line]] for line, key in keys if orders[line] in known}

    def carried(self, since: datetime) -> dict[str, Named]:
        """The transfers between our own places that were made or changed since a moment, by their keys."""
        rows = self._written("stock.picking", ("name",), since)
        known = {int(row["id"]): Named(int(row["id"]), str(row["name"])) for row in rows}
        keys = self._keys("stock.picking", known)
        return {key: known[record_id] for record_id, key in keys if key.startswith(CARRIED)}

    def _written(self, model: str, fields: Sequence[str], since: datetime) -> list[dict[str, Any]]:
        """What was written since a moment and is not cancelled."""
        domain = [["write_date", ">=", written(since)], ["state", "!=", "cancel"]]
        rows: list[dict[str, Any]] = self._connection.get_model(model).search_read(
            domain=domain, fields=list(fields), order="id", load=""
        )
        return rows

    def _keys(self, model: str, record_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """The records that bear a key of ours, with it."""
        for record_id, standing in self.standings(model, sorted(record_ids)).items():
            if key := _key(standing):
                yield record_id, key

    def _states(self, model: str, some: list[int]) -> dict[int, str]:
        domain = [["id", "in", some]]
        fields = ["state"] if model in WITH_STATE else ["id"]
        rows = self._connection.get_model(model).search_read(
            domain=domain, fields=fields, order="id", load="", context=ARCHIVED_TOO
        )
        return {int(row["id"]): str(row.get("state", STATELESS)) for row in rows}


WITH_STATE = frozenset({"stock.picking", "purchase.order", "account.move", "stock.move"})
"""Models of Odoo whose records can be cancelled."""


def _key(standing: Standing) -> str:
    """The key of ours that a record bears; empty where it bears none."""
    module, _, key = standing.external_id.partition(".")
    return key if module == MODULE else ""
