"""The suppliers of the drills and the books of orders: orders reach them, and a broken promise would be seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import paramiko
import pytest

from app import channels, ids, partners
from app.ledger.ledger import Ledger
from app.model.channel import Profile
from app.model.interchange import Interchange
from app.model.purchase_order import PurchaseOrder
from app.partners.base import Parcel
from app.standards import by_name
from ops.bench.sender import wait_until
from ops.bench.site import CHANNELS
from ops.drill.load import Letter, Load
from ops.drill.market import ACME, CEDAR, SUPPLIERS, Market, Ordered
from ops.drill.orders import Orders


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with Market(tmp_path) as made:
        yield made


@dataclass
class Intake(Load):
    """Takes everything in, and keeps it."""

    taken: list[Letter] = field(default_factory=list)

    def insist(self, letter: Letter) -> tuple[int, str]:
        self.taken.append(letter)
        return 1, str(ids.new_id())


def orders(market: Market) -> list[PurchaseOrder]:
    """What buyers order in a while; at least one order and one change for every supplier."""
    intake = Intake("", "")
    with market.ordering(intake):
        time.sleep(1.5)
    came = channels.load(str(file(market)))["odoo"]
    read = [by_name("canonical").read(one.body, Profile(came, str)).documents[0] for one in intake.taken]
    return [one for one in read if isinstance(one, PurchaseOrder)]


def file(market: Market) -> Path:
    path = market.folder / "channels.toml"
    path.write_text(CHANNELS + market.channels())
    return path


def send(market: Market, number: int, order: PurchaseOrder, times: int = 1) -> None:
    """Hand the very same message over by its supplier's channel, as the dispatch stage does."""
    assert order.seller
    channel = channels.load(str(file(market)))[order.seller.identifiers[0].value]
    at = ids.now()
    addresses = Interchange(number, at, channel.our_address, channel.partner_address)
    made = by_name(channel.standard).write(order, Profile(channel, str), addresses)
    parcel = Parcel(ids.new_id(), made.message_type, number, made.control_id, made.content_type, made.body, at)
    transport = partners.transport(channel)
    try:
        for _ in range(times):
            transport.send(parcel)
    finally:
        transport.close()


def test_every_supplier_is_sent_orders_and_changes_and_can_read_them(market: Market, small_ledger: Ledger) -> None:
    placed = orders(market)
    for number, order in enumerate(placed, 1):
        send(market, number, order)
    theirs = [one for one in market.ordered if one.supplier == CEDAR]
    wait_until(lambda: len(market.cedar.received) == len(theirs), "every file was read", 10)
    assert {one.supplier for one in market.ordered} == set(SUPPLIERS)
    assert {one.revision for one in market.ordered} == {0, 1}
    books = Orders(small_ledger, market)
    assert not [fault for name in SUPPLIERS for fault in books._received(name, copies=False)]
    assert books.copies() == 0


def test_an_order_that_was_lost_is_told_by_all_books(market: Market, small_ledger: Ledger) -> None:
    assert Orders(small_ledger, market).compare(()) == []
    market.ordered.append(Ordered(ACME, "P1", 0, Decimal(5), str(ids.new_id()), 0.0))
    faults = " ".join(Orders(small_ledger, market).compare(()))
    for word in ("1 orders were accepted", "acme has other orders than were placed: P1", "0 messages for 1 orders"):
        assert word in faults


def test_an_order_that_was_sent_twice_is_told_unless_its_supplier_drops_copies(
    market: Market, small_ledger: Ledger
) -> None:
    [order, *_] = (one for one in orders(market) if one.action == "new")
    market.ordered = [one for one in market.ordered if one.number == order.number and not one.revision]
    send(market, 1, order, times=2)
    books = Orders(small_ledger, market)
    assert "acme was sent 1 messages twice" in books.compare(())
    assert not any("twice" in fault for fault in books.compare([ACME]))
    send(market, 2, replace(order, number="P2"))
    assert any("acme was sent 2 messages for 1 orders" in fault for fault in books.compare([ACME]))


def test_an_sftp_server_goes_and_comes_back_with_its_key(market: Market) -> None:
    channel = channels.load(str(file(market)))[CEDAR]
    server = market.cedar.server
    known = server.fingerprint
    with server.away(), pytest.raises(OSError, match="Unable to connect"), paramiko.SSHClient() as client:
        client.connect("127.0.0.1", server.port, timeout=5)
    transport = partners.transport(channel)
    assert transport.check() == "/orders: 0 files"
    transport.close()
    assert server.fingerprint == known
