"""A ward that asks, and the hospital that decides: rules, offers, budgets, approvals, over a purchasing department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.flows.approving import Saying
from app.flows.desk import Desk
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.ledger import Ledger
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.services import desk
from tests import factories
from tests.app.flows.buying import OTHER, SUPPLIER, Buyers

RULES = """
requisition:
  price_percent: 2
  tiers:
    - up_to: 1000
    - up_to: 20000
      steps: [{role: head}]
    - steps: [{role: head}, {role: finance}]
approval:
  roles: {head: {escalates_to: director, after_hours: 4}, finance: {}, director: {}}
  people:
    wanda: {roles: [head]}
    fiona: {roles: [finance]}
    dora: {roles: [director]}
    sven: {}
  break_glass: {role: head, hours: 24}
"""
BOX = Offer(
    "GLOVE-M", SUPPLIER, Decimal("99.10"), "EUR", "Box of 10", Decimal(10), supplier_code="CAH-991", contract="CT-77"
)
SUTURE = Offer("SUTURE-30", OTHER, Decimal("2.50"), "EUR", valid_to=date(2099, 12, 31))
CATH = Offer("CATH-77", SUPPLIER, Decimal(480), "EUR")


@dataclass
class Ward:
    """A ward that asks, and the hospital that decides."""

    buyers: Buyers
    settings: Any

    def ask(self, *lines: dict[str, Any], number: str = "R-1", **changes: Any) -> Any:
        """Let a requisition arrive and work it off; its message."""
        body = {"document": "requisition", "number": number, "requester": "nurse", "lines": list(lines)} | changes
        message = self.buyers.house.receive(body)
        self.buyers.house.work_off()
        return message

    @property
    def ledger(self) -> Ledger:
        """The house's ledger."""
        return self.buyers.house.ledger

    def import_rules(self, text: str) -> None:
        """Put a rule book in force."""
        with self.ledger.transaction() as tx:
            self.ledger.policies.import_(tx, text, "tester")

    def offer(self, *offers: Offer) -> None:
        """Enter prices of suppliers."""
        with self.ledger.transaction() as tx:
            self.ledger.registry.put_offers(tx, offers)

    @property
    def desk(self) -> Desk:
        """Where approvals are decided."""
        return desk(self.ledger, self.buyers.house.stages["resolve"].setup, self.settings)  # type: ignore[attr-defined]

    def say(self, person: str, verdict: Any = "approve", number: str = "R-1") -> None:
        """Let somebody decide the newest approval of a requisition."""
        with self.ledger.reading() as tx:
            [found] = self.ledger.approval_queue.find(tx, ApprovalFilter(states=("pending",), reference=number))
        self.desk.approving.decide(found.id, Saying(person, verdict, found.version, "test", ""))
        self.buyers.house.work_off()

    def verdicts(self, message: Any) -> list[Any]:
        """The outcomes of all verdicts on a requisition, the newest first."""
        [row] = [d for d in self.buyers.house.story(message).documents if d.kind == "requisition"]
        with self.ledger.reading() as tx:
            return [verdict.outcome for verdict in self.ledger.policies.verdicts(tx, row.id)]


def line(
    item: str = "GLOVE-M", quantity: str = "20", number: str = "1", unit: str = "EA", **changes: Any
) -> dict[str, Any]:
    """A line of a requisition: so many pieces of an item."""
    base = {"number": number, "identifiers": [{"scheme": "internal", "value": item}]}
    return base | {"quantity": {"value": quantity, "unit": unit}, "cost_centre": "CC-100"} | changes


def opened(buyers: Buyers, tmp_path: Any) -> Ward:
    """A ward of a hospital with three articles of two suppliers."""
    made = Ward(buyers, factories.settings(tmp_path))
    buyers.house.crosswalk.import_rows(factories.numbered(factories.row("item", "CATH-77", "CATH-77")), "tester")
    items = [ItemFacts(reference, unit="Units") for reference in ("GLOVE-M", "SUTURE-30", "CATH-77")]
    with made.ledger.transaction() as tx:
        made.ledger.registry.put_items(tx, items)
        made.ledger.registry.put_suppliers(tx, [SupplierFacts(SUPPLIER, "Cardinal"), SupplierFacts(OTHER, "Medline")])
    made.offer(BOX, SUTURE, CATH)
    made.import_rules(RULES)
    return made
