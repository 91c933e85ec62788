"""Records of master data come one after the other: what is said last holds, however often it was said before.

Used by the flows of suppliers, price lists and locations.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection

from app.flows.base import Case, WaitFor
from app.flows.following import MAPPING
from app.flows.sending import ODOO
from app.ledger.documents import FINAL
from app.ledger.ledger import Ledger

ACTOR = "wardline"


def take_over(tx: Connection, ledger: Ledger, case: Case[Any], key: str, number: str) -> WaitFor | None:
    """Put a record in the place of those of the same number before it; what to wait for where one is on its way.

    A record that is held ends, for this one says what it says, or corrects it. Those that came to their end may be said
    again from now on: A, then B, then A again are three records, although the first and the last are alike.
    """
    alike = ledger.documents.namesakes(tx, case.row, key, number)
    messages = ledger.messages.load(tx, {row.message_id for row in alike})
    # What the house itself says is on its way out, and no word of those who keep records.
    before = [row for row in alike if row.mapping != MAPPING and messages[row.message_id].channel != ODOO]
    held = [row.id for row in before if row.state == "held"]
    ledger.holds.end_documents(tx, held, ACTOR, "cancelled")
    ledger.documents.forget_identity(tx, [row.id for row in before])
    running = [row for row in before if row.state not in ("held", *FINAL)]
    return WaitFor(running[-1].id) if running else None
