"""Faults of content: a message that kills its worker, one whose reading never ends, one that takes all memory.

Listed in ``ops.drill.drills``; the reader that does the harm is in ``ops.drill.poison``.
"""

from __future__ import annotations

import json
from uuid import UUID

import sqlalchemy as sa

from app import ids
from app.ledger import tables
from ops.bench.events import distinct, message
from ops.bench.site import CHANNELS
from ops.drill.load import Letter
from ops.drill.poison import NAME
from ops.drill.scene import WORKERS, Scene

PORTIONS = 2
CAUSES = {"KILL": "worker.killed", "LOOP": "reading.too_long", "GROW": "unexpected"}
"""Of what a message dies that does so, by its location."""
_CHANNEL = f"""
[channels.{NAME}]
standard = "{NAME}"
facility = "GEN"
lane = "bulk"
"""


def prepared(scene: Scene) -> None:
    """Before the fleet starts: web and workers know the poison and its channel."""
    channels = scene.fleet.folder / "channels.toml"
    channels.write_text(CHANNELS + _CHANNEL)
    for name in ("web", *WORKERS):
        command = scene.fleet.command(name).replace("api:create_app()", "ops.drill.poison:create_app()")
        command = command.replace("workers.celery:celery", "ops.drill.poison:celery")
        scene.fleet.replace(name, f"env WARDLINE_CHANNELS_FILE={channels} {command}")


def taken(harm: str, scene: Scene) -> None:
    """Poisoned messages come among the others."""
    for use in distinct(PORTIONS):
        event = json.loads(message([use])) | {"location": harm}
        _, message_id = scene.load.insist(Letter(NAME, json.dumps(event).encode(), str(ids.new_id())))
        scene.notes.append(message_id)
    scene.wait()


def buried(harm: str, scene: Scene) -> list[str]:
    """Every poisoned message is a dead letter with its cause, and there is no other one."""
    dead = tables.dead_letter
    with scene.ledger.reading() as tx:
        found = {row.message_id: row.error_code for row in tx.execute(sa.select(dead.c.message_id, dead.c.error_code))}
    expected = {UUID(one): CAUSES[harm] for one in scene.notes}
    return [] if found == expected else [f"dead letters are {sorted(found.values())}, {len(expected)} were expected"]
