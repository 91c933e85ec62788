"""Stock as Odoo last told it, with its age, and what each place should hold.

The stock watch writes the first, imports and the plan the second; the API, the commands and the plan read both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.audit import AuditTrail, Event
from app.ledger.database import insert
from app.ledger.supply_tables import par_level, stock_level, stock_watch
from app.model.supply import Figure, Level, LevelSource, Reading

STOCK = "stock"
STEP = 400
"""How many keys one statement names."""
PRECEDENCE = ("odoo", "own", "rule")
_LEVEL = ("item", "location", "reorder_point", "maximum", "pack", "lead_days", "criticality", "orderpoint", "planned")


@dataclass(frozen=True, slots=True)
class Watch:
    """How far the watch over Odoo's stock has come: ``mark`` is in Odoo's time, the others in ours.

    ``seen_at`` is when all figures were last known to be Odoo's, ``whole_at`` when all were last read.
    """

    mark: datetime | None = None
    seen_at: datetime | None = None
    whole_at: datetime | None = None

    @property
    def age_seconds(self) -> float | None:
        """How old the figures are; None where there are none yet."""
        return None if self.seen_at is None else max(0.0, (ids.now() - self.seen_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Where:
    """Which figures are asked for; ``location`` means it and all below, ``facilities`` None every one."""

    item: str | None = None
    facility: str | None = None
    location: str | None = None
    lot: str | None = None
    facilities: tuple[str, ...] | None = None
    after: tuple[str, str, str] | None = None


class Levels:
    """The mirror of stock, and par levels."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def watch(self, tx: Connection) -> Watch:
        """How far the watch has come."""
        row = tx.execute(sa.select(stock_watch).where(stock_watch.c.name == STOCK)).first()
        return Watch(row.mark, row.seen_at, row.whole_at) if row else Watch()

    def store(self, tx: Connection, reading: Reading, asked_at: datetime, facility_of: Callable[[str], str]) -> int:
        """Take a reading over that was asked for at ``asked_at``; how many figures are new, other or gone.

        ``facility_of`` tells the facility of a warehouse's code.
        """
        old = {(row.item, row.location, row.lot): row for row in self._known(tx, reading.pairs)}
        new = {(figure.item, figure.location, figure.lot): figure for figure in _summed(reading.figures)}
        gone = [key for key in old if key not in new]
        changed = [
            _row(figure, facility_of(figure.warehouse))
            for key, figure in new.items()
            if key not in old or _differs(old[key], figure, facility_of(figure.warehouse))
        ]
        self._delete(tx, gone)
        self._upsert(tx, changed)
        seen: dict[str, Any] = {"mark": reading.mark, "seen_at": asked_at}
        if reading.pairs is None:
            seen["whole_at"] = asked_at
        entry = insert(tx, stock_watch).values(name=STOCK, **seen)
        tx.execute(entry.on_conflict_do_update(index_elements=["name"], set_=seen))
        return len(gone) + len(changed)

    def figures(self, tx: Connection, where: Where, limit: int) -> Sequence[Row[Any]]:
        """Figures in the order of item, location and lot."""
        keys = (stock_level.c.item, stock_level.c.location, stock_level.c.lot)
        query = sa.select(stock_level).where(*_terms(where)).order_by(*keys).limit(limit)
        if where.after:
            query = query.where(sa.tuple_(*keys) > sa.tuple_(*(sa.literal(part) for part in where.after)))
        return tx.execute(query).all()

    def held(self, tx: Connection, items: Collection[str]) -> list[Figure]:
        """What all places hold of these items, over all lots."""
        found: list[Figure] = []
        sums = [
            sa.func.sum(stock_level.c[name], type_=stock_level.c.quantity.type) for name in ("quantity", "reserved")
        ]
        by = (stock_level.c.item, stock_level.c.location, stock_level.c.facility)
        for some in _steps(sorted(items)):
            query = sa.select(*by, *sums).where(stock_level.c.item.in_(some)).group_by(*by)
            found += [Figure(item, place, site, "", q, r) for item, place, site, q, r in tx.execute(query)]
        return found

    def put(self, tx: Connection, levels: Iterable[Level], source: LevelSource, actor: str) -> int:
        """Make these the levels of a source, in place of those it had; how many there are now."""
        rows = {(level.item, level.location): level for level in levels}.values()
        values = [_level_row(level, source, actor) for level in rows]
        before = self.levels(tx, source=source)
        if {_meaning(level) for level in before} == {_meaning(level) for level in rows}:
            return len(values)
        tx.execute(sa.delete(par_level).where(par_level.c.source == source))
        if values:
            tx.execute(sa.insert(par_level), values)
        detail = {"source": source, "levels": len(values), "before": len(before)}
        self._audit.append(tx, [Event("levels.replaced", actor, detail=detail)])
        return len(values)

    def levels(
        self, tx: Connection, item: str | None = None, location: str | None = None, source: str | None = None
    ) -> list[Level]:
        """The levels, of one source or of all, whichever of them holds."""
        query = sa.select(par_level).order_by(par_level.c.item, par_level.c.location)
        for column, value in ((par_level.c.item, item), (par_level.c.location, location), (par_level.c.source, source)):
            if value is not None:
                query = query.where(column == value)
        return [_level(row) for row in tx.execute(query)]

    def holding(self, tx: Connection) -> list[Level]:
        """The level that holds for each item and place: Odoo's own before ours."""
        found: dict[tuple[str, str], Level] = {}
        for level in sorted(self.levels(tx), key=lambda one: PRECEDENCE.index(one.source), reverse=True):
            found[level.item, level.location] = level
        return [found[key] for key in sorted(found)]

    def _known(self, tx: Connection, pairs: Collection[tuple[str, str]] | None) -> Iterable[Row[Any]]:
        if pairs is None:
            yield from tx.execute(sa.select(stock_level))
            return
        pair = sa.tuple_(stock_level.c.item, stock_level.c.location)
        for some in _steps(sorted(pairs)):
            yield from tx.execute(sa.select(stock_level).where(pair.in_(some)))

    def _delete(self, tx: Connection, keys: Sequence[tuple[str, str, str]]) -> None:
        whole = sa.tuple_(stock_level.c.item, stock_level.c.location, stock_level.c.lot)
        for some in _steps(keys):
            tx.execute(sa.delete(stock_level).where(whole.in_(some)))

    def _upsert(self, tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        added = insert(tx, stock_level)
        names = ("facility", "quantity", "reserved", "unit", "changed_at")
        replaced = {name: added.excluded[name] for name in names}
        tx.execute(added.on_conflict_do_update(index_elements=["item", "location", "lot"], set_=replaced), rows)


def _summed(figures: Iterable[Figure]) -> Iterable[Figure]:
    """One figure for each item, place and lot: two products may share a reference, two places never a name."""
    sums: dict[tuple[str, str, str], Figure] = {}
    for one in figures:
        key = one.item, one.location, one.lot
        known = sums.get(key)
        quantity, reserved = (known.quantity, known.reserved) if known else (Decimal(0), Decimal(0))
        total = quantity + one.quantity, reserved + one.reserved
        sums[key] = Figure(one.item, one.location, one.warehouse, one.lot, *total, one.unit)
    return sums.values()


def _row(figure: Figure, facility: str) -> dict[str, Any]:
    return {
        "item": figure.item,
        "location": figure.location,
        "lot": figure.lot,
        "facility": facility,
        "quantity": figure.quantity,
        "reserved": figure.reserved,
        "unit": figure.unit,
        "changed_at": ids.now(),
    }


def _differs(row: Row[Any], figure: Figure, facility: str) -> bool:
    micro = Decimal("0.000001")
    amounts = abs(row.quantity - figure.quantity) < micro and abs(row.reserved - figure.reserved) < micro
    return not amounts or (row.unit, row.facility) != (figure.unit, facility)


def _terms(where: Where) -> Iterable[sa.ColumnElement[bool]]:
    for column, value in (("item", where.item), ("facility", where.facility), ("lot", where.lot)):
        if value is not None:
            yield stock_level.c[column] == value
    if where.location is not None:
        below = stock_level.c.location.startswith(f"{where.location}/", autoescape=True)
        yield sa.or_(stock_level.c.location == where.location, below)
    if where.facilities is not None and "*" not in where.facilities:
        yield stock_level.c.facility.in_(where.facilities)


def _level_row(level: Level, source: LevelSource, actor: str) -> dict[str, Any]:
    names = (
        "item",
        "location",
        "reorder_point",
        "maximum",
        "pack",
        "lead_days",
        "criticality",
        "orderpoint",
        "planned",
    )
    stamp = {"source": source, "updated_at": ids.now(), "updated_by": actor}
    return {name: getattr(level, name) for name in names} | stamp


def _level(row: Row[Any]) -> Level:
    return Level(
        item=row.item,
        location=row.location,
        reorder_point=row.reorder_point,
        maximum=row.maximum,
        pack=row.pack,
        lead_days=row.lead_days,
        criticality=row.criticality,
        source=row.source,
        orderpoint=row.orderpoint,
        planned=row.planned,
    )


def _meaning(level: Level) -> tuple[object, ...]:
    figures = (level.reorder_point, level.maximum, level.pack, level.lead_days)
    return level.item, level.location, *figures, level.criticality, level.orderpoint, level.planned


def _steps(keys: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(keys[start : start + STEP]) for start in range(0, len(keys), STEP))
