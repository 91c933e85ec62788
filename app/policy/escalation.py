"""When a step is taken further because nobody decides, and to whom; pure.

Used by ``app.flows.escalating``, which asks when a step begins and when its time is over.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from app.policy.approval import ApprovalRules
from app.policy.working_hours import after, by_clock


def due_at(
    rules: ApprovalRules, role: str, begun: datetime, *, urgent: bool, facility: str, zone: ZoneInfo
) -> datetime:
    """When the time of a role is over: after working hours of the facility, urgent things by the clock."""
    known = rules.role(role)
    if urgent:
        own = known.urgent_after_hours
        return by_clock(begun, rules.urgent_after_hours if own is None else own)
    hours = rules.after_hours if known.after_hours is None else known.after_hours
    return after(begun, hours, rules.calendar(facility), zone)


def review_due_at(rules: ApprovalRules, begun: datetime) -> datetime:
    """When the review of an emergency must be decided, by the clock."""
    return by_clock(begun, rules.break_glass.hours)


def next_role(rules: ApprovalRules, roles: tuple[str, ...]) -> str | None:
    """The role that a step goes to after these; None where there is nobody further."""
    following = rules.role(roles[-1]).escalates_to
    return following if following and following not in roles else None
