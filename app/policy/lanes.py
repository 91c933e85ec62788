"""Which lane a document takes: the channel's, raised by how critical its item is; asked by the resolve stage."""

from __future__ import annotations

from app.model.channel import LANES


def lane_for(default: str, criticality: str | None) -> str:
    """The lane of a document: a critical item is urgent, whatever the channel."""
    return "urgent" if criticality == "critical" else default


def more_urgent(lane: str) -> tuple[str, ...]:
    """The lanes that go before this one."""
    return LANES[: LANES.index(lane)]
