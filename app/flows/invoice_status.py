"""What became of an invoice, told to who sent it: taken, partly paid, paid, withdrawn.

Used when a bill is posted and by the job ``bills.watch``, which sees what people do with bills in Odoo afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import ids
from app.flows import following
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from app.model.party import Party, PartyIdentifier
from app.model.response import Response, ResponseStatus
from app.model.setup import Setup
from app.odoo.billing import Bill
from app.odoo.erp import Erp

JOB = "bills.watch"
EVERY_SECONDS = 300
PAGE = 500

ANSWERS: Mapping[str, ResponseStatus] = {
    "posted": "accepted",
    "partly_paid": "in_process",
    "paid": "paid",
    "reversed": "rejected",
    "cancelled": "rejected",
}
"""What a supplier is told of each state of its invoice; a draft is nobody else's business."""


def tell(tx: Connection, ledger: Ledger, setup: Setup, of: Row[Any], told: Row[Any]) -> Row[Any] | None:
    """Enter an answer about an invoice (``told``, its row) that belongs to the document ``of``.

    Nothing where nobody is sent responses, or where the same was said before.
    """
    status = ANSWERS.get(told.state)
    wanted = setup.partner_channel(told.supplier, Response.document_kind, of.facility)
    if status is None or not (wanted or setup.subscribers(Response.document_kind, of.facility)):
        return None
    answer = Response(
        level="application",
        status=status,
        number=f"{told.number}:{told.state}"[:200],
        refers_to=told.number,
        refers_to_kind=told.type,
        responded_at=ids.now(),
        code=told.state,
        sender=setup.facility(of.facility).party,
        recipient=Party((PartyIdentifier("internal", told.supplier),)),
    )
    return following.enter(tx, ledger, of, answer)


@dataclass(frozen=True, slots=True)
class BillWatch:
    """Looks what became of posted bills: paid, taken back, cancelled, changed or deleted by people in Odoo."""

    ledger: Ledger
    erp: Erp
    setup: Setup

    def run(self) -> int:
        """Bring the kept states up to date; how many were not. Raises what the gateway raises."""
        changed = 0
        for page in self._pages():
            bills = {bill.id: bill for bill in self.erp.billing.read([row.record_id for row in page])}
            for row in page:
                if _news(row, bills.get(row.record_id)):
                    changed += self._note(row, bills.get(row.record_id))
        return changed

    def _pages(self) -> Iterator[Sequence[Row[Any]]]:
        after = None
        while True:
            with self.ledger.reading() as tx:
                page = self.ledger.invoices.watched(tx, after, PAGE)
            if not page:
                return
            yield page
            after = page[-1].document_id

    def _note(self, row: Row[Any], bill: Bill | None) -> bool:
        """One invoice's news in a transaction; False where somebody else noted it first."""
        state = bill.status if bill else "cancelled"
        with self.ledger.transaction() as tx:
            current = self.ledger.invoices.get(tx, row.document_id)
            if current is None or current.updated_at != row.updated_at:
                return False
            name, residual = (bill.name or row.record_name, bill.residual) if bill else (row.record_name, None)
            self.ledger.invoices.billed(tx, row.document_id, row.record_id, name, state, residual)
            document = self.ledger.documents.load(tx, [row.document_id])[row.document_id]
            detail = {"number": row.number, "record_name": name, "before": row.state, "after": state}
            if bill and row.total is not None and abs(row.total) != bill.total:
                detail["amount_changed"] = f"{abs(row.total)} to {bill.total}"
            self.ledger.audit.append(tx, [Event("invoice.changed", "odoo", document.message_id, document.id, detail)])
            if (now := self.ledger.invoices.get(tx, row.document_id)) and state != row.state:
                tell(tx, self.ledger, self.setup, document, now)
        return True


def _news(row: Row[Any], bill: Bill | None) -> bool:
    if bill is None:
        return bool(row.state != "cancelled")
    return bill.status != row.state or bill.residual != row.residual or bool(bill.name and bill.name != row.record_name)
