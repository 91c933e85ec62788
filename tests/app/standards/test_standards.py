"""The list of standards and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.errors import Issue, Misconfigured, Rejected
from app.model.channel import Profile
from app.model.envelope import Outcome, Receipt
from app.standards import STANDARDS, by_name
from app.standards.base import Standard
from tests.mutations import golden

OUTCOMES: tuple[Outcome, ...] = ("accepted", "duplicate", "rejected", "conflict", "unavailable")
each_standard = pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)


def test_names_are_unique_and_found() -> None:
    assert [by_name(standard.name) for standard in STANDARDS] == list(STANDARDS)
    assert len({standard.name for standard in STANDARDS}) == len(STANDARDS)


def test_an_unknown_name_is_a_misconfiguration() -> None:
    with pytest.raises(Misconfigured):
        by_name("telex")


def test_a_content_type_of_a_standards_own_is_claimed_by_no_other() -> None:
    shared = {"application/xml", "text/xml", "text/plain", "text/csv", "application/fhir+json"}
    claimed = [content_type for standard in STANDARDS for content_type in standard.content_types]
    assert {content_type for content_type in claimed if claimed.count(content_type) > 1} <= shared


@each_standard
def test_a_repetition_gets_the_bytes_of_the_first_answer(standard: Standard) -> None:
    first = Receipt("accepted", UUID(int=7), datetime(2026, 11, 20, tzinfo=UTC))
    assert standard.acknowledge(replace(first, outcome="duplicate")) == standard.acknowledge(first)


@each_standard
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("issues", [(), (Issue("something.new", "anywhere at all", "text"),)])
def test_there_is_an_answer_to_everything(
    standard: Standard, outcome: Outcome, known: bool, issues: tuple[Issue, ...]
) -> None:
    when = datetime(2026, 11, 20, tzinfo=UTC)
    receipt = Receipt(outcome, UUID(int=7), when, None, issues) if known else Receipt(outcome, issues=issues)
    answer = standard.acknowledge(receipt)
    assert answer.body
    assert answer == standard.acknowledge(receipt)


@pytest.mark.parametrize(("path", "name"), golden(), ids=lambda value: getattr(value, "parent", Path(value)).name)
def test_the_outside_of_a_message_is_the_same_read_alone_and_with_the_rest(
    path: Path, name: str, profile: Callable[..., Profile]
) -> None:
    """The intake asks for the outside alone only where the whole cannot be read."""
    standard, body = by_name(name), path.read_bytes()
    try:
        reading = standard.read(body, profile(standard=name))
    except Rejected:
        return
    assert reading.envelope == standard.envelope(body)
