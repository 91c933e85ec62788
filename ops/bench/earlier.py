"""The run before this one: its ratios, to be compared with; read from the JSON that it left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ops.bench.measures import Line

Key = tuple[str, str, str | None]
"""A figure, a subject of it, and what the subject is compared with."""


def key_of(line: Line) -> Key:
    """What a line of two runs has in common."""
    return line.figure, line.subject, line.against


def last(folder: Path, report_format: int) -> Mapping[Key, float]:
    """The newest ratio of everything that was ever measured into a folder; nothing where nothing can be read."""
    found: dict[Key, float] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] == report_format:
                rows = [row for row in content["lines"] if row["ratio"] is not None]
                found |= {(row["figure"], row["subject"], row["against"]): float(row["ratio"]) for row in rows}
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a report that was cut off, or is somebody else's file, has nothing to say
    return found


def change(line: Line, before: Mapping[Key, float]) -> str | None:
    """How a ratio changed since, in per cent; None where there is nothing to compare."""
    known = before.get(key_of(line))
    return None if not known or line.ratio is None else f"{(line.ratio / known - 1) * 100:+.0f} %"
