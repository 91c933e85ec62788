"""A house for each test of the commands: its settings in the environment, its ledger, and a morning's messages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.ledger import schema
from app.ledger.ledger import Ledger
from tests import factories
from tests.ops.cli.house import House

CHANNELS = """
[channels.cabinets]
standard = "canonical"
facility = "GEN"
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a small house in the environment; the folder it lives in."""
    (tmp_path / "channels.toml").write_text(CHANNELS)
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        "BROKER_URL": f"filesystem://{tmp_path}/broker",
        "BODY_KEYS": factories.BODY_KEY,
        "PEPPER": factories.PEPPER,
        "CHANNELS_FILE": str(tmp_path / "channels.toml"),
        "ODOO_URL": "http://127.0.0.1:1",
        "ODOO_API_KEY": "not-to-be-shown",
    }.items():
        monkeypatch.setenv(f"WARDLINE_{name}", value)
    return tmp_path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated ledger with the crosswalk, to be copied: migrating takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("template")
    for made in _opened(folder, f"sqlite:///{folder}/ledger.db"):
        schema.upgrade(made.ledger.database)
        made.crosswalk()
    return folder / "ledger.db"


@pytest.fixture
def house(environment: Path, template: Path) -> Iterator[House]:
    """An empty house with its crosswalk."""
    shutil.copy(template, environment / "ledger.db")
    yield from _opened(environment, f"sqlite:///{environment}/ledger.db")


@pytest.fixture
def big_house(environment: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The same on the real PostgreSQL."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", postgres_url)
    for made in _opened(environment, postgres_url):
        schema.upgrade(made.ledger.database)
        made.crosswalk()
        yield made


@pytest.fixture
def morning(house: House) -> dict[str, UUID]:
    """One message of each fate."""
    return house.morning()


def _opened(folder: Path, url: str) -> Iterator[House]:
    ledger = Ledger(factories.settings(folder, database_url=url))
    yield House(ledger, folder)
    ledger.database.close()
