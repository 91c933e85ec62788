"""Telling people about approvals: whoever may decide the open step, and whoever asked; each once.

Called in the transaction of every decision and by the clock's job, which also tells of what was newly asked for.
Notices name number, amount and items; what somebody wrote is in none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import ids
from app.flows.dossiers import Dossier
from app.ledger.ledger import Ledger
from app.ledger.notices import NewNotice
from app.model.setup import Setup
from app.policy import escalation
from app.policy.approval import Person

ITEMS = 20
"""The most items that a notice names."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Makes notices for the outlets that are configured."""

    ledger: Ledger
    setup: Setup
    mail: bool = False
    webhook: bool = False

    def tell(self, tx: Connection, dossier: Dossier) -> int:
        """Tell everybody who is to know how an approval stands and was not told yet; how many notices that made."""
        due_at = self._plan(tx, dossier)
        told = self._tell_deciders(tx, dossier, due_at)
        told += self._tell_requester(tx, dossier)
        self.ledger.approvals.told(tx, dossier.row)
        return told

    def due_at(self, dossier: Dossier, begun: datetime) -> datetime:
        """When the open step is to be taken further: at once, where too few may decide it."""
        row, matter = dossier.row, dossier.matter
        if not dossier.bench.is_enough(matter):
            return begun
        rules, zone = dossier.bench.rules, self.setup.facility(row.facility).time_zone
        if row.state == "break_glass":
            return escalation.review_due_at(rules, begun)
        role = matter.roles[-1]
        return escalation.due_at(rules, role, begun, urgent=row.urgent, facility=row.facility, zone=zone)

    def _plan(self, tx: Connection, dossier: Dossier) -> datetime | None:
        """Set the time of a step that has just begun."""
        step = dossier.step
        if step is None or step.due_at is not None or dossier.row.told_version == dossier.row.version:
            return step.due_at if step is not None else None
        due_at = self.due_at(dossier, step.opened_at)
        self.ledger.approvals.set_due(tx, step, due_at)
        return due_at

    def _tell_deciders(self, tx: Connection, dossier: Dossier, due_at: datetime | None) -> int:
        kind = "review" if dossier.row.state == "break_glass" else "needed"
        told = 0
        for right in dossier.deciders:
            person = right.person
            new = [
                NewNotice(key, dossier.row.id, kind, person.id, outlet, address, _facts(dossier, due_at))
                for outlet, address in self._outlets(person)
                if (key := _key(dossier.row, kind, person.id, outlet))
            ]
            told += self._enter(tx, dossier, new, person.id)
        return told

    def _enter(self, tx: Connection, dossier: Dossier, new: list[NewNotice], person: str) -> int:
        """Enter what is new of the notices, with a link to decide by."""
        known = self.ledger.notices.known(tx, [one.key for one in new])
        fresh = [one for one in new if one.key not in known]
        if any(one.transport != "none" for one in fresh):
            link = self.ledger.approval_links.add(tx, dossier.row, dossier.open_step.id, person, dossier.link_ends)
            fresh = [replace(one, facts={**one.facts, "link": str(link.id)}) for one in fresh]
        return self.ledger.notices.enter(tx, fresh)

    def _tell_requester(self, tx: Connection, dossier: Dossier) -> int:
        row, requester = dossier.row, dossier.row.requester
        person = dossier.bench.rules.person(requester) or Person(requester)
        facts = _facts(dossier, None)
        new = (
            # The same state is told once, whatever version it is reached in.
            NewNotice(_key(row, row.state, person.id, outlet, 0), row.id, row.state, person.id, outlet, address, facts)
            for outlet, address in self._outlets(person)
        )
        return self.ledger.notices.enter(tx, new)

    def _outlets(self, person: Person) -> Iterable[tuple[str, str]]:
        """How somebody is told: by mail and by webhook as far as there are, else in the lists alone."""
        return list(self._outside(person)) or [("none", "")]

    def _outside(self, person: Person) -> Iterator[tuple[str, str]]:
        if self.mail and person.mail:
            yield "mail", person.mail
        if self.webhook:
            yield "webhook", ""


def _key(row: Row[Any], kind: str, person: str, outlet: str, version: int | None = None) -> str:
    version = row.version if version is None else version
    return f"{row.id}:{version}:{kind}:{ids.digest(person.encode())[:16]}:{outlet}"


def _facts(dossier: Dossier, due_at: datetime | None) -> dict[str, Any]:
    row, step = dossier.row, dossier.step
    return {
        "number": row.reference,
        "amount": format(row.amount, "f"),
        "currency": row.currency,
        "facility": row.facility,
        "items": row.items[:ITEMS],
        "urgent": row.urgent,
        "version": row.version,
        "step": step.name if step else None,
        "escalated": bool(step and step.escalated_to),
        "due_at": due_at.isoformat() if due_at else None,
    }
