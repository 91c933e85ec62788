"""The option that writes the golden files anew; used by ``test_golden``."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write canonical.json and answer.* anew")
