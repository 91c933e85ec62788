"""The accelerator from the command line, on the real Odoo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures_odoo import OdooServer
from tests.ops.cli.house import House


@pytest.fixture
def server(house: House, real_odoo: OdooServer, monkeypatch: pytest.MonkeyPatch) -> OdooServer:
    for name, value in {
        "ODOO_URL": real_odoo.url,
        "ODOO_DATABASE": real_odoo.database,
        "ODOO_API_KEY": real_odoo.api_key,
    }.items():
        monkeypatch.setenv(f"WARDLINE_{name}", value)
    return real_odoo


@pytest.mark.real
def test_it_is_installed_checked_and_removed(server: OdooServer, house: House) -> None:
    assert house.run("odoo", "accelerate", "--check").exit_code == 1

    for _ in range(2):
        told = house.json("odoo", "accelerate")
        assert (told["installed"], told["intact"]) == (True, True)
        assert len(told["members"]) == 1
    assert house.run("odoo", "accelerate", "--check").exit_code == 0

    assert house.json("odoo", "accelerate", "--remove")["installed"] is False
    assert house.run("odoo", "accelerate", "--check").exit_code == 1
    assert house.run("odoo", "accelerate", "--remove").exit_code == 0


@pytest.mark.real
def test_an_administrator_may_install_it_for_the_own_user(server: OdooServer, house: House, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{server.api_key}\n")

    assert house.json("odoo", "accelerate", "--key-file", str(key))["intact"] is True
    assert house.json("odoo", "accelerate", "--remove", "--key-file", str(key))["installed"] is False


def test_removing_and_checking_at_once_is_wrong_usage(house: House) -> None:
    assert house.run("odoo", "accelerate", "--remove", "--check").exit_code == 2
