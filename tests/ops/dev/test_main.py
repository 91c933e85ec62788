"""The command line, as a shell sees it, with an interpreter that has nothing but the standard library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    ports = {"PG": "64901", "RABBITMQ": "64902", "REDIS": "64911", "ODOO": "64912"}
    own = {f"WARDLINE_DEV_{name}_PORT": port for name, port in ports.items()}
    return {**kept, **own, "WARDLINE_DEV_DIR": str(tmp_path / "dev")}


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    # -S leaves site-packages out: this package must run before anything is installed
    argv = [sys.executable, "-S", "-m", "ops.dev", *arguments]
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_status_of_servers_that_are_down(environ: dict[str, str]) -> None:
    result = run(environ, "status")

    assert result.returncode == 1
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["postgres", "down", "127.0.0.1:64901"],
        ["rabbitmq", "down", "127.0.0.1:64902"],
        ["redis", "down", "127.0.0.1:64911"],
        ["odoo", "down", "127.0.0.1:64912"],
    ]


def test_env_of_servers_that_are_down_is_empty_and_says_so(environ: dict[str, str]) -> None:
    result = run(environ, "env")

    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.count("is down") == 4


def test_down_is_content_when_nothing_runs(environ: dict[str, str]) -> None:
    assert run(environ, "down").returncode == 0


def test_an_unknown_service_is_refused(environ: dict[str, str]) -> None:
    result = run(environ, "up", "mysql")

    assert result.returncode == 2
    assert "postgres, rabbitmq, redis, odoo" in result.stderr


def test_an_error_says_what_to_do(environ: dict[str, str]) -> None:
    result = run(environ | {"WARDLINE_DEV_PG_PORT": "x"}, "status")

    assert result.returncode == 1
    assert "what to do: give a number" in result.stderr
    assert "Traceback" not in result.stderr
