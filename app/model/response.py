"""Responses: what the other side says to something we sent (ACK, 997, 999, TA1, 824, CONTRL, APERAK, MLR, cXML).

A *functional* response says whether a message could be read, an *application* response whether its content is taken.
Our own answer to a sender is an ``Acknowledgement`` (``app.model.envelope``); this is a document that was received.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.party import Party
from app.model.text import Prose
from app.model.when import When

ResponseLevel = Literal["functional", "application"]
ResponseStatus = Literal["received", "accepted", "accepted_with_errors", "in_process", "on_hold", "rejected", "paid"]


@dataclass(frozen=True, slots=True)
class ResponseFault:
    """One fault the other side names: its own ``code``, where it found it (``PO1[3]-02``), and its words."""

    code: str
    where: str | None = None
    text: Prose | None = None


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """What is said of one message of an interchange: by its control number and, if told, its type (``850``)."""

    control_id: str | None
    status: ResponseStatus
    message_type: str | None = None
    faults: tuple[ResponseFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """An answer to what we sent.

    ``control_id`` is the control number of the interchange, group or message that is answered (MSA-2, AK1-02, UCI,
    payloadID), ``refers_to`` the number of the business document if it is told (order, invoice), ``refers_to_kind``
    the kind of that document as canonical kind or message type.
    """

    document_kind: ClassVar[str] = "response"

    level: ResponseLevel
    status: ResponseStatus
    control_id: str | None = None
    number: str | None = None
    message_type: str | None = None
    refers_to: str | None = None
    refers_to_kind: str | None = None
    responded_at: When | None = None
    code: str | None = None
    text: Prose | None = None
    sender: Party | None = None
    recipient: Party | None = None
    parts: tuple[ResponsePart, ...] = ()
    faults: tuple[ResponseFault, ...] = ()
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was said."""
        return self.responded_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        if self.control_id:
            yield "control_id", self.control_id
        if self.refers_to:
            yield "refers_to", self.refers_to
        yield from (("control_id", part.control_id) for part in self.parts if part.control_id)
