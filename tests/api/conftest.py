"""The HTTP edge over a real ledger on SQLite, and keys to call it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api import create_app
from app.ledger import schema
from app.services import Services, build
from tests import factories

CHANNELS = """
[channels.cathlab-hl7]
standard = "hl7v2"
facility = "GEN"
[channels.or-fhir]
standard = "fhir-r4"
facility = "GEN"
identifier_systems = { "https://hospital.example/items" = "internal" }
[channels.cabinets]
standard = "canonical"
facility = "GEN"
[channels.elsewhere]
standard = "canonical"
facility = "LAB"
"""

Key = Callable[..., dict[str, str]]
"""Makes an API key and returns the header field that presents it."""


def services_at(folder: Path, **changes: Any) -> Services:
    """Everything put together, over a new ledger in the folder."""
    channels = folder / "channels.toml"
    channels.write_text(CHANNELS)
    made = build(factories.settings(folder, channels_file=str(channels), **changes))
    schema.upgrade(made.ledger.database)
    return made


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services with a limit of a kilobyte a message."""
    made = services_at(tmp_path, body_limit=2048)
    yield made
    made.ledger.database.close()


@pytest.fixture
def client(services: Services) -> FlaskClient:
    """A client without a key."""
    return create_app(services).test_client()


@pytest.fixture
def key(services: Services) -> Key:
    """A key for both scopes and the facility GEN, unless told otherwise."""

    def make(*scopes: str, facilities: tuple[str, ...] = ("GEN",), **more: Any) -> dict[str, str]:
        granted = scopes or ("messages:write", "messages:read")
        return {"Authorization": f"Bearer {services.ledger.keys.create('test', granted, facilities, **more)}"}

    return make
