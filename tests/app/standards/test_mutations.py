"""Messages that lost, doubled, swapped or damaged parts on their way: no crash, no hang, no quantity made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import golden, run

MUTANTS = 24_000
SOURCES = golden()


@pytest.mark.parametrize(
    ("source", "standard"), SOURCES, ids=lambda found: found.parent.name if isinstance(found, Path) else found
)
def test_damaged_messages_are_refused_or_understood(source: Path, standard: str) -> None:
    found = list(run(source, standard, MUTANTS // len(SOURCES) + 1))
    assert [(finding.fault, finding.number, finding.detail) for finding in found] == []
