"""Folder, ports and servers of one's own, as the environment names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.dev.errors import DevError
from ops.dev.settings import ODOO_URL, POSTGRES_URL, REDIS_URL, Settings


def test_defaults_are_private_to_the_user() -> None:
    settings = Settings.from_environ({})

    assert settings.folder.parent == Path("/var/tmp")
    assert settings.folder.name.startswith("wardline-dev-")
    assert (settings.postgres_port, settings.rabbitmq_port, settings.redis_port, settings.odoo_port) == (
        55432, 55672, 55379, 58069,
    )  # fmt: skip
    assert settings.named(POSTGRES_URL) is None


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = Settings.from_environ({
        "WARDLINE_DEV_DIR": str(tmp_path),
        "WARDLINE_DEV_PG_PORT": "6001",
        "WARDLINE_DEV_RABBITMQ_PORT": "6002",
        "WARDLINE_DEV_REDIS_PORT": "6003",
        "WARDLINE_DEV_ODOO_PORT": "6004",
        "WARDLINE_DEV_ODOO_DEB": "/srv/odoo.deb",
        REDIS_URL: "redis://cache.example/3",
        ODOO_URL: "",
    })

    assert settings == Settings(
        tmp_path, 6001, 6002, 6003, 6004, Path("/srv/odoo.deb"), {REDIS_URL: "redis://cache.example/3"}
    )


@pytest.mark.parametrize("port", ["http", "80", "70000", "-1"])
def test_a_port_that_cannot_be_used_is_refused(port: str) -> None:
    with pytest.raises(DevError, match="WARDLINE_DEV_PG_PORT"):
        Settings.from_environ({"WARDLINE_DEV_PG_PORT": port})
