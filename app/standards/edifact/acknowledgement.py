"""The answer to an interchange: a CONTRL that says whether it was taken in, and where it is wrong.

Called by ``app.standards.edifact.standard``. Equal receipts give equal bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.errors import Issue
from app.model.envelope import Receipt
from app.standards.edifact import emit, outside
from app.standards.edifact.emit import Element
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.write_details import Segments
from app.standards.edifact.write_responses import segment_fault

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where an interchange was not even taken in; UNB wants a time, and the house knows no other clock."""
NOBODY = "UNKNOWN"
"""Stands for an address that could not be read."""
REASONS: Mapping[str, str] = {
    "missing": "13",
    "cut_off": "13",
    "invalid": "12",
    "ambiguous": "12",
    "conflict": "12",
    "unknown": "14",
    "unsupported": "14",
    "too_many": "16",
    "too_long": "39",
    "duplicate": "26",
}
"""Syntax errors (0085) by the reason in an issue's code."""
CODES: Mapping[str, str] = {
    "count.conflict": "29",
    "control.conflict": "28",
    "character_set.unsupported": "2",
    "character_set.invalid": "21",
    "character.invalid": "21",
    "separators.invalid": "20",
    "message.unsupported": "14",
    "interchange.too_many": "18",
}
"""Syntax errors (0085) by the whole code, where the reason alone says too little."""
VERSION = ["CONTRL", *emit.VERSIONS["D.01B"]["CONTRL"].split(":")]
UNSPECIFIED, DUPLICATE = "18", "26"
MOST_FAULTS = 50
"""Faults that are named; who has more has one in the sender."""

_PLACE = re.compile(r"UNH\[(\d+)\](?:/([A-Z0-9]{3})\[(\d+)\]|/([A-Z0-9]{3}))?(?:-(\d+)(?:\.(\d+))?)?")
_SERVICE = re.compile(r"(UN[ABGHTZ]).*")


def acknowledge(receipt: Receipt) -> bytes:
    """A CONTRL; nothing where all is well and UNB 0031 does not ask for one, and never for a CONTRL itself."""
    told = outside.header_of(receipt.envelope.header if receipt.envelope else None)
    faults = [issue for issue in receipt.issues if issue.severity == "error"]
    if told and (not _wanted(receipt, told, faults) or _is_report(told)):
        return b""
    message: list[Sequence[Element]] = [["UNH", "1", VERSION], *_message(receipt, told, faults)]
    message.append(["UNT", str(len(message) + 1), "1"])
    reference = receipt.message_id.hex[-14:].upper() if receipt.message_id else "0"
    ends = (_address(told, "receiver"), _address(told, "sender"))
    options = EdifactOptions(character_set="UNOC" if _is_latin(told) else "UNOW")
    header = emit.unb(options.character_set, ends, receipt.received_at or NO_TIME, UTC)
    test = ["", "", "", "", "", "1"] if told and told["test"] else []
    return emit.encode([[*header, reference, *test], *message, ["UNZ", "1", reference]], options)


def _wanted(receipt: Receipt, told: Mapping[str, Any], faults: Sequence[Issue]) -> bool:
    return bool(told["asked"] or faults or receipt.outcome not in {"accepted", "duplicate"})


def _is_report(told: Mapping[str, Any]) -> bool:
    """Whether all that came in are syntax reports: answering those would go on for ever."""
    return all(message["identifier"][:1] == ["CONTRL"] for message in told["messages"])


def _is_latin(told: Mapping[str, Any]) -> bool:
    """Whether all texts that the answer repeats are in the character set of western Europe."""
    try:
        json.dumps(told, ensure_ascii=False).encode("iso8859-1")
    except UnicodeEncodeError:
        return False
    return True


def _address(told: Mapping[str, Any], end: str) -> list[str]:
    """S002 or S003 as it came, cut to what the standard allows."""
    parts = [_clean(part, 35) for part in told.get(end, ())]
    return parts if parts and parts[0] else [NOBODY]


def _clean(text: str, most: int) -> str:
    return "".join(character for character in text[:most] if character.isprintable())


def _message(receipt: Receipt, told: Mapping[str, Any], faults: Sequence[Issue]) -> Segments:
    """UCI and, for messages with faults, UCM, UCS and UCD."""
    taken = receipt.outcome in {"accepted", "duplicate"}
    reference = _clean(told.get("reference") or "0", 35)
    head: list[Element] = [
        "UCI",
        reference,
        _address(told, "sender"),
        _address(told, "receiver"),
        "7" if taken else "4",
    ]
    of_messages = _by_message(faults, told)
    others = [issue for issue in faults if not _message_of(issue, told)]
    if not taken:
        head += _interchange_fault(receipt, others[0] if others else None)
    yield head
    for number, issues in of_messages.items():
        yield from _message_faults(told["messages"][number - 1], issues)


def _interchange_fault(receipt: Receipt, issue: Issue | None) -> list[Element]:
    """What is wrong with the interchange itself, and in which of its service segments."""
    if issue is None:
        return [DUPLICATE if receipt.outcome == "conflict" else UNSPECIFIED]
    service = _SERVICE.fullmatch(issue.where)
    element = re.search(r"-(\d+)(?:\.(\d+))?$", issue.where)
    place: list[Element] = [service[1]] if service else []
    if place and element:
        place.append([str(int(element[1]) + 1), element[2] or ""])
    return [_code(issue), *place]


def _by_message(faults: Sequence[Issue], told: Mapping[str, Any]) -> dict[int, list[Issue]]:
    found: dict[int, list[Issue]] = {}
    for issue in faults[:MOST_FAULTS]:
        if number := _message_of(issue, told):
            found.setdefault(number, []).append(issue)
    return found


def _message_of(issue: Issue, told: Mapping[str, Any]) -> int | None:
    place = _PLACE.match(issue.where)
    number = int(place[1]) if place and len(place[1]) <= 6 else 0
    return number if 0 < number <= len(told.get("messages", ())) else None


def _message_faults(outline: Mapping[str, Any], issues: Sequence[Issue]) -> Segments:
    """UCM with the first fault that is in no segment, and UCS and UCD for those that are in one."""
    placed = [(issue, _position(issue, outline)) for issue in issues]
    loose = [issue for issue, position in placed if position is None]
    identifier = [_clean(part, 6) for part in outline["identifier"]]
    yield ["UCM", _clean(outline["reference"], 14) or "0", identifier, "4", *([_code(loose[0])] if loose else [])]
    for issue, position in sorted(placed, key=lambda found: found[1] or 0):
        if position:
            element = _PLACE.match(issue.where)
            yield from segment_fault(_code(issue), str(position), element and element[5], element and element[6])


def _position(issue: Issue, outline: Mapping[str, Any]) -> int | None:
    """The number of the segment in its message, UNH being 1; None where the place names no segment."""
    place = _PLACE.match(issue.where)
    if place is None or (place[2] is None and place[5] is None):
        return None
    if place[2] is None:
        return 1 if place[4] is None else None
    wanted = int(place[3]) if len(place[3]) <= 6 else 0
    return next(_nth(outline["tags"].split(" "), place[2], wanted), None)


def _nth(tags: Sequence[str], tag: str, wanted: int) -> Iterator[int]:
    seen = 0
    for position, found in enumerate(tags, 2):
        seen += found == tag
        if found == tag and seen == wanted:
            yield position
            return


def _code(issue: Issue) -> str:
    return CODES.get(issue.code) or REASONS.get(issue.code.partition(".")[2], UNSPECIFIED)
