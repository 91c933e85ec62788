"""A receiving dock for tests: orders placed through the house, ship notices from their supplier, receipts of a dock
system, and what people do with the transfers in Odoo meanwhile.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app import ids
from app.flows.intake import Intake, Sending
from app.flows.receipt_watch import ReceiptWatch
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.tables import document, message, posting
from app.model.order import Order
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.receiving import Incoming
from tests import factories
from tests.app.flows.buying import SUPPLIER, Buyers, gloves
from tests.fixtures_odoo import OdooServer

_numbers = itertools.count(1)
QUIET = {"skip_backorder": True, "skip_sms": True, "skip_expired": True}


@dataclass
class Dock:
    """The buyers' house with a dock system and a supplier that sends notices."""

    buyers: Buyers

    @classmethod
    def over(cls, ledger: Ledger, odoo: OdooServer) -> Dock:
        """Open it: the supplier's channel and the EHR's are told of receipts."""
        buyers = Buyers.over(ledger, odoo)
        house = buyers.house
        house.channels["supplier"] = replace(house.channels["supplier"], sends=("purchase_order", "goods_receipt"))
        house.channels["ehr"] = factories.channel(name="ehr", sends=("goods_receipt",))
        house.channels["dock"] = factories.channel(name="dock")
        return cls(buyers)

    def order(self, *lines: dict[str, Any]) -> Order:
        """A confirmed order of these lines."""
        return self.buyers.order(*(lines or (gloves(),)))

    def notice(self, *lines: dict[str, Any], **changes: Any) -> Any:
        """Let a ship notice arrive and work it off; the message's id."""
        head = {"document": "ship_notice", "number": f"ASN-{next(_numbers)}", "lines": list(lines)}
        return self._let_in(head | changes, "supplier")

    def receive(self, *lines: dict[str, Any], **changes: Any) -> Any:
        """Let a receipt of the dock system arrive and work it off; the message's id."""
        numbered = [{"number": str(place)} | line for place, line in enumerate(lines, 1)]
        head = {
            "document": "goods_receipt",
            "number": f"R-{next(_numbers)}",
            "received_at": self.today(),
            "lines": numbered,
        }
        return self._let_in(head | changes, "dock")

    def raw(self, channel: str, body: bytes, kind: str = "application/octet-stream") -> Any:
        """Let a message arrive as it is and work it off; its id."""
        sending = Sending(self.buyers.house.channels[channel], body, kind, "tester", "0" * 32)
        receipt, _ = Intake(self.buyers.house.ledger, str).take_in(sending)
        assert receipt.outcome == "accepted", receipt
        self.buyers.house.work_off()
        return receipt.message_id

    def state(self, message: Any) -> str:
        """The state of a message's own document, the first of them."""
        return str(min(self.buyers.house.story(message).documents, key=lambda row: row.id).state)

    def today(self, days: int = 0) -> str:
        """The day so many days from now."""
        return (ids.now() + timedelta(days=days)).date().isoformat()

    def rules(self, **section: Any) -> None:
        """Put the section ``receipt`` of the rule book in force."""
        ledger = self.buyers.house.ledger
        with ledger.transaction() as tx:
            ledger.policies.import_(tx, json.dumps({"receipt": section}), "tester")

    def item(self, reference: str, tracking: str, *, expires: bool) -> None:
        """An item that Odoo has from now on."""
        values = {"name": reference, "default_code": reference, "type": "consu", "is_storable": True}
        values |= {"tracking": tracking, "use_expiration_date": expires}
        self.buyers.model("product.product").create(vals_list=[values])

    def wait_for(self, order: Order) -> Any:
        """Something that came and is held until goods of the order come; its document."""
        message = self.buyers.house.receive({"document": "remittance", "number": f"RA-{next(_numbers)}", "amount": "1"})
        ledger = self.buyers.house.ledger
        self.buyers.house.work_off()
        row = self.buyers.house.story(message).documents[0]
        with ledger.transaction() as tx:
            ledger.holds.open(tx, row, Cause("awaiting_receipt", f"order {order.number}", "It waits for its goods."))
        return row.id

    def transfers(self, order: Order) -> list[Incoming]:
        """The order's transfers as Odoo has them."""
        erp = self.buyers.erp
        return erp.receiving.of_order(erp.purchasing.read([order.number])[order.number])

    def done(self, order: Order) -> list[Incoming]:
        """Those that are done."""
        return [transfer for transfer in self.transfers(order) if transfer.state == "done"]

    def landed(self, order: Order) -> dict[tuple[str, str | None], Decimal]:
        """What came of the order, by item and lot."""
        found: dict[tuple[str, str | None], Decimal] = {}
        for move in (move for transfer in self.done(order) for move in transfer.moves):
            for one in move.landed:
                key = (move.item, one.lot)
                found[key] = found.get(key, Decimal(0)) + one.quantity
        return found

    def received(self, order: Order) -> list[Decimal]:
        """What Odoo counts as received, line by line, in the lines' units."""
        return [line.received for line in self.buyers.read(order.number).lines]

    def told(self) -> list[dict[str, Any]]:
        """The receipts that the house told, in order."""
        ours = sa.or_(document.c.mapping == "wardline/1", message.c.channel == "odoo")
        chosen = sa.select(document.c.id).join(message, message.c.id == document.c.message_id)
        chosen = chosen.where(document.c.kind == "goods_receipt", ours).order_by(document.c.id)
        ledger = self.buyers.house.ledger
        with ledger.reading() as tx:
            contents = ledger.documents.contents(tx, tx.scalars(chosen).all())
        return [json.loads(contents[one]) for one in sorted(contents)]

    def sent_to(self) -> list[str]:
        """The channels that receipts were sent over, or are about to be."""
        query = sa.select(posting.c.effect).where(posting.c.operation == "send").order_by(posting.c.id)
        with self.buyers.house.ledger.reading() as tx:
            effects = tx.scalars(query).all()
        return sorted(effect["channel"] for effect in effects if effect["kind"] == "goods_receipt")

    def by_hand(self, order: Order, quantities: Mapping[str, str], lots: Mapping[str, str] | None = None) -> None:
        """Somebody completes the open transfer in Odoo: quantities by item, the rest stays open."""
        [transfer] = [one for one in self.transfers(order) if one.is_open]
        commands = []
        for move in transfer.moves:
            if move.item in quantities:
                line = {
                    "picking_id": transfer.id, "product_id": move.item_id, "product_uom_id": 1, "picked": True,
                    "quantity": float(quantities[move.item]), "lot_name": (lots or {}).get(move.item, False),
                    "location_id": move.source_id, "location_dest_id": move.destination_id,
                }  # fmt: skip
                gone = [[2, old, 0] for old in move.held_lines]
                commands.append([1, move.id, {"picked": True, "move_line_ids": [*gone, [0, 0, line]]}])
        self.buyers.model("stock.picking").write(ids=[transfer.id], vals={"move_ids": commands})
        assert self.buyers.model("stock.picking").button_validate(ids=[transfer.id], context=QUIET) is True

    def watch(self) -> int:
        """Let the clock look what people received in Odoo, and work it off."""
        house = self.buyers.house
        setup = Setup(house.channels)
        found = ReceiptWatch(house.ledger, Erp(self.buyers.odoo.service), setup, Intake(house.ledger, str)).run()
        house.work_off()
        return found

    def _let_in(self, content: dict[str, Any], channel: str) -> Any:
        plain = {name: value for name, value in content.items() if value not in (None, [])}
        message = self.buyers.house.receive(plain, channel=channel)
        self.buyers.house.work_off()
        return message


