"""An accounts payable department for tests: orders in Odoo that fit invoices or do not, and invoices as they arrive.

Orders are made and received over the bare connection, so that what a test says stands in Odoo is what stands there.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger.ledger import Ledger
from app.ledger.tables import document
from app.model.setup import Facility
from app.odoo import loading
from app.odoo.billing import Billing
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from ops.demo.hospital import SITE
from ops.dev.stack import Stack
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn
from tests import factories, service_account
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

STANDIN = "standin"
_numbers = itertools.count(1)


def shops(request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    """The Odoo that the request's parameter names, with the demo hospital in it, for all tests of a module."""
    if request.param == "standin":
        with StandIn() as server:
            odoo = OdooServer(server.url, server.database, server.api_key or "")
            provision(odoo.connection, SITE)
            yield odoo
        return
    stack: Stack = request.getfixturevalue("stack")
    name = f"wardline_shop_{ids.new_id().hex[-12:]}"
    try:
        told = stack.odoo.clone(name, request.getfixturevalue("provisioned"))
        parts = (told[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY"))
        server = OdooServer(*parts, service_key=service_account.key(stack))
        service_account.open_account(stack, server.connection, name)
        yield server
    finally:
        stack.odoo.drop(name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of an order; ``taxed`` gives it Odoo's tax on purchases of 15 per cent."""

    item: str
    quantity: str = "5"
    price: str = "12.50"
    unit: str = "Box of 10"
    taxed: bool = True


@dataclass
class Shop:
    """Odoo's side of procurement, and a house in which invoices arrive from its supplier."""

    odoo: OdooServer
    house: House
    supplier: str
    supplier_id: int = field(init=False)
    units: dict[str, int] = field(init=False)

    @classmethod
    def over(cls, ledger: Ledger, odoo: OdooServer) -> Shop:
        """Open one: a supplier of its own, units and channel."""
        supplier = f"S-{next(_numbers)}"
        house = House.over(ledger, Erp(odoo.service), facilities={"GEN": Facility("GEN", currency="USD")})
        house.channels["supplier"] = factories.channel(name="supplier", supplier=supplier, sends=())
        rows = [
            factories.row("unit", "BX", "each", item="GLOVE-M", factor=Decimal(10)),
            factories.row("unit", "CS", "each", factor=Decimal(100)),
        ]
        house.crosswalk.import_rows(factories.numbered(*rows), "tester")
        return cls(odoo, house, supplier)

    def __post_init__(self) -> None:
        fields = ["id", "name", "ref", "is_company", "supplier_rank"]
        self.supplier_id = self._load(
            "res.partner", fields, [f"shop.{self.supplier}", "Cardinal Health", self.supplier, "1", "1"]
        )
        box = ["shop.box", "Box of 10", "10", "1"]
        self.units = {
            "Units": 1,
            "Box of 10": self._load("uom.uom", ["id", "name", "relative_factor", "relative_uom_id/.id"], box),
        }

    def order(self, *wanted: Wanted, received: Sequence[str] | None = None, currency: str = "USD") -> str:
        """A confirmed order, received as far as told (in the lines' units), in full where nothing is told."""
        connection = self.odoo.connection
        fields = ["id", "partner_id/.id", "picking_type_id/.id", "origin"]
        fields += [
            f"order_line/{name}" for name in ("product_id/.id", "product_qty", "product_uom_id/.id", "price_unit")
        ]
        fields = [*fields[:4], "currency_id/.id", *fields[4:], "order_line/tax_ids/.id"]
        head = [f"shop.order{next(_numbers)}", str(self.supplier_id), str(self._receipts()), "R-1"]
        head.append(str(self.currency(currency)))
        rows = []
        for place, line in enumerate(wanted):
            cells = [str(self.odoo.item_id(line.item)), line.quantity, str(self.units[line.unit]), line.price]
            rows.append([*(head if place == 0 else [""] * len(head)), *cells, str(self.tax()) if line.taxed else ""])
        [order_id] = loading.load(connection, "purchase.order", fields, rows)
        connection.get_model("purchase.order").button_confirm(ids=[order_id])
        [row] = connection.get_model("purchase.order").read(ids=[order_id], fields=["name"])
        self.receive(row["name"], received or [line.quantity for line in wanted])
        return str(row["name"])

    def rules(self, **limits: Any) -> None:
        """Allow the supplier differences within these limits."""
        book = {"matching": {"tolerances": [{"supplier": self.supplier, **limits}]}}
        with self.house.ledger.transaction() as tx:
            self.house.ledger.policies.import_(tx, json.dumps(book), "tester")

    def receive(self, order: str, quantities: Sequence[str]) -> None:
        """Take goods in, in the units of the order's lines; the rest stays open."""
        if not any(Decimal(quantity) for quantity in quantities):
            return
        lines = self.lines(order)
        connection = self.odoo.connection
        line_ids = [line["id"] for line in lines]
        domain = [["purchase_line_id", "in", line_ids], ["state", "not in", ["done", "cancel"]]]
        moves = connection.get_model("stock.move").search_read(
            domain=domain, fields=["purchase_line_id", "picking_id"], order="id", load=""
        )
        commands = []
        for line, quantity in zip(lines, quantities, strict=True):
            move = next((m for m in moves if m["purchase_line_id"] == line["id"]), None)
            amount = Decimal(quantity) * (10 if line["product_uom_id"] == self.units["Box of 10"] else 1)
            if move and amount:
                commands.append([1, move["id"], {"quantity": float(amount), "picked": True}])
        if self.odoo.database == STANDIN:
            self._arrived(commands)
            return
        picking = moves[0]["picking_id"]
        pickings = connection.get_model("stock.picking")
        pickings.write(ids=[picking], vals={"move_ids": commands})
        quiet = {"skip_backorder": True, "skip_sms": True, "skip_expired": True}
        assert pickings.button_validate(ids=[picking], context=quiet) is True

    def _arrived(self, commands: Sequence[Any]) -> None:
        """The stand-in's moves are said to be done one by one, and what is left becomes another move."""
        moves = self.odoo.connection.get_model("stock.move")
        kept = ("picking_id", "purchase_line_id", "product_id", "product_uom", "location_id", "location_dest_id")
        for _, move, values in commands:
            [before] = moves.read(ids=[move], fields=[*kept, "product_uom_qty"], load="")
            came, left = values["quantity"], float(before["product_uom_qty"]) - values["quantity"]
            moves.write(ids=[move], vals={"quantity": came, "product_uom_qty": came, "state": "done"})
            if left > 0:
                rest = {name: before[name] for name in kept} | {"product_uom_qty": left, "state": "assigned"}
                moves.create(vals_list=[rest])

    def lines(self, order: str) -> list[dict[str, Any]]:
        """The lines of an order as Odoo has them."""
        rows: list[dict[str, Any]] = self.odoo.connection.get_model("purchase.order.line").search_read(
            domain=[["order_id.name", "=", order]],
            fields=["product_id", "product_uom_id", "qty_received", "qty_invoiced", "price_unit"],
            order="id",
            load="",
        )
        return rows

    def bills(self, **conditions: Any) -> list[dict[str, Any]]:
        """The supplier's bills and refunds."""
        fields = ("name", "ref", "state", "move_type", "amount_untaxed", "amount_tax", "amount_total", "payment_state",
                  "reversed_entry_id", "invoice_date", "date", "currency_id")  # fmt: skip
        domain = [["partner_id", "=", self.supplier_id], ["move_type", "in", ["in_invoice", "in_refund"]]]
        domain += ([name, "=", value] for name, value in conditions.items())
        rows: list[dict[str, Any]] = self.odoo.connection.get_model("account.move").search_read(
            domain=domain, fields=list(fields), order="id", load=""
        )
        return rows

    def bill_lines(self, bill_id: int) -> list[dict[str, Any]]:
        """What a bill says line by line."""
        rows: list[dict[str, Any]] = self.odoo.connection.get_model("account.move.line").search_read(
            domain=[["move_id", "=", bill_id], ["display_type", "=", "product"]],
            fields=[
                "purchase_line_id",
                "product_uom_id",
                "quantity",
                "price_unit",
                "price_subtotal",
                "tax_ids",
                "name",
            ],
            order="id",
            load="",
        )
        return rows

    def currency(self, name: str) -> int:
        """The id of a currency, which is in use from now on."""
        currencies = self.odoo.connection.get_model("res.currency")
        [row] = currencies.search_read(domain=[["name", "=", name]], fields=["active"], context={"active_test": False})
        if not row["active"]:
            currencies.write(ids=[row["id"]], vals={"active": True})
        return int(row["id"])

    def service(self, reference: str) -> None:
        """An item that is no goods and is due when it is ordered."""
        values = {"name": reference, "default_code": reference, "type": "service", "purchase_method": "purchase"}
        self.odoo.connection.get_model("product.product").create(vals_list=[values])

    def tax_of(self, per_cent: str) -> int:
        """A tax on purchases of so many per cent."""
        values = {"name": f"Tax {next(_numbers)}", "amount": float(per_cent), "type_tax_use": "purchase"}
        return int(self.odoo.connection.get_model("account.tax").create(vals_list=[values])[0])

    def fee(self, amount: str) -> int:
        """A tax of so much for each unit, which is no percentage."""
        values = {"name": f"Fee {next(_numbers)}", "amount": float(amount), "amount_type": "fixed"}
        made = self.odoo.connection.get_model("account.tax").create(vals_list=[values | {"type_tax_use": "purchase"}])
        return int(made[0])

    def assign(self, number: str, order: str) -> None:
        """Name the order of an invoice."""
        row = self.kept(number)
        with self.house.ledger.transaction() as tx:
            self.house.ledger.invoices.assign(tx, row.document_id, order, "told by phone", "m.ortiz")
            self.house.ledger.holds.end_documents(tx, [row.document_id], "m.ortiz", "released")
        self.house.work_off()

    def pay(self, number: str, amount: str) -> None:
        """Pay a part of a bill, as the people of the treasury do."""
        [bill] = self.bills(ref=number)
        of_bill = {"active_model": "account.move", "active_ids": [bill["id"]]}
        wizard = self.odoo.connection.get_model("account.payment.register")
        made = wizard.create(
            vals_list=[{"amount": float(amount), "payment_difference_handling": "open"}], context=of_bill
        )
        wizard.action_create_payments(ids=made)

    def tax(self) -> int:
        """Odoo's tax on purchases."""
        rows = self.odoo.connection.get_model("account.tax").search_read(
            domain=[["type_tax_use", "=", "purchase"], ["amount", "=", 15]], fields=["name"], limit=1
        )
        return int(rows[0]["id"])

    def invoice(self, number: str, order: str | None, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """An invoice in the canonical form; ``None`` leaves a field out."""
        head = {
            "document": "invoice",
            "number": number,
            "currency": "USD",
            "issued_at": "2026-11-20",
            "order_number": order,
            "lines": list(lines),
        }
        return {name: value for name, value in (head | changes).items() if value is not None}

    def bill(self, *invoice: Any, **changes: Any) -> Any:
        """Let an invoice arrive and work it off; the message's id."""
        message = self.house.receive(self.invoice(*invoice, **changes), channel="supplier")
        self.house.work_off()
        return message

    def held(self) -> dict[str, str]:
        """The open holds: cause to subject."""
        with self.house.ledger.reading() as tx:
            return {group.cause: group.subject for group in self.house.ledger.holds.groups(tx)}

    def kept(self, number: str) -> Any:
        """The newest invoice with this number, as the ledger has it."""
        with self.house.ledger.reading() as tx:
            return self.house.ledger.invoices.by_number(tx, number)[0]

    def answers(self) -> list[dict[str, Any]]:
        """What was entered to be told, in order."""
        chosen = sa.select(document.c.id).where(document.c.kind == "response").order_by(document.c.id)
        with self.house.ledger.reading() as tx:
            contents = self.house.ledger.documents.contents(tx, tx.scalars(chosen).all())
        return [json.loads(contents[document_id]) for document_id in sorted(contents)]

    def through(self, url: str) -> None:
        """Reach Odoo over another address from now on, and give up soon."""
        self._post_to(Erp(Connection(url, self.odoo.database, self.odoo.service_key, read_timeout=3)))

    def over_erp(self, billing: Billing) -> None:
        """Bill through another gateway from now on."""
        erp = Erp(self.odoo.service)
        erp.billing = billing
        self._post_to(erp)

    def _post_to(self, erp: Erp) -> None:
        stage: Any = self.house.stages["post"]
        self.house.stages["post"] = replace(stage, erp=erp)

    def release(self, cause: str) -> None:
        """Release the groups of a cause and work them off."""
        self.house.ledger.holds.release(cause, None, "tester")
        self.house.work_off()

    def accept(self, number: str) -> None:
        """Accept the differences of an invoice and let it go on."""
        row = self.kept(number)
        with self.house.ledger.transaction() as tx:
            self.house.ledger.invoices.accept(tx, row.document_id, row.fingerprint, "agreed by phone", "m.ortiz")
            self.house.ledger.holds.end_documents(tx, [row.document_id], "m.ortiz", "released")
        self.house.work_off()

    def _receipts(self) -> int:
        rows = self.odoo.connection.get_model("stock.warehouse").search_read(
            domain=[["code", "=", "GEN"]], fields=["in_type_id"], load=""
        )
        return int(rows[0]["in_type_id"])

    def _load(self, model: str, fields: Sequence[str], row: Sequence[str]) -> int:
        return loading.load(self.odoo.connection, model, fields, [row])[0]


def boxes(count: str = "5", at: str | None = "12.50", **changes: Any) -> dict[str, Any]:
    """A line that invoices boxes of ten examination gloves."""
    base = {
        "number": "1",
        "identifiers": [{"scheme": "internal", "value": "GLOVE-M"}],
        "quantity": {"value": count, "unit": "BX"},
        "price": {"amount": at} if at else None,
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def sutures(count: str = "8", at: str = "2.50", **changes: Any) -> dict[str, Any]:
    """A line that invoices single sutures."""
    identifiers = [{"scheme": "internal", "value": "SUTURE-30"}]
    of_sutures = {"number": "2", "identifiers": identifiers, "quantity": {"value": count, "unit": "EA"}}
    return boxes(count, at, **of_sutures | changes)


GLOVES = Wanted("GLOVE-M")
SUTURES = Wanted("SUTURE-30", "8", "2.50", "Units", taxed=False)


def untaxed(wanted: Wanted) -> Wanted:
    """The same line without a tax."""
    return replace(wanted, taxed=False)
