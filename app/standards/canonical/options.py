"""What may be peculiar to a partner that speaks canonical JSON.

Set as a channel's ``options``; used by the mapping and by writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CanonicalOptions:
    """A partner's habits.

    ``units`` gives the UN/ECE Recommendation 20 or 21 code for unit codes that are told without one. ``strict`` lists
    codes of warnings that reject a message.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    strict: tuple[str, ...] = ()
