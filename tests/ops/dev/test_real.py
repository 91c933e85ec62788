"""The real servers: a second ``up`` changes nothing, and a clone is as fresh as its template."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.dev.settings import ODOO_API_KEY, ODOO_DB, ODOO_URL
from ops.dev.stack import Stack

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.real


def command(*arguments: str) -> str:
    argv = [sys.executable, "-m", "ops.dev", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def call(variables: dict[str, str], method: str, **arguments: object) -> object:
    headers = {
        "Authorization": f"Bearer {variables[ODOO_API_KEY]}",
        "X-Odoo-Database": variables[ODOO_DB],
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(f"{variables[ODOO_URL]}/json/2/{method}", json.dumps(arguments).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def database() -> Iterator[str]:
    name = f"wardline_dev_{os.getpid()}"
    yield name
    command("odoo", "drop", name)


def test_a_second_up_changes_nothing_and_takes_no_time() -> None:
    command("up")
    before = command("status")

    start = time.monotonic()
    command("up")
    took = time.monotonic() - start

    assert command("status") == before
    assert took < 3


def test_what_env_prints_can_be_evaluated_and_covers_every_server() -> None:
    printed = command("env")

    assert all(re.fullmatch(r"export WARDLINE_TEST_[A-Z_]+=\S+", line) for line in printed.splitlines())
    assert len(printed.splitlines()) == 6


def test_a_database_cloned_anew_has_forgotten_everything_even_in_odoos_caches(database: str) -> None:
    odoo = Stack.from_environ().odoo
    if odoo.given:
        pytest.skip("the environment names an Odoo of its own, and nobody may clone there")
    variables = odoo.clone(database)
    key = {"module": "gw", "xml_id": "partner_1"}
    call(variables, "res.partner/load", fields=["id", "name"], data=[["gw.partner_1", "One"]])
    for _ in range(6):  # both workers come to know the external id
        assert call(variables, "ir.model.data/check_object_reference", **key)

    odoo.clone(database)
    call(variables, "res.partner/load", fields=["id", "name"], data=[["gw.partner_2", "Two"]])  # takes the same id

    for _ in range(6):
        with pytest.raises(urllib.error.HTTPError):
            call(variables, "ir.model.data/check_object_reference", **key)
