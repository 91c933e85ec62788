"""People's words on confirmations that depart from their order: accept what the supplier says, or refuse it.

Called by ``wardline confirmations``. The word counts for just the figures that were shown; what is accepted is put onto
the order when the document is released, what is refused leaves the line as it was ordered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.errors import Conflict, Forbidden, NotFound
from app.flows import rules
from app.ledger.confirmations import Decision
from app.ledger.ledger import Ledger
from app.policy.approval import ApprovalRules
from app.policy.confirmation_rules import ConfirmationRules


def waiting(tx: Connection, ledger: Ledger, number: str) -> Row[Any]:
    """The confirmation of an order that waits for a word. Raises NotFound and Conflict where there is none."""
    rows = ledger.confirmations.of_order(tx, number)
    if not rows:
        raise NotFound(f"no supplier has confirmed an order {number}", code="confirmation.unknown")
    held = [row for row in rows if row.state == "held"]
    if not held:
        raise Conflict(f"no confirmation of order {number} waits for a decision", code="confirmation.not_held")
    return held[0]


def decide(
    tx: Connection,
    ledger: Ledger,
    number: str,
    decision: Decision,
    person: str,
    lines: Sequence[int] = (),
    reason: str = "",
) -> list[Mapping[str, Any]]:
    """Keep a person's word on the findings of an order's confirmation, or of some of its lines, and let it go on.

    Returns the findings it is about. Raises NotFound and Conflict where nothing waits for a word, Forbidden where a
    substitute needs that of a clinician.
    """
    row = waiting(tx, ledger, number)
    findings = [finding for finding in row.findings if finding["digest"] and (not lines or finding["line"] in lines)]
    if not findings:
        raise NotFound(f"no such line of order {number} waits for a decision", code="confirmation.no_such_line")
    if decision == "accept" and any(finding["clinical"] for finding in findings):
        book = rules.in_force(tx, ledger)
        check_clinical(book.approval, book.confirmation, person)
    ledger.confirmations.decide(tx, row, findings, decision, person, reason)
    ledger.holds.end_documents(tx, [row.document_id], person, "released")
    return findings


def check_clinical(people: ApprovalRules, confirmation: ConfirmationRules, person: str) -> None:
    """Raise Forbidden for somebody who may not accept a substitute of a clinical item."""
    known = people.person(person)
    if known is None or not known.active or confirmation.clinical_role not in known.roles:
        text = f"{person} has not the role {confirmation.clinical_role}, which a substitute of this item needs"
        hint = "Let a clinician decide; the rule book's section approval says who has the role."
        raise Forbidden(text, code="confirmation.clinical", hint=hint)
