"""An Odoo with a small hospital group in it: the stand-in, or a fresh clone of the real Odoo 19.

A pytest plugin; both fixtures give the same object, so that a suite can run on either.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from app.ids import new_id
from app.odoo.gateway import Direction, Line, Movement
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from ops import accelerator
from ops.dev.process import wait_until
from ops.dev.stack import Stack
from ops.provision import Count, Hospital, Item, Lot, Site, provision
from ops.simulators.odoo_standin.server import StandIn

GENERAL = Hospital("GEN", "General Hospital", ("OR1", "OR2", "ICU"))
SAINT_MARY = Hospital("STM", "Saint Mary", ("OR1",))
OR1 = GENERAL.stock("OR1")
BULK_LOTS = tuple(f"B{number:03}" for number in range(150))
BULK_ITEMS = tuple(f"BULK-{number:03}" for number in range(50))
SERIALS = tuple(f"SN-{number}" for number in range(1, 10))

SITE = Site(
    hospitals=(GENERAL, SAINT_MARY),
    items=(
        Item("GAUZE-10", "Gauze swab 10 x 10"),
        Item("SUTURE-3-0", "Suture 3-0"),
        Item("GLUE-5", "Tissue glue 5 ml", tracking="lot"),
        Item("STENT-20", "Stent 20 mm", tracking="serial"),
        Item("BONE-CEMENT", "Bone cement", tracking="lot"),
        Item("RETIRED-1", "Retired catheter", active=False),
        Item("TWIN-1", "Twin of one supplier", key="TWIN-1a"),
        Item("TWIN-1", "Twin of another", key="TWIN-1b"),
        Item("RENTAL-1", "Rented device", storable=False),
        *(Item(reference, f"Bulk item {reference}") for reference in BULK_ITEMS),
    ),
    lots=(
        Lot("GLUE-5", "G-2026-01"),
        Lot("GLUE-5", "G-2026-02"),
        *(Lot("STENT-20", serial) for serial in SERIALS),
        *(Lot("BONE-CEMENT", lot) for lot in BULK_LOTS),
    ),
    counts=(
        Count(OR1, "GAUZE-10", Decimal(100)),
        Count(OR1, "GLUE-5", Decimal("12.5"), "G-2026-01"),
        Count(OR1, "GLUE-5", Decimal(3), "G-2026-02"),
        *(Count(OR1, "STENT-20", Decimal(1), serial) for serial in SERIALS),
        Count(GENERAL.stock("OR2"), "GAUZE-10", Decimal(40)),
        Count(SAINT_MARY.stock("OR1"), "GAUZE-10", Decimal(7)),
    ),
)


@dataclass
class OdooServer:
    """A provisioned Odoo: what a client needs to reach it, a gateway to it, and questions that tests ask of it.

    ``connection`` is an administrator's, ``service`` that of the account that Wardline itself would work under.
    """

    url: str
    database: str
    api_key: str
    service_key: str = ""
    connection: Connection = field(init=False)
    service: Connection = field(init=False)
    gateway: StockGateway = field(init=False)

    def __post_init__(self) -> None:
        self.service_key = self.service_key or self.api_key
        self.connection = Connection(self.url, self.database, self.api_key)
        self.service = Connection(self.url, self.database, self.service_key)
        self.gateway = StockGateway(self.connection)

    def item_id(self, reference: str) -> int:
        return self.gateway.items([reference])[reference][0].id

    def on_hand(self, reference: str, location: str, lot: str | None = None) -> Decimal:
        """What the location holds of the item, of one lot or (None) of what has no lot."""
        item = self.item_id(reference)
        place = self.gateway.locations([location])[location]
        lot_id = self.gateway.lots([item], [lot])[item, lot] if lot else None
        return self.gateway.on_hand(place.id, [item]).get((item, lot_id), Decimal(0))

    def reserved(self, location: str) -> Decimal:
        """How much open transfers keep back there, of all items."""
        place = self.gateway.locations([location])[location]
        rows = self.connection.get_model("stock.quant").search_read(
            domain=[["location_id", "=", place.id]], fields=["reserved_quantity"]
        )
        return sum((Decimal(row["reserved_quantity"]) for row in rows), Decimal(0))

    def line(self, reference: str, quantity: str, lot: str | None = None) -> Line:
        """A line as the posting stage makes it."""
        item = self.gateway.items([reference])[reference][0]
        lot_id = self.gateway.lots([item.id], [lot])[item.id, lot] if lot else None
        return Line(item.id, item.uom_id, Decimal(quantity), lot_id)

    def movement(
        self,
        lines: Sequence[Line],
        *,
        key: str | None = None,
        direction: Direction = "out",
        hospital: Hospital = GENERAL,
        department: str = "OR1",
    ) -> Movement:
        """A movement between a department's stock and its consumption, under a new key unless one is given."""
        stock, consumption = hospital.stock(department), hospital.consumption(department)
        places = self.gateway.locations([stock, consumption])
        key = key or f"batch-{new_id()}"
        return Movement(key, direction, places[stock], places[consumption], tuple(lines), f"test {key}")


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    """An empty stand-in, to inject faults into."""
    with StandIn() as server:
        yield server


@pytest.fixture(scope="module")
def standin_odoo(standin: StandIn) -> OdooServer:
    """The stand-in with the hospital group in it."""
    assert standin.api_key is not None
    return _provisioned(OdooServer(standin.url, standin.database, standin.api_key))


PATIENCE = 120
"""Seconds in which a busy Odoo, or one whose workers are being replaced, must answer."""

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def real_odoo() -> Iterator[OdooServer]:
    """A fresh database of the real Odoo 19 with the hospital group in it, dropped at the end of the module.

    Where the environment names an Odoo of its own, its database is used as it is, for nobody may clone there.
    """
    yield from _fresh()


@pytest.fixture(scope="module")
def accelerated_odoo() -> Iterator[OdooServer]:
    """Another one, with the accelerator in it."""
    for server in _fresh():
        accelerator.install(server.connection, accelerator.own_user(server.connection))
        yield OdooServer(server.url, server.database, server.api_key)
        accelerator.remove(server.connection)


def _fresh() -> Iterator[OdooServer]:
    odoo = Stack.from_environ().odoo
    if not wait_until(odoo.answers, PATIENCE):
        pytest.fail(f"no Odoo answered for {PATIENCE} s; bring one up with `python -m ops.dev up`")
    if odoo.given:
        yield _provisioned(_named(odoo.env()))
        return
    database = f"wardline_test_{os.getpid()}_{next(_numbers)}"
    try:
        yield _provisioned(_named(odoo.clone(database)))
    finally:
        odoo.drop(database)


def _named(variables: dict[str, str]) -> OdooServer:
    names = ("WARDLINE_TEST_ODOO_URL", "WARDLINE_TEST_ODOO_DB", "WARDLINE_TEST_ODOO_API_KEY")
    return OdooServer(*(variables[name] for name in names))


def _provisioned(server: OdooServer) -> OdooServer:
    provision(server.connection, SITE)
    return server
