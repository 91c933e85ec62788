"""Whether the records that the ledger believes to be in Odoo are there, and still bear our keys.

Part of ``Erp``; asked by the completeness statement. A restored backup or a deletion shows here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.odoo.directory import ARCHIVED_TOO
from app.odoo.loading import MODULE
from app.odoo.transfer_notes import events
from app.odoo.transport import Connection

STEP = 1_000
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
        rows = self._connection.get_model("stock.picking").search_read(
            domain=[["state", "!=", "cancel"], ["write_date", ">=", since.strftime("%Y-%m-%d %H:%M:%S")]],
            fields=["name", "note"], order="id", load="",
        )  # fmt: skip
        told = {int(row["id"]): (str(row["name"]), marks) for row in rows if (marks := events(str(row["note"] or "")))}
        standings = self.standings("stock.picking", sorted(told))
        for record_id, standing in standings.items():
            module, _, key = standing.external_id.partition(".")
            if module == MODULE:
                name, marks = told[record_id]
                yield Trace(record_id, name, standing.state, key, marks)

    def _states(self, model: str, some: list[int]) -> dict[int, str]:
        domain = [["id", "in", some]]
        fields = ["state"] if model in WITH_STATE else ["id"]
        rows = self._connection.get_model(model).search_read(
            domain=domain, fields=fields, order="id", load="", context=ARCHIVED_TOO
        )
        return {int(row["id"]): str(row.get("state", STATELESS)) for row in rows}


WITH_STATE = frozenset({"stock.picking", "purchase.order", "account.move", "stock.move"})
"""Models of Odoo whose records can be cancelled."""
