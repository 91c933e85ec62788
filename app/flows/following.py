"""Documents that Wardline makes itself, in consequence of others: entered under the same message, told as its own.

Used by the operations of the flows, whose effects in Odoo give rise to new documents.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import flows, ids
from app.ledger.audit import Event
from app.ledger.documents import NewDocument
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from app.model.documents import Document, said_at
from app.model.schema import digest_of, document_to_json

SENDER = "wardline"
"""The sender of documents that nobody sent us."""
MAPPING = "wardline/1"


def enter(tx: Connection, ledger: Ledger, parent: Row[Any], document: Document) -> Row[Any] | None:
    """Enter a document that follows from ``parent`` and let it be resolved; None where it is known already.

    It belongs to the parent's message, so that one correlation id tells the whole story, and takes the parent's lane.
    """
    flow = flows.FLOWS[document.document_kind]
    key = flow.identity(document, parent.facility, SENDER)
    if ledger.documents.by_identity(tx, key) is not None:
        return None
    message = ledger.messages.load(tx, {parent.message_id})[parent.message_id]
    new = NewDocument(
        ordinal=parent.ordinal,
        kind=document.document_kind,
        identity=key,
        fingerprint=digest_of(document),
        occurred_at=said_at(document, UTC, ids.now()),
        business_keys=tuple(document.business_keys()),
        content=document_to_json(document),
    )
    entered = ledger.documents.enter(tx, message, MAPPING, [new], ids.now() + ledger.retention).new
    if not entered:
        return None
    [row] = entered
    ledger.documents.set_lane(tx, row.id, parent.lane)
    ledger.work.add(tx, "resolve", [NewWork(row.id, parent.lane)])
    detail = {"kind": row.kind, "document": str(row.id), "from": str(parent.id)}
    ledger.audit.append(tx, [Event("document.followed", "wardline", message.id, row.id, detail)])
    return row
