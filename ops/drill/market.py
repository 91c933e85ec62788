"""The suppliers of a drill and the orders that go to them: three on real sockets, and a book of what was ordered.

Brought up by ``ops.drill.supplier_faults`` before the fleet starts; ``ops.drill.orders`` compares its book.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, cycle
from pathlib import Path
from typing import Literal

from app import ids
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.standards import by_name
from ops.drill.load import Letter, Load
from ops.simulators.proxy import FaultyProxy
from ops.simulators.suppliers.cxml import CxmlSupplier
from ops.simulators.suppliers.x12 import X12Supplier

ACME, BIRCH, CEDAR = "acme", "birch", "cedar"
"""Takes cXML and keeps every copy; takes cXML and drops copies; takes X12 by SFTP."""
HTTP, SUPPLIERS = (ACME, BIRCH), (ACME, BIRCH, CEDAR)
BUYER, PAUSE, CHANGED = "odoo", 0.25, 3
"""The channel that orders come on, the seconds between two of them, and that every third one is changed at once."""
READ_SECONDS = 2
_OURS = """
[channels.odoo]
standard = "canonical"
facility = "GEN"
lane = "approvals"
"""
_PARTNER = """
[channels.{name}]
standard = "{standard}"
facility = "GEN"
lane = "approvals"
supplier = "{name}"
sends = ["purchase_order"]
our_address = "{ours}"
partner_address = "{theirs}"

[channels.{name}.transport]
read_seconds = {seconds}
{transport}
"""
_HTTP = 'kind = "https"\nurl = "{url}"\nanswers = true\nresend = {resend}'
_SFTP = (
    'kind = "sftp"\nhost = "127.0.0.1"\nport = {port}\nuser = "{user}"\npassword = "file:{password}"\n'
    'host_key = "{fingerprint}"\nput = "/orders"\nsent = "/taken"'
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, or a change of it, that was accepted; ``revision`` 0 is the order itself."""

    supplier: str
    number: str
    revision: int
    quantity: Decimal
    message_id: str
    accepted_at: float


@dataclass
class Market:
    """Three suppliers and the faulty proxies before two of them; a context manager.

    ``ordered`` is the book, ``unwell_since`` when the fault began, in seconds since the epoch.
    """

    folder: Path
    ordered: list[Ordered] = field(default_factory=list)
    unwell_since: float = 0.0
    _ending: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Market:
        over_http = {name: self._ending.enter_context(CxmlSupplier(name=name)) for name in HTTP}
        self.cedar = self._ending.enter_context(X12Supplier(name="ZZ:CEDAR", folder=self.folder / CEDAR))
        self.suppliers: dict[str, CxmlSupplier | X12Supplier] = {**over_http, CEDAR: self.cedar}
        self.proxies = {
            name: self._ending.enter_context(FaultyProxy(supplier.url)) for name, supplier in over_http.items()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def channels(self) -> str:
        """The channels that orders come and go by, as the channels file has them."""
        server, password = self.cedar.server, self.folder / "cedar-password"
        password.write_text(server.password)
        sftp = _SFTP.format(port=server.port, user=server.user, password=password, fingerprint=server.fingerprint)
        text = _OURS + _partner(CEDAR, "x12", "ZZ:WARDLINE", "ZZ:CEDAR", sftp)
        for name, proxy in self.proxies.items():
            http = _HTTP.format(url=f"{proxy.url}/", resend=str(name == BIRCH).lower())
            text += _partner(name, "cxml", "NetworkId:WARDLINE", f"NetworkId:{name}", http)
        return text

    @contextmanager
    def ordering(self, load: Load) -> Iterator[None]:
        """Orders go to all suppliers in turn while this lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=self._order, args=[load, stop], name="buyers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _order(self, load: Load, stop: threading.Event) -> None:
        for number, supplier in zip(count(1), cycle(SUPPLIERS), strict=False):
            if stop.wait(PAUSE):
                return
            self._place(load, supplier, f"P{number:05}", 0)
            if number // len(SUPPLIERS) % CHANGED == 0:
                self._place(load, supplier, f"P{number:05}", 1)

    def _place(self, load: Load, supplier: str, number: str, revision: int) -> None:
        quantity = Decimal(5 + revision)
        _, message_id = load.insist(Letter(BUYER, _written(supplier, number, revision, quantity), str(ids.new_id())))
        self.ordered.append(Ordered(supplier, number, revision, quantity, message_id, time.time()))


def _partner(name: str, standard: str, ours: str, theirs: str, transport: str) -> str:
    return _PARTNER.format(
        name=name, standard=standard, ours=ours, theirs=theirs, transport=transport, seconds=READ_SECONDS
    )


def _written(supplier: str, number: str, revision: int, quantity: Decimal) -> bytes:
    """An order of one line as a buyer's system states it."""
    house = Party((PartyIdentifier("internal", "GEN"),), "Benchmark Hospital")
    action: Literal["add", "change"] = "change" if revision else "add"
    price, codes = Price(Decimal("12.50")), (Identifier("supplier", "A-1"),)
    order = PurchaseOrder(
        number,
        (PurchaseOrderLine("1", Quantity(quantity, "EA", "EA"), codes, action=action, price=price),),
        action="change" if revision else "new",
        revision=str(revision) if revision else None,
        ordered_at=ids.now().date(),
        currency="EUR",
        buyer=house,
        seller=Party((PartyIdentifier("internal", supplier),), supplier.title()),
        bill_to=house,
        total=quantity * price.amount,
    )
    profile = Profile(Channel(BUYER, "canonical", "GEN"), str)
    return by_name("canonical").write(order, profile, Interchange(1, ids.now(), "buyer", "wardline")).body
