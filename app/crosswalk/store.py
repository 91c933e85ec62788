"""The crosswalk in the ledger: rows come in as versions, old versions stay for the audit.

Written by ``wardline crosswalk import``; read by the resolve stage and by the export.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.crosswalk.files import COLUMNS, NumberedRow
from app.crosswalk.rows import CrosswalkRow
from app.errors import Issue, Rejected
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.database import IMPORTING, Database

_crosswalk = tables.crosswalk


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do."""

    added: int
    changed: int
    unchanged: int
    retired: int


class CrosswalkStore:
    """Versions of crosswalk rows."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    def import_rows(self, entries: Sequence[NumberedRow], actor: str, *, dry_run: bool = False) -> ImportReport:
        """Bring rows in: all of them or none. Raises Rejected where a row stands twice in the file."""
        _refuse_repetitions(entries)
        with self._database.transaction() as tx:
            self._database.alone(tx, IMPORTING)
            current = {row.identity: row for row in self.rows(tx)}
            new = [e.row for e in entries if e.row.target and e.row.identity not in current]
            known = [(e.row, current[e.row.identity]) for e in entries if e.row.identity in current]
            changed = [(row, old) for row, old in known if row.target and row.meaning != old.meaning]
            retired = [old for row, old in known if not row.target]
            report = ImportReport(len(new), len(changed), len(known) - len(changed) - len(retired), len(retired))
            if not dry_run:
                self._supersede(tx, [old.id for _, old in changed] + [old.id for old in retired])
                self._insert(tx, [(row, 1) for row in new] + [(row, old.version + 1) for row, old in changed], actor)
                detail = {"added": report.added, "changed": report.changed, "retired": report.retired}
                self._audit.append(tx, [Event("crosswalk.imported", actor, detail=detail)])
        return report

    def add(self, tx: Connection, rows: Iterable[CrosswalkRow], actor: str) -> int:
        """Add rows that have no counterpart yet, in the caller's transaction; how many. What is there stays."""
        wanted = {row.identity: row for row in rows}
        self._database.alone(tx, IMPORTING)
        for known in self.rows(tx, {row.code for row in wanted.values()}) if wanted else ():
            wanted.pop(known.identity, None)
        self._insert(tx, [(row, 1) for row in wanted.values()], actor)
        if wanted:
            self._audit.append(tx, [Event("crosswalk.imported", actor, detail={"added": len(wanted)})])
        return len(wanted)

    def rows(self, tx: Connection, codes: Iterable[str] | None = None) -> list[CrosswalkRow]:
        """The current rows, of these codes where given, in the order of an export."""
        query = sa.select(_crosswalk).where(_crosswalk.c.superseded_at.is_(None))
        if codes is not None:
            query = query.where(_crosswalk.c.code.in_(sorted(set(codes))))
        order = (_crosswalk.c[name] for name in ("kind", "facility", "scheme", "code", "item", "version"))
        return [_loaded(row) for row in tx.execute(query.order_by(*order))]

    def _supersede(self, tx: Connection, row_ids: Sequence[UUID | None]) -> None:
        ended = sa.update(_crosswalk).where(_crosswalk.c.id == sa.bindparam("row_id"))
        if row_ids:
            tx.execute(ended.values(superseded_at=ids.now()), [{"row_id": row_id} for row_id in row_ids])

    def _insert(self, tx: Connection, rows: Sequence[tuple[CrosswalkRow, int]], actor: str) -> None:
        at = ids.now()
        values = [
            {name: getattr(row, name) for name in COLUMNS}
            | {"id": ids.new_id(), "version": version, "created_at": at, "created_by": actor}
            for row, version in rows
        ]
        if values:
            tx.execute(sa.insert(_crosswalk), values)


def _loaded(row: Row[Any]) -> CrosswalkRow:
    return CrosswalkRow(**{name: getattr(row, name) for name in (*COLUMNS, "id", "version")})


def _refuse_repetitions(entries: Sequence[NumberedRow]) -> None:
    seen: dict[object, int] = {}
    issues = []
    for entry in entries:
        if first := seen.get(entry.row.identity):
            issues.append(Issue("crosswalk.repeated", f"line {entry.line}", f"the row stands in line {first} already"))
        seen[entry.row.identity] = entry.line
    if issues:
        raise Rejected(issues)
