"""Flower shows the lanes' workers and their tasks by name, to who knows the password, and nothing of their content."""

from __future__ import annotations

import httpx
import pytest

from tests import factories
from tests.integration.fleet import free_port, running, until

pytestmark = pytest.mark.real


def test_flower_shows_workers_and_tasks_behind_a_password(make_wardline) -> None:
    address = f"127.0.0.1:{free_port()}"
    wardline = make_wardline(flower_bind=address, flower_password="only for this test")
    with running(wardline), httpx.Client(base_url=f"http://{address}", timeout=10) as flower:
        wardline.fleet.start("flower")
        until(
            lambda: _status(flower, "/healthcheck") == 200, 60, "Flower answers", lambda: wardline.fleet.log("flower")
        )
        assert _status(flower, "/workers") == 401
        assert _status(flower, "/api/tasks") == 401

        flower.auth = ("wardline", "only for this test")
        until(lambda: len(_workers(flower)) == 3, 60, "Flower sees three workers", lambda: wardline.fleet.log("flower"))
        assert {name.split("@")[0] for name in _workers(flower)} == {"urgent", "approvals", "bulk"}
        wardline.send("carts", factories.event(description="QuokkaCanary7319"))
        wardline.settle()
        stages = {"wardline.translate", "wardline.resolve", "wardline.post"}
        until(lambda: {task["name"] for task in _tasks(flower).values()} == stages, 60, "the stages' tasks are shown")
        assert {task["args"] for task in _tasks(flower).values()} <= {"('urgent',)", "['urgent']"}
        assert "QuokkaCanary7319" not in flower.get("/api/tasks").text


def _status(flower: httpx.Client, path: str) -> int:
    try:
        return flower.get(path).status_code
    except httpx.HTTPError:
        return 0


def _workers(flower: httpx.Client) -> set[str]:
    """The workers on Flower's first page."""
    return {row["hostname"] for row in flower.get("/workers", params={"json": 1}).json()["data"]}


def _tasks(flower: httpx.Client) -> dict:
    return flower.get("/api/tasks").json()
