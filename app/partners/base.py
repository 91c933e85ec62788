"""The port to partners: what every transport offers, and what it tells.

Used by ``app.flows.dispatch`` (sends), ``app.flows.pickup`` (collects) and ``wardline channels check``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from app.errors import InDoubt, Permanent, Unavailable


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: the interchange's id, its frozen bytes, and how the partner knows it.

    ``number`` is its control number on the channel; a copy sent again is the same in every field.
    """

    id: UUID
    message_type: str
    number: int
    control_id: str
    content_type: str
    body: bytes
    written_at: datetime

    def file_name(self, template: str) -> str:
        """Its name as a file, from ``{type}``, ``{number}`` and ``{extension}``; equal for every copy."""
        kind = "".join(c if c.isalnum() or c in "-_" else "-" for c in self.message_type)
        return template.format(type=kind, number=f"{self.number:09d}", extension=extension(self.content_type))


@dataclass(frozen=True, slots=True)
class Delivery:
    """The partner has it: ``receipt`` is what it is known by there (a file, an HTTP status, a queue id).

    ``answers`` are the messages that came back on the same connection, ``answer_type`` their media type.
    """

    receipt: str
    answers: tuple[bytes, ...] = ()
    answer_type: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a partner left for us; ``body`` is None where it is longer than is taken."""

    name: str
    body: bytes | None


class Refused(Permanent):
    """The partner refuses this very message; another copy would be refused too."""

    code = "partner.refused"


class Transport(Protocol):
    """One way to a partner, as its channel's settings describe it; opened for a visit and closed after it.

    Every method may raise Unavailable: nobody answers, or not as the partner that we know (its key, certificate,
    address, our credentials, a folder); then everything for this partner waits.
    """

    def check(self) -> str:
        """Connect, and send nothing; what was found there, in a few words."""

    def send(self, parcel: Parcel) -> Delivery:
        """Hand it over.

        Raises Transient where it certainly did not arrive, RateLimited where the partner asks for patience, Refused,
        and InDoubt where nobody knows.
        """

    def look(self, parcel: Parcel) -> Delivery | None:
        """What became of a sending of unknown end: it arrived, or None: it certainly did not.

        Raises InDoubt where the transport cannot tell.
        """

    def close(self) -> None:
        """Let go of the connection; the next call makes another."""


@runtime_checkable
class Pull(Transport, Protocol):
    """A transport that fetches files too."""

    def collect(self, limit: int) -> Iterator[Found]:
        """The files that are whole, in the order of their names, of at most ``limit`` bytes."""

    def done(self, found: Found, answer: bytes, *, refused: bool) -> None:
        """Move a file out of the way, after its answer was put where the partner looks for it."""


EXTENSIONS = {
    "application/edi-x12": ".x12",
    "application/edifact": ".edi",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "application/json": ".json",
    "application/fhir+json": ".json",
    "application/hl7-v2": ".hl7",
    "x-application/hl7-v2+er7": ".hl7",
    "text/csv": ".csv",
}


UNREACHABLE = "partner.unreachable"


def extension(content_type: str) -> str:
    """How the name of a file of this media type ends."""
    return EXTENSIONS.get(content_type.partition(";")[0].strip().lower(), ".txt")


def unreachable(error: BaseException) -> Unavailable:
    """Nobody answers, and nothing was handed over; only the fault's class is told."""
    return Unavailable(f"the partner cannot be reached ({type(error).__name__})", code=UNREACHABLE)


def denied(what: str, code: str) -> Unavailable:
    """The partner is there and does not know us, or is not who we know: a person must mend the channel."""
    hint = "Correct the channel's transport with the partner; what waits goes out by itself when it works again."
    return Unavailable(what, code=code, hint=hint)


def unknown(what: str, code: str = "partner.no_answer") -> InDoubt:
    """It may have arrived or not."""
    return InDoubt(what, code=code)
