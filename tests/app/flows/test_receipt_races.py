"""Receipts and ship notices that meet: whoever comes second sees the first, so that nothing waits for what is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from app.errors import Held
from app.flows.receiving import LOT_MISSING, ReceiveGoods
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.orders import KnownOrder
from app.ledger.shipments import ShipmentHead, ShipmentLine, lock
from tests import factories
from tests.app.flows.house import House

ORDER = KnownOrder("P00012", 12, "S-1", "GEN", "purchase", "f" * 64)
SUBJECT, SSCC = f"order {ORDER.number}", "003123456789012346"
NOTICE = {
    "document": "ship_notice",
    "number": "ASN-1",
    "packages": [{"id": "T", "sscc": SSCC}],
    "lines": [
        {
            "order_number": ORDER.number, "quantity": {"value": "6", "unit": "EA"}, "package": "T", "lot": "LX-7",
            "identifiers": [{"scheme": "internal", "value": "SUTURE-30"}],
        }
    ],
}  # fmt: skip
PACKAGE = {
    "document": "goods_receipt",
    "number": "R-1",
    "lines": [{"number": "1", "received": {"value": "1"}, "sscc": SSCC}],
}


def opened(ledger: Ledger) -> House:
    """A house that knows the order, and its supplier and dock."""
    house = House.over(ledger)
    house.channels["supplier"] = factories.channel(name="supplier", supplier="S-1")
    house.channels["dock"] = factories.channel(name="dock")
    with ledger.transaction() as tx:
        ledger.orders.record(tx, ORDER)
    return house


@contextmanager
def meanwhile(work: Callable[[], Any]) -> Iterator[None]:
    """Something else is done in another thread, and has come to its end afterwards."""
    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(20)
    assert not thread.is_alive()


def read(house: House, content: dict[str, Any], channel: str) -> Any:
    """Let a message in and read it; its documents are to be resolved."""
    message = house.receive(content, channel=channel)
    house.stages["translate"].step("bulk")
    return message


def held(ledger: Ledger) -> list[str]:
    with ledger.reading() as tx:
        return [f"{group.cause} {group.subject}" for group in ledger.holds.groups(tx)]


def test_a_notice_that_is_kept_while_its_receipt_is_being_held_is_not_missed(ledger: Ledger) -> None:
    house = opened(ledger)
    receipt = read(house, PACKAGE, "dock")
    [row] = house.story(receipt).documents
    read(house, NOTICE, "supplier")
    looked, resolved = threading.Event(), threading.Event()

    def hold() -> None:
        """As the posting stage does, slowly: the receipt came without lots and knew no notice."""
        with ledger.transaction() as tx:
            missing = Held(LOT_MISSING, SUBJECT, "It goes on when the notice comes.")
            ledger.holds.open(tx, row, Cause(missing.cause, missing.subject, missing.hint))
            posting: Any = SimpleNamespace(effect={"order": ORDER.number, "notices": []})
            ReceiveGoods().held(tx, ledger, posting, missing)
            looked.set()
            resolved.wait(1)

    with ledger.transaction() as tx:  # it is in the hands of the posting stage, and not resolved just now
        ledger.documents.set_state(tx, [row.id], "held")
    with meanwhile(hold):
        assert looked.wait(10)
        house.stages["resolve"].step("bulk")
        resolved.set()
    house.work_off()
    assert held(ledger) == []


def test_a_package_that_is_received_while_its_notice_is_being_kept_is_not_missed(ledger: Ledger) -> None:
    house = opened(ledger)
    notice = read(house, NOTICE, "supplier")
    [row] = house.story(notice).documents
    kept, resolved = threading.Event(), threading.Event()

    def keep() -> None:
        """As the resolve stage does, slowly."""
        head = ShipmentHead("ASN-1", "S-1", factories.WHEN)
        with ledger.transaction() as tx:
            ledger.shipments.keep(tx, row, head, [ShipmentLine(ORDER.number, Decimal(6), packages=(SSCC,))])
            ledger.database.alone(tx, lock(f"sscc {SSCC}"))
            ledger.holds.release_in(tx, "ship_notice_unknown", f"sscc {SSCC}", "wardline")
            kept.set()
            resolved.wait(1)

    with ledger.transaction() as tx:  # it is in the hands of another worker
        ledger.documents.set_state(tx, [row.id], "settled")
    with meanwhile(keep):
        assert kept.wait(10)
        read(house, PACKAGE, "dock")
        house.stages["resolve"].step("bulk")
        resolved.set()
    assert "ship_notice_unknown" not in " ".join(held(ledger))
