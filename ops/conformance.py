"""How well files are understood: read as an intake would read them, and told file by file and folder by folder.

Used by ``wardline conformance``, with which a partner's first files are looked at before a channel is opened.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from app import ids
from app.errors import Issue, Rejected
from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.standards import STANDARDS, by_name
from app.standards.sniffing import sniff

Verdict = Literal["read", "warnings", "partly", "rejected", "unknown", "failed"]
VERDICTS: tuple[Verdict, ...] = ("read", "warnings", "partly", "rejected", "unknown", "failed")
"""``read`` fully; with ``warnings``; ``partly``: some messages of it could not be understood; ``rejected`` whole;
``unknown``: written in no standard that is known here; ``failed``: a defect of the reader, which must be reported."""

OTHER_VERSIONS = {"fhir-r4": ("fhir-r5",)}
"""Standards whose files begin alike: they are tried in turn, and the best understood one counts."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was understood of one file; ``seconds`` is what reading took."""

    file: str
    verdict: Verdict
    size: int
    standard: str | None = None
    message_type: str | None = None
    version: str | None = None
    sender: str | None = None
    control_id: str | None = None
    mapping: str | None = None
    documents: tuple[dict[str, Any], ...] = ()
    issues: tuple[dict[str, str], ...] = ()
    seconds: float = 0.0


def files_under(paths: Iterable[Path]) -> list[Path]:
    """The files that are meant: each path itself, or everything below it, hidden files left out."""
    found: list[Path] = []
    for path in paths:
        below = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        found += [one for one in below if not any(part.startswith(".") for part in one.relative_to(path).parts)]
    return found


def examine(path: Path, name: str, channel: Channel | None, standard: str | None) -> FileReport:
    """Read one file. ``channel`` lends its profile, ``standard`` its language where that is known already."""
    body = path.read_bytes()
    chosen = standard or (channel.standard if channel else sniff(body))
    if chosen is None or chosen not in [one.name for one in STANDARDS]:
        return FileReport(name, "unknown", len(body))
    known = [one.name for one in STANDARDS]
    candidates = [chosen] if standard or channel else [chosen, *OTHER_VERSIONS.get(chosen, ())]
    reports = [_read(body, name, one, channel) for one in candidates if one in known]
    return min(reports, key=lambda report: (VERDICTS.index(report.verdict), len(report.issues)))


def by_folder(reports: Iterable[FileReport]) -> list[dict[str, Any]]:
    """How many files of each folder came to which verdict, and the sum of them all."""
    counts: dict[str, Counter[str]] = {}
    for report in reports:
        counts.setdefault(str(Path(report.file).parent), Counter())[report.verdict] += 1
    rows = [_summed(folder, count) for folder, count in sorted(counts.items())]
    return [*rows, _summed("all", sum(counts.values(), Counter()))] if len(rows) > 1 else rows


def reasons(reports: Iterable[FileReport]) -> list[dict[str, Any]]:
    """Why files were rejected: the codes of their first faults, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        if report.verdict in {"rejected", "failed"}:
            fault = next(issue for issue in report.issues if issue["severity"] == "error")
            found.setdefault((report.standard or "", fault["code"]), []).append(report.file)
    ordered = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [{"files": len(f), "standard": s, "code": code, "for_example": f[0]} for (s, code), f in ordered]


def _summed(folder: str, count: Counter[str]) -> dict[str, Any]:
    return {"folder": folder, "files": count.total(), **{verdict: count[verdict] for verdict in VERDICTS}}


def _read(body: bytes, name: str, standard_name: str, channel: Channel | None) -> FileReport:
    standard = by_name(standard_name)
    profile = Profile(channel or Channel("conformance", standard_name, "SITE"), _no_pseudonym)
    begun = time.perf_counter()
    envelope, documents, issues, mapping = None, (), (), None
    try:
        envelope = standard.envelope(body)
        reading = standard.read(body, profile)
        envelope, documents, issues, mapping = reading.envelope, reading.documents, reading.issues, reading.mapping
        verdict = _verdict(issues)
    except Rejected as error:
        issues, verdict = error.issues, "rejected"
    except Exception as error:  # noqa: BLE001 - a defect is a result here, and the other files are still to be read
        issues, verdict = (Issue("reader.failed", "message", f"the reader failed ({type(error).__name__})"),), "failed"
    return FileReport(
        name,
        verdict,
        len(body),
        standard=standard_name,
        message_type=envelope.message_type if envelope else None,
        version=envelope.version if envelope else None,
        sender=envelope.sender if envelope else None,
        control_id=envelope.control_id if envelope else None,
        mapping=mapping,
        documents=tuple(_told(document) for document in documents),
        issues=tuple(asdict(issue) for issue in issues),
        seconds=round(time.perf_counter() - begun, 6),
    )


def _verdict(issues: Iterable[Issue]) -> Verdict:
    severities = {issue.severity for issue in issues}
    return "partly" if "error" in severities else "warnings" if severities else "read"


def _told(document: Document) -> dict[str, Any]:
    """A document in a few words: its kind, its number, how many lines it has."""
    numbers = (getattr(document, name, None) for name in ("number", "event_id", "order_number", "control_id"))
    lines = getattr(document, "lines", None)
    return {
        "kind": document.document_kind,
        "number": next((number for number in numbers if number), None),
        "lines": len(lines) if lines is not None else None,
    }


def summary(documents: Iterable[dict[str, Any]]) -> str:
    """Documents in one line: ``order_confirmation 4512 (3 lines)``, or how many of each kind where there are many."""
    told = list(documents)
    if len(told) <= 2:
        return ", ".join(_phrases(told))
    kinds = Counter(document["kind"] for document in told)
    return ", ".join(f"{count} x {kind}" for kind, count in kinds.items())


def _phrases(told: Iterable[dict[str, Any]]) -> Iterator[str]:
    for document in told:
        lines = "" if document["lines"] is None else f" ({document['lines']} lines)"
        yield f"{document['kind']} {document['number'] or ''}".rstrip() + lines


def _no_pseudonym(number: str) -> str:
    """Reports show no case numbers, so that any stand-in will do."""
    return ids.pseudonym(b"conformance", number)
