"""Building blocks of messages for the tests of this standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.envelope import Reading
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.standard import HL7V2

Make = Callable[..., Profile]
Faults = list[tuple[str, str]]


def segment(name: str, **fields: str) -> str:
    """A segment from its fields: ``f10="2"`` is field 10."""
    values = {int(field[1:]): value for field, value in fields.items()}
    return "|".join([name, *(values.get(number, "") for number in range(1, max(values) + 1))])


def message(kind: str, *segments: str, version: str = "2.8", rest: str = "") -> bytes:
    header = rf"MSH|^~\&|APP|GEN|W|GEN|20261120103000+0100||{kind}|M-1|P|{version}{rest}"
    return "\r".join([header, *segments]).encode()


def read(make: Make, kind: str, *segments: str, **options: Any) -> Reading:
    return HL7V2.read(message(kind, *segments), make(options=Hl7Options(**options)))


def faults(make: Make, kind: str, *segments: str, **options: Any) -> Faults:
    """The codes and places of the faults for which it is refused."""
    with pytest.raises(Rejected) as caught:
        read(make, kind, *segments, **options)
    return [(issue.code, issue.where) for issue in caught.value.issues]


def oddities(reading: Reading) -> Faults:
    return [(issue.code, issue.where) for issue in reading.issues]
