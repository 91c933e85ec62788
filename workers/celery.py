"""The Celery application: ``celery -A workers.celery:celery worker -Q wardline.<lane>``.

Loaded by the workers, by Flower, by ``tasks`` and by the relay, which writes its messages in this application's
dialect. The environment is read when the configuration is first needed and not at import.
"""

from __future__ import annotations

from typing import Any

from celery import Celery

from app import settings
from app.settings import Settings
from workers import signals, topology
from workers.broker import CONNECT_SECONDS, Broker, task_seconds

INCLUDE = ["tasks.translate", "tasks.resolve", "tasks.post", "tasks.dispatch"]
"""The modules of the stages, one task each."""

celery = Celery("wardline", include=INCLUDE)


def configuration(effective: Settings) -> dict[str, Any]:
    """Celery's settings; times are seconds, memory is KiB."""
    broker = Broker.of(effective)
    return {
        "broker_url": broker.url,
        "broker_transport": broker.transport,
        "broker_transport_options": dict(broker.options),
        "broker_use_ssl": dict(broker.tls) if broker.tls else None,
        "broker_connection_timeout": CONNECT_SECONDS,
        "broker_heartbeat": 30,
        # No pool: what asks the workers (Flower, health) holds one connection while it waits for a second one, and
        # with a pool of few connections some such threads wait for one another for ever.
        "broker_pool_limit": 0,
        # A worker never gives up on its broker, nor dies of a channel that RabbitMQ closes (consumer_timeout).
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "worker_consumer": "workers.consumer:GuardedConsumer",
        **_routing(),
        **_tasks(task_seconds(effective)),
        **_workers(),
    }


def _routing() -> dict[str, Any]:
    return {
        "task_queues": topology.lane_queues(),
        "task_default_queue": topology.queue_name("bulk"),
        "task_create_missing_queues": False,  # a misspelt queue is an error and not a new queue nobody listens on
        "control_exchange": "wardline",
        "event_exchange": "wardline.events",
        "event_queue_prefix": "wardline.events",
    }


def _tasks(longest: float) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_failure": False,  # what fails goes among the dead bells
        "task_acks_on_timeout": True,  # what takes too long is settled by the ledger's lease; again would loop
        "task_soft_time_limit": longest + 10,
        "task_time_limit": longest + 30,
        "task_send_sent_event": False,
    }


def _workers() -> dict[str, Any]:
    return {
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": 10_000,
        "worker_max_memory_per_child": 300_000,
        "worker_proc_alive_timeout": 60.0,  # a child builds its services before it reports
        "worker_eta_task_limit": 100,
        "worker_disable_rate_limits": True,
        # The work goes on when the broker goes away: stopping in the middle of a call would only raise doubt.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def application(effective: Settings) -> Celery:
    """An application of its own for these settings, for who has several brokers: tests, commands."""
    other = Celery("wardline", set_as_current=False)
    other.conf.update(configuration(effective))
    return other


celery.add_defaults(lambda: configuration(settings.load()))
signals.connect()
