"""Stage three: postings to Odoo in batches; rung by the relay for postings that are due."""

from __future__ import annotations

from workers.celery import celery
from workers.task import StageTask


@celery.task(base=StageTask, bind=True, name="wardline.post")
def post(self: StageTask, lane: str) -> None:
    """Post what is due in the lane; what Odoo confirms is settled."""
    self.drain(lane)
