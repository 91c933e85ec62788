"""Interchanges for tests, put together around the segments that matter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.envelope import Reading
from app.model.interchange import Interchange
from app.standards.x12.options import X12Options
from app.standards.x12.standard import X12_STANDARD

INTERCHANGE = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "ZZ:WARDLINE", "01:123456789")
GROUPS = {"850": "PO", "855": "PR", "856": "SH", "860": "PC", "865": "CA", "997": "FA", "999": "FA", "824": "AG"}


def profile(**options: Any) -> Profile:
    """A channel with these options."""
    return Profile(Channel("partner", "x12", "GEN", options=X12Options(**options)), str)


def wrapped(*sets: list[str], version: str = "004010", asked: str = "0") -> bytes:
    """An interchange of these sets: each its code and the segments within it, ``*`` and ``~`` as separators."""
    body = ""
    for number, (code, *segments) in enumerate(sets, 1):
        inside = [f"ST*{code}*{number:04}", *segments, f"SE*{len(segments) + 2}*{number:04}"]
        body += "".join(f"{segment}~\n" for segment in inside)
    isa = (
        f"ISA*00*{'':10}*00*{'':10}*01*{'123456789':15}*ZZ*{'WARDLINE':15}*261120*1200*U*00401*000000042*{asked}*P*>~\n"
    )
    group = f"GS*{GROUPS.get(sets[0][0], 'PO')}*123456789*WARDLINE*20261120*1200*42*X*{version}~\n"
    return f"{isa}{group}{body}GE*{len(sets)}*42~\nIEA*1*000000042~\n".encode()


def read(*sets: list[str], **options: Any) -> Reading:
    """What is understood of an interchange of these sets."""
    return X12_STANDARD.read(wrapped(*sets), profile(**options))


def one(*segments: str, **options: Any) -> Any:
    """The only document of a set: its code first."""
    (document,) = read([*segments], **options).documents
    return document


def back(document: Document, **options: Any) -> Document:
    """The document written and read again."""
    (found,) = X12_STANDARD.read(
        X12_STANDARD.write(document, profile(**options), INTERCHANGE).body, profile(**options)
    ).documents
    return found


def told(reading: Reading) -> list[tuple[str, str, str]]:
    """Severity, code and place of every issue."""
    return [(issue.severity, issue.code, issue.where) for issue in reading.issues]
