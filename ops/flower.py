"""Flower, for those who want to watch Celery itself: ``python -m ops.flower``.

Read-only and behind a password; it refuses to start without one. The password and the address of RabbitMQ's
management API, which holds another, are handed over inside the process and are on no command line. Counts that
matter come from the ledger; Flower only sees the bells.
"""

from __future__ import annotations

from tornado.options import options

from app import settings, telemetry
from app.errors import Misconfigured
from app.settings import Settings
from workers.celery import celery

MAX_TASKS = 5000
"""How many bells Flower remembers; 20,000 take about 230 MB."""


def main() -> None:
    """Run Flower until it is told to end."""
    try:
        effective = settings.load()
        telemetry.start(effective, "flower")
        arguments = configure(effective)
    except Misconfigured as error:
        raise SystemExit(f"{error.code}: {error.message}\n{error.hint}") from error
    celery.start(["flower", *arguments])


def configure(effective: Settings) -> list[str]:
    """Set what is secret in Flower's options; the arguments for the rest. Raises Misconfigured without a password."""
    if not effective.flower_password:
        raise Misconfigured("WARDLINE_FLOWER_PASSWORD is not set, and Flower would be open to everybody")
    from flower import command  # noqa: F401, PLC0415 - its import declares the options

    options.basic_auth = [f"{effective.flower_user}:{effective.flower_password}"]
    options.broker_api = effective.broker_management_url or None
    address, _, port = effective.flower_bind.rpartition(":")
    return [
        f"--address={address}",
        f"--port={port}",
        "--read_only=True",
        f"--max_tasks={MAX_TASKS}",
        f"--max_workers={100}",
        "--purge_offline_workers=300",
    ]


if __name__ == "__main__":
    main()
