"""Bytes and records: one JSON object, an array of them, or one a line (NDJSON).

Called by ``app.standards.canonical.standard``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.errors import Issue, Rejected
from app.model import exact_json
from app.model.findings import MAX_ISSUES, Findings

MAX_RECORDS = 250_000
"""A day of a hospital group; the limit on the size of bodies is reached first by most."""


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON value of a message and where it stands: ``line 7``, ``entry 3``, nothing where it is the only one."""

    value: Any
    place: str

    def at(self, path: str) -> str:
        """Where a field of the record stands: ``line 7: quantity.value``."""
        if self.place and path:
            return f"{self.place}: {path}"
        return self.place or path or "record"


def parse(body: bytes) -> list[Record]:
    """The records of a message. Raises Rejected with every line that is no JSON, or where there is no record."""
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if _is_one_a_line(lines):
        records = _from_lines(lines)
    else:
        value = exact_json.loads(body)
        entries = enumerate(value, 1) if isinstance(value, list) else ()
        records = [Record(entry, f"entry {number}") for number, entry in entries]
        records = records if isinstance(value, list) else [Record(value, "")]
    if not records:
        raise Rejected([Issue("record.missing", "message", "at least one record is expected")])
    _check_count(records)
    return records


def _is_one_a_line(lines: list[tuple[int, bytes]]) -> bool:
    """Whether the first two lines both begin an object. Inside of one, a brace follows a comma, colon or bracket."""
    if len(lines) < 2:
        return False
    first, second = lines[0][1].removeprefix(b"\xef\xbb\xbf").strip(), lines[1][1]
    return first.startswith(b"{") and second.startswith(b"{") and not first.endswith((b",", b":", b"["))


def _from_lines(lines: list[tuple[int, bytes]]) -> list[Record]:
    _check_count(lines)
    findings, records = Findings(), []
    for number, line in lines:
        try:
            records.append(Record(exact_json.loads(line, f"line {number}"), f"line {number}"))
        except Rejected as error:
            findings.add(error.issues)
            if len(findings.errors) >= MAX_ISSUES:
                break
    findings.settle()
    return records


def _check_count(records: list[Any]) -> None:
    if len(records) > MAX_RECORDS:
        raise Rejected([Issue("record.too_many", "message", f"at most {MAX_RECORDS} records are allowed")])
