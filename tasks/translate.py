"""Stage one: bytes to canonical documents; rung by the relay for messages that were accepted."""

from __future__ import annotations

from workers.celery import celery
from workers.task import StageTask


@celery.task(base=StageTask, bind=True, name="wardline.translate")
def translate(self: StageTask, lane: str) -> None:
    """Translate what is due in the lane; every document read out of a message goes on to ``resolve``."""
    self.drain(lane)
