"""The shape of the repository itself: sizes, names, words and directions that reviews would otherwise have to watch."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "api", "tasks", "workers", "ops")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def test_no_source_file_is_longer_than_400_lines_and_no_test_longer_than_500() -> None:
    limits = dict.fromkeys(sources(*PACKAGES), 400) | dict.fromkeys(sources("tests"), 500)
    assert [p.relative_to(ROOT) for p, limit in limits.items() if p.read_text().count("\n") > limit] == []


def test_no_function_is_longer_than_40_lines() -> None:
    long = []
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 40:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert long == []


def test_a_task_holds_no_policy() -> None:
    """If a task body needs an `if`, it is policy and belongs in app."""
    branching = (ast.If, ast.For, ast.While, ast.Try, ast.Match)
    found = [p for p in sources("tasks") for node in ast.walk(ast.parse(p.read_text())) if isinstance(node, branching)]
    assert found == []


def test_only_ids_asks_for_the_time_and_only_settings_for_the_environment() -> None:
    clocks = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(")
    environment = re.compile(r"os\.environ|os\.getenv")
    inside = list(sources("app", "api", "tasks", "workers"))
    assert [p.name for p in inside if clocks.search(p.read_text()) and p.name != "ids.py"] == []
    assert [p.name for p in inside if environment.search(p.read_text()) and p.name != "settings.py"] == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "misc"])
def test_there_is_no_junk_drawer(name: str) -> None:
    assert [path for path in sources(*PACKAGES) if path.stem == name] == []


def test_our_top_level_names_are_ours_alone() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {name: set(owners.get(name, ["wardline"])) for name in PACKAGES} == {name: {"wardline"} for name in PACKAGES}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        p.relative_to(ROOT)
        for p in sources(*PACKAGES)
        if p.read_text() and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert silent == []


def test_nothing_speaks_xml_rpc() -> None:
    assert [path for path in sources(*PACKAGES) if re.search(r"xmlrpc|xml-rpc", path.read_text(), re.IGNORECASE)] == []


def test_the_directions_of_imports_are_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
