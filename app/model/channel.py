"""A channel: one configured way in, with everything that is peculiar to its sender, as data.

Read from the channels file by ``app.services``; used by intake, listener and translation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.model.transport import TransportSettings

Options = TypeVar("Options")

LANES = ("urgent", "approvals", "bulk")
"""The lanes, the most urgent first; each is a queue with its own workers."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Who sends what, how, for which facility.

    ``standard`` is one of ``app.standards.STANDARDS``; ``facility`` is the site the messages belong to; ``lane`` is
    the default lane; ``default_unit`` stands where the standard has no unit (HL7 FT1-10); ``time_zone`` holds for
    times written without an offset; ``senders`` are the sender names that may use the channel (empty: any);
    ``identifier_systems`` maps coding systems (``urn:oid:...``, ``HOSPITAL``) to identifier schemes; ``mllp_port``
    makes the MLLP listener serve the channel; ``options`` is what else is peculiar to the partner, in the form that
    the standard asks for (``Standard.options``).

    What is written for the partner goes from ``our_address`` to ``partner_address``, as the standard writes addresses
    (``ZZ:WARDLINE``). Its answer arrives on the channel ``answered_on``, on this one where that is empty, and is missed
    after ``answer_hours``; without them no answer is expected.

    ``supplier`` is our reference of the supplier at the other end, ``sends`` the kinds of documents that are written
    for whoever is there, ``transport`` how they travel.
    """

    name: str
    standard: str
    facility: str
    owner: str = ""
    lane: str = "bulk"
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    default_unit: str = "EA"
    senders: tuple[str, ...] = ()
    identifier_systems: Mapping[str, str] = field(default_factory=dict)
    mllp_port: int | None = None
    options: object | None = None
    our_address: str = ""
    partner_address: str = ""
    answered_on: str = ""
    answer_hours: Decimal | None = None
    supplier: str = ""
    sends: tuple[str, ...] = ()
    transport: TransportSettings | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a standard needs to read and write a channel's messages: the channel and the keyed pseudonym function.

    ``pseudonym`` turns a case or encounter number into a stable stand-in; nothing else about a patient is read.
    """

    channel: Channel
    pseudonym: Callable[[str], str]

    def options(self, kind: type[Options]) -> Options:
        """The channel's options in the standard's own form, all defaults where the channel has none."""
        found = self.channel.options
        return found if isinstance(found, kind) else kind()
