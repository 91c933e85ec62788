"""What every test stands on: no setting of the developer's shell, no chance, and a log that stays quiet."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# The same examples every time: what failed can be looked at again, and no run fails by chance.
hypothesis.settings.register_profile("house", derandomize=True)
hypothesis.settings.load_profile("house")

HERE = Path(__file__).parent

pytest_plugins = [
    "tests.fixtures_ledger",
    "tests.fixtures_odoo",
    "tests.fixtures_hospital",
    "tests.fixtures_mllp",
    "tests.fixtures_broker",
]

for _name in [
    name
    for name in os.environ
    if name.startswith("WARDLINE_") and not name.startswith(("WARDLINE_TEST_", "WARDLINE_DEV_"))
]:
    del os.environ[_name]


ALONE = ("integration/", "ops/drill/", "ops/dev/")
"""Folders of tests that stop servers which others use, or that fill the machine."""
LONG = ("ops/scenarios/", "app/flows/")
"""Folders that begin first, so that no worker is left with the longest at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Real servers must be there for the tests that need them; a missing one is an error, never a skip."""
    for item in items:
        if item.path.relative_to(HERE).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)
    items.sort(key=lambda item: _turn(item.path.relative_to(HERE).as_posix()))
    real = any(item.get_closest_marker("real") for item in items)
    if real and "not real" not in config.option.markexpr and "WARDLINE_TEST_POSTGRES_URL" not in os.environ:
        raise pytest.UsageError("tests marked 'real' need servers: run `make test`, or `make test-fast` without them")


def _turn(path: str) -> int:
    return next((turn for turn, folder in enumerate(LONG) if path.startswith(folder)), len(LONG))
