"""Purchase orders: those of the house go to their supplier, those that others placed are only recorded.

An order of the house was made in Odoo: either Wardline placed it there and entered it, or a buyer did and it was picked
up over the channel ``odoo``. Its changes are sent in their order, each after the one before it has come to an end.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from app.errors import Held
from app.flows import following
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.sending import ODOO, is_ours, sendings
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.model.party import Party
from app.model.purchase_order import PurchaseOrder
from app.model.schema import digest_of


class PurchaseOrderFlow:
    """The flow of the document kind ``purchase_order``."""

    kind = PurchaseOrder.document_kind

    def identity(self, document: PurchaseOrder, facility: str, sender: str) -> str:
        """The house's own are numbered and their changes counted; others are the same where they say the same."""
        if sender in (following.SENDER, ODOO):
            return identity(facility, following.SENDER, self.kind, f"{document.number}:{document.revision or 0}")
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, _: PurchaseOrder) -> tuple[str, ...]:
        """Nothing is looked up: the house's own orders name things as their suppliers do."""
        return ()

    def awaited(self, _: PurchaseOrder) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[PurchaseOrder]) -> Verdict:
        """Send it to its supplier and to whoever subscribed to orders. Raises Held for a supplier without a channel."""
        if not is_ours(case):
            return NoEffect("recorded")
        if earlier := ledger.documents.unfinished_before(tx, case.row, self.kind, case.document.number):
            return WaitFor(earlier.id)
        supplier = _supplier(tx, ledger, case.document)
        if case.setup.partner_channel(supplier, self.kind, case.row.facility) is None:
            hint = f"Give {supplier} a channel that sends purchase orders; or hand the order over and cancel this."
            raise Held("no_partner_channel", f"supplier {supplier}", hint)
        return Effects(tuple(sendings(case.setup, case, case.document, supplier)), case.row.lane)


def _supplier(tx: Connection, ledger: Ledger, order: PurchaseOrder) -> str:
    """Our reference of the order's supplier. Raises Held where it is nobody we know."""
    seller = order.seller or Party()
    named = next((one.value for one in seller.identifiers if one.scheme == "internal"), None)
    if (found := named or ledger.registry.supplier_of(tx, seller)) is None:
        hint = "Enter the supplier's number in the supplier register, then release this."
        raise Held("supplier_unknown", f"supplier of order {order.number}", hint)
    return found
