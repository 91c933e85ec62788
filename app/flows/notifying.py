"""The clock's job that sends notices: each under a lease, tried again with growing pauses, never twice.

A letter whose fate is not known is not sent again: one that is missing is made up for by the escalation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.engine import Row

from app import ids
from app.errors import InDoubt, NotFound, Permanent, Transient, WardlineError
from app.flows.approval_links import Links
from app.flows.base import Job
from app.flows.failure import unexpected
from app.ledger.approvals import OPEN
from app.ledger.ledger import Ledger
from app.partners.notifiers import Letter, Mail, Webhook
from app.policy.retry import Retry

EVERY_SECONDS = 10.0
AT_ONCE = 500
"""The most notices that one run sends."""

SUBJECTS = {
    "needed": "Approval needed",
    "review": "Review of an emergency needed",
    "pending": "Waiting for approval",
    "break_glass": "Emergency, under way; it will be reviewed",
    "approved": "Approved",
    "rejected": "Not approved",
    "justified": "Emergency confirmed",
    "objected": "Emergency objected to",
    "superseded": "Approval begins again, for something has changed",
    "withdrawn": "No approval needed any more",
}
"""What a notice is about, by its kind."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notifying:
    """Sends what is due."""

    ledger: Ledger
    links: Links
    retry: Retry
    mail: Mail | None = None
    webhook: Webhook | None = None

    @property
    def job(self) -> Job:
        """As the clock runs it."""
        return Job("notices.send", EVERY_SECONDS, self.run)

    def run(self) -> int:
        """Send everything that is due; how many notices were dealt with."""
        with self.ledger.transaction() as tx:
            done = self.ledger.notices.abandoned(tx)
        while done < AT_ONCE:
            with self.ledger.transaction() as tx:
                row = self.ledger.notices.claim(tx)
            if row is None:
                break
            self._deal(row)
            done += 1
        return done

    def _deal(self, row: Row[Any]) -> None:
        state, code, due_at = "sent", None, None
        try:
            if self._is_moot(row):
                state = "moot"
            else:
                self._send(row)
        except Transient as error:
            due_at = self.retry.next_attempt(row.attempts, row.created_at, ids.now())
            state, code = ("failed" if due_at is None else "due"), error.code
        except InDoubt as error:
            state, code = "in_doubt", error.code
        except WardlineError as error:
            state, code = "failed", error.code
        except Exception as error:  # noqa: BLE001 - one notice's fault must not stop the others
            state, code = "failed", unexpected(error, "notice", row.id).code
        if code:
            log.warning("notice.not_sent", notice=str(row.id), transport=row.transport, state=state, error_code=code)
        with self.ledger.transaction() as tx:
            self.ledger.notices.settle(tx, row, state, code, due_at)

    def _is_moot(self, row: Row[Any]) -> bool:
        """Whether what is asked for has been decided meanwhile."""
        if row.kind not in ("needed", "review"):
            return False
        with self.ledger.reading() as tx:
            approval = self.ledger.approvals.load(tx, row.approval_id)
        return approval.state not in OPEN or approval.version != row.facts["version"]

    def _send(self, row: Row[Any]) -> None:
        link = self._link(row.facts)
        if row.transport == "mail" and self.mail:
            self.mail.send(Letter(row.key, row.address, subject(row), text(row, link)))
        elif row.transport == "webhook" and self.webhook:
            self.webhook.send(row.key, payload(row, link))
        else:
            raise Permanent("nothing is configured for it any more", code="notice.no_outlet")

    def _link(self, facts: Mapping[str, Any]) -> str:
        """The link to decide by; empty where there is none, or where nobody outside could reach it."""
        if not facts.get("link") or not self.links.public_url:
            return ""
        with self.ledger.reading() as tx:
            row = self.ledger.approval_links.load(tx, UUID(facts["link"]))
        if row is None:
            raise NotFound("there is no such link", code="link.unknown")
        return self.links.url(row)


def subject(row: Row[Any]) -> str:
    """The subject of a letter: what it is about, the number and the amount."""
    facts = row.facts
    urgent = "URGENT: " if facts["urgent"] and row.kind in ("needed", "review") else ""
    return f"{urgent}{SUBJECTS[row.kind]}: {facts['number']}, {facts['amount']} {facts['currency']}"


def text(row: Row[Any], link: str) -> str:
    """The letter itself."""
    facts = row.facts
    lines = [
        SUBJECTS[row.kind],
        "",
        f"Number: {facts['number']}",
        f"Amount: {facts['amount']} {facts['currency']}",
        f"Facility: {facts['facility']}",
        f"Items: {', '.join(facts['items']) or '-'}",
    ]
    if facts["step"]:
        lines.append(f"Step: {facts['step']}{' (escalated)' if facts['escalated'] else ''}")
    if facts["due_at"]:
        lines.append(f"Until: {facts['due_at']}")
    if link:
        lines += ["", "Look at it and decide here, once:", link]
    return "\n".join([*lines, ""])


def payload(row: Row[Any], link: str) -> dict[str, Any]:
    """The same for programs."""
    told = {name: value for name, value in row.facts.items() if name != "link"}
    about = {"type": f"approval.{row.kind}", "approval": str(row.approval_id), "person": row.person}
    return {**about, "created_at": row.created_at.isoformat(), "link": link or None, "data": told}
