"""A purchasing department for tests: requisitions that become orders in Odoo, and what suppliers say to them.

Requisitions carry the effect that the orders are to have, so that a test says exactly what is ordered.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Transaction

from app import flows, ids
from app.flows.base import Case, Effects, Verdict
from app.flows.ordering import unconfirmed
from app.flows.record import RecordFlow
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.tables import document, work
from app.model.order import Order
from app.model.requisition import Requisition
from app.model.setup import Facility
from app.odoo.erp import Erp
from app.odoo.transport import Connection, Model
from ops.provision_procurement import CostCentre, Pack, Procurement, Supplier
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

SUPPLIER, OTHER = "S-1001", "S-2002"
MARKET = Procurement(
    suppliers=(Supplier(SUPPLIER, "Cardinal Health"), Supplier(OTHER, "Medline")),
    packs=(Pack("Box of 10", Decimal(10)), Pack("Case of 100", Decimal(100))),
    cost_centres=(CostCentre("CC-100", "Operating rooms"), CostCentre("CC-200", "Intensive care")),
    currencies=("EUR",),
)
_numbers = itertools.count(1)


class Counting(Connection):
    """A connection that counts its calls by model and method."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.calls: Counter[str] = Counter()

    def get_model(self, model_name: str, timeout: float | None = None) -> Model:
        return super().get_model(model_name, timeout)

    def exchange(self, call: Any, *arguments: Any, **named: Any) -> Any:
        self.calls[call.place] += 1
        return super().exchange(call, *arguments, **named)


class Asks(RecordFlow):
    """Requisitions whose note is the effect of the orders they ask for: operation, key and effect."""

    def decide(self, tx: Transaction, ledger: Ledger, case: Case[Requisition]) -> Verdict:
        asked = json.loads(case.document.note or "{}")
        effect = asked["effect"]
        key = asked.get("key") or f"order:{case.row.id.hex}:{effect['supplier']}"
        partition = asked.get("partition") or f"odoo:order:{effect['facility']}:{effect['supplier']}"
        new = NewPosting(case.row.id, key, asked["operation"], partition, case.row.lane, effect)
        return Effects((new, *unconfirmed(tx, ledger, case.row.id)), case.row.lane)


@contextmanager
def asking() -> Iterator[None]:
    """Requisitions are what ``Asks`` makes of them."""
    before = dict(flows.FLOWS)
    flows.FLOWS["requisition"] = Asks("requisition")
    try:
        yield
    finally:
        flows.FLOWS.clear()
        flows.FLOWS.update(before)


