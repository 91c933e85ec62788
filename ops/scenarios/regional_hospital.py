"""Regional hospital: from what wards ask for to the matched invoice, with three suppliers in three standards.

Master data comes from Odoo, requisitions over HL7 and JSON; one waits for its approver, one asks for a box where it
means a piece. Orders go out as cXML, X12 and UBL over real sockets; suppliers confirm, ship and bill, the dock
receives. One supplier bills 12 % too much, another ships half of what was ordered and bills all of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app import ids
from app.crosswalk.rows import CrosswalkRow
from app.errors import WardlineError
from app.flows.approving import Saying
from app.ledger.approval_queue import ApprovalFilter
from app.model.order import Order, OrderLine
from ops.scenarios.market import GENERAL, MARKET, SITE, Market
from ops.scenarios.place import Place
from ops.scenarios.story import Story
from ops.simulators.suppliers.behaviour import Behaviour

RULES = """
requisition:
  price_percent: 2
  tiers:
    - up_to: 5000
    - steps: [{role: head_of_cardiology}]
approval:
  roles: {head_of_cardiology: {}}
  people: {h.meyer: {name: Hanna Meyer, roles: [head_of_cardiology]}}
confirmation:
  tolerances: [{supplier: "*", days_late: 3650, days_early: 3650}]