def stents(quantity: str = "6", number: str = "2", **changes: Any) -> dict[str, Any]:
    """A line that orders stents, which come in lots."""
    fresh = {"item": "STENT-35", "unit": "", "factor": "1", "supplier_code": "ST-35", "cost_centre": None}
    return gloves(quantity, "410.00", number, **fresh | changes)


def pacers(quantity: str = "2", number: str = "3", **changes: Any) -> dict[str, Any]:
    """A line that orders pacemakers, which have serial numbers."""
    fresh = {"item": "PACER-01", "unit": "", "factor": "1", "supplier_code": "PACER-1", "cost_centre": None}
    return gloves(quantity, "2900.00", number, **fresh | changes)


def of(order: Order, line: str, value: str, unit: str = "EA", **changes: Any) -> dict[str, Any]:
    """Goods of one line of an order, as a notice tells them."""
    return {"order_number": order.number, "order_line": line, "quantity": {"value": value, "unit": unit}} | changes


def came(order: Order, line: str, value: str, unit: str = "EA", **changes: Any) -> dict[str, Any]:
    """Goods of one line of an order, as a receipt tells them."""
    told = of(order, line, value, unit, **changes)
    return {"received": told.pop("quantity")} | told


def docks(ledger: Ledger, odoo: OdooServer) -> Iterator[Dock]:
    """A dock, as a fixture."""
    yield Dock.over(ledger, odoo)


__all__ = ["SUPPLIER", "Dock", "came", "docks", "gloves", "of", "pacers", "stents"]
