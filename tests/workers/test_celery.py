"""The Celery application's configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery

from app.ledger.work import STAGES
from app.model.channel import LANES
from tests import factories
from workers import topology
from workers.broker import task_seconds
from workers.celery import INCLUDE, application
from workers.consumer import GuardedConsumer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(tmp_path: Path) -> Celery:
    return application(factories.settings(tmp_path))


def test_importing_it_needs_no_settings() -> None:
    code = "import workers.celery, tasks.translate; print(workers.celery.celery.main)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("wardline\n", 0), done.stderr


def test_a_wrong_setting_is_named_when_the_configuration_is_needed() -> None:
    code = "from workers.celery import celery; celery.conf.broker_url"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "WARDLINE_PEPPER must have at least 32 characters" in done.stderr


def test_it_includes_one_module_for_each_stage() -> None:
    assert [f"tasks.{stage}" for stage in STAGES] == INCLUDE


def test_nothing_is_lost_when_a_worker_dies_or_fails(app: Celery) -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.task_acks_on_failure) == (True, True, False)


def test_a_worker_takes_one_bell_at_a_time_and_keeps_no_result(app: Celery) -> None:
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None


def test_only_json_is_read_and_written(app: Celery) -> None:
    assert (app.conf.task_serializer, app.conf.accept_content) == ("json", ["json"])


def test_a_worker_never_gives_up_on_its_broker(app: Celery) -> None:
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_connection_retry_on_startup
    assert app.conf.broker_channel_error_retry


def test_connections_are_not_pooled_since_flower_would_wait_for_itself_for_ever(app: Celery) -> None:
    assert app.conf.broker_pool_limit == 0


def test_the_time_limits_leave_the_last_step_its_lease_and_the_broker_its_patience(tmp_path: Path) -> None:
    settings = factories.settings(tmp_path)
    conf = application(settings).conf
    assert settings.drain_seconds + settings.lease_seconds == task_seconds(settings)
    assert task_seconds(settings) < conf.task_soft_time_limit < conf.task_time_limit
    assert conf.task_time_limit < 30 * 60, "RabbitMQ closes the channel of a consumer that takes 30 minutes"


def test_the_queues_are_the_lanes_and_no_other_is_made(app: Celery) -> None:
    assert [queue.name for queue in app.conf.task_queues] == [topology.queue_name(lane) for lane in LANES]
    assert app.conf.task_create_missing_queues is False
    assert app.conf.task_default_queue in {queue.name for queue in app.conf.task_queues}


def test_even_what_celery_makes_for_itself_has_our_name(app: Celery) -> None:
    for name in ("control_exchange", "event_exchange", "event_queue_prefix"):
        assert app.conf[name].startswith("wardline")


def test_the_consumer_is_the_guarded_one_and_makes_no_queues_for_delays(app: Celery) -> None:
    assert app.conf.worker_consumer == f"{GuardedConsumer.__module__}:{GuardedConsumer.__qualname__}"
    steps = GuardedConsumer.Blueprint.default_steps
    assert "workers.consumer:Topology" in steps
    assert not [step for step in steps if "Delayed" in step]
