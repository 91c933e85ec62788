"""Messages for the tests of EDIFACT: envelopes around segments, and what is read out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from app.model.channel import Channel, Profile
from app.model.envelope import Reading
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.standard import EDIFACT

Made = Callable[..., bytes]


def interchange(
    kind: str, *segments: str, una: str = "UNA:+.? '", version: str = "D:96A:UN:EAN008", charset: str = "UNOC:3"
) -> bytes:
    """One message of that type, with right counts."""
    body = "".join(f"{segment}'\n" for segment in segments)
    head = f"{una}\nUNB+{charset}+4012345500004:14+4399901000011:14+261118:0915+7001++++1'\nUNH+1+{kind}:{version}'\n"
    return f"{head}{body}UNT+{len(segments) + 2}+1'\nUNZ+1+7001'\n".encode()


def profile(**options: Any) -> Profile:
    """A channel in Berlin with these options."""
    channel = Channel(
        "supplier", "edifact", "GEN", time_zone=ZoneInfo("Europe/Berlin"), options=EdifactOptions(**options)
    )
    return Profile(channel, lambda number: f"case-of-{number}")


def read(body: bytes, **options: Any) -> Reading:
    """What is read out of it."""
    return EDIFACT.read(body, profile(**options))


def document(body: bytes, **options: Any) -> Any:
    """The one document in it."""
    (found,) = read(body, **options).documents
    return found


def codes(body: bytes, **options: Any) -> list[str]:
    """What was noticed, as ``code at place``."""
    return [f"{issue.code} at {issue.where}" for issue in read(body, **options).issues]
