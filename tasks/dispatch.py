"""Stage four: postings to partners; rung by the relay for what is to be sent to somebody."""

from __future__ import annotations

from workers.celery import celery
from workers.task import StageTask


@celery.task(base=StageTask, bind=True, name="wardline.dispatch")
def dispatch(self: StageTask, lane: str) -> None:
    """Send what is due in the lane; what the partner took is settled."""
    self.drain(lane)
