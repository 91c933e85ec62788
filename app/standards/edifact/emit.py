"""Interchanges written: UNA, UNB and UNZ around the segments of one message, with right counts and escapes.

Used by the writing side of the package and for acknowledgements.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from app.errors import Permanent
from app.model.interchange import Interchange, Written
from app.standards.edifact.character_sets import CHARACTER_SETS
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.syntax import Separators

CONTENT_TYPE = "application/edifact"
Element = str | Sequence[str]
"""A data element, or the components of a composite one."""

VERSIONS: Mapping[str, Mapping[str, str]] = {
    "D.96A": {
        "ORDERS": "D:96A:UN:EAN008", "ORDCHG": "D:96A:UN:EAN005", "RECADV": "D:96A:UN:EAN003", "CONTRL": "D:3:UN",
    },
    "D.01B": {
        "ORDERS": "D:01B:UN:EAN010", "ORDCHG": "D:01B:UN:EAN009", "RECADV": "D:01B:UN:EAN006", "CONTRL": "D:3:UN",
    },
}  # fmt: skip
"""What UNH says of a message, by directory; EANCOM 1997 and 2002."""
_RELEASED = str.maketrans({mark: f"?{mark}" for mark in "?:+'"})
_STAND_INS = str.maketrans({
    "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'",
    "\u201c": '"', "\u201e": '"', "\u201d": '"', "\u2026": "...",
    "\u20ac": "EUR", "\u2122": "(TM)", "\u00df": "ss", "\u0141": "L", "\u0142": "l", "\u00d8": "O", "\u00f8": "o",
})  # fmt: skip


def not_carried(text: str, hint: str | None = None) -> Permanent:
    """The fault of a document that has something EDIFACT has no place for."""
    return Permanent(text, code="document.not_carried", hint=hint)


def fitting(value: str, most: int, what: str) -> str:
    """The code itself. Raises Permanent where it is longer than the standard allows."""
    if len(value) > most:
        raise not_carried(f"a {what} has at most {most} characters in EDIFACT")
    return value


def chunks(text: str, size: int) -> list[str]:
    """The text in pieces that fit, broken at blanks; only a word longer than a piece is cut."""
    pieces: list[str] = []
    for word in text.split(" "):
        if pieces and len(pieces[-1]) + 1 + len(word) <= size:
            pieces[-1] += f" {word}"
        else:
            pieces += [word[place : place + size] for place in range(0, len(word), size)]
    return pieces


def prose(text: str, options: EdifactOptions) -> str:
    """Text for people in the characters of the partner's set: what it lacks is written as what looks like it."""
    encoding = CHARACTER_SETS[options.character_set]
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_like(character, encoding) for character in text)
    return text


def _like(character: str, encoding: str) -> str:
    for found in (character, character.translate(_STAND_INS), unicodedata.normalize("NFKD", character)[0]):
        if found.encode(encoding, "ignore").decode(encoding) == found:
            return found
    return "?"


def interchange(
    kind: str,
    segments: Iterable[Sequence[Element]],
    sending: Interchange,
    options: EdifactOptions,
    zone: tzinfo,
) -> Written:
    """The interchange of one message. Raises Permanent for characters that the partner's set does not have."""
    version = options.message_versions.get(kind) or VERSIONS[options.directory][kind]
    message: list[Sequence[Element]] = [["UNH", "1", [kind, *version.split(":")]], *segments]
    message.append(["UNT", str(len(message) + 1), "1"])
    reference = fitting(str(sending.control_number), 14, "control number")
    asked = "1" if options.ask_acknowledgement and kind != "CONTRL" else ""
    header = unb(options.character_set, (address(sending.sender), address(sending.receiver)), sending.sent_at, zone)
    unb_tail = [reference, "", "", "", asked, "", "1" if sending.test else ""]
    body = encode([[*header, *unb_tail], *message, ["UNZ", "1", reference]], options)
    return Written(CONTENT_TYPE, body, kind, reference)


def unb(
    character_set: str, addresses: tuple[Sequence[str], Sequence[str]], sent_at: datetime, zone: tzinfo
) -> list[Element]:
    """UNB up to the time of preparation; from syntax version 4 on, which UTF-8 asks for, with the century."""
    version = "4" if character_set in {"UNOW", "UNOY"} else "3"
    local = sent_at.astimezone(zone)
    day = f"{local:%Y%m%d}" if version == "4" else f"{local:%y%m%d}"
    return ["UNB", [character_set, version], *addresses, [day, f"{local:%H%M}"]]


def address(told: str) -> list[str]:
    """``14:4012345000009`` as identification and qualifier; without a qualifier the identification alone."""
    qualifier, colon, value = told.rpartition(":")
    return [fitting(value, 35, "address"), qualifier] if colon else [fitting(told, 35, "address")]


def encode(segments: Iterable[Sequence[Element]], options: EdifactOptions) -> bytes:
    """Segments as bytes, after UNA. Raises Permanent for characters that the set does not have."""
    separators = Separators()
    una = "UNA" + separators.component + separators.element + separators.decimal + separators.release + " '"
    end = separators.terminator + ("\r\n" if options.lines else "")
    text = una + ("\r\n" if options.lines else "") + "".join(_segment(segment) + end for segment in segments)
    try:
        return text.encode(CHARACTER_SETS[options.character_set])
    except UnicodeEncodeError:
        hint = "Set character_set in the channel's options to one that the partner agrees to, UNOW for all of them."
        raise not_carried("a code has characters that the character set does not have", hint) from None


def _segment(elements: Sequence[Element]) -> str:
    found = [_element(element) for element in elements]
    while not found[-1]:
        found.pop()
    return "+".join(found)


def _element(element: Element) -> str:
    if isinstance(element, str):
        return element.translate(_RELEASED)
    parts = [part.translate(_RELEASED) for part in element]
    while parts and not parts[-1]:
        parts.pop()
    return ":".join(parts)
