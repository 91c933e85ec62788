"""Which lane a document takes: the channel's, raised by how critical its item is; asked by the resolve stage."""

from __future__ import annotations

from datetime import timedelta

from app.model.channel import LANES

QUIET = timedelta(seconds=60)
"""For how long nothing may have come on a lane, so that it is quiet."""


def lane_for(default: str, criticality: str | None) -> str:
    """The lane of a document: a critical item is urgent, whatever the channel."""
    return "urgent" if criticality == "critical" else default


def more_urgent(lane: str) -> tuple[str, ...]:
    """The lanes that go before this one."""
    return LANES[: LANES.index(lane)]


def visits(lane: str, odoo_workers: int, *, quiet: bool) -> int | None:
    """How many visits to Odoo a lane may make at a time; None: as many as it has workers.

    Bulk leaves one of Odoo's workers to more urgent lanes, for these would have to wait for a call of bulk. While they
    are quiet it does not: the first of them waits for a call once, and bulk is half as fast again.
    """
    if lane != "bulk":
        return None
    return odoo_workers if quiet else max(1, odoo_workers - 1)


def turn_seconds(stage: str, lane: str) -> float:
    """How long a worker goes on with sets of a stage before the next stage has its turn; with 0 it is one set.

    Bulk is made ready before it is posted, since what is ready at one location is summed into one call to Odoo. What is
    urgent goes straight through, and nothing holds up those that wait for an answer.
    """
    return 2.0 if lane == "bulk" and stage in ("translate", "resolve") else 0.0
