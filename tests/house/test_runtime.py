"""What must agree across the runtime: lanes, Procfile, topology, stages, routes, settings and migrations."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from app.ledger import schema
from app.ledger.work import STAGES
from app.model.channel import LANES
from app.settings import Settings
from ops import reference
from ops.fleet import commands
from tests import factories

ROOT = Path(__file__).parents[2]


def test_every_lane_is_consumed_by_a_process_of_its_own_and_declared() -> None:
    from workers import topology

    workers = {name: command for name, command in commands().items() if " celery " in f" {command}"}
    consumed = {name: re.findall(r"-Q\s+(\S+)", command) for name, command in workers.items()}
    assert consumed == {lane: [topology.queue_name(lane)] for lane in LANES}
    assert [queue.name for queue in topology.lane_queues()] == [topology.queue_name(lane) for lane in LANES]
    assert {queue.queue_arguments["x-queue-type"] for queue in topology.lane_queues()} == {"quorum"}


def test_every_stage_has_a_task_module_that_celery_includes() -> None:
    from workers.celery import INCLUDE

    modules = {path.stem for path in (ROOT / "tasks").glob("*.py")} - {"__init__"}
    assert modules == set(STAGES)
    assert set(INCLUDE) == {f"tasks.{stage}" for stage in STAGES}


def test_every_route_is_authenticated_unless_it_is_listed_as_public(small_ledger, tmp_path: Path) -> None:
    from api import create_app
    from api.auth import PUBLIC
    from app.services import build

    flask = create_app(build(factories.settings(tmp_path, database_url=str(small_ledger.database.url))))
    open_routes = set()
    for rule in flask.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?\w+>", "018f0000-0000-7000-8000-000000000000", rule.rule)
        method = "GET" if "GET" in rule.methods else next(iter(rule.methods - {"HEAD", "OPTIONS"}))
        if flask.test_client().open(path, method=method).status_code != 401:
            open_routes.add(rule.endpoint)
    assert open_routes == set(PUBLIC)


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    assert reference.PAGE.read_text() == reference.page(), "run `python -m ops.reference`"
    assert all(setting.metadata["text"] for setting in fields(Settings))


def test_there_is_one_migration_head() -> None:
    assert len(schema.heads()) == 1
