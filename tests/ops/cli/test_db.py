from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from app.ledger import schema
from ops.__main__ import wardline
from tests.ops.cli.house import House


def test_upgrade_from_nothing_and_again(environment: Path) -> None:
    first = CliRunner().invoke(wardline, ["db", "upgrade"])
    second = CliRunner().invoke(wardline, ["db", "upgrade"])

    [head] = schema.heads()
    assert first.stdout == f"from nothing to {head}\n"
    assert second.stdout == f"at {head} already\n"


def test_current_is_a_problem_where_there_is_no_schema(environment: Path) -> None:
    result = CliRunner().invoke(wardline, ["db", "current"])

    assert result.exit_code == 1
    assert "no schema" in result.stdout


def test_current(house: House) -> None:
    [head] = schema.heads()

    assert house.json("db", "current") == {"current": head, "head": head, "at_head": True}
    assert house.plain("db", "current") == f"{head}\n"
