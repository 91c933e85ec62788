"""What Wardline writes onto transfers for people: numbers in their origin, sentences in their note.

Used by the operations on receipts. A sentence stands in a paragraph of its own and is found again by its beginning;
whatever people wrote beside it stays. A backorder starts as a copy, so it bears what its first part was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape

_RECEIPT = re.compile(r"<p[^>]*>\s*Receipt ([^<]*) \((receipt:[^)<]*)\)\s*</p>")
_EVENTS = re.compile(r"Events: ([0-9a-f]+(?: [0-9a-f]+)*)")
_SEPARATOR = ", "


def with_events(marks: Iterable[str]) -> str:
    """A note that tells the events of a transfer by their marks; empty where there are none."""
    told = " ".join(marks)
    return f"<p>Events: {told}</p>" if told else ""


def events(note: str) -> tuple[str, ...]:
    """The marks of events that the note tells."""
    found = _EVENTS.search(note)
    return tuple(found[1].split()) if found else ()


def with_number(origin: str, number: str) -> str:
    """The origin with a number in it, once."""
    known = origin.split(_SEPARATOR) if origin else []
    return origin if number in known else _SEPARATOR.join([*known, number])


def without_numbers(origin: str, numbers: Iterable[str]) -> str:
    """The origin without these numbers."""
    gone = set(numbers)
    return _SEPARATOR.join(number for number in origin.split(_SEPARATOR) if number not in gone)


def with_notice(note: str, number: str, text: str) -> str:
    """The note with what is to be known of a ship notice, in place of what was known before."""
    return without_notice(note, number) + f"<p>{_beginning(number)} {_plain(text)}</p>"


def without_notice(note: str, number: str) -> str:
    """The note without a ship notice."""
    return re.sub(rf"<p[^>]*>\s*{re.escape(_beginning(number))} [^<]*</p>", "", note)


def with_receipt(note: str, number: str, key: str) -> str:
    """The note with the number and key of the receipt that the transfer is for, and of no other one."""
    return _RECEIPT.sub("", note) + f"<p>Receipt {_plain(number)} ({key})</p>"


def receipts(note: str) -> dict[str, str]:
    """The keys and numbers of receipts that the note tells."""
    return {key: unescape(number) for number, key in _RECEIPT.findall(note)}


def _beginning(number: str) -> str:
    return f"Ship notice {_plain(number)}:"


def _plain(text: str) -> str:
    return escape(" ".join(text.split()), quote=False)
