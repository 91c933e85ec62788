"""What all simulated suppliers have in common: they take orders, and say what their office decides.

The base of the suppliers of this package; a subclass takes orders in and sends documents out in its own standard.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from app.model.documents import Document
from app.model.interchange import Written
from app.model.invoice import Invoice
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.ship_notice import ShipNotice
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.business import Office

PATIENCE_SECONDS = 20.0
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""The time that the first message carries; each one is a second later than the one before."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that the supplier sent: its message, and the status and text it was answered with (0: a file)."""

    document: Document
    message: Written
    status: int
    answer: bytes


@dataclass
class Supplier:
    """A supplier; ``name`` is its address in messages where the standard has one."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    name: str = "SUPPLIER"

    def __post_init__(self) -> None:
        self.office = Office(self.name, self.behaviour)
        self.received: list[bytes] = []
        self.sent: list[Sent] = []
        self._came = threading.Condition()
        self._numbers = 0

    @property
    def orders(self) -> dict[str, PurchaseOrder]:
        """The orders as they stand, by number."""
        return {number: account.order for number, account in self.office.accounts.items()}

    def wait_for(self, number: str, seconds: float = PATIENCE_SECONDS) -> PurchaseOrder:
        """The order of that number, once it is there. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: number in self.office.accounts, seconds):
                raise TimeoutError(f"order {number} did not come in {seconds} seconds")
            return self.orders[number]

    def confirm(self, number: str) -> Sent:
        """Answer an order."""
        return self._send(self.office.confirm(number))

    def ship(self, number: str) -> Sent:
        """Tell of the next shipment for an order."""
        return self._send(self.office.ship(number))

    def bill(self, number: str) -> list[Sent]:
        """Bill what was shipped, as often as the behaviour says."""
        invoice = self.office.bill(number)
        return [self._send(self.office.copy(invoice, time)) for time in range(1, self.behaviour.invoices + 1)]

    def credit(self, number: str, share: Decimal = Decimal(1)) -> Sent:
        """Give a share of the last invoice back."""
        return self._send(self.office.credit(number, share))

    def deliver(self, number: str) -> list[Sent]:
        """Wait for an order, then confirm, ship and bill it; nothing more of a silent supplier."""
        self.wait_for(number)
        if self.behaviour.silent:
            return []
        return [self.confirm(number), self.ship(number), *self.bill(number)]

    def _take(self, body: bytes, orders: list[PurchaseOrder]) -> None:
        """Enter what came."""
        if self.behaviour.slow_seconds:
            time.sleep(self.behaviour.slow_seconds)
        with self._came:
            self.received.append(body)
            for order in orders:
                self.office.take(order)
            self._came.notify_all()
        if self.behaviour.automatic:
            for order in orders:
                threading.Thread(target=self.deliver, args=[order.number], daemon=True).start()

    def _next(self) -> tuple[int, datetime]:
        """The number and time of the next message."""
        with self._came:
            self._numbers += 1
            return self._numbers, datetime.fromtimestamp(START.timestamp() + self._numbers, UTC)

    def _send(self, document: OrderConfirmation | ShipNotice | Invoice) -> Sent:
        message = self._write(document)
        status, answer = self._hand_over(message)
        sent = Sent(document, message, status, answer)
        self.sent.append(sent)
        return sent

    def _write(self, document: OrderConfirmation | ShipNotice | Invoice) -> Written:
        raise NotImplementedError

    def _hand_over(self, message: Written) -> tuple[int, bytes]:
        raise NotImplementedError
