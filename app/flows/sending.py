"""Who is told about a document: the postings that send it to its supplier and to the systems that subscribed to it.

Used by every flow whose documents leave the house; ``app.flows.dispatch`` carries the postings out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Row

from app.flows import following
from app.flows.base import Case
from app.ledger.postings import NewPosting
from app.model.channel import Channel
from app.model.documents import Document
from app.model.setup import Setup

OPERATION = "send"
STAGE = "dispatch"
ODOO = "odoo"
"""The channel over which what people did in Odoo is picked up."""


def sendings(
    setup: Setup, source: Case[Any] | Row[Any], document: Document, supplier: str | None = None
) -> list[NewPosting]:
    """One posting for every channel that is sent this document; none where nobody wants it.

    These are the channel of ``supplier`` (our reference of it) and those of the site's own systems that send this kind.
    ``source`` is the document's case or row; with a case, the channel on which it came is not told what it said.
    """
    row = source.row if isinstance(source, Case) else source
    heard = {source.message.channel} if isinstance(source, Case) and row.mapping != following.MAPPING else set()
    kind = document.document_kind
    partner = setup.partner_channel(supplier, kind, row.facility) if supplier else None
    told = [partner] if partner else []
    told += setup.subscribers(kind, row.facility)
    return [sending(row, channel) for channel in told if channel.name not in heard]


def is_ours(case: Case[Any]) -> bool:
    """Whether the house itself says this: Wardline made the document, or it was picked up in Odoo."""
    return bool(case.row.mapping == following.MAPPING or case.message.channel == ODOO)


def sending(row: Row[Any], channel: Channel) -> NewPosting:
    """The posting that sends a document over a channel, once for ever; one partner is sent one thing at a time."""
    return NewPosting(
        document_id=row.id,
        key=f"to:{row.id.hex}:{channel.name}",
        operation=OPERATION,
        partition=partition(channel.name),
        lane=row.lane,
        effect={"channel": channel.name, "kind": row.kind},
        stage=STAGE,
    )


def partition(channel: str) -> str:
    """The partition of a channel's sendings, which is the name of its circuit too."""
    return f"partner:{channel}"