"""
BEHAVIOURS = {
    "S-NOR": Behaviour(billed_factor=Decimal("1.12")),
    "S-HAR": Behaviour(ship=Decimal("0.5"), bill_ordered=True),
}
OMS = (
    "MSH|^~\\&|EHR|GEN|WARDLINE|HUB|20261123083000+0100||OMS^O05^OMS_O05|{n}|P|2.5.1\r"
    "ORC|NW|{n}^EHR|||||||20261123083000+0100|{who}||||{ward}\r"
    "{lines}"
)


class RegionalHospital:
    """A day at the General Hospital."""

    def __init__(self, place: Place, story: Story) -> None:
        self._place = place
        self._story = story

    def play(self) -> None:
        """Play it all. Raises WardlineError where the story does not go as it is told."""
        with Market(self._place, BEHAVIOURS) as market:
            self._market = market
            self._prepare()
            self._ask()
            self._approve()
            self._order()
            self._confirm()
            self._deliver()
            self._bill()
            self._check()

    def _prepare(self) -> None:
        self._story.chapter("Master data")
        rows = [
            CrosswalkRow("location", ward, GENERAL.stock(ward), "GEN", consumption_location=GENERAL.consumption(ward))
            for ward in GENERAL.departments
        ]
        rows += [CrosswalkRow("unit", "EA", "Units", factor=Decimal(1))]
        for item, pieces in (("SUTURE-30", 10), ("GLOVE-M", 100)):
            rows.append(CrosswalkRow("unit", "BX", "Box", item=item, factor=Decimal(pieces)))
        services = self._place.open(SITE, self._market.channels(), rows, MARKET)
        self._market.open(self._place.key)
        with services.ledger.transaction() as tx:
            services.ledger.policies.import_(tx, RULES, "scenario")
        changed = self._place.run("master.sync")
        again = self._place.run("master.sync")
        self._expect("a second round finds nothing to do", again == 0)
        self._story.tell(f"{changed} records come from Odoo: items, suppliers, contract prices, cost centres.")
        self._story.note("master_records", changed)

    def _ask(self) -> None:
        self._story.chapter("The wards ask")
        self._send_oms("R-1001", "CATHLAB", "4711^NURSE", [("STENT-35", 4, "CC-CARD"), ("CATH-77", 10, "CC-CARD")])
        self._send_oms("R-1002", "CATHLAB", "4712^NURSE", [("STENT-35", 6, "CC-CARD")])
        self._send_json("R-1003", [("SUTURE-30", "4", "BX", "21.50"), ("GLOVE-M", "300", "EA", None)])
        self._send_json("R-1004", [("DRAPE-XL", "50", "EA", None)])
        self._send_json("R-1005", [("SUTURE-30", "5", "EA", "21.50")])
        self._place.settle()
        held = self._held()
        self._expect("a mistaken unit is held", "unit_suspicious" in held)
        self._expect("what is dear waits for its approver", held.get("approval_pending") == "requisition R-1002")
        self._story.tell(
            "Five requisitions come over HL7 and JSON. R-1005 states the price of a box for single sutures:"
        )
        self._story.tell("it is held before it becomes an order. R-1002 is above 5000 EUR and waits for its approver.")

    def _approve(self) -> None:
        self._story.chapter("The head of cardiology agrees")
        services = self._place.services
        with services.ledger.reading() as tx:
            [asked] = services.ledger.approval_queue.find(tx, ApprovalFilter(states=("pending",)))
        services.desk.approving.decide(asked.id, Saying("h.meyer", "approve", asked.version, "scenario", ""))
        self._place.settle()
        self._story.tell("Hanna Meyer approves R-1002; the order leaves within the second.")

    def _order(self) -> None:
        self._story.chapter("Orders, in Odoo and at the suppliers")
        orders = self._orders()
        for number, order in orders.items():
            self._market.suppliers[order.supplier].wait_for(number)
        rows = [
            (
                order.number,
                order.supplier,
                order.origin,
                f"{line.quantity.normalize():f} {line.unit}",
                line.item,
                line.price,
            )
            for order in orders.values()
            for line in order.lines
        ]
        self._story.table("orders", ("order", "supplier", "requisition", "quantity", "item", "price"), rows)
        self._expect("four orders are confirmed", [o.state for o in orders.values()] == ["purchase"] * 4)
        self._story.note("orders", len(orders))

    def _confirm(self) -> None:
        self._story.chapter("Suppliers confirm and ship")
        for number, order in self._orders().items():
            supplier = self._market.suppliers[order.supplier]
            supplier.confirm(number)
            supplier.ship(number)
        self._collect()
        self._expect("every order is acknowledged", all(order.acknowledged for order in self._orders().values()))
        self._story.tell("Every order is acknowledged in Odoo, and its transfers know what is on its way.")

    def _deliver(self) -> None:
        self._story.chapter("The dock receives what came")
        for number, order in self._orders().items():
            office = self._market.suppliers[order.supplier].office.accounts[number]
            lines = [
                {
                    "number": str(place),
                    "order_line": line,
                    "received": {"value": str(quantity), "unit": office.order.lines[place - 1].quantity.unit},
                }
                for place, (line, quantity) in enumerate(sorted(office.shipped.items()), 1)
            ]
            document = {"document": "goods_receipt", "number": f"GR-{number}", "order_number": number, "lines": lines}
            self._accepted(self._place.send("dock", self._json(document | {"ship_notice": f"SH-{number}-1"}), JSON))
        self._place.settle()
        received = {line.item: line.received for order in self._orders().values() for line in order.lines}
        self._expect("what came is received", received["STENT-35"] > 0 and received["DRAPE-XL"] == 50)
        self._expect("half of the sutures are here", received["SUTURE-30"] == 2)
        self._story.tell(
            "Lots and serial numbers come from the ship notices. Harbor sent half: the rest stays expected."
        )

    def _bill(self) -> None:
        self._story.chapter("Invoices")
        for number, order in self._orders().items():
            self._market.suppliers[order.supplier].bill(number)
        self._collect()
        held = self._held()
        self._expect("12 % too much is held", "price_mismatch" in held)
        self._expect("what did not come is not paid", "awaiting_receipt" in held)
        self._story.tell(
            "Meridian's invoices match to the cent and are posted. Nordic bills 12 % too much: held, with the"
        )
        self._story.tell("figures. Harbor bills what it did not ship: that invoice waits for its goods.")
        self._story.table("what waits for a person", ("cause", "about"), held.items())

    def _check(self) -> None:
        self._story.chapter("What Odoo says")
        orders = self._orders()
        billed = sum((line.invoiced * line.price for o in orders.values() for line in o.lines), Decimal(0))
        ordered = sum((line.quantity * line.price for o in orders.values() for line in o.lines), Decimal(0))
        bills = (
            self._place
            .connection()
            .get_model("account.move")
            .search_read(domain=[["move_type", "=", "in_invoice"], ["state", "=", "posted"]], fields=["ref"])
        )
        self._expect("Meridian's two orders are billed", len(bills) == 2)
        self._story.end(
            "the day's figures",
            {
                "ordered_eur": str(ordered.quantize(Decimal("0.01"))),
                "billed_eur": str(billed.quantize(Decimal("0.01"))),
                "bills_posted": len(bills),
                "held": sorted(self._held()),
            },
        )

    def _orders(self) -> dict[str, Order]:
        services = self._place.services
        found = self._place.connection().get_model("purchase.order").search_read(domain=[], fields=["name"], order="id")
        return dict(sorted(services.erp.purchasing.read([row["name"] for row in found]).items()))

    def _held(self) -> dict[str, str]:
        with self._place.services.ledger.reading() as tx:
            return {group.cause: group.subject for group in self._place.services.ledger.holds.groups(tx)}

    def _collect(self) -> None:
        """Work off what suppliers posted, and fetch what they left on their servers."""
        self._place.settle()
        self._place.run("partners.collect")

    def _send_oms(self, number: str, ward: str, who: str, lines: list[tuple[str, int, str]]) -> None:
        text = "".join(
            f"RQD|{n}|||{item}^^L|{quantity}|EA^Each^ISO+|{centre}||{ward}|20261205\r"
            for n, (item, quantity, centre) in enumerate(lines, 1)
        )
        body = OMS.format(n=number, ward=ward, who=who, lines=text).encode()
        self._accepted(self._place.send("ehr", body, "application/hl7-v2"))

    def _send_json(self, number: str, lines: list[tuple[str, str, str, str | None]]) -> None:
        document: dict[str, Any] = {
            "document": "requisition",
            "number": number,
            "requested_at": ids.now().isoformat(),
            "requester": "theatre",
            "deliver_to": "OR1",
            "lines": [
                {
                    "number": str(n),
                    "identifiers": [{"scheme": "internal", "value": item}],
                    "quantity": {"value": quantity, "unit": unit},
                    "cost_centre": "CC-OR",
                    **({"price": {"amount": price}} if price else {}),
                }
                for n, (item, quantity, unit, price) in enumerate(lines, 1)
            ],
        }
        self._accepted(self._place.send("theatre", self._json(document), JSON))

    def _accepted(self, answer: Any) -> None:
        self._expect(f"the intake takes it (HTTP {answer.status_code})", answer.status_code in (200, 202))

    def _expect(self, what: str, holds: bool) -> None:
        if not holds:
            raise WardlineError(f"the scenario expected that {what}; held are {self._held()}", code="scenario.failed")

    @staticmethod
    def _json(document: Mapping[str, Any]) -> bytes:
        return json.dumps(document).encode()


JSON = "application/json"


def _amount(line: OrderLine) -> str:
    return f"{line.quantity.normalize():f} {line.unit}"


def play(place: Place, story: Story) -> None:
    """Play the scenario in a place."""
    RegionalHospital(place, story).play()
