"""Every message kept here is read and answered as before; ``pytest tests/golden --update-golden`` accepts a change.

A case is a folder ``<standard>/<case>`` with ``in.*``, what was read out of it (``canonical.json``) and our answer
(``answer.*``). Whoever changes one of them shows the difference in review.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app import ids
from app.errors import Issue, Rejected
from app.model.channel import Channel, Profile
from app.model.envelope import Envelope, Reading, Receipt
from app.model.schema import document_to_json
from app.standards import STANDARDS, by_name
from app.standards.base import Standard

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/in.*"))
MESSAGE_ID = UUID("01938c5e-0000-7000-8000-0123456789ab")
RECEIVED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SUFFIXES = {"application/hl7-v2": "hl7"}


def profile(standard: str) -> Profile:
    channel = Channel(
        name="golden",
        standard=standard,
        facility="GEN",
        time_zone=ZoneInfo("Europe/Berlin"),
        identifier_systems={"https://hospital.example/items": "internal", "HOSPITAL": "internal"},
    )
    return Profile(channel, lambda number: ids.pseudonym(b"golden", number))


def take(standard: Standard, body: bytes) -> tuple[dict[str, Any], Receipt]:
    """What intake does with a message, without the ledger."""
    envelope: Envelope | None = None
    try:
        envelope = standard.envelope(body)
        reading = standard.read(body, profile(standard.name))
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
    shown, receipt = take(standard, source.read_bytes())
    answer = standard.acknowledge(receipt)
    canonical = (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()
    expected = {case / "canonical.json": canonical}
    expected[case / f"answer.{SUFFIXES.get(answer.content_type, 'json')}"] = answer.body
    if request.config.getoption("--update-golden", default=False):
        for path, content in expected.items():
            path.write_bytes(content)
    for path, content in expected.items():
        assert path.read_bytes() == content, path


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_standard_has_a_normal_an_odd_and_a_broken_case(standard: Standard) -> None:
    prefixes = {case.name.split("-")[0] for case in CASES if case.parent.name == standard.name}
    assert prefixes == {"normal", "odd", "broken"}


def test_no_answer_or_document_holds_what_belongs_to_a_patient() -> None:
    secrets = ("EXAMPLE", "Example", "900001", "900004", "19700101", "V-7001", "V-7004", "ACC-1", "Jones", "MRN")
    for case in CASES:
        for path in [case / "canonical.json", *case.glob("answer.*")]:
            content = path.read_text(encoding="utf-8")
            assert not [secret for secret in secrets if secret in content], path
