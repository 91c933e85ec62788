"""What an approval is about: the need for one, its steps, and what was granted.

Made by the policy of requisitions, kept by ``app.ledger.approvals`` and decided by ``app.policy.authority``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Verdict = Literal["approve", "reject"]
"""What one person says."""

Granted = Literal["pending", "approved", "rejected", "break_glass"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an approval: somebody of a ``role`` must agree, with ``four_eyes`` two different people.

    ``reason`` names the rule or tier that asks for it.
    """

    name: str
    role: str
    four_eyes: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What must be approved, by which steps, one after the other.

    ``reference`` is the document's number, ``items`` the item references of its lines: all that a notice tells.
    ``requester`` is whoever asked, by any id that the rule book knows; such a person never decides. ``fingerprint``
    stands for all that is being agreed to (lines, prices, suppliers); where it changes, the approval begins again.
    With ``break_glass`` the document goes ahead at once and the steps are those of the review afterwards
    (``app.policy.approval.emergency`` makes such a need of another). ``rule_version`` is the version of the rule book
    that asked for it.
    """

    reference: str
    amount: Decimal
    currency: str
    facility: str
    requester: str
    fingerprint: str
    steps: tuple[Step, ...] = ()
    department: str | None = None
    cost_centre: str | None = None
    urgent: bool = False
    break_glass: bool = False
    items: tuple[str, ...] = ()
    rule_version: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """How an approval stands: ``by`` decided it ``at`` that moment; both are None while it is pending.

    ``break_glass`` lets the document go ahead, whatever its review says later.
    """

    state: Granted
    by: str | None = None
    at: datetime | None = None
