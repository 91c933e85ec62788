from __future__ import annotations

import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.ledger import tables
from tests.ops.cli.house import House


@pytest.fixture
def sealed(house: House, morning: dict[str, UUID]) -> House:
    """A house whose chain is sealed."""
    assert house.ledger.audit.seal() > 0
    return house


def tamper(house: House, seq: int) -> None:
    with house.ledger.transaction() as tx:
        event = tables.audit_event
        tx.execute(sa.update(event).where(event.c.seq == seq).values(actor="somebody else"))


def test_a_whole_chain_is_verified(sealed: House) -> None:
    found = sealed.json("audit", "verify")

    assert found["ok"] is True
    assert found["sealed"] > 5
    assert found["unsealed"] == 0
    assert "ok" in sealed.plain("audit", "verify")


def test_an_altered_event_is_found(sealed: House) -> None:
    tamper(sealed, 2)

    found = sealed.json("audit", "verify", status=1)

    assert found["ok"] is False
    assert "event 2 " in found["faults"][0]
    assert "fault: event 2 " in sealed.plain("audit", "verify", status=1)


def test_a_checkpoint_is_met_later(sealed: House) -> None:
    path = sealed.folder / "checkpoint.json"
    path.write_text(sealed.plain("audit", "checkpoint"))
    sealed.accept()
    sealed.ledger.audit.seal()

    found = sealed.json("audit", "verify", "--checkpoint", path)

    assert found["ok"] is True
    assert found["checkpoint"] == json.loads(path.read_text())["seq"] < found["sealed"]


def test_a_checkpoint_that_is_not_met_is_told(sealed: House) -> None:
    path = sealed.folder / "checkpoint.json"
    path.write_text(json.dumps({"seq": 2, "digest": "f" * 64}))

    assert "checkpoint" in sealed.json("audit", "verify", "--checkpoint", path, status=1)["faults"][0]


def test_there_is_no_checkpoint_of_a_broken_chain(sealed: House) -> None:
    tamper(sealed, 1)

    result = sealed.run("audit", "checkpoint")

    assert result.exit_code == 1
    assert "[audit.broken]" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("content", ["", "{}", '{"seq": 1, "digest": "short"}', '{"seq": "x", "digest": 1}', "[]"])
def test_what_is_no_checkpoint_is_wrong_usage(sealed: House, content: str) -> None:
    path = sealed.folder / "checkpoint.json"
    path.write_text(content)

    assert sealed.run("audit", "verify", "--checkpoint", path).exit_code == 2
