from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.cli.house import House

ACME = """
[channels.acme]
standard = "x12"
facility = "GEN"
supplier = "S-1"
sends = ["purchase_order"]
our_address = "ZZ:US"
partner_address = "ZZ:THEM"
[channels.acme.transport]
kind = "folder"
put = "{folder}/put"
collect = "{folder}/get"
"""


@pytest.fixture
def partner(house: House) -> Path:
    """A channel to a folder; the folder."""
    with (house.folder / "channels.toml").open("a") as file:
        file.write(ACME.format(folder=house.folder))
    return house.folder


def test_channels_are_listed_with_their_transports(house: House, partner: Path) -> None:
    shown = {one["name"]: one for one in house.json("channels", "list")["channels"]}
    assert shown["acme"]["transport"] == "folder"
    assert (shown["acme"]["supplier"], shown["acme"]["collects"]) == ("S-1", True)
    assert shown["cabinets"]["transport"] is None
    assert "purchase_order" in house.plain("channels", "list")


def test_a_check_tells_what_is_wrong_and_what_is_there(house: House, partner: Path) -> None:
    result = house.run("channels", "check", "acme")
    assert result.exit_code == 3
    assert "[partner.folder]" in result.stderr
    for name in ("put", "get"):
        (partner / name).mkdir()
    (partner / "get" / "one.x12").touch()
    found = house.json("channels", "check", "acme")["found"]
    assert f"{partner}/get: 1 files" in found
    assert list((partner / "put").iterdir()) == []


def test_channels_that_cannot_be_checked_are_told(house: House) -> None:
    assert "[channel.unknown]" in house.run("channels", "check", "nobody").stderr
    assert "[channel.no_transport]" in house.run("channels", "check", "cabinets").stderr
