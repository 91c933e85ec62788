"""Every alert has its runbook, every runbook its alert; their commands are real, and so are the alerts' figures."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from app.ledger.ledger import Ledger
from ops.__main__ import wardline
from ops.cli.checks import PATIENCE, SEAL_PATIENCE
from ops.exporter import LedgerCollector

ROOT = Path(__file__).parents[2]
RUNBOOKS = sorted((ROOT / "ops" / "runbooks").glob("*.md"))
HEADINGS = [
    "What you see",
    "What it means for the hospital",
    "First look",
    "Likely causes",
    "Fix",
    "How to be sure",
    "When to wake whom",
]

by_name = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "ops" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


by_alert = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])


def blocks(runbook: Path, heading: str | None = None) -> list[str]:
    """The lines of the runbook's code blocks, of one section where it is named."""
    text = runbook.read_text()
    if heading:
        text = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def commands(runbook: Path) -> list[str]:
    """Every command of ours that the runbook names, in its blocks and in its sentences."""
    inline = re.findall(r"`(wardline [^`]+)`", runbook.read_text().replace("\n", " "))
    return [line for line in (*blocks(runbook), *inline) if line.startswith("wardline ")]


def test_there_are_runbooks() -> None:
    assert len(RUNBOOKS) == 13


@by_alert
def test_every_alert_has_its_runbook_which_names_it(rule: dict[str, Any]) -> None:
    runbook = ROOT / rule["annotations"]["runbook"]

    assert runbook.is_file()
    assert f"`{rule['alert']}`" in runbook.read_text()
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in {"page", "ticket"}


@by_name
def test_every_runbook_has_an_alert(runbook: Path) -> None:
    named = re.findall(r"`(Wardline\w+)`", runbook.read_text())

    assert named
    assert set(named) <= {rule["alert"] for rule in rules()}
    for rule in rules():
        assert (rule["alert"] in named) == rule["annotations"]["runbook"].endswith(f"/{runbook.name}")


@by_name
def test_every_runbook_has_the_same_skeleton(runbook: Path) -> None:
    lines = runbook.read_text().splitlines()

    assert lines[0].startswith("# ")
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS
    assert len(lines) <= 60, "one page"
    assert len(blocks(runbook, "First look")) == 2
    assert blocks(runbook, "How to be sure")


@by_name
def test_every_command_of_a_runbook_is_real(runbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("corrections.csv", "checkpoint.json"):
        (tmp_path / name).touch()

    found = commands(runbook)

    assert found
    for line in found:
        parse(line)


def parse(line: str) -> None:
    """Raise click's own error where the line is no command with its arguments."""
    group: click.Command = wardline
    words = shlex.split(line)[1:]
    context = click.Context(wardline, info_name="wardline")
    while isinstance(group, click.Group):
        name = words.pop(0)
        command = group.get_command(context, name)
        assert command, f"{line}: there is no {name}"
        group = command
    group.make_context(group.name, words, parent=context)


@by_alert
def test_every_figure_of_an_alert_is_exported(rule: dict[str, Any], small_ledger: Ledger) -> None:
    registry = CollectorRegistry()
    registry.register(LedgerCollector(small_ledger))
    exported = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))

    asked = set(re.findall(r"wardline_\w+", rule["expr"]))

    assert asked
    assert asked <= exported


def test_the_doctor_and_the_alerts_have_the_same_patience() -> None:
    text = " ".join(rule["expr"] for rule in rules())

    for lane, (_, fail) in PATIENCE.items():
        assert re.search(rf'stage="post", lane="{lane}"}} > {fail}\b', text)
    assert f"wardline_audit_unsealed_seconds > {SEAL_PATIENCE}" in text
