"""The completeness statement from the command line and over HTTP, while Odoo is down."""

from __future__ import annotations

from uuid import UUID

from flask.testing import FlaskClient

from app import ids
from tests import factories
from tests.api.conftest import Key, client, key, services
from tests.ops.cli.house import House

__all__ = ["client", "key", "services"]


def test_a_morning_is_stated(house: House, morning: dict[str, UUID]) -> None:
    today = ids.now().date().isoformat()
    told = house.json("completeness", "--day", today, status=1)
    [statement] = told["statements"]
    assert {d["what"] for d in statement["differences"]} == {"rejected", "unread", "held", "dead"}
    assert (statement["posted"], statement["in_odoo"], statement["complete"]) == (1, None, False)
    result = house.run("completeness", "--day", today)
    assert result.exit_code == 1
    assert "wardline holds release --cause item_unknown" in result.stdout
    assert "Odoo does not answer" in result.stderr


def test_yesterday_unless_told(house: House, morning: dict[str, UUID]) -> None:
    [statement] = house.json("completeness")["statements"]
    assert statement["messages"] == {}


def test_control_totals_from_a_file(house: House, morning: dict[str, UUID]) -> None:
    today = ids.now().date().isoformat()
    (house.folder / "totals.csv").write_text(f"channel,day,count\ncabinets,{today},99\n")
    assert house.json("completeness", "totals", house.folder / "totals.csv") == {"totals": 1}
    [statement] = house.json("completeness", "--day", today, status=1)["statements"]
    assert statement["source"] == 99
    assert "source_has_more" in {d["what"] for d in statement["differences"]}
    (house.folder / "totals.csv").write_text("channel,day,count\ncabinets,yesterday,99\ncabinets,2026-01-01,-1\n")
    result = house.run("completeness", "totals", house.folder / "totals.csv")
    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert "line 3" in result.stderr


def test_recovery_needs_a_yes(house: House, morning: dict[str, UUID]) -> None:
    today = ids.now().date().isoformat()
    assert house.run("completeness", "recover", "--day", today).exit_code == 2
    assert house.json("completeness", "recover", "--day", today, "--yes") == {"recovered": 2}
    with house.ledger.reading() as tx:
        assert house.ledger.figures.open_exceptions(tx) == {"held": 0, "dead": 0}


def test_finding_needs_odoo_and_a_moment(house: House) -> None:
    assert house.run("completeness", "find").exit_code == 2
    assert house.run("completeness", "find", "--since", "yesterday").exit_code == 2
    result = house.run("completeness", "find", "--since", "2026-11-23T02:00:00Z")
    assert result.exit_code == 3
    assert "Odoo" in result.stderr


def test_a_day_that_is_none(house: House) -> None:
    assert house.run("completeness", "--day", "yesterday").exit_code == 2


def test_over_http(client: FlaskClient, key: Key) -> None:
    today = ids.now().date().isoformat()
    headers = key()
    assert client.post("/v1/messages/cabinets", json=factories.event(), headers=headers).status_code == 202
    body = {"channel": "cabinets", "day": today, "count": 2}
    assert client.post("/v1/control-totals", json=body, headers=headers).status_code == 204
    answer = client.get(f"/v1/completeness?day={today}", headers=headers).get_json()
    stated = {one["channel"]: one for one in answer["statements"]}
    assert set(stated) == {"cathlab-hl7", "or-fhir", "cabinets"}, "LAB is not the key's"
    assert (stated["cabinets"]["source"], stated["cabinets"]["messages"]) == (2, {"accepted": 1})
    assert [d["what"] for d in stated["cabinets"]["differences"]] == ["source_has_more", "unread"]


def test_a_count_of_a_channel_that_is_not_ones_own(client: FlaskClient, key: Key) -> None:
    body = {"channel": "elsewhere", "day": "2026-11-20", "count": 2}
    assert client.post("/v1/control-totals", json=body, headers=key()).status_code == 404
    assert client.post("/v1/control-totals", json=body | {"count": -1}, headers=key()).status_code == 400
    assert client.post("/v1/control-totals", json=body, headers=key("messages:read")).status_code == 403
