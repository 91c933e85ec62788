"""The section ``approval`` of the rule book: roles, people, limits, working hours, and what an emergency may do.

Read by ``app.policy.book``; used by ``app.policy.authority`` and ``app.policy.escalation``. In an empty section nobody
may decide anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from app.errors import Issue, Rejected
from app.model.approval import Grant, Need, Step
from app.model.derived import schema_of
from app.policy.working_hours import Hours

__all__ = ["ApprovalRules", "BreakGlass", "Grant", "Need", "Person", "Role", "Step", "Tier", "emergency", "steps_for"]

ANY = "*"
_KEYS = {"roles": "name", "people": "id", "hours": "facility"}
"""What the names of entries are, by the list they stand in."""
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}")
_NAME = 64
"""The most characters of an id or a role's name."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role that decides steps, up to ``limits`` (amounts by currency; where there are none, any amount).

    A currency that the limits do not name is beyond them. Where nobody of the role has decided after ``after_hours``
    working hours (urgent: ``urgent_after_hours`` by the clock), the role it ``escalates_to`` may decide too.
    """

    name: str
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    escalates_to: str = ""
    after_hours: Decimal | None = None
    urgent_after_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who decides, for the named facilities and departments (``*``: all), within limits of their own.

    ``also`` are other ids that the same person has in clinical systems: whoever asked under one of them does not
    decide. ``substitute`` stands in while the person is away and has named nobody else.
    """

    id: str
    name: str = ""
    roles: tuple[str, ...] = ()
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    facilities: tuple[str, ...] = (ANY,)
    departments: tuple[str, ...] = (ANY,)
    mail: str = ""
    also: tuple[str, ...] = ()
    substitute: str = ""
    active: bool = True

    def is_called(self, name: str) -> bool:
        """Whether an id, however it is written, means this person."""
        return folded(name) in {folded(one) for one in (self.id, *self.also)}


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """What an emergency may do: go ahead at once, to be reviewed within ``hours`` by somebody of the ``role``.

    Without a role there are no emergencies. ``limits`` bound the amount as those of a role do.
    """

    role: str = ""
    hours: Decimal = Decimal(24)
    limits: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tier:
    """The steps that an amount needs, up to and including ``up_to``; the last tier has no bound."""

    steps: tuple[Step, ...] = ()
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """Who may decide what, and what happens when nobody does.

    ``after_hours`` (working hours) and ``urgent_after_hours`` (by the clock) hold for roles that say nothing else.
    ``delegation_days`` is the longest that a right may be passed on for, ``link_hours`` how long a link may be used.
    ``once`` keeps a person from deciding two steps of one approval.
    """

    roles: tuple[Role, ...] = ()
    people: tuple[Person, ...] = ()
    hours: tuple[Hours, ...] = ()
    break_glass: BreakGlass = field(default_factory=BreakGlass)
    after_hours: Decimal = Decimal(8)
    urgent_after_hours: Decimal = Decimal(2)
    delegation_days: Decimal = Decimal(31)
    link_hours: Decimal = Decimal(72)
    once: bool = True

    def role(self, name: str) -> Role:
        """The role, without any bounds where the section does not know it; nobody has such a role."""
        return next((role for role in self.roles if role.name == name), Role(name))

    def person(self, name: str) -> Person | None:
        """The person who is called so, by any of the ids."""
        return next((person for person in self.people if person.is_called(name)), None)

    def calendar(self, facility: str) -> Hours:
        """The working hours of a facility."""
        found = {hours.facility: hours for hours in self.hours}
        return found.get(facility) or found.get(ANY) or Hours()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ApprovalRules:
        """The section as written in YAML: roles, people and hours by their names. Raises Rejected naming every fault.

        A person's id, a role's name and a facility's code are the keys of their entries.
        """
        shaped = {name: _listed(value, _KEYS[name]) if name in _KEYS else value for name, value in data.items()}
        try:
            made: ApprovalRules = schema_of(cls)().load(_texts(shaped))
        except ValidationError as error:
            raise Rejected(list(_issues(error.messages, "approval", shaped)), code="policy.approval") from None
        if faults := list(_faults(made)):
            raise Rejected(faults, code="policy.approval")
        return made


def folded(name: str) -> str:
    """An id in the one spelling under which it is compared."""
    return name.strip().casefold()


def within(limits: Mapping[str, Decimal], amount: Decimal, currency: str) -> bool:
    """Whether limits allow an amount: all amounts where there are no limits, none in a currency they do not name."""
    return not limits or (currency in limits and amount <= limits[currency])


def steps_for(tiers: Sequence[Tier], amount: Decimal) -> tuple[Step, ...]:
    """The steps of the first tier that reaches the amount; none where there are no tiers.

    Raises ValueError for tiers that are not in ascending order or leave amounts out.
    """
    bounds = [tier.up_to for tier in tiers]
    closed = [bound for bound in bounds if bound is not None]
    if tiers and (bounds[-1] is not None or len(closed) != len(tiers) - 1 or closed != sorted(set(closed))):
        raise ValueError("tiers ascend, and the last one has no bound")
    return next((tier.steps for tier in tiers if tier.up_to is None or amount <= tier.up_to), ())


