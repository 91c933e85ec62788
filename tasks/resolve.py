"""Stage two: names, units and policy to postings; rung by the relay for documents that are open."""

from __future__ import annotations

from workers.celery import celery
from workers.task import StageTask


@celery.task(base=StageTask, bind=True, name="wardline.resolve")
def resolve(self: StageTask, lane: str) -> None:
    """Resolve what is due in the lane; what is clear goes on to ``post``, the rest waits for a person or a parent."""
    self.drain(lane)
