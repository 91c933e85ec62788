"""A purchase whose papers come in every order: what the drill ``chain-reordered`` orders, writes and finds in Odoo.

Used by ``ops.drill.chain_faults``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from app import ids
from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.interchange import Interchange
from app.model.item import Identifier
from app.model.order import Order
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from app.standards import by_name
from ops import provision_procurement
from ops.bench.events import ITEMS
from ops.bench.site import HOSPITAL
from ops.provision_procurement import Price as Asked
from ops.provision_procurement import Procurement, Supplier
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.business import Office

SUPPLIER, DOCK = "chain", "dock"
"""The supplier's reference, which is its channel's name too, and the channel of the goods entrance."""
BOUGHT, QUANTITY, PRICE = ITEMS[:2], Decimal(12), Decimal("2.50")
"""An item without lots, and one whose lots only the ship notice names."""
PAPERS = ("order_confirmation", "ship_notice", "goods_receipt", "invoice")
ORDERS = tuple(permutations(PAPERS))
"""The papers of one order each, in every order there is."""
MARKET = Procurement(
    suppliers=(Supplier(SUPPLIER, "Chain Medical"),),
    prices=tuple(Asked(SUPPLIER, item, PRICE, code=f"CH-{item}") for item in BOUGHT),
    untaxed=True,
)
CHANNELS = """
[channels.odoo]
standard = "canonical"
facility = "GEN"
lane = "approvals"

[channels.dock]
standard = "canonical"
facility = "GEN"
lane = "approvals"

[channels.chain]
standard = "canonical"
facility = "GEN"
lane = "approvals"
supplier = "chain"
sends = ["purchase_order"]
our_address = "wardline"
partner_address = "chain"

[channels.chain.transport]
kind = "folder"
put = "{folder}"
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper: the channel it comes on, and its bytes."""

    channel: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Purchases:
    """The buyer's side, in Odoo."""

    odoo: Connection

    def buy(self) -> list[Order]:
        """A buyer orders and confirms, in Odoo, once for every order of the papers."""
        orders = self.odoo.get_model("purchase.order")
        made = orders.create(vals_list=[self._head()] * len(ORDERS))
        lines = [[0, 0, self._line(item)] for item in BOUGHT]
        for order_id in made:
            orders.write(ids=[order_id], vals={"order_line": lines})
        orders.button_confirm(ids=made)
        return sorted(Erp(self.odoo).purchasing.of_ids(made).values(), key=lambda order: order.number)

    def differences(self, numbers: Sequence[str]) -> list[str]:
        """What is not as it should be: every line is received and billed in full, every order on one posted bill."""
        faults = []
        for order in Erp(self.odoo).purchasing.read(list(numbers)).values():
            lines = {(line.quantity, line.received, line.invoiced) for line in order.lines}
            if lines != {(QUANTITY, QUANTITY, QUANTITY)}:
                faults.append(f"order {order.number}: ordered, received and billed are {sorted(lines)}")
        moves = self.odoo.get_model("account.move")
        rows = moves.search_read(domain=[["move_type", "=", "in_invoice"]], fields=["ref", "state"])
        found = sorted((row["ref"], row["state"]) for row in rows)
        if found != (wanted := sorted((f"INV-{number}-1", "posted") for number in numbers)):
            faults.append(f"bills are {sorted(set(found) ^ set(wanted))[:5]}, {len(found)} for {len(wanted)} invoices")
        return faults

    def _head(self) -> dict[str, object]:
        [partner] = self._ids("res.partner", "ref", SUPPLIER)
        [warehouse] = self.odoo.get_model("stock.warehouse").search_read(
            domain=[["code", "=", HOSPITAL.code]], fields=["in_type_id"], load=""
        )
        return {"partner_id": partner, "picking_type_id": warehouse["in_type_id"]}

    def _line(self, item: str) -> dict[str, object]:
        [product] = self._ids("product.product", "default_code", item)
        line = {"product_id": product, "product_uom_id": int(provision_procurement.ONE)}
        return line | {"product_qty": float(QUANTITY), "price_unit": float(PRICE)}

    def _ids(self, model: str, field: str, value: str) -> list[int]:
        rows = self.odoo.get_model(model).search_read(domain=[[field, "=", value]], fields=["id"])
        return [row["id"] for row in rows]


def papers(order: Order) -> Mapping[str, Paper]:
    """The four papers of an order, as its supplier and the goods entrance write them."""
    office = Office(SUPPLIER, Behaviour())
    office.take(_told(order))
    written: list[Document] = [office.confirm(order.number), office.ship(order.number), office.bill(order.number)]
    return {one.document_kind: _written(one) for one in written} | {"goods_receipt": _receipt(order)}


def _written(document: Document) -> Paper:
    """What the supplier says, on its channel."""
    profile = Profile(Channel(SUPPLIER, "canonical", HOSPITAL.code), str)
    nowhere = Interchange(1, ids.now(), "", "")
    return Paper(SUPPLIER, by_name("canonical").write(document, profile, nowhere).body)


def _told(order: Order) -> PurchaseOrder:
    """The order as its supplier reads it."""
    lines = tuple(
        PurchaseOrderLine(
            str(line.number),
            Quantity(line.quantity, "EA", "EA"),
            (Identifier("supplier", f"CH-{line.item}"),),
            price=Price(line.price),
        )
        for line in order.lines
    )
    return PurchaseOrder(order.number, lines, ordered_at=ids.now().date(), currency=order.currency)


def _receipt(order: Order) -> Paper:
    """What the goods entrance counted; it knows no lots."""
    lines = [
        {"number": str(line.number), "order_line": str(line.number), "received": {"value": "12", "unit": "EA"}}
        for line in order.lines
    ]
    document = {
        "document": "goods_receipt", "number": f"GR-{order.number}", "order_number": order.number,
        "ship_notice": f"SH-{order.number}-1", "lines": lines,
    }  # fmt: skip
    return Paper(DOCK, json.dumps(document).encode())
