"""The one thing that is taken from the segments about a patient: the visit's number, and only as a pseudonym.

Called by the readers; names, addresses and diagnoses are never looked at.
"""

from __future__ import annotations

from app.model.channel import Profile
from app.standards.hl7v2.syntax import Message


def case(message: Message, profile: Profile) -> str | None:
    """The pseudonym of the visit number (PV1-19), else of the account number (PID-18)."""
    for name, field in (("PV1", 19), ("PID", 18)):
        segment = message.first(name)
        if segment and (number := segment.text(field)):
            return profile.pseudonym(number)
    return None
