from __future__ import annotations

import pytest
import time_machine

from app import ids
from app.errors import Forbidden
from tests.ops.cli.house import House

CREATE = ("keys", "create", "--name", "cathlab", "--scope", "messages:write", "--facility", "GEN")


def test_a_created_key_opens_the_door(house: House) -> None:
    key = house.plain(*CREATE).strip()

    with house.ledger.reading() as tx:
        principal = house.ledger.keys.authenticate(tx, key)
    assert principal.may("messages:write", "GEN")
    assert not principal.may("messages:read", "GEN")
    assert not principal.may("messages:write", "STM")


def test_a_key_is_shown_once(house: House) -> None:
    created = house.json(*CREATE, "--scope", "messages:read", "--facility", "STM")
    secret = created["key"].rsplit("_", 1)[1]

    listed = house.run("keys", "list", "--json").stdout

    assert secret not in listed
    assert created["prefix"] in listed
    assert created["scopes"] == ["messages:write", "messages:read"]
    assert secret not in house.plain("keys", "list")


def test_making_and_revoking_is_audited_without_the_secret(house: House) -> None:
    created = house.json(*CREATE)
    house.run("keys", "revoke", created["prefix"])

    import sqlalchemy as sa

    from app.ledger import tables

    with house.ledger.reading() as tx:
        events = tx.execute(sa.select(tables.audit_event).where(tables.audit_event.c.action.like("key.%"))).all()
    assert [event.action for event in events] == ["key.created", "key.revoked"]
    assert all(event.actor.startswith("cli:") for event in events)
    assert created["key"] not in str(events)


def test_a_revoked_key_is_no_key(house: House) -> None:
    created = house.json(*CREATE)

    assert house.json("keys", "revoke", created["prefix"]) == {"revoked": created["prefix"]}

    with house.ledger.reading() as tx, pytest.raises(Forbidden):
        house.ledger.keys.authenticate(tx, created["key"])
    assert house.json("keys", "list")["keys"][0]["state"] == "revoked"
    assert house.run("keys", "revoke", created["prefix"]).exit_code == 1


def test_a_key_ends_when_it_was_said_to(house: House) -> None:
    house.json(*CREATE, "--expires-days", 30)

    assert house.json("keys", "list")["keys"][0]["state"] == "live"
    with time_machine.travel(ids.now().timestamp() + 31 * 86400):
        assert house.json("keys", "list")["keys"][0]["state"] == "expired"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--scope", "everything"],
        ["--expires-days", "0"],
        ["--name", "n" * 65],
    ],
)
def test_wrong_usage(house: House, wrong: list[str]) -> None:
    assert house.run(*CREATE, *wrong).exit_code == 2
    assert house.json("keys", "list")["keys"] == []


def test_no_keys_yet(house: House) -> None:
    assert "wardline keys create" in house.plain("keys", "list")
