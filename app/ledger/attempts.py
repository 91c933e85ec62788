"""Attempts: who tried what, when, and how it ended.

The stages open an attempt before they start and close it after; an attempt that was never closed is that of a worker
which died.
"""

from __future__ import annotations

import os
import socket
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables

_attempt = tables.attempt


class Attempts:
    """The attempts at stages, by the message, document or batch that was tried."""

    def start(self, tx: Connection, stage: str, subject_id: UUID, number: int) -> UUID:
        """Open an attempt; its id."""
        attempt_id = ids.new_id()
        row = {
            "id": attempt_id,
            "stage": stage,
            "subject_id": subject_id,
            "number": number,
            "worker": _worker(),
            "started_at": ids.now(),
        }
        tx.execute(sa.insert(_attempt).values(**row))
        return attempt_id

    def finish(self, tx: Connection, attempt_id: UUID, outcome: str, error_code: str | None = None) -> None:
        """Close an attempt with its outcome."""
        values = {"finished_at": ids.now(), "outcome": outcome, "error_code": error_code}
        tx.execute(sa.update(_attempt).where(_attempt.c.id == attempt_id).values(**values))

    def record(self, tx: Connection, stage: str, subject_id: UUID, number: int, outcome: str, error_code: str) -> None:
        """Note an attempt that ended as soon as it started."""
        self.finish(tx, self.start(tx, stage, subject_id, number), outcome, error_code)


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]
