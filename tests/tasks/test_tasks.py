"""The tasks: one for each stage, carrying a lane and nothing else."""

from __future__ import annotations

import importlib
import inspect

import pytest

from app.ledger.work import STAGES
from tests import factories
from workers.task import StageTask


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task reads its application's configuration when it is first touched."""
    monkeypatch.setenv("WARDLINE_PEPPER", factories.PEPPER)
    monkeypatch.setenv("WARDLINE_BODY_KEYS", factories.BODY_KEY)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_a_task_of_the_stage_base(stage: str) -> None:
    task = getattr(importlib.import_module(f"tasks.{stage}"), stage)
    assert task.name == f"wardline.{stage}"
    assert isinstance(task, StageTask)
    assert task.stage == stage


@pytest.mark.parametrize("stage", STAGES)
def test_a_task_carries_its_lane_and_nothing_else(stage: str) -> None:
    task = getattr(importlib.import_module(f"tasks.{stage}"), stage)
    assert list(inspect.signature(task.run).parameters) == ["lane"]
    assert inspect.getdoc(task.run)
