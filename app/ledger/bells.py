"""Bells: how many were rung for a stage and lane and how many were heard.

The relay rings only while fewer than a lane's workers are outstanding, so that a flood of work makes no flood of
bells; a worker notes that it heard one. A bell that was lost is rung again after a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables
from app.ledger.database import insert

_bell = tables.bell


class Bells:
    """Counts of bells."""

    def outstanding(self, tx: Connection) -> dict[tuple[str, str], tuple[int, datetime]]:
        """Bells rung and not yet heard, by (stage, lane), with the time of the last ring."""
        rows = tx.execute(sa.select(_bell).where(_bell.c.rung > _bell.c.heard))
        return {(row.stage, row.lane): (row.rung - row.heard, row.rung_at) for row in rows}

    def ring(self, tx: Connection, stage: str, lane: str, *, forget: bool = False) -> None:
        """Count a bell about to be rung; ``forget`` gives up those that were rung before and never heard."""
        at = ids.now()
        counted = insert(tx, _bell).values(stage=stage, lane=lane, rung=1, heard=0, rung_at=at)
        values = {"rung": _bell.c.rung + 1, "rung_at": at}
        if forget:
            values["heard"] = _bell.c.rung
        tx.execute(counted.on_conflict_do_update(index_elements=["stage", "lane"], set_=values))

    def rung_since(self, tx: Connection, stages: Sequence[str], lanes: Sequence[str], since: datetime) -> bool:
        """Whether a bell was rung for one of the stages and lanes after that moment."""
        these = _bell.c.stage.in_(list(stages)), _bell.c.lane.in_(list(lanes)), _bell.c.rung_at > since
        rung = sa.select(_bell.c.lane).where(*these).limit(1)
        return tx.scalar(rung) is not None

    def heard(self, tx: Connection, stage: str, lane: str) -> None:
        """Note that a worker heard a bell."""
        tx.execute(_HEARD, {"of_stage": stage, "of_lane": lane})


_HEARD = (
    sa
    .update(_bell)
    .where(_bell.c.stage == sa.bindparam("of_stage"), _bell.c.lane == sa.bindparam("of_lane"))
    .where(_bell.c.heard < _bell.c.rung)
    .values(heard=_bell.c.heard + 1)
)
"""Built once: it is what most bells do."""
