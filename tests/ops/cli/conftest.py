"""A house for each test of the commands: its settings in the environment, its ledger, and a morning's messages."""

from __future__ import annotations

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


@pytest.fixture
def house(environment: Path) -> Iterator[House]:
    """An empty house with its crosswalk."""
    ledger = Ledger(factories.settings(environment))
    schema.upgrade(ledger.database)
    made = House(ledger, environment)
    made.crosswalk()
    yield made
    ledger.database.close()


@pytest.fixture
def morning(house: House) -> dict[str, UUID]:
    """One message of each fate: posted, held, dead, rejected, and one that nobody looked at yet."""
    posted = house.accept(event_id="E-POSTED", lot="L-77")
    held = house.accept(event_id="E-HELD", identifiers=[{"scheme": "internal", "value": "NEW-1"}])
    house.resolve()
    house.post(posted)
    dead = house.accept(event_id="E-DEAD")
    house.bury(dead)
    with house.ledger.transaction() as tx:
        house.ledger.work.drop(tx, "translate", dead)
    fates = {"posted": posted, "held": held, "dead": dead, "rejected": house.reject()}
    return fates | {"fresh": house.accept(event_id="E-FRESH")}