def emergency(rules: ApprovalRules, need: Need) -> Need | None:
    """The need of an emergency that goes ahead at once; None where the rules allow none of this amount."""
    glass = rules.break_glass
    if not glass.role or not within(glass.limits, need.amount, need.currency):
        return None
    review = Step("review", glass.role, reason="break_glass")
    return replace(need, break_glass=True, urgent=True, steps=(review,))


def _texts(value: Any) -> Any:
    """What YAML made into numbers and dates, in the words that schemas take."""
    if isinstance(value, Mapping):
        return {str(name): _texts(below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(below) for below in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _listed(entries: Any, key: str) -> Any:
    """Entries under their names as a list of entries that tell their names."""
    if not isinstance(entries, Mapping):
        return entries
    return [{key: str(name), **_entry(value)} for name, value in entries.items()]


def _entry(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return {"": value}
    # YAML 1.1 takes a bare 17:00 for a number of base 60.
    clocks = {name: value[name] for name in ("start", "end") if type(value.get(name)) is int}
    return {**value, **{name: f"{minutes // 60:02}:{minutes % 60:02}" for name, minutes in clocks.items()}}


def _issues(messages: Any, where: str, data: Any) -> Iterator[Issue]:
    """The faults with their places, an entry called by its name and not by its number."""
    if not isinstance(messages, Mapping):
        yield from (Issue("policy.approval", where, str(text)) for text in messages)
        return
    for name, below in messages.items():
        inner = data[name] if isinstance(data, list) and isinstance(name, int) else None
        inner = data.get(name) if isinstance(data, Mapping) else inner
        called = next((inner[key] for key in _KEYS.values() if key in inner), name) if isinstance(inner, dict) else name
        yield from _issues(below, where if name in ("_schema", "") else f"{where}.{called}", inner)


def _faults(rules: ApprovalRules) -> Iterator[Issue]:
    """What the entries say of each other that cannot be."""
    roles, people = {role.name for role in rules.roles}, {person.id for person in rules.people}
    yield from _doubled("approval.roles", [role.name for role in rules.roles])
    yield from _doubled("approval.people", [folded(one) for p in rules.people for one in {p.id, *p.also}])
    for where, name in [("roles", name) for name in roles] + [("people", name) for name in people]:
        if not 0 < len(name) <= _NAME:
            yield Issue("policy.approval", f"approval.{where}.{name[:_NAME]}", f"must have 1 to {_NAME} characters")
    yield from _doubled("approval.hours", [hours.facility for hours in rules.hours])
    named = [(f"approval.roles.{role.name}.escalates_to", role.escalates_to) for role in rules.roles]
    named += [(f"approval.people.{person.id}.roles", name) for person in rules.people for name in person.roles]
    named += [("approval.break_glass.role", rules.break_glass.role)]
    yield from (Issue("policy.approval", where, "names a role that is not there") for where, name in named
                if name and name not in roles)  # fmt: skip
    for role in rules.roles:
        if role.name in escalations(rules, role.name):
            yield Issue("policy.approval", f"approval.roles.{role.name}.escalates_to", "leads back to where it began")
    for person in rules.people:
        if person.substitute and (person.substitute not in people or person.substitute == person.id):
            yield Issue("policy.approval", f"approval.people.{person.id}.substitute", "must be another person")
        if person.mail and not _MAIL.fullmatch(person.mail):
            yield Issue("policy.approval", f"approval.people.{person.id}.mail", "must be a mail address")
    yield from _below_zero(rules)


def escalations(rules: ApprovalRules, name: str) -> list[str]:
    """The roles that a role escalates to, one after the other; each once."""
    found: list[str] = []
    while (name := rules.role(name).escalates_to) and name not in found:
        found.append(name)
    return found


def _doubled(where: str, names: Iterable[str]) -> Iterator[Issue]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Issue("policy.approval", f"{where}.{name}", "is there twice")


def _below_zero(rules: ApprovalRules) -> Iterator[Issue]:
    numbers = [("approval.after_hours", rules.after_hours), ("approval.urgent_after_hours", rules.urgent_after_hours)]
    numbers += [("approval.delegation_days", rules.delegation_days), ("approval.link_hours", rules.link_hours)]
    numbers += [("approval.break_glass.hours", rules.break_glass.hours)]
    for role in rules.roles:
        hours = (("after_hours", role.after_hours), ("urgent_after_hours", role.urgent_after_hours))
        numbers += [(f"approval.roles.{role.name}.{name}", value) for name, value in hours if value is not None]
    limited = [(f"approval.roles.{role.name}", role.limits) for role in rules.roles]
    limited += [(f"approval.people.{person.id}", person.limits) for person in rules.people]
    limited += [("approval.break_glass", rules.break_glass.limits)]
    numbers += [
        (f"{where}.limits.{currency}", value) for where, limits in limited for currency, value in limits.items()
    ]
    yield from (Issue("policy.approval", where, "must not be below 0") for where, value in numbers if value < 0)
