"""What a bell does, with the real task, the real ledger and toy stages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery import Celery
from celery.exceptions import Reject
from prometheus_client import REGISTRY
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.flows.base import Stage
from app.ledger import schema
from app.ledger.ledger import Ledger
from tests import factories
from tests.workers import toy
from workers.ending import Ending
from workers.task import StageTask

ROOT = Path(__file__).parents[2]


class House:
    """A task for each stage, over one ledger, in this process."""

    def __init__(self, tmp_path: Path, url: str, drain_seconds: float = 20.0) -> None:
        self.app = Celery("house", set_as_current=False)
        settings = factories.settings(tmp_path, database_url=url, drain_seconds=drain_seconds)
        self.services = toy.services(settings)
        self.ledger: Ledger = self.services.ledger
        services = self.services

        class Toy(StageTask):
            @staticmethod
            def services() -> object:
                return services

        @self.app.task(base=Toy, bind=True, name="wardline.translate")
        def translate(self: Toy, lane: str) -> None:
            self.drain(lane)

        @self.app.task(base=Toy, bind=True, name="wardline.resolve")
        def resolve(self: Toy, lane: str) -> None:
            self.drain(lane)

        self.translate, self.resolve = translate, resolve

    def outstanding(self) -> dict[tuple[str, str], int]:
        with self.ledger.reading() as tx:
            return {pair: count for pair, (count, _) in self.ledger.bells.outstanding(tx).items()}


@dataclass
class Listening:
    """A stage that tells how much it did at each turn where it did anything."""

    stage: Stage
    turns: list[tuple[str, int]]

    @property
    def name(self) -> str:
        return self.stage.name

    def step(self, lane: str) -> int:
        if done := self.stage.step(lane):
            self.turns.append((self.name, done))
        return done


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str) -> Iterator[House]:
    made = House(tmp_path, sqlite_url)
    schema.upgrade(made.ledger.database)
    yield made
    made.ledger.database.close()


def test_it_drains_the_lane_and_no_other(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent", 120)
    toy.add(house.ledger, "translate", "bulk")
    house.translate("urgent")
    assert toy.left(house.ledger, [("translate", "urgent")]) == 0
    assert toy.left(house.ledger) == 1


def test_what_it_passes_on_is_done_at_the_next_stages_and_not_at_those_before(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent")
    toy.add(house.ledger, "resolve", "urgent")
    toy.add(house.ledger, "post", "urgent")
    house.resolve("urgent")
    assert toy.left(house.ledger, [("translate", "urgent")]) == 1
    assert toy.left(house.ledger) == 1


def test_the_bell_is_heard_even_where_nothing_is_left_to_do(house: House) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.bells.ring(tx, "translate", "urgent")
        house.ledger.bells.ring(tx, "translate", "bulk")
    house.translate("urgent")
    assert house.outstanding() == {("translate", "bulk"): 1}


def test_a_bell_has_a_limited_time_and_says_that_more_is_left(tmp_path: Path, sqlite_url: str) -> None:
    house = House(tmp_path, sqlite_url, drain_seconds=0.0)
    schema.upgrade(house.ledger.database)
    toy.add(house.ledger, "translate", "urgent")
    with capture_logs() as lines:
        house.translate("urgent")
    assert [(line["items"], line["more"]) for line in lines if line["event"] == "stage.drained"] == [(0, True)]
    assert toy.left(house.ledger) == 1
    house.ledger.database.close()


def test_a_worker_that_is_to_end_begins_no_other_set(house: House) -> None:
    """What waits is left to other workers; the bell counts as heard, so that the relay rings for them."""
    toy.add(house.ledger, "translate", "urgent", 120)
    house.translate.ending = Ending()
    house.translate.ending.say()
    with capture_logs(processors=[merge_contextvars]) as logs:
        house.translate("urgent")
    assert toy.left(house.ledger, [("translate", "urgent")]) == 120
    assert logs[-1]["more"] is True
    assert house.outstanding() == {}


def test_bulk_is_made_ready_before_it_goes_on_and_what_is_urgent_goes_straight_through(house: House) -> None:
    turns = []
    for name, stage in house.services.stages.items():
        house.services.stages[name] = Listening(stage, turns)
    for lane in ("bulk", "urgent"):
        toy.add(house.ledger, "translate", lane, 120)
        toy.add(house.ledger, "resolve", lane, 60)
    house.translate("bulk")
    assert turns == [("translate", 50), ("translate", 50), ("translate", 20), ("resolve", 50), ("resolve", 10)]
    turns.clear()
    house.translate("urgent")
    assert turns == [("translate", 50), ("resolve", 50), ("translate", 50), ("resolve", 10), ("translate", 20)]


def test_a_drain_writes_one_line(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent", 60)
    with capture_logs([merge_contextvars]) as lines:
        house.translate("urgent")
    [line] = lines
    told = {name: line[name] for name in ("event", "log_level", "stage", "lane", "items", "steps", "more")}
    assert told == {
        "event": "stage.drained", "log_level": "info", "stage": "translate", "lane": "urgent",
        "items": 60, "steps": 2, "more": False,
    }  # fmt: skip


def test_what_nobody_expected_lets_the_bell_die_and_the_work_live(house: House) -> None:
    toy.add(house.ledger, "resolve", "approvals")
    with pytest.raises(Reject) as caught:
        house.resolve("approvals")
    assert caught.value.requeue is False
    assert toy.CONTENT not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert toy.left(house.ledger) == 1


def test_a_ledger_out_of_reach_ends_the_bell_quietly(tmp_path: Path) -> None:
    House(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/nothing").translate("urgent")


def test_a_bell_for_a_lane_that_we_do_not_have_is_refused(house: House) -> None:
    with pytest.raises(Reject):
        house.translate("no such lane")


def test_what_it_hears_and_does_is_measured(house: House) -> None:
    def measured(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"stage": "translate", "lane": "urgent", **labels}) or 0.0

    heard = measured("wardline_bells_total", outcome="heard")
    steps = measured("wardline_stage_duration_seconds_count")
    toy.add(house.ledger, "translate", "urgent", 60)
    house.translate("urgent")
    assert measured("wardline_bells_total", outcome="heard") == heard + 1
    assert measured("wardline_stage_duration_seconds_count") == steps + 2, "an empty step is no step"


def test_services_are_built_once_in_a_process_and_again_in_its_children() -> None:
    code = """
import os
from workers.task import StageTask
built = []
StageTask.build = staticmethod(lambda: built.append(os.getpid()) or object())
assert StageTask.services() is StageTask.services()
if os.fork() == 0:
    StageTask.services()
    os._exit(0 if len(built) == 2 else 1)
_, status = os.wait()
raise SystemExit(status != 0 or built != [os.getpid()])
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
