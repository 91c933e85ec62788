"""A place to play scenarios in, on the embedded default and on the real servers."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from ops.scenarios.place import Place
from ops.scenarios.story import Story


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.real)], ids=["embedded", "real"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """SQLite and the stand-in, then PostgreSQL and a real Odoo 19."""
    with Place(real=request.param) as made:
        yield made


@pytest.fixture
def story() -> Story:
    """A story that is told to nobody."""
    return Story(Console(file=io.StringIO(), width=120))
