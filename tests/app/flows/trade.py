"""A Wardline with suppliers: a house whose orders leave it, over transports of the tests' choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Row

from app.errors import InDoubt, WardlineError
from app.flows.dispatch import Dispatch
from app.flows.intake import Intake, Sending
from app.flows.outbound import Outbound
from app.flows.pickup import Pickup
from app.ledger import tables
from app.ledger.holds import Group
from app.ledger.ledger import Ledger
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.setup import Setup
from app.model.transport import HttpsSettings, TransportSettings
from app.partners.base import Delivery, Found, Parcel
from app.policy.retry import Retry
from app.standards import by_name
from tests.app.flows.house import House

WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PLAIN = HttpsSettings(url="http://127.0.0.1:9/")
ODOO = Channel("odoo", "canonical", "GEN", lane="approvals")


def line(number: str, quantity: str, price: str, code: str) -> PurchaseOrderLine:
    """A line of so many pieces of the supplier's article."""
    pieces, names = Quantity(Decimal(quantity), "EA", "EA"), (Identifier("supplier", code),)
    return PurchaseOrderLine(number, pieces, names, price=Price(Decimal(price)))


def order(number: str = "P00012", supplier: str = "S-1", **changes: Any) -> PurchaseOrder:
    """An order of two lines."""
    made = PurchaseOrder(
        number,
        (line("1", "4", "99.00", "A-1"), line("2", "10", "1.50", "A-2")),
        ordered_at=date(2026, 11, 23),
        currency="EUR",
        buyer=Party((PartyIdentifier("internal", "GEN"),), "General Hospital"),
        seller=Party((PartyIdentifier("internal", supplier),), "Acme"),
        bill_to=Party((PartyIdentifier("internal", "GEN"),), "General Hospital"),
        total=Decimal("411.00"),
    )
    return replace(made, **changes)


def channel(transport: TransportSettings, **changes: Any) -> Channel:
    """The channel of supplier S-1."""
    made = Channel(
        "acme",
        "x12",
        "GEN",
        our_address="ZZ:WARDLINE",
        partner_address="ZZ:SUPPLIER",
        answer_hours=Decimal(4),
        supplier="S-1",
        sends=("purchase_order",),
        transport=transport,
    )
    return replace(made, **changes)


@dataclass
class Partner:
    """A transport that does what tests tell it: one outcome a sending, then success."""

    outcomes: list[BaseException | bytes] = field(default_factory=list)
    seen: list[WardlineError | Delivery | None] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    looks: int = 0
    closed: int = 0

    def __call__(self, _: Channel) -> Partner:
        return self

    def check(self) -> str:
        return "there"

    def send(self, parcel: Parcel) -> Delivery:
        self.parcels.append(parcel)
        outcome = self.outcomes.pop(0) if self.outcomes else b""
        if isinstance(outcome, BaseException):
            raise outcome
        return Delivery("took it", (outcome,) if outcome else ())

    def look(self, _: Parcel) -> Delivery | None:
        self.looks += 1
        found = self.seen.pop(0) if self.seen else InDoubt("who knows", code="partner.cannot_tell")
        if isinstance(found, WardlineError):
            raise found
        return found

    def collect(self, _: int) -> Iterator[Found]:
        yield from ()

    def done(self, _: Found, __: bytes, *, refused: bool) -> None:
        raise AssertionError(refused)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Trade:
    """A house with a dispatch stage; ``house.channels`` may be changed by tests."""

    house: House
    dispatch: Dispatch
    pickup: Pickup

    @classmethod
    def over(cls, ledger: Ledger, *channels: Channel, retry: Retry | None = None, **changes: Any) -> Trade:
        """Put one together."""
        retry = retry or Retry(timedelta(0), timedelta(0), timedelta(hours=24))
        house = House.over(ledger, retry=retry)
        house.channels |= {one.name: one for one in (ODOO, *channels)}
        setup = Setup(house.channels)
        intake = Intake(ledger, str)
        outbound = Outbound(ledger, house.channels, str)
        dispatch = Dispatch(ledger, setup, outbound, intake, retry, 0.0, **changes)
        house.stages[dispatch.name] = dispatch
        return cls(house, dispatch, Pickup(ledger, setup, intake, 1_000_000, dispatch.opened))

    @property
    def ledger(self) -> Ledger:
        return self.house.ledger

    def place(self, document: PurchaseOrder, on: str = "odoo") -> UUID:
        """Let an order come from Odoo and work everything off; the id of its message."""
        came = self.house.channels[on]
        body = by_name("canonical").write(document, Profile(came, str), Interchange(1, WHEN, "a", "b")).body
        receipt, _ = Intake(self.ledger, str).take_in(Sending(came, body, "application/json", "tester", "0" * 32))
        assert receipt.outcome == "accepted", receipt
        assert receipt.message_id
        return receipt.message_id

    def order(self, document: PurchaseOrder | None = None) -> UUID:
        """Place an order and work everything off."""
        message = self.place(document or order())
        self.house.work_off()
        return message

    def interchanges(self) -> list[Row[Any]]:
        """What was written, in order."""
        with self.ledger.reading() as tx:
            return list(tx.execute(sa.select(tables.interchange).order_by(tables.interchange.c.id)).all())

    @property
    def sent(self) -> Row[Any]:
        """The only interchange."""
        [row] = self.interchanges()
        return row

    def document(self, message: UUID) -> Row[Any]:
        """The only document of a message."""
        [row] = self.house.story(message).documents
        return row

    def postings(self) -> list[Row[Any]]:
        with self.ledger.reading() as tx:
            return list(tx.execute(sa.select(tables.posting).order_by(tables.posting.c.id)).all())

    def holds(self) -> list[Group]:
        with self.ledger.reading() as tx:
            return self.ledger.holds.groups(tx)

    def circuit(self, name: str = "partner:acme") -> str:
        with self.ledger.reading() as tx:
            row = self.ledger.circuits.row(tx, name)
        return row.state if row else "closed"


def trade_with(ledger: Ledger, *outcomes: BaseException | bytes, resend: bool = False) -> tuple[Trade, Partner]:
    partner = Partner(list(outcomes))
    acme = channel(replace(PLAIN, resend=resend))
    return Trade.over(ledger, acme, opened=partner), partner
