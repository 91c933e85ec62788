"""Who may decide a step of an approval: by role, limit, facility and department, or for somebody who passed it on.

Pure; asked by ``app.flows.approving`` before a decision is recorded and for telling who is to decide. Nobody decides
what they asked for themselves, neither in their own right nor in anybody's, nor lends their right to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.errors import Forbidden, Overtaken
from app.policy.approval import ANY, ApprovalRules, Person, within


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be decided: the facts of an approval and the roles that may decide its open step."""

    amount: Decimal
    currency: str
    facility: str
    requester: str
    roles: tuple[str, ...]
    department: str | None = None
    four_eyes: bool = False


@dataclass(frozen=True, slots=True)
class StandIn:
    """``by`` may use the right of ``person`` from one moment until before another, of one role or (None) of all.

    ``away`` says that the person is away; ``by`` is then whoever was named for it, or None.
    """

    person: str
    by: str | None
    valid_from: datetime
    valid_to: datetime
    role: str | None = None
    away: bool = False

    def holds(self, at: datetime) -> bool:
        """Whether it is valid at that moment."""
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who has spoken already, on whose behalf, and whether it was about the step that is open."""

    person: str
    on_behalf_of: str
    this_step: bool = True


@dataclass(frozen=True, slots=True)
class Right:
    """The right of a person to decide: their own, or on behalf of somebody else."""

    person: Person
    on_behalf_of: Person


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that decides who may decide: the rules, the stand-ins, who has spoken, and the moment."""

    rules: ApprovalRules
    stand_ins: tuple[StandIn, ...]
    spoken: tuple[Spoken, ...]
    at: datetime

    def right(self, name: str, matter: Matter) -> Right:
        """The right by which somebody may decide.

        Raises Forbidden with the reason why not, Overtaken where the person has decided already.
        """
        person = self.rules.person(name)
        if person is None or not person.active:
            raise Forbidden("the rule book knows no such person", code="approval.person_unknown")
        if person.is_called(matter.requester):
            raise Forbidden("nobody decides what they asked for themselves", code="approval.own")
        self._check_spoken(person)
        reasons = []
        for holder, role in self._holders(person):
            reason = self._missing(holder, matter, role)
            if reason is None:
                return Right(person, holder)
            reasons.append(reason)
        raise min(reasons, key=_RANK.index, default=_NO_ROLE).refusal()

    def deciders(self, matter: Matter) -> list[Right]:
        """Everybody who may decide now, in the order of the rule book."""
        found = []
        for person in self.rules.people:
            try:
                found.append(self.right(person.id, matter))
            except (Forbidden, Overtaken):
                continue
        return found

    def is_enough(self, matter: Matter) -> bool:
        """Whether those who may decide are as many as must."""
        spoken = sum(one.this_step for one in self.spoken)
        return spoken + len(self.deciders(matter)) >= (2 if matter.four_eyes else 1)

    def _check_spoken(self, person: Person) -> None:
        mine = [one for one in self.spoken if person.id in (one.person, one.on_behalf_of)]
        if any(one.this_step for one in mine):
            raise Overtaken("this person, or somebody for them, has decided this step", code="approval.repeated")
        if mine and self.rules.once:
            raise Forbidden("one person decides one step of an approval", code="approval.once")

    def _holders(self, person: Person) -> Iterator[tuple[Person, str | None]]:
        """Those whose right the person may use, their own first, with the role it is limited to."""
        yield person, None
        for stand_in in self.stand_ins:
            holder = self.rules.person(stand_in.person)
            if holder is not None and holder.id != person.id and stand_in.holds(self.at):
                named = self._substitutes(holder) if stand_in.away else (stand_in.by or "",)
                if any(person.is_called(name) for name in named):
                    yield holder, stand_in.role

    def _substitutes(self, person: Person) -> Sequence[str]:
        """Whoever stands in for somebody who is away, and for those who are away too, one after the other."""
        chain: list[str] = []
        name: str | None = person.id
        while name and (absent := self._absence(name)) and (following := self._named(absent)) not in chain:
            chain.append(following)
            name = following
        return [one for one in chain if one]

    def _absence(self, name: str) -> StandIn | None:
        away = [one for one in self.stand_ins if one.away and one.person == name and one.holds(self.at)]
        # Of two absences at once the one that names somebody counts.
        return max(away, key=lambda one: bool(one.by), default=None)

    def _named(self, absence: StandIn) -> str:
        person = self.rules.person(absence.person)
        named = self.rules.person(absence.by) if absence.by else None
        return named.id if named else person.substitute if person else ""

    def _missing(self, holder: Person, matter: Matter, role: str | None) -> _Reason | None:
        """Why the right of the holder does not reach; None where it does."""
        roles = [name for name in matter.roles if name in holder.roles and role in (None, name)]
        if not roles or not holder.active:
            return _NO_ROLE
        if holder.is_called(matter.requester):
            return _OWN
        if any(holder.id in (one.person, one.on_behalf_of) for one in self.spoken if one.this_step or self.rules.once):
            return _SPOKEN
        if not {ANY, matter.facility} & set(holder.facilities):
            return _FACILITY
        if not {ANY, matter.department} & set(holder.departments):
            return _DEPARTMENT
        bounds = [self.rules.role(name).limits for name in roles]
        fits = any(within(bound, matter.amount, matter.currency) for bound in bounds)
        return None if fits and within(holder.limits, matter.amount, matter.currency) else _LIMIT


@dataclass(frozen=True, slots=True)
class _Reason:
    code: str
    text: str

    def refusal(self) -> Forbidden:
        return Forbidden(self.text, code=self.code)


_LIMIT = _Reason("approval.limit", "the amount is beyond this person's limit")
_DEPARTMENT = _Reason("approval.department", "this person does not decide for the department")
_FACILITY = _Reason("approval.facility", "this person does not decide for the facility")
_SPOKEN = _Reason("approval.once", "the right to decide was used already")
_OWN = _Reason("approval.own", "nobody lends their right for what they asked for themselves")
_NO_ROLE = _Reason("approval.no_role", "the step is for another role")
_RANK = (_LIMIT, _DEPARTMENT, _FACILITY, _SPOKEN, _OWN, _NO_ROLE)
"""Of several reasons the one that comes closest to a right is told."""


def is_complete(matter: Matter, spoken: Iterable[Spoken]) -> bool:
    """Whether enough people have agreed to the open step."""
    people = {one.person for one in spoken if one.this_step}
    return len(people) >= (2 if matter.four_eyes else 1)
