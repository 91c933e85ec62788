"""Which lane a document takes: the channel's, raised by how critical its item is; asked by the resolve stage."""

from __future__ import annotations

from app.model.channel import LANES


def lane_for(default: str, criticality: str | None) -> str:
    """The lane of a document: a critical item is urgent, whatever the channel."""
    return "urgent" if criticality == "critical" else default


def more_urgent(lane: str) -> tuple[str, ...]:
    """The lanes that go before this one."""
    return LANES[: LANES.index(lane)]


def turn_seconds(stage: str, lane: str) -> float:
    """How long a worker goes on with sets of a stage before the next stage has its turn; with 0 it is one set.

    Bulk is made ready before it is posted, since what is ready at one location is summed into one call to Odoo. What is
    urgent goes straight through, and nothing holds up those that wait for an answer.
    """
    return 2.0 if lane == "bulk" and stage in ("translate", "resolve") else 0.0
