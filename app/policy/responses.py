"""What a partner's answer means for what was sent: taken, refused, or not decided yet.

Used by ``app.flows.response``.
"""

from __future__ import annotations

from typing import Literal

from app.model.response import Response

Meaning = Literal["accepted", "rejected", "pending"]

REFUSED = frozenset({"rejected"})
UNDECIDED = frozenset({"in_process", "on_hold"})


def meaning(response: Response) -> Meaning:
    """The worst that is said counts: one refused message of an interchange is a refusal."""
    said = {response.status, *(part.status for part in response.parts)}
    if said & REFUSED:
        return "rejected"
    return "pending" if said & UNDECIDED else "accepted"