@dataclass
class Buyers:
    """Requisitions in, orders out; suppliers' confirmations come over the channel ``supplier``."""

    odoo: OdooServer
    house: House
    connection: Counting
    erp: Erp = field(init=False)

    @classmethod
    def over(cls, ledger: Ledger, odoo: OdooServer) -> Buyers:
        """Open the department."""
        connection = Counting(odoo.url, odoo.database, odoo.service_key)
        house = House.over(ledger, Erp(connection), facilities={"GEN": Facility("GEN", "General Hospital")})
        house.channels["supplier"] = factories.channel(name="supplier", supplier=SUPPLIER, sends=("purchase_order",))
        house.channels["other"] = factories.channel(name="other", supplier=OTHER, sends=("purchase_order",))
        house.channels["odoo"] = factories.channel(name="odoo")
        rows = [
            factories.row("unit", "BX", "each", factor=Decimal(10)),
            factories.row("unit", "CS", "each", factor=Decimal(100)),
            factories.row("item", "MED-CATH", "CATH-77"),
        ]
        house.crosswalk.import_rows(factories.numbered(*rows), "tester")
        return cls(odoo, house, connection)

    def __post_init__(self) -> None:
        self.erp = Erp(self.odoo.service)

    def ask(self, *lines: dict[str, Any], operation: str = "order.place", asked: Any = None, **changes: Any) -> Any:
        """Let a requisition arrive that orders these lines; the message's id."""
        number = changes.pop("requisition", f"R-{next(_numbers)}")
        effect = {
            "requisition": number, "facility": "GEN", "company": "", "warehouse": "GEN", "supplier": SUPPLIER,
            "currency": "EUR", "needed_by": "2026-12-05", "contract": "CT-77", "urgent": False, "note": None,
            "window": None, "lines": list(lines),
        }  # fmt: skip
        note = {"operation": operation, "effect": effect | changes} | (asked or {})
        return self.house.receive({
            "document": "requisition",
            "number": number,
            "note": json.dumps(note),
            "lines": [{"number": "1", "quantity": {"value": "1", "unit": "EA"}}],
        })

    def order(self, *lines: dict[str, Any], **changes: Any) -> Order:
        """Order these lines and work it off; the order as Odoo has it."""
        message = self.ask(*(lines or (gloves(),)), **changes)
        self.house.work_off()
        [order] = self.orders_of(message)
        return order

    def state(self, message: Any) -> str:
        """The state of what a message said, without what follows from it."""
        return str(min(self.house.story(message).documents, key=lambda row: row.id).state)

    def orders_of(self, message: Any) -> list[Order]:
        """The orders that hold what a message asked for."""
        ids = [row.id for row in self.house.story(message).documents if row.kind == "requisition"]
        with self.house.ledger.reading() as tx:
            numbers = [row.number for row in self.house.ledger.orders.of_documents(tx, ids)]
        return sorted(self.erp.purchasing.read(numbers).values(), key=lambda order: order.number)

    def read(self, number: str) -> Order:
        """An order as Odoo has it."""
        return self.erp.purchasing.read([number])[number]

    def all(self) -> list[dict[str, Any]]:
        """Every order in Odoo."""
        rows: list[dict[str, Any]] = self.model("purchase.order").search_read(
            domain=[], fields=["name", "state", "origin"], order="id"
        )
        return rows

    def moves(self, order: Order) -> list[dict[str, Any]]:
        """What is expected of an order, and what of it is called off."""
        rows: list[dict[str, Any]] = self.model("stock.move").search_read(
            domain=[["purchase_line_id", "in", [line.id for line in order.lines]]],
            fields=["product_id", "product_uom_qty", "state", "date", "date_deadline", "location_dest_id"],
            order="id",
            load="",
        )
        return rows

    def model(self, name: str) -> Any:
        """A model of Odoo, as a buyer uses it."""
        return self.odoo.connection.get_model(name)

    def held(self) -> dict[str, str]:
        """The open holds: cause to subject."""
        with self.house.ledger.reading() as tx:
            return {group.cause: group.subject for group in self.house.ledger.holds.groups(tx)}

    def release(self, cause: str) -> None:
        """Release the groups of a cause and work them off."""
        self.house.ledger.holds.release(cause, None, "tester")
        self.house.work_off()

    def end_windows(self) -> None:
        """Let the time pass until all windows have ended, and work off what comes due."""
        with self.house.ledger.transaction() as tx:
            tx.execute(sa.update(work).values(due_at=ids.now()))
        self.house.work_off()

    def told(self) -> list[dict[str, Any]]:
        """The purchase orders that were entered for suppliers, in order."""
        chosen = sa.select(document.c.id).where(document.c.kind == "purchase_order").order_by(document.c.id)
        with self.house.ledger.reading() as tx:
            contents = self.house.ledger.documents.contents(tx, tx.scalars(chosen).all())
        return [json.loads(contents[document_id]) for document_id in sorted(contents)]

    def known(self, number: str) -> Any:
        """An order as the ledger has it."""
        with self.house.ledger.reading() as tx:
            return self.house.ledger.orders.by_number(tx, number)

    def confirm(self, number: str, *lines: Mapping[str, Any], **changes: Any) -> Any:
        """Let the supplier confirm an order and work it off; the message's id."""
        base = {
            "document": "order_confirmation",
            "order_number": number,
            "status": "accepted",
            "number": f"SO-{next(_numbers)}",
            "lines": list(lines),
        }
        content = {name: value for name, value in (base | changes).items() if value is not None}
        message = self.house.receive(content, channel="supplier")
        self.house.work_off()
        return message

    def through(self, url: str, read_timeout: float = 3) -> None:
        """Reach Odoo over another address from now on, and give up soon."""
        connection = Counting(url, self.odoo.database, self.odoo.service_key, read_timeout=read_timeout)
        stage: Any = self.house.stages["post"]
        self.house.stages["post"] = replace(stage, erp=Erp(connection))


def gloves(quantity: str = "3", price: str = "99.10", number: str = "1", **changes: Any) -> dict[str, Any]:
    """A line that orders boxes of ten examination gloves."""
    base = {
        "number": number, "item": "GLOVE-M", "quantity": quantity, "unit": "Box of 10", "factor": "10", "price": price,
        "supplier_code": "CAH-991", "cost_centre": "CC-100", "needed_by": None, "deliver_to": None,
    }  # fmt: skip
    return base | changes


def sutures(quantity: str = "8", price: str = "2.5", number: str = "2", **changes: Any) -> dict[str, Any]:
    """A line that orders single sutures."""
    fresh = {"item": "SUTURE-30", "unit": "", "factor": "1", "supplier_code": None, "cost_centre": None}
    return gloves(quantity, price, number, **fresh | changes)
