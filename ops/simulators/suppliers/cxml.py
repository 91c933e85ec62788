"""A supplier that speaks cXML over HTTP: takes OrderRequests, answers each at once, posts its documents later."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from app import ids
from app.errors import Rejected
from app.model.channel import Channel, Profile
from app.model.envelope import Receipt
from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from app.standards import by_name
from app.standards.cxml.options import CxmlOptions
from ops.simulators.suppliers import cxml_letters
from ops.simulators.suppliers.supplier import START, Supplier
from ops.simulators.suppliers.web import Reply, Request, WebServer


@dataclass
class CxmlSupplier(Supplier):
    """Listens on ``url``; posts to ``reply_to`` with ``key``, from the address ``name`` to ``buyer``.

    ``shared_secret`` is demanded of whoever sends orders, where it is told. ``replies`` are given to the next requests
    in place of the supplier's own, for what partners do when they are not well.
    """

    reply_to: str = ""
    key: str = ""
    buyer: str = "NetworkId:WARDLINE"
    shared_secret: str = ""
    port: int = 0
    replies: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._standard = by_name("cxml")
        self._profile = Profile(Channel("supplier", "cxml", "SUPPLIER"), str)
        self._server = WebServer(self._answer, self.port)

    @property
    def url(self) -> str:
        """Where orders are posted to."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _answer(self, request: Request) -> Reply:
        if self.replies:
            return self.replies.pop(0)
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

    def _hand_over(self, message: Written) -> tuple[int, bytes]:
        headers = {"content-type": message.content_type, "authorization": f"Bearer {self.key}"}
        answer = httpx.post(self.reply_to, content=message.body, headers=headers, timeout=30, trust_env=False)
        return answer.status_code, answer.content


def _status(code: str, text: str) -> Reply:
    body = (
        f'<?xml version="1.0"?><cXML payloadID="1@supplier"><Response><Status code="{code}" text="{text}"/></Response>'
    )
    return Reply(body=f"{body}</cXML>".encode(), content_type="text/xml")
