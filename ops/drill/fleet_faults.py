"""Faults of operation: workers ended under load, and a release over a running fleet.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

import itertools
import signal
import time
from datetime import UTC, datetime

import sqlalchemy as sa

from app.ledger import tables
from ops.bench.sender import answers, wait_until
from ops.drill.faults import ended_softly
from ops.drill.scene import Scene

_MIGRATION = """
BEGIN;
ALTER TABLE message ADD COLUMN drill text;
ALTER TABLE posting ADD COLUMN drill text;
ALTER TABLE work ADD COLUMN drill integer NOT NULL DEFAULT 0;
CREATE TABLE drill (id integer PRIMARY KEY);
UPDATE alembic_version SET version_num = '9999';
COMMIT"""
PATIENCE = 40.0
SOON = 10.0
"""The most seconds that a worker may take to end, and others to go on: what most supervisors wait before they kill."""


def ended_under_load(scene: Scene) -> None:
    """SIGTERM to the bulk worker while another one is there, then to that one too; what is leased then is counted."""
    scene.fleet.start_command("bulk-2", scene.fleet.command("bulk").replace("bulk@%h", "bulk-2@%h"))
    wait_until(lambda: "ready." in scene.fleet.log("bulk-2"), "the second worker is ready", PATIENCE)
    scene.wait(0.5)
    begun = datetime.now(UTC)
    scene.measured["first_ended"] = _end(scene, "bulk")
    scene.wait(0.5)
    scene.measured["longest_pause"] = _longest_pause(scene, begun)
    scene.measured["second_ended"] = _end(scene, "bulk-2")
    scene.measured["left_leased"] = float(_leased(scene))
    scene.fleet.start("bulk")


def ahead(scene: Scene) -> None:
    """The clock of a second bulk worker is a day ahead: to it, every lease of the others has run out."""
    command = scene.fleet.command("bulk").replace("bulk@%h", "ahead@%h").replace("workers.celery", "ops.drill.ahead")
    scene.fleet.start_command("ahead", command)
    wait_until(lambda: "ready." in scene.fleet.log("ahead"), "the second worker is ready", PATIENCE)
    scene.wait()
    _end(scene, "ahead")


def _end(scene: Scene, name: str) -> float:
    begun = time.monotonic()
    scene.fleet.signal(name, signal.SIGTERM)
    wait_until(lambda: scene.fleet.ended(name), f"{name} has ended", PATIENCE)
    return round(time.monotonic() - begun, 1)


def _longest_pause(scene: Scene, since: datetime) -> float:
    """The longest time in which no bulk batch was posted."""
    batch = tables.batch
    query = sa.select(batch.c.settled_at).where(batch.c.lane == "bulk", batch.c.state == "posted")
    with scene.ledger.reading() as tx:
        found = tx.scalars(query.where(batch.c.settled_at >= since).order_by(batch.c.settled_at)).all()
    moments = [since, *found, datetime.now(UTC)]
    return round(max((after - before).total_seconds() for before, after in itertools.pairwise(moments)), 1)


def _leased(scene: Scene) -> int:
    """Work of the bulk lane that waits for a lease to run out."""
    work = tables.work
    leased = sa.and_(work.c.lane == "bulk", work.c.lease_token.is_not(None))
    with scene.ledger.reading() as tx:
        return tx.scalar(sa.select(sa.func.count()).select_from(work).where(leased)) or 0


def handed_back(scene: Scene) -> list[str]:
    """Nothing waits for the lease of a worker that was asked to end, and others went on."""
    faults = [
        f"{name} is {scene.measured[name]} s"
        for name in ("first_ended", "second_ended", "longest_pause")
        if scene.measured[name] > SOON
    ]
    if scene.measured["left_leased"]:
        faults.append(f"{scene.measured['left_leased']:.0f} items are leased to a worker that has ended")
    return faults


def released(scene: Scene) -> None:
    """A release under load: a migration that only adds, while the processes of before work, then all of them anew."""
    scene.wait(0.25)
    scene.sql(_MIGRATION)
    scene.measured["ready"] = float(answers(scene.settings.web_bind, "/readyz"))
    scene.wait(0.25)
    ended_softly(scene)


def always_ready(scene: Scene) -> list[str]:
    """The processes of before stayed in service after the migration."""
    return [] if scene.measured["ready"] else ["the web process was not ready on a ledger that is newer than itself"]
