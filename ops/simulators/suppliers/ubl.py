"""A supplier that speaks UBL over HTTP: takes Orders, posts OrderResponse, DespatchAdvice, Invoice and CreditNote."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Rejected
from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from app.standards.ubl.options import UblOptions
from ops.simulators.suppliers import ubl_letters
from ops.simulators.suppliers.http import HttpSupplier
from ops.simulators.suppliers.web import Reply, Request


@dataclass
class UblSupplier(HttpSupplier):
    """Answers 202 to what it can read, else 422."""

    standard = "ubl"

    def _answer(self, request: Request) -> Reply:
        try:
            documents = self._standard.read(request.body, self._profile).documents
        except Rejected:
            return Reply(422)
        self._take(request.body, [one for one in documents if isinstance(one, PurchaseOrder)])
        return Reply(202)

    def _write(self, document: OrderConfirmation | ShipNotice | Invoice) -> Written:
        number, at = self._next()
        return ubl_letters.letter(document, UblOptions(), Interchange(number, at, self.name, "WARDLINE"))
