from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from click.testing import CliRunner

from app import ids
from ops.__main__ import wardline
from ops.simulators.odoo_standin.server import StandIn
from tests import factories
from tests.ops.cli.house import House


@pytest.fixture
def odoo(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An Odoo that answers and takes the key."""
    with StandIn(api_key="a-key-of-odoo") as server:
        monkeypatch.setenv("WARDLINE_ODOO_URL", server.url)
        monkeypatch.setenv("WARDLINE_ODOO_DATABASE", server.database)
        monkeypatch.setenv("WARDLINE_ODOO_API_KEY", server.api_key or "")
        yield server


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in report["checks"]}


def test_a_healthy_house(house: House, odoo: StandIn) -> None:
    report = house.json("doctor")

    assert report["verdict"] == "ok", report
    assert set(verdicts(report)) == {
        "settings", "channels", "ledger", "disk", "body keys", "audit", "backlog", "circuit", "dead letters", "holds",
        "broker", "odoo",
    }  # fmt: skip


def test_no_secret_is_ever_shown(house: House, odoo: StandIn) -> None:
    shown = house.plain("doctor") + house.run("doctor", "--json").stdout

    for secret in (factories.PEPPER, factories.BODY_KEY, odoo.api_key, str(house.folder / "ledger.db")):
        assert str(secret) not in shown


def test_odoo_out_of_reach_is_a_failure_with_a_status(house: House) -> None:
    report = house.json("doctor", status=1)

    assert report["verdict"] == "fail"
    assert verdicts(report)["odoo"] == "fail"
    assert verdicts(report)["ledger"] == "ok"


def test_a_wrong_key_of_odoo_is_told(house: House, odoo: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLINE_ODOO_API_KEY", "wrong")

    [check] = [check for check in house.json("doctor", status=1)["checks"] if check["check"] == "odoo"]

    assert "[odoo.unauthorized]" in check["text"]
    assert "make a new one" in check["hint"]


def test_every_fault_of_the_settings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLINE_LEASE_SECONDS", "soon")

    result = CliRunner().invoke(wardline, ["doctor"])

    assert result.exit_code == 1
    assert "LEASE_SECONDS" in result.stdout


def test_a_broken_channels_file_does_not_hide_the_rest(house: House) -> None:
    (house.folder / "channels.toml").write_text("[channels.x]\nstandard = 'none'\n")

    report = house.json("doctor", status=1)

    assert verdicts(report)["channels"] == "fail"
    assert verdicts(report)["ledger"] == "ok"
    assert house.run("status").exit_code == 0


def test_a_missing_schema_is_told(environment: Path) -> None:
    result = CliRunner().invoke(wardline, ["doctor"])

    assert result.exit_code == 1
    assert "Run `wardline db upgrade`." in result.stdout


def test_a_ledger_out_of_reach_is_told(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    result = CliRunner().invoke(wardline, ["doctor"])

    assert result.exit_code == 1
    assert "[ledger.unavailable]" in result.stdout


def test_a_broker_of_an_unknown_kind_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLINE_BROKER_URL", "carrier-pigeon://roof")

    assert verdicts(house.json("doctor", status=1))["broker"] == "fail"


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_out_of_reach_is_told(house: House, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("WARDLINE_BROKER_URL", f"{scheme}://127.0.0.1:1//")

    [check] = [check for check in house.json("doctor", status=1)["checks"] if check["check"] == "broker"]

    assert "[broker.unavailable]" in check["text"]


def test_a_body_key_that_was_removed_too_early_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.accept()
    monkeypatch.setenv("WARDLINE_BODY_KEYS", factories.BODY_KEY.replace("k1:", "k2:"))

    [check] = [check for check in house.json("doctor", status=1)["checks"] if check["check"] == "body keys"]

    assert check["verdict"] == "fail"
    assert "k1" in check["text"]


def test_what_grows_old_is_told(house: House, odoo: StandIn, morning: dict[str, UUID]) -> None:
    with house.ledger.transaction() as tx:
        for _ in range(2):
            house.ledger.circuits.failed(tx, "odoo", "odoo.unavailable")
    with time_machine.travel(ids.now().timestamp() + 3600):
        report = house.json("doctor", status=1)

    found = verdicts(report)
    assert found["audit"] == "fail"
    assert found["circuit"] == "fail"
    assert found["dead letters"] == "warn"
    assert found["holds"] == "ok"
    assert {c["verdict"] for c in report["checks"] if c["check"] == "backlog"} == {"warn"}
