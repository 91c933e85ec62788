"""Character sets: the syntax identifier in UNB and what it says about the bytes (ISO 9735, S001 0001).

Called by ``app.standards.edifact.syntax``. A set that nobody here knows is a fault; guessing would garble names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.errors import Issue, Rejected
from app.model.findings import Findings

CHARACTER_SETS: Mapping[str, str] = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
    "IATA": "ascii",
    "IATB": "ascii",
}
"""Syntax identifiers and Python's names of their sets; UNOX (ISO 2022) and private ones are not read."""

BOM = b"\xef\xbb\xbf"
_WINDOWS = re.compile("[\x80-\x9f]")
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf|[\s\x00])*(?:UNA.{6}\s*)?UNB[^A-Za-z0-9]([A-Za-z0-9]{1,8})", re.DOTALL)


def decode(body: bytes, findings: Findings) -> str:
    """The text, by the set that UNB declares. Raises Rejected for an unknown set and for bytes outside of UTF-8."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise _rejected("unsupported", "UTF-16 is not allowed in an interchange")
    declared = _DECLARED.match(body[:1_000])
    name = declared[1].decode().upper() if declared else None
    known = CHARACTER_SETS.get(name or "UNOC")
    if known is None:
        raise _rejected("unsupported", "the syntax identifiers UNOA to UNOL, UNOW and UNOY are read")
    if body.isascii():
        return body.decode("ascii")
    if body.startswith(BOM) or known == "utf-8":
        return _utf_8(body)
    return _eight_bits(body, known, findings)


def _utf_8(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _rejected("invalid", "UTF-8 is expected, as declared") from None


def _eight_bits(body: bytes, known: str, findings: Findings) -> str:
    """Bytes in a set of eight bits; ones that are UTF-8 all through are that, whatever the sender declared."""
    text = "the bytes fit another character set than the declared one, which was taken"
    try:
        found = body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        findings.warn("character_set.conflict", "UNB-01", text)
        return found
    if known == "ascii":
        findings.warn("character_set.conflict", "UNB-01", text)
        known = "iso8859-1"
    found = body.decode(known, "replace")
    if known == "iso8859-1" and _WINDOWS.search(found):
        findings.warn("character_set.conflict", "UNB-01", text)
        found = body.decode("cp1252", "replace")
    if "\ufffd" in found:
        raise _rejected("invalid", "characters of the declared set are expected")
    return found


def _rejected(reason: str, text: str) -> Rejected:
    return Rejected([Issue(f"character_set.{reason}", "UNB-01", text)])
