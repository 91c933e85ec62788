"""What a partner's files are told to be, without storing or sending anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutations import GOLDEN
from tests.ops.cli.house import House


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A partner's files: one that is fine, one with a warning, one that is refused, and one that is no message."""
    folder = tmp_path / "from-partner"
    for name, case in (("case.hl7", "hl7v2/normal-case/in.hl7"), ("lots.hl7", "hl7v2/broken-lots-disagree/in.hl7")):
        (folder / "charges").mkdir(parents=True, exist_ok=True)
        (folder / "charges" / name).write_bytes((GOLDEN / case).read_bytes())
    (folder / "notes").mkdir()
    (folder / "notes" / "picture.png").write_bytes(b"\x00\x01")
    (folder / "notes" / ".hidden").write_bytes(b"MSH|")
    (folder / "notes" / "one.json").write_text(
        json.dumps({
            "event_id": "E-1",
            "occurred_at": "2026-11-20T07:30:00Z",
            "identifiers": [{"scheme": "internal", "value": "SUTURE-30"}],
            "quantity": {"value": "1"},
            "location": "OR1",
            "udi": "not a UDI",
        })
    )
    return folder


def verdicts(house: House, *arguments: object) -> dict[str, str]:
    return {report["file"]: report["verdict"] for report in house.json("conformance", *arguments)["files"]}


def test_every_file_gets_its_verdict(house: House, files: Path) -> None:
    assert verdicts(house, files) == {
        "charges/case.hl7": "read",
        "charges/lots.hl7": "rejected",
        "notes/one.json": "warnings",
        "notes/picture.png": "unknown",
    }


def test_each_issue_is_told_with_its_place(house: House, files: Path) -> None:
    shown = house.plain("conformance", files / "charges" / "lots.hl7")
    assert "rejected  lots.hl7: hl7v2, DFT^P03, 2.8.1" in shown
    assert "PRT[1]-19" in shown
    assert "[lot.conflict]" in shown


def test_folders_are_summed_up(house: House, files: Path) -> None:
    folders = house.json("conformance", files, "--brief")["folders"]
    assert [(row["folder"], row["files"], row["read"], row["rejected"]) for row in folders] == [
        ("charges", 2, 1, 1),
        ("notes", 2, 0, 0),
        ("all", 4, 1, 1),
    ]


def test_only_chosen_verdicts_are_shown(house: House, files: Path) -> None:
    assert list(verdicts(house, files, "--only", "rejected")) == ["charges/lots.hl7"]


def test_the_status_says_whether_a_partner_is_ready(house: House, files: Path) -> None:
    assert house.run("conformance", files).exit_code == 0
    assert house.run("conformance", files, "--fail-on", "rejected").exit_code == 1
    assert house.run("conformance", files / "charges" / "case.hl7", "--fail-on", "errors").exit_code == 0


def test_a_channel_lends_its_standard_and_options(
    house: House, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "channels.toml"
    path.write_text('[channels.cabinets]\nstandard = "canonical"\nfacility = "GEN"\n')
    monkeypatch.setenv("WARDLINE_CHANNELS_FILE", str(path))
    report = house.json("conformance", files / "charges" / "case.hl7", "--channel", "cabinets")["files"][0]
    assert (report["standard"], report["verdict"]) == ("canonical", "rejected")
    assert house.run("conformance", files, "--channel", "nobody").exit_code == 1


def test_nothing_of_a_payload_is_shown(house: House, files: Path) -> None:
    secret = "Jones^Mary"
    body = (files / "charges" / "case.hl7").read_text(encoding="utf-8")
    assert "PID|" in body
    (files / "charges" / "case.hl7").write_text(body + f"NTE|1||{secret}\r", encoding="utf-8")
    shown = house.run("conformance", files, "--json")
    assert secret not in shown.stdout + shown.stderr
