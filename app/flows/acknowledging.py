"""Confirmations put onto their orders: the operation ``order.acknowledge``.

Performed by the posting stage. What is within the tolerances, or was accepted with just these figures, is written onto
the order at once; for the rest it is held, with a proposal in words for every line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from sqlalchemy.engine import Connection, Row

from app.errors import Held
from app.flows.answered import asked_from_data, from_data
from app.flows.operations import Done, Followed
from app.flows.order_documents import Context
from app.flows.ordering import Ordered, enter, order_of, ordered
from app.ledger.ledger import Ledger
from app.model.order import Order
from app.model.order_request import RequestedLine
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.order_writing import LineChange
from app.odoo.purchasing import MODEL
from app.policy.confirmation import Amendment, Assessment, Assessor, Finding, Kind
from app.policy.confirmation_rules import ConfirmationRules
from app.policy.ordering import at_noon, new_line

ACKNOWLEDGE = "order.acknowledge"
SEVERAL = "confirmation_differs"
DEPARTURES = frozenset({*get_args(Kind), SEVERAL})
"""Causes of holds for what a person may accept or refuse: a kind of departure, or several of them together."""


@dataclass(frozen=True, slots=True)
class Acknowledged(Ordered):
    """The order with the confirmation on it, and what was found out about its lines."""

    assessment: Assessment = field(default_factory=lambda: Assessment((), ()))


class Departs(Held):
    """A confirmation that departs from its order; the findings are kept, so that a person sees and decides them."""

    def __init__(self, order: Order, findings: Sequence[Finding]) -> None:
        kinds = {finding.kind for finding in findings}
        proposals = " ".join(finding.text for finding in findings[:5])
        hint = f"{proposals} Decide with `wardline confirmations accept|refuse {order.number}`."
        super().__init__(kinds.pop() if len(kinds) == 1 else SEVERAL, f"order {order.number}", hint)
        self.order = order
        self.findings = tuple(findings)


class Acknowledge:
    """Puts a confirmation onto its order; every value is absolute, so that it may be done again."""

    name = ACKNOWLEDGE

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Write what may be written. Raises Departs for what a person must decide first."""
        order = _read(erp, effect["order"])
        assessor = Assessor(
            order=order,
            answer=from_data(effect["answer"]),
            rules=ConfirmationRules.from_data(effect["rules"]),
            asked=asked_from_data(effect["asked"]),
            decisions=effect["decisions"],
            clinical=effect["clinical"],
        )
        assessment = assessor.assess()
        changes = _changes(erp, order, assessment.amendments)
        order = erp.purchasing.change(order, changes, _head(order, effect, assessment))
        if assessment.findings:
            raise Departs(order, assessment.findings)
        done = ordered(order)
        facts = {**done.facts, "amended": [amendment.line for amendment in assessment.amendments]}
        return Acknowledged(MODEL, order.id, order.number, facts, order, assessment=assessment)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Note the order as its supplier knows it now, and the confirmation as applied."""
        done = followed.done
        assert isinstance(done, Acknowledged)
        self._note(tx, ledger, followed.posting, order_of(done))
        kept = ledger.confirmations.get(tx, followed.document.id)
        parts = [_part(line, part) for line, found in done.assessment.parts.items() for part in found]
        findings = [finding for finding in (kept.findings if kept else ()) if finding["kind"] != "part"]
        ledger.confirmations.weighed(tx, followed.document.id, "applied", [*findings, *parts])

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Keep what a person must decide, and what is on the order already."""
        if isinstance(held, Departs):
            self._note(tx, ledger, posting, held.order)
            findings = [finding.to_json() for finding in held.findings]
            ledger.confirmations.weighed(tx, posting.document_id, "held", findings)

    def _note(self, tx: Connection, ledger: Ledger, posting: Row[Any], order: Order) -> None:
        """The supplier said it itself, so that there is nothing to tell it."""
        [row] = ledger.documents.load(tx, [posting.document_id]).values()
        enter(tx, ledger, Setup(), row, order, Context(posting.effect["facility"]), quiet=True)


def _read(erp: Erp, number: str) -> Order:
    order = erp.purchasing.read([number]).get(number)
    subject = f"order {number}"
    if order is None:
        raise Held("order_gone_from_odoo", subject, "Somebody deleted the order in Odoo; cancel this.")
    if order.state == "cancel":
        hint = "The order is cancelled; tell the supplier so, then cancel this."
        raise Held("confirmation_of_cancelled_order", subject, hint)
    if order.state != "purchase":
        hint = "Somebody took the order back to draft in Odoo; confirm or cancel it there, then release this."
        raise Held("order_not_confirmed", subject, hint)
    return order


def _head(order: Order, effect: Mapping[str, Any], assessment: Assessment) -> dict[str, Any]:
    """Fields of the order that differ; it counts as acknowledged once nothing is left to decide."""
    head: dict[str, Any] = {}
    number = effect["supplier_order"]
    if number and number != order.partner_ref:
        head["partner_ref"] = number
    said = effect["answer"]["status"] != "received"
    if said and not assessment.findings and not order.acknowledged:
        head["acknowledged"] = True
    return head


def _changes(erp: Erp, order: Order, amendments: Sequence[Amendment]) -> list[LineChange]:
    """The amendments in Odoo's ids. Raises Held where more was received, or Odoo cannot take a substitute."""
    swaps = [_requested(order, amendment) for amendment in amendments if amendment.item]
    facts = erp.purchasing.line_facts(swaps, order) if swaps else None
    made = []
    for amendment in amendments:
        line = order.line(amendment.line)
        assert line is not None
        if amendment.quantity is not None and amendment.quantity < line.received:
            hint = "More was received than the supplier confirms; return the goods, or cancel this confirmation."
            raise Held("received_more", f"order {order.number} line {line.number}", hint)
        planned_on = at_noon(amendment.deliver_on) if amendment.deliver_on else None
        change = LineChange(line.id, amendment.quantity, amendment.price, planned_on)
        if amendment.item and facts:
            new = new_line(_requested(order, amendment), amendment.deliver_on, facts)
            name = facts.items[amendment.item][0].name
            change = LineChange(line.id, amendment.quantity, amendment.price, planned_on, new.item_id, name, new.taxes)
        made.append(change)
    return made


def _requested(order: Order, amendment: Amendment) -> RequestedLine:
    """The substitute, asked for in the unit that was ordered in."""
    line = order.line(amendment.line)
    assert line is not None
    assert amendment.item is not None
    quantity = line.quantity if amendment.quantity is None else amendment.quantity
    unit = line.unit if line.factor != 1 else ""
    return RequestedLine(str(line.number), amendment.item, quantity, line.price, unit, line.factor)


def _part(line: int, part: tuple[Any, Any]) -> dict[str, Any]:
    """A part of a line that comes in several, as it is kept for people."""
    day, quantity = part
    return {
        "kind": "part",
        "line": line,
        "text": f"{quantity:f} on {day or 'a day that is not known'}",
        "figures": {"quantity": format(quantity, "f"), "deliver_on": day.isoformat() if day else ""},
        "digest": "",
        "clinical": False,
    }
