"""The answer to an interchange: a 997 or 999 for every group; a TA1 where ISA-14 asks for one, or nothing else fits.

Called by ``app.standards.x12.standard``. A says that a set is stored, E that it is although its envelope is wrong, R
that its sender must correct it; AK3 and AK4 name the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.errors import Issue, Rejected
from app.model.envelope import Outcome, Receipt
from app.model.findings import Findings
from app.standards.x12 import syntax
from app.standards.x12.emit import GROUPS
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Group, Interchange, Segment, Separators, TransactionSet

STRUCTURAL = {"count.conflict": "4", "control.conflict": "3"}
"""Oddities of the envelope that are told with E, and their codes (data element 718)."""
ELEMENT_FAULTS = {"missing": "1", "too_long": "5", "invalid": "6", "unknown": "7", "unsupported": "7"}
"""Data element syntax error codes (data element 723) by the reason of an issue."""
UNSUPPORTED, IN_ERROR = "1", "5"
DUPLICATE, CORRUPT, FAULTLESS = "025", "022", "000"
"""TA1-05: interchange control number used before; invalid control structure; no fault."""
NOTES: Mapping[Outcome, str] = {"conflict": DUPLICATE, "unavailable": FAULTLESS}
"""An interchange that could not be stored is refused without a fault in it: X12 has no word for "later"."""
MAX_NOTED = 50

_SET = re.compile(r"ST\[(\d+)\]")
_PLACE = re.compile(r"(ST\[\d+\](?:/[A-Z][A-Z0-9]{1,2}\[\d+\])*)/([A-Z][A-Z0-9]{1,2})(?:\[\d+\])?(?:-(\d+))?")
"""The segment that a missing one is missed in or after, the segment itself, and its element."""


def acknowledge(receipt: Receipt) -> bytes:
    """The answer, in the separators of what is answered; empty where there is nothing to be answered."""
    options = receipt.options if isinstance(receipt.options, X12Options) else X12Options()
    try:
        found = syntax.parse(receipt.envelope.header) if receipt.envelope and receipt.envelope.header else None
    except Rejected:
        found = _envelope_alone(receipt)
    wanted = found is not None and options.technical and found.header.text(14) == "1"
    refused = found is None or receipt.outcome in {"conflict", "unavailable"} or not found.groups
    segments: list[list[str]] = []
    if wanted or (refused and not _only_answers(found)):
        segments.append(_ta1(receipt, found, refused=refused))
    if found and not refused:
        segments += _groups(receipt, found, options)
    return _wrapped(receipt, found, segments) if segments else b""


def _only_answers(found: Interchange | None) -> bool:
    """An interchange of TA1 segments alone is not answered: answers to answers would never end."""
    return bool(found and found.answers and not found.groups)


def _envelope_alone(receipt: Receipt) -> Interchange | None:
    """The ISA of an interchange whose rest cannot be read."""
    assert receipt.envelope
    findings = Findings()
    try:
        text = syntax.decode(receipt.envelope.header or b"", findings)
        isa, separators, _ = syntax.header(text, findings)
    except Rejected:
        return None
    return Interchange(isa, separators, ())


def _ta1(receipt: Receipt, found: Interchange | None, *, refused: bool) -> list[str]:
    isa = found.header if found else None
    code = "R" if refused or receipt.outcome == "rejected" else "A"
    note = NOTES.get(receipt.outcome, CORRUPT if code == "R" else FAULTLESS)
    stamps = [
        (isa.text(number) if isa else None) or default
        for number, default in ((13, "000000000"), (9, "000101"), (10, "0000"))
    ]
    return ["TA1", *stamps, code, note]


def _groups(receipt: Receipt, found: Interchange, options: X12Options) -> Iterator[list[str]]:
    by_set = _by_set(receipt.issues)
    position = 0
    for number, group in enumerate(found.groups, 1):
        chosen = list(enumerate(group.sets, position + 1))
        position += len(group.sets)
        if group.functional_id != "FA":
            yield from _group(receipt, group, number, chosen, by_set, options)


def _group(
    receipt: Receipt,
    group: Group,
    number: int,
    chosen: Sequence[tuple[int, TransactionSet]],
    by_set: Mapping[int, list[Issue]],
    options: X12Options,
) -> list[list[str]]:
    newer = options.acknowledgement == "999" or (options.acknowledgement == "by_version" and group.version >= "005010")
    code = "999" if newer else "997"
    body: list[list[str]] = [["AK1", group.functional_id, group.control, *([group.version] if newer else [])]]
    accepted = 0
    statuses = set()
    for place, one in chosen:
        issues = by_set.get(place, [])
        status = _status(receipt, issues)
        statuses.add(status)
        accepted += status != "R"
        body += [
            ["AK2", one.code, one.control],
            *_noted(one, issues, newer=newer),
            [f"{'IK' if newer else 'AK'}5", status, *_reasons(status, issues)],
        ]
    total = str(len(chosen))
    overall = "R" if accepted == 0 and chosen else "P" if "R" in statuses else "E" if "E" in statuses else "A"
    body.append(["AK9", overall, total, total, str(accepted)])
    control = str(_number(receipt) % 999_999 + number)
    version = group.version[:12] if newer else (group.version[:6] or "004010")
    gs = ["GS", GROUPS[code], group.receiver or "WARDLINE", group.sender or "UNKNOWN", *_stamps(receipt)]
    trailer = [["SE", str(len(body) + 2), "0001"], ["GE", "1", control]]
    return [[*gs, control, "X", version], ["ST", code, "0001"], *body, *trailer]


def _stamps(receipt: Receipt) -> list[str]:
    at = _at(receipt)
    return [f"{at:%Y%m%d}", f"{at:%H%M}"]


def _status(receipt: Receipt, issues: Sequence[Issue]) -> str:
    if receipt.outcome == "rejected" or any(issue.severity == "error" for issue in issues):
        return "R"
    return "E" if any(_of_envelope(issue) for issue in issues) else "A"


def _of_envelope(issue: Issue) -> bool:
    return issue.code in STRUCTURAL and "/SE-" in issue.where


def _reasons(status: str, issues: Sequence[Issue]) -> list[str]:
    codes = {STRUCTURAL[issue.code] for issue in issues if _of_envelope(issue)}
    if status == "R":
        codes |= {UNSUPPORTED if any(i.code == "message_type.unsupported" for i in issues) else IN_ERROR}
    return sorted(codes)[:5]


def _noted(found: TransactionSet, issues: Sequence[Issue], *, newer: bool) -> Iterator[list[str]]:
    """AK3 and AK4 for every fault with a place in the set; the position counts ST as 1."""
    prefix = "IK" if newer else "AK"
    positions = {segment.where: place for place, segment in enumerate(found.segments, 2)}
    for issue in [issue for issue in issues if issue.severity == "error"][:MAX_NOTED]:
        match = _PLACE.fullmatch(issue.where)
        if match is None:
            continue
        known = positions.get(issue.where.partition("-")[0])
        missing = issue.code == "segment.missing" or known is None
        position = known or positions.get(match[1], 1) + 1  # One that the whole set lacks is its beginning.
        yield [f"{prefix}3", match[2], str(position), "", "3" if missing else "8"]
        if match[3] and not missing:
            yield [f"{prefix}4", str(int(match[3])), "", ELEMENT_FAULTS.get(issue.code.rsplit(".", 1)[-1], "7")]


def _by_set(issues: Sequence[Issue]) -> dict[int, list[Issue]]:
    found: dict[int, list[Issue]] = {}
    for issue in issues:
        if match := _SET.match(issue.where):
            found.setdefault(int(match[1]), []).append(issue)
    return found


def _wrapped(receipt: Receipt, found: Interchange | None, segments: Sequence[Sequence[str]]) -> bytes:
    """Sender and receiver changed over; its control number comes from ours, so that equal answers are equal."""
    isa = found.header if found else Segment("ISA", ("00", "", "00", "", "ZZ", "UNKNOWN", "ZZ", "WARDLINE"), "ISA")
    separators = found.separators if found else Separators()
    separators = replace(separators, component=separators.component or ">")
    at, control = _at(receipt), f"{_number(receipt):09d}"
    defaults = ((7, "ZZ"), (8, "WARDLINE"), (5, "ZZ"), (6, "UNKNOWN"))
    fields = [isa.text(number) or default for number, default in defaults]
    header = [
        "ISA", "00", " " * 10, "00", " " * 10,
        f"{fields[0]:<2}", f"{fields[1]:<15}", f"{fields[2]:<2}", f"{fields[3]:<15}",
        f"{at:%y%m%d}", f"{at:%H%M}", isa.text(11) or "U", isa.text(12) or "00401", control, "0", isa.text(15) or "P",
        separators.component,
    ]  # fmt: skip
    groups = sum(segment[0] == "GS" for segment in segments)
    return syntax.join([header, *segments, ["IEA", str(groups), control]], separators)


def _number(receipt: Receipt) -> int:
    seed = (
        receipt.message_id.hex[-8:]
        if receipt.message_id
        else (receipt.envelope.fingerprint[:8] if receipt.envelope else "0")
    )
    return int(seed, 16) % 999_999_999 + 1


def _at(receipt: Receipt) -> datetime:
    return receipt.received_at or datetime(2000, 1, 1, tzinfo=UTC)
