"""The channels file: transports are checked when a process starts, and every fault is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import channels, settings
from app.errors import Misconfigured
from app.model.transport import TRANSPORT_SETTINGS, SftpSettings
from app.partners import transport

HEAD = """
[channels.acme]
standard = "x12"
facility = "GEN"
supplier = "S-1"
our_address = "ZZ:US"
partner_address = "ZZ:THEM"
"""
GOOD = {
    "https": 'url = "https://acme.example/cxml"\nanswers = true\nshared_secret = "env:SECRET"',
    "webhook": 'url = "http://127.0.0.1:8080/hook"\nsecrets = ["file:/run/secrets/hook"]',
    "sftp": 'host = "h"\nuser = "u"\nkey = "file:/k"\nknown_hosts = "/kh"\nput = "/in"\ncollect = "/out"',
    "folder": 'put = "/as2/out"\nsent = "/as2/sent"',
    "mllp": 'host = "lab"\nport = 2575\ntls = true\nanswers = "both"',
    "mail": 'host = "mx"\nsender = "a@b.example"\nto = ["c@d.example"]\nuser = "u"\npassword = "env:P"',
}
"""One way to set each transport."""
KEY = "A" * 43


def load(folder: Path, text: str) -> Any:
    path = folder / "channels.toml"
    path.write_text(text)
    return channels.load(str(path))


def table(kind: str, rest: str, sends: str = "") -> str:
    return f'{HEAD}{sends}\n[channels.acme.transport]\nkind = "{kind}"\n{rest}\n'


@pytest.mark.parametrize("kind", TRANSPORT_SETTINGS)
def test_every_transport_is_read_from_its_table(kind: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, table(kind, GOOD[kind], 'sends = ["purchase_order"]'))["acme"]
    assert isinstance(loaded.transport, TRANSPORT_SETTINGS[kind])
    assert loaded.sends == ("purchase_order",)


@pytest.mark.parametrize(
    ("kind", "rest", "told"),
    [
        ("fax", "", "kind must be one of https"),
        ("https", "", "Missing data"),
        ("https", 'url = "http://acme.example/"', "url must begin with https://"),
        ("https", 'url = "ftp://acme.example/"', "url must be an address"),
        ("https", 'url = "https://u:p@acme.example/"', "no user and password"),
        ("https", 'url = "https://a.example/"\npassword = "hunter2"', "password must name where"),
        ("https", 'url = "https://a.example/"\ntoken = "env:T"\nuser = "u"\npassword = "env:P"', "either user"),
        ("https", 'url = "https://a.example/"\ncertificate = "/c"', "belong together"),
        ("https", 'url = "https://a.example/"\nread_seconds = 90', "read_seconds must lie"),
        ("https", 'url = "https://a.example/"\nretries = 3', "Unknown field"),
        ("webhook", 'url = "https://a.example/"\nsecrets = []', "secrets must name"),
        ("sftp", f'host = "h"\nuser = "u"\nput = "/i"\nhost_key = "SHA256:{KEY}"', "password or key"),
        ("sftp", 'host = "h"\nuser = "u"\nput = "/i"\npassword = "env:P"', "an unknown server is never trusted"),
        ("sftp", 'host = "h"\nuser = "u"\nput = "/i"\npassword = "env:P"\nhost_key = "MD5:aa"', "a fingerprint"),
        ("folder", "", "put or collect must name a folder"),
        ("folder", 'put = "/a"\ncollect = "/a/"', "different folders"),
        ("folder", 'collect = "/a"\narchive = "/a"', "other folders than collect"),
        ("folder", 'put = "/a"\nfile_name = "order.x12"', "file_name must hold {number}"),
        ("folder", 'put = "/a"\nsettle_seconds = -1', "settle_seconds"),
        ("mllp", 'host = "h"\nport = 1\nca = "/c"', "need `tls = true`"),
        ("mail", 'host = "h"\nsender = "a@b"\nto = []', "mail addresses"),
        ("mail", 'host = "h"\nsender = "a@b"\nto = ["c@d"]\nsecurity = "none"', "starttls or tls"),
    ],
)
def test_every_fault_of_a_transport_is_named_and_no_secret_told(
    kind: str, rest: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, table(kind, rest))
    assert told in caught.value.message
    assert "hunter2" not in caught.value.message


def test_who_is_to_be_sent_something_needs_all_that_that_takes(tmp_path: Path) -> None:
    text = '[channels.acme]\nstandard = "hl7v2"\nfacility = "GEN"\nsends = ["purchase_order"]\n'
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, text)
    for lack in ("our_address", "partner_address", "a transport to send with", "a standard that writes purchase_order"):
        assert lack in caught.value.message
    with pytest.raises(Misconfigured, match="a transport to send with"):
        load(tmp_path, table("folder", 'collect = "/a"', 'sends = ["purchase_order"]'))


def test_faults_of_all_channels_are_named_at_once(tmp_path: Path) -> None:
    text = table("fax", "") + table("https", "").replace("acme", "other")
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path, text)
    assert "acme: " in caught.value.message
    assert "other: " in caught.value.message


def test_a_channel_without_a_transport_has_none(tmp_path: Path) -> None:
    [channel] = load(tmp_path, HEAD).values()
    with pytest.raises(Misconfigured, match="no transport"):
        transport(channel)


def test_secrets_come_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s").write_text("from a file\n")
    (tmp_path / "empty").write_text("\n")
    monkeypatch.setenv("ACME", "from the environment")
    assert settings.secret(f"file:{tmp_path}/s") == "from a file"
    assert settings.secret("env:ACME") == "from the environment"
    for missing in (f"file:{tmp_path}/no", "env:NO_SUCH_NAME", f"file:{tmp_path}/empty"):
        with pytest.raises(Misconfigured, match=missing.rpartition("/")[2]):
            settings.secret(missing)


def test_settings_are_shown_without_defaults_being_shared() -> None:
    one = SftpSettings(host="h", user="u", password="env:P", known_hosts="/k", collect="/out/")
    assert (one.archived_in, one.rejected_in) == ("/out/archive", "/out/rejected")
    assert (one.pulls, one.pushes) == (True, False)
