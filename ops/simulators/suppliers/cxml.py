"""A supplier that speaks cXML over HTTP: takes OrderRequests, answers each at once, posts its documents later."""

from __future__ import annotations

from dataclasses import dataclass

from app import ids
from app.errors import Rejected
from app.model.envelope import Receipt
from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from app.standards.cxml.options import CxmlOptions
from ops.simulators.suppliers import cxml_letters
from ops.simulators.suppliers.http import HttpSupplier
from ops.simulators.suppliers.supplier import START
from ops.simulators.suppliers.web import Reply, Request


@dataclass
class CxmlSupplier(HttpSupplier):
    """Posts from the address ``name`` to ``buyer``; ``shared_secret`` is demanded of whoever sends orders, if told."""

    standard = "cxml"

    buyer: str = "NetworkId:WARDLINE"
    shared_secret: str = ""

    def _answer(self, request: Request) -> Reply:
        secret = f"<SharedSecret>{self.shared_secret}</SharedSecret>".encode()
        if self.shared_secret and secret not in request.body:
            return _status("401", "Unauthorized")
        try:
            reading = self._standard.read(request.body, self._profile)
        except Rejected as error:
            receipt = Receipt("rejected", issues=error.issues, received_at=START)
            return Reply(body=self._standard.acknowledge(receipt).body, content_type="text/xml")
        self._take(request.body, [one for one in reading.documents if isinstance(one, PurchaseOrder)])
        receipt = Receipt("accepted", ids.new_id(), START, reading.envelope)
        return Reply(body=self._standard.acknowledge(receipt).body, content_type="text/xml")

    def _write(self, document: OrderConfirmation | ShipNotice | Invoice) -> Written:
        number, at = self._next()
        return cxml_letters.letter(document, CxmlOptions(), Interchange(number, at, self._address, self.buyer))

    @property
    def _address(self) -> str:
        return self.name if ":" in self.name else f"NetworkId:{self.name}"


def _status(code: str, text: str) -> Reply:
    body = (
        f'<?xml version="1.0"?><cXML payloadID="1@supplier"><Response><Status code="{code}" text="{text}"/></Response>'
    )
    return Reply(body=f"{body}</cXML>".encode(), content_type="text/xml")
