"""What all commands have in common: statuses, errors, secrecy, and that they never ask where nobody can answer."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import click
import pytest
from click.testing import CliRunner

from ops.__main__ import wardline
from ops.cli.command import Command
from tests.ops.cli.house import CONTENT, House

READING = (
    ("messages", "list"), ("messages", "trace", "E-POSTED"), ("dlq", "list"), ("dlq", "requeue", "--all", "--dry-run"),
    ("holds", "list"), ("holds", "release", "--all", "--dry-run"), ("keys", "list"), ("status",), ("audit", "verify"),
    ("crosswalk", "export"), ("db", "current"),
)  # fmt: skip


def commands(group: click.Group, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, command in group.commands.items():
        found += commands(command, *path, name) if isinstance(command, click.Group) else [((*path, name), command)]
    return found


@pytest.mark.parametrize(("path", "command"), commands(wardline), ids=str)
def test_every_command_knows_json_and_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, Command)
    result = CliRunner().invoke(wardline, [*path, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.stdout
    assert command.help


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_no_content_in_any_output(house: House, morning: dict[str, UUID], arguments: tuple[str, ...]) -> None:
    for result in (house.run(*arguments), house.run(*arguments, "--json")):
        assert result.exit_code == 0, result.stderr
        assert result.stdout
        assert CONTENT not in result.output


@pytest.mark.parametrize("fate", ["posted", "held", "dead", "rejected", "fresh"])
def test_no_content_of_a_message_unless_asked(house: House, morning: dict[str, UUID], fate: str) -> None:
    for command in ("show", "trace"):
        assert CONTENT not in house.run("messages", command, morning[fate]).output
        assert CONTENT not in house.run("messages", command, morning[fate], "--json").output


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_ledger_out_of_reach_is_status_3(
    environment: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")

    result = CliRunner().invoke(wardline, [*arguments])

    assert result.exit_code == 3
    assert "[ledger.unavailable]" in result.stderr
    assert "what to do" in result.stderr
    assert "secret" not in result.output


@pytest.mark.parametrize("arguments", READING[:-1], ids=" ".join)
def test_a_ledger_without_schema_says_what_to_do(environment: Path, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(wardline, [*arguments])

    assert result.exit_code == 1
    assert "wardline db upgrade" in result.stderr


@pytest.mark.parametrize("url", ["nonsense", "oracle://host/db", "postgresql+unheard://user:secret@host/db"])
def test_an_address_of_no_database_is_told_without_quoting_it(
    environment: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", url)

    result = CliRunner().invoke(wardline, ["status"])

    assert result.exit_code == 1
    assert "[configuration.invalid]" in result.stderr
    assert "secret" not in result.output


def test_without_settings_every_fault_is_told() -> None:
    result = CliRunner().invoke(wardline, ["messages", "list"])

    assert result.exit_code == 1
    assert "WARDLINE_PEPPER" in result.stderr
    assert "WARDLINE_BODY_KEYS" in result.stderr


def test_errors_have_a_machine_form_too(house: House) -> None:
    result = house.run("messages", "trace", "nobody", "--json")

    assert result.stdout == ""
    assert json.loads(result.stderr)["error"]["code"] == "number.unknown"


def test_a_broken_channels_file_stops_no_command_of_the_ledger(house: House, morning: dict[str, UUID]) -> None:
    (house.folder / "channels.toml").write_text("this is no TOML")

    for arguments in READING:
        assert house.run(*arguments).exit_code == 0


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "99999999d", "5y", ""])
def test_a_time_that_is_none_is_wrong_usage(house: House, value: str) -> None:
    assert house.run("messages", "list", "--since", value).exit_code == 2


def test_a_fault_of_the_database_quotes_no_statement(house: House, morning: dict[str, UUID]) -> None:
    with house.ledger.transaction() as tx:
        tx.exec_driver_sql("UPDATE message SET id = 'no uuid' WHERE state = 'settled'")

    result = house.run("messages", "list")

    assert result.exit_code == 1
    assert "SELECT" not in result.output


@pytest.mark.parametrize(("typed", "status", "left"), [("2", 0, 0), ("yes", 1, 2), ("", 1, 2)])
def test_on_a_terminal_the_number_is_asked_for(house: House, typed: str, status: int, left: int) -> None:
    for _ in range(2):
        house.accept(location="OR99")
    house.resolve()
    person, terminal = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, "-m", "ops", "holds", "release", "--all"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(person, f"{typed}\n".encode())
    _, asked = command.communicate(timeout=60)
    os.close(person)
    os.close(terminal)

    assert "Type 2 to go on" in asked
    assert command.returncode == status
    with house.ledger.reading() as tx:
        assert sum(house.ledger.figures.holds_open(tx).values()) == left
