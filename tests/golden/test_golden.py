"""Every message kept here is read and answered as before; ``pytest tests/golden --update-golden`` accepts a change.

A case is a folder ``<standard>/<case>`` with ``in.*``, what was read out of it (``canonical.json``) and our answer
(``answer.*``). A case ``written-*`` goes the other way: ``document.json`` is written as ``out.*``, byte for byte, by
way of ``interchange.json`` where the defaults do not fit, and what was written is read back. A case may bring its
channel's ``options.json``. Whoever changes one of them shows the difference in review.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app import ids
from app.errors import Issue, Rejected
from app.model.channel import Channel, Profile
from app.model.derived import schema_of
from app.model.envelope import Envelope, Reading, Receipt
from app.model.interchange import Interchange
from app.model.schema import document_from_json, document_to_json
from app.standards import STANDARDS, by_name
from app.standards.base import Standard

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/in.*"))
WRITTEN = sorted(path.parent for path in HERE.glob("*/written-*/document.json"))
MESSAGE_ID = UUID("01938c5e-0000-7000-8000-0123456789ab")
RECEIVED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SUFFIXES = {
    "application/hl7-v2": "hl7",
    "application/edi-x12": "x12",
    "application/edifact": "edi",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
}


def profile(standard: str, case: Path | None = None) -> Profile:
    options = case / "options.json" if case else None
    channel = Channel(
        name="golden",
        options=schema_of(by_name(standard).options)().loads(options.read_text())
        if options and options.exists()
        else None,
        standard=standard,
        facility="GEN",
        time_zone=ZoneInfo("Europe/Berlin"),
        identifier_systems={"https://hospital.example/items": "internal", "HOSPITAL": "internal"},
    )
    return Profile(channel, lambda number: ids.pseudonym(b"golden", number))


def take(standard: Standard, body: bytes, case: Path | None = None) -> tuple[dict[str, Any], Receipt]:
    """What intake does with a message, without the ledger."""
    envelope: Envelope | None = None
    try:
        envelope = standard.envelope(body)
        reading = standard.read(body, profile(standard.name, case))
    except Rejected as error:
        shown = {"envelope": show_envelope(envelope), "rejected": [show_issue(issue) for issue in error.issues]}
        return shown, Receipt("rejected", MESSAGE_ID, RECEIVED_AT, envelope, error.issues, error.retryable)
    return show_reading(reading), Receipt("accepted", MESSAGE_ID, RECEIVED_AT, envelope, reading.issues)


def show_reading(reading: Reading) -> dict[str, Any]:
    return {
        "envelope": show_envelope(reading.envelope),
        "mapping": reading.mapping,
        "documents": [json.loads(document_to_json(document)) for document in reading.documents],
        "issues": [show_issue(issue) for issue in reading.issues],
    }


def show_envelope(envelope: Envelope | None) -> dict[str, Any] | None:
    names = ("message_type", "sender", "control_id", "version", "fingerprint")
    return {name: getattr(envelope, name) for name in names} if envelope else None


def show_issue(issue: Issue) -> str:
    return f"{issue.severity} {issue.code} at {issue.where}: {issue.text}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path, request: pytest.FixtureRequest) -> None:
    standard = by_name(case.parent.name)
    (source,) = case.glob("in.*")
    shown, receipt = take(standard, source.read_bytes(), case)
    answer = standard.acknowledge(receipt)
    canonical = (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()
    expected = {case / "canonical.json": canonical}
    expected[case / f"answer.{SUFFIXES.get(answer.content_type, 'json')}"] = answer.body
    compare(expected, request)


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_written(case: Path, request: pytest.FixtureRequest) -> None:
    standard, partner = by_name(case.parent.name), profile(case.parent.name, case)
    document = document_from_json((case / "document.json").read_bytes())
    addresses = {"sender": "ZZ:WARDLINE", "receiver": "ZZ:SUPPLIER"}
    if (path := case / "interchange.json").exists():
        addresses = json.loads(path.read_bytes())
    written = standard.write(document, partner, Interchange(7, RECEIVED_AT, **addresses))
    compare({case / f"out.{SUFFIXES.get(written.content_type, 'json')}": written.body}, request)
    (back,) = standard.read(written.body, partner).documents
    assert replace(back, warnings=()) == replace(document, warnings=())


def compare(expected: dict[Path, bytes], request: pytest.FixtureRequest) -> None:
    """Readable differences in place of a wall of bytes; ``--update-golden`` shows them and takes what is new."""
    update = request.config.getoption("--update-golden", default=False)
    differences = [text for path, content in expected.items() if (text := difference(path, content))]
    if update:
        for path, content in expected.items():
            path.write_bytes(content)
        print("\n".join(differences))
    else:
        assert not differences, "\n".join(["not as before (--update-golden accepts it):", *differences])


def difference(path: Path, content: bytes) -> str:
    before = path.read_bytes() if path.exists() else b""
    if before == content:
        return ""
    sides = [lines(side) for side in (before, content)]
    name = str(path.relative_to(HERE))
    return "\n".join(difflib.unified_diff(*sides, f"{name} (kept)", f"{name} (now)", lineterm="", n=1))


def lines(content: bytes) -> list[str]:
    """Lines or, where the standard has none, segments; what cannot be seen is shown escaped."""
    text = content.decode("utf-8", "backslashreplace")
    return [repr(line)[1:-1] for line in re.split(r"(?<=[\r\n~'])", text) if line]


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_standard_has_a_normal_an_odd_and_a_broken_case(standard: Standard) -> None:
    prefixes = {case.name.split("-")[0] for case in CASES if case.parent.name == standard.name}
    assert prefixes == {"normal", "odd", "broken"}


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_kind_that_is_written_has_a_written_case(standard: Standard) -> None:
    paths = [case / "document.json" for case in WRITTEN if case.parent.name == standard.name]
    assert {json.loads(path.read_bytes())["document"] for path in paths} == standard.writes


def test_no_answer_or_document_holds_what_belongs_to_a_patient() -> None:
    secrets = (
        "NEVER-SHOWN",
        "EXAMPLE",
        "Example",
        "900001",
        "900004",
        "19700101",
        "V-7001",
        "V-7004",
        "ACC-1",
        "Jones",
        "MRN",
    )
    for case in CASES:
        for path in [case / "canonical.json", *case.glob("answer.*")]:
            content = path.read_text(encoding="utf-8")
            assert not [secret for secret in secrets if secret in content], path
