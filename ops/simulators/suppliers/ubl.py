"""A supplier that speaks UBL over HTTP: takes Orders, posts OrderResponse, DespatchAdvice, Invoice and CreditNote."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from app.errors import Rejected
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from app.standards import by_name
from app.standards.ubl.options import UblOptions
from ops.simulators.suppliers import ubl_letters
from ops.simulators.suppliers.supplier import Supplier
from ops.simulators.suppliers.web import Reply, Request, WebServer


@dataclass
class UblSupplier(Supplier):
    """Listens on ``url``; posts to ``reply_to`` with ``key``. ``replies`` are given to the next requests."""

    reply_to: str = ""
    key: str = ""
    port: int = 0
    replies: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._standard = by_name("ubl")
        self._profile = Profile(Channel("supplier", "ubl", "SUPPLIER"), str)
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
        try:
            documents = self._standard.read(request.body, self._profile).documents
        except Rejected:
            return Reply(422)
        self._take(request.body, [one for one in documents if isinstance(one, PurchaseOrder)])
        return Reply(202)

    def _write(self, document: OrderConfirmation | ShipNotice | Invoice) -> Written:
        number, at = self._next()
        return ubl_letters.letter(document, UblOptions(), Interchange(number, at, self.name, "WARDLINE"))

    def _hand_over(self, message: Written) -> tuple[int, bytes]:
        headers = {"content-type": message.content_type, "authorization": f"Bearer {self.key}"}
        answer = httpx.post(self.reply_to, content=message.body, headers=headers, timeout=30, trust_env=False)
        return answer.status_code, answer.content
