"""Circuits: while an outside is down its work waits without using up attempts, and one probe at a time goes to see.

The posting stage asks and reports; the relay looks whether ringing makes sense; the screens say since when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.database import Database, insert

_circuit = tables.circuit

Permit = Literal["closed", "probe", "open"]


@dataclass(frozen=True, slots=True)
class Circuits:
    """One circuit for each outside, by its name (``odoo``)."""

    database: Database
    threshold: int
    pause: timedelta

    def permit(self, tx: Connection, name: str) -> Permit:
        """Whether a call may be made: ``closed`` yes, ``probe`` this one to see, ``open`` not now."""
        row = self.row(tx, name)
        if row is None or row.state == "closed":
            return "closed"
        at = ids.now()
        mine = sa.update(_circuit).where(_circuit.c.name == name, _circuit.c.state == "open", _circuit.c.probe_at <= at)
        return "probe" if tx.execute(mine.values(probe_at=at + self.pause)).rowcount == 1 else "open"

    def failed(self, tx: Connection, name: str, error_code: str) -> bool:
        """Count a failure; whether it opened the circuit just now."""
        at = ids.now()
        row = self.row(tx, name)
        failures = (row.failures if row else 0) + 1
        was_open = bool(row and row.state == "open")
        opens = was_open or failures >= self.threshold
        values = {
            "state": "open" if opens else "closed",
            "failures": failures,
            "error_code": error_code,
            "opened_at": (row.opened_at if row and was_open else at) if opens else None,
            "probe_at": at + self.pause if opens else None,
        }
        counted = insert(tx, _circuit).values(name=name, **values)
        tx.execute(counted.on_conflict_do_update(index_elements=["name"], set_=values))
        return opens and not was_open

    def succeeded(self, tx: Connection, name: str) -> bool:
        """Note a success; whether it closed the circuit just now."""
        closed = {"state": "closed", "failures": 0, "error_code": None, "opened_at": None, "probe_at": None}
        where = sa.and_(_circuit.c.name == name, sa.or_(_circuit.c.state == "open", _circuit.c.failures > 0))
        was_open = bool((row := self.row(tx, name)) and row.state == "open")
        changed = tx.execute(sa.update(_circuit).where(where).values(closed)).rowcount
        if changed:
            self.database.notify(tx)
        return was_open and changed == 1

    def waits_until(self, tx: Connection, name: str) -> datetime | None:
        """Until when no call may be made, or None."""
        row = self.row(tx, name)
        return row.probe_at if row and row.state == "open" else None

    def row(self, tx: Connection, name: str) -> Row[Any] | None:
        """The circuit as it stands, or None where nothing ever failed."""
        return tx.execute(sa.select(_circuit).where(_circuit.c.name == name)).first()
