"""A supplier that speaks X12 over its own SFTP server: reads 850s, leaves 997, 855, 856 and 810.

Its server has the folders ``orders`` (we put), ``outbox`` (we collect) and ``answers`` (our 997s).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

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
from app.standards.x12.options import X12Options
from ops.simulators.suppliers import x12_letters
from ops.simulators.suppliers.sftp_server import SftpServer
from ops.simulators.suppliers.supplier import START, Supplier

POLL_SECONDS = 0.05


@dataclass
class X12Supplier(Supplier):
    """Serves ``folder`` over SFTP; writes from the address ``name`` to ``buyer``.

    ``acknowledges`` says whether it leaves 997s at all. ``server`` tells port, user, password and fingerprint.
    """

    folder: Path = field(default_factory=Path)
    name: str = "ZZ:SUPPLIER"
    buyer: str = "ZZ:WARDLINE"
    acknowledges: bool = True
    port: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("orders", "taken", "outbox", "answers"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.server = SftpServer(self.folder, port=self.port)
        self._standard = by_name("x12")
        self._profile = Profile(Channel("supplier", "x12", "SUPPLIER"), str)
        self._dropped = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self.server.__exit__(kind, error, trace)

    @property
    def answers(self) -> list[bytes]:
        """What was left for it as answers (997), in the order of their names."""
        return [path.read_bytes() for path in sorted((self.folder / "answers").iterdir()) if path.suffix != ".part"]

    def look(self) -> int:
        """Take every order that was put; how many files there were."""
        files = [path for path in sorted((self.folder / "orders").iterdir()) if not path.name.startswith(".")]
        for path in files:
            body = path.read_bytes()
            path.rename(self.folder / "taken" / path.name)
            self._read(body)
        return len(files)

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.look()

    def _read(self, body: bytes) -> None:
        receipt = Receipt("rejected", received_at=START)
        try:
            reading = self._standard.read(body, self._profile)
            receipt = Receipt("accepted", ids.new_id(), START, self._standard.envelope(body))
        except Rejected as error:
            receipt = Receipt("rejected", ids.new_id(), START, issues=error.issues)
            orders: list[PurchaseOrder] = []
        else:
            orders = [one for one in reading.documents if isinstance(one, PurchaseOrder)]
        answer = self._standard.acknowledge(receipt).body
        if answer and self.acknowledges:
            self._drop("997", answer)
        self._take(body, orders)

    def _write(self, document: OrderConfirmation | ShipNotice | Invoice) -> Written:
        number, at = self._next()
        return x12_letters.letter(document, X12Options(), Interchange(number, at, self.name, self.buyer))

    def _hand_over(self, message: Written) -> tuple[int, bytes]:
        self._drop(message.message_type, message.body)
        return 0, b""

    def _drop(self, kind: str, body: bytes) -> None:
        """A file in the outbox, which appears whole; their names are in the order of their making."""
        with self._came:
            self._dropped += 1
            name = f"{self._dropped:05}-{kind}.x12"
        aside = self.folder / "outbox" / f".{name}"
        aside.write_bytes(body)
        aside.rename(self.folder / "outbox" / name)
