"""Invoices in a ledger, held for a price, as tests of commands and of the API need them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app import ids
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.ledger.invoices import InvoiceHead
from app.ledger.ledger import Ledger
from app.policy.claims import Claim, ClaimedLine, MatchFacts, OrderedLine, OrderFacts
from app.policy.match import match
from app.policy.matching import Matching
from tests import factories

D = Decimal
HINT = "Invoice INV-1 of S-1001: the price."


def disputed(ledger: Ledger, number: str = "INV-1", supplier: str = "S-1001") -> Any:
    """An invoice that is held because its price is 12 per cent above the order's; its document's row."""
    claim = Claim(number, "invoice", supplier, (ClaimedLine("1", D(8), "P00001", item="SUTURE-30", price=D("2.80")),))
    ordered = OrderedLine(1, "P00001", "1", "SUTURE-30", D(8), D("2.50"), received=D(8), base_unit="Units")
    found = match(claim, MatchFacts((OrderFacts("P00001", supplier, "", "purchase", (ordered,)),)), Matching())
    message = ledger.messages.accept(factories.arrival()).message_id
    with ledger.transaction() as tx:
        row = _entered(tx, ledger, message, f"{supplier} {number}")
        head = InvoiceHead(number, "invoice", supplier, ("P00001",), date(2026, 11, 20), "USD", D("22.40"))
        ledger.invoices.receive(tx, row, head)
        ledger.invoices.matched(tx, row.id, "held", found.to_json(), found.fingerprint)
        ledger.holds.open(tx, row, Cause("price_mismatch", f"supplier {supplier} item SUTURE-30", HINT))
    return row


def _entered(tx: Any, ledger: Ledger, message: Any, name: str) -> Any:
    identity = ids.digest(name.encode())
    new = NewDocument(1, "invoice", identity, identity, factories.WHEN, (("invoice", name),), b"{}")
    loaded = ledger.messages.load(tx, [message])[message]
    [row] = ledger.documents.enter(tx, loaded, "canonical/1", [new], factories.WHEN).new
    return row
