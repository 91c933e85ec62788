"""Liveness, readiness and metrics."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient

from api import create_app
from app.services import Services, build
from tests import factories, sendings
from tests.api.conftest import Key


def test_a_process_over_a_sound_ledger_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]) == (200, {"database": "ok", "migrations": "ok"})


def test_without_its_schema_a_process_lives_but_is_not_ready(tmp_path: Path) -> None:
    client = create_app(build(factories.settings(tmp_path))).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]) == (503, {"database": "ok", "migrations": "fail"})


def test_a_process_of_before_a_release_stays_ready_on_the_newer_schema(client: FlaskClient, services: Services) -> None:
    with services.ledger.transaction() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert client.get("/readyz").status_code == 200


def test_a_process_of_a_release_waits_for_its_migration(client: FlaskClient, services: Services) -> None:
    with services.ledger.transaction() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert client.get("/readyz").status_code == 503


def test_without_its_database_a_process_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    answer = create_app(build(factories.settings(tmp_path))).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]) == (503, {"database": "fail", "migrations": "fail"})


def test_messages_are_counted_by_channel_and_outcome(client: FlaskClient, services: Services, key: Key) -> None:
    def counted(outcome: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        sought = f'wardline_messages_total{{channel="cabinets",outcome="{outcome}"}} '
        return next((float(line.split()[-1]) for line in lines if line.startswith(sought)), 0.0)

    accepted, rejected = counted("accepted"), counted("rejected")
    for body in (sendings.canonical(), b"{}", b" " * (services.settings.body_limit + 1)):
        client.post("/v1/messages/cabinets", data=body, headers=key(), content_type="application/json")
    assert (counted("accepted"), counted("rejected")) == (accepted + 1, rejected + 2)
