"""A worker that also knows a task which does nothing: ``celery -A ops.bench.nothing:celery worker``.

Run by ``ops.bench.bell``, which compares a bell with it; everything else about the worker is as always.
"""

from __future__ import annotations

from workers.celery import celery


@celery.task(name="wardline.nothing")
def nothing(lane: str) -> None:
    """What Celery costs by itself."""


__all__ = ["celery"]
