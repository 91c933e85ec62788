"""Consumption: what a ward used leaves its stock location, what it gave back returns, what it undid is undone once.

Resolved locally, without asking Odoo: the crosswalk names item, unit and location; the posting stage does the rest.
Use and waste go to the location's consumption location, returns come back from it, and a reversal is the exact
counter-movement of the posting it undoes, whatever the crosswalk says by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.crosswalk.names import Names, base_quantity
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.recall import refuse_recalled
from app.ledger.database import ENTERING
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.consumption import Consumption
from app.policy.lanes import lane_for

CONSUME, RETURN = "stock.consume", "stock.return"
"""The operations in Odoo: out of a stock location, and back into it."""

MARK = 24
"""How many digits of its document's identity mark an event: 96 bits, which no two events share."""

_COUNTER = {CONSUME: RETURN, RETURN: CONSUME}


class ConsumptionFlow:
    """The flow of the document kind ``consumption``."""

    kind = Consumption.document_kind

    def identity(self, document: Consumption, facility: str, sender: str) -> str:
        """A reversal is another document than the event it undoes, though senders number both alike."""
        return identity(facility, sender, _part(reversal=document.kind == "reversal"), document.event_id)

    def codes(self, document: Consumption) -> Iterator[str]:
        """Every item identifier, the unit and the location."""
        yield from (identifier.value for identifier in document.identifiers)
        yield document.location
        if document.quantity.unit:
            yield document.quantity.unit

    def awaited(self, document: Consumption) -> str | None:
        """Reversals that came before their event are held under its number."""
        return None if document.kind == "reversal" else _awaiting(document.event_id)

    def is_light(self, document: Consumption) -> bool:
        """All but a reversal, which locks the event that it undoes."""
        return document.kind != "reversal"

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Consumption]) -> Verdict:
        """Post the event, or undo the one it reverses. Raises Held where a code or the event is unknown."""
        if case.document.kind == "reversal":
            return self._undo(tx, ledger, case)
        return self._post(tx, ledger, case)

    def _post(self, tx: Connection, ledger: Ledger, case: Case[Consumption]) -> Effects:
        document = case.document
        names = Names(case.rows, case.row.facility, document.occurred_at.date())
        items = names.item(document.identifiers)
        item = items[0]
        place = names.location(document.location)
        unit = names.unit(document.quantity.unit or "", item.target)
        refuse_recalled(tx, ledger, [(item.target, document.serial), (item.target, document.lot)])
        operation = RETURN if document.kind == "return" else CONSUME
        effect = {
            "item": item.target,
            "lot": document.serial or document.lot,
            "quantity": format(base_quantity(document.quantity.value, unit), "f"),
            "stock_location": place.target,
            "consumption_location": place.consumption_location,
            **_marked(case.row),
        }
        lane = lane_for(case.row.lane, _criticality(items))
        return Effects((_posting(case.row, operation, effect, lane),), lane, (*items, place, unit))

    def _undo(self, tx: Connection, ledger: Ledger, case: Case[Consumption]) -> Verdict:
        original = self._original(tx, ledger, case)
        if original.state == "open":
            return WaitFor(original.id)
        if original.state == "held":
            ledger.holds.end_documents(tx, [original.id], "wardline", "cancelled")
        if original.state in ("held", "cancelled"):
            return NoEffect("cancelled_before_posting")
        return self._counter(tx, ledger, case, ledger.postings.of_documents(tx, [original.id]))

    def _original(self, tx: Connection, ledger: Ledger, case: Case[Consumption]) -> Row[Any]:
        assert case.document.reverses is not None
        key = identity(case.row.facility, case.message.sender, _part(reversal=False), case.document.reverses)
        original = ledger.documents.by_identity(tx, key, lock=True)
        if original is None:
            # It may arrive this very moment; then either we see it now, or it will see our hold and release it.
            ledger.database.alone(tx, ENTERING)
            original = ledger.documents.by_identity(tx, key, lock=True)
        if original is None:
            hint = "The event to be undone is not here yet; it is released by itself when it arrives."
            raise Held("original_unknown", _awaiting(case.document.reverses), hint)
        return original

    def _counter(
        self, tx: Connection, ledger: Ledger, case: Case[Consumption], postings: Iterable[Row[Any]]
    ) -> Effects:
        found = []
        for posting in postings:
            effect = {name: value for name, value in posting.effect.items() if name != "event"} | _marked(case.row)
            counter = _posting(case.row, _COUNTER[posting.operation], effect, case.row.lane, f"undo:{posting.id}")
            if ledger.postings.is_taken(tx, counter.key, case.row.id):
                hint = "The event was undone already; cancel this reversal unless the sender meant another event."
                raise Held("already_reversed", f"event {case.document.reverses}", hint)
            found.append(counter)
        return Effects(tuple(found), case.row.lane, ())


def _marked(row: Row[Any]) -> dict[str, str]:
    """The event's mark, which is written onto its transfer; an event of doubtful identity has none."""
    return {"event": row.identity[:MARK]} if row.identity else {}


def _part(*, reversal: bool) -> str:
    return "consumption.reversal" if reversal else "consumption"


def _awaiting(event_id: str | None) -> str:
    return f"event {event_id}"


def _criticality(rows: Iterable[CrosswalkRow]) -> str | None:
    return "critical" if any(row.criticality == "critical" for row in rows) else None


def _posting(row: Row[Any], operation: str, effect: dict[str, Any], lane: str, key: str = "") -> NewPosting:
    # Everything that touches one stock location has one writer at a time; its consumption location is its own.
    partition = f"odoo:{effect['consumption_location']}"
    return NewPosting(row.id, key or f"consumption:{row.id}", operation, partition, lane, effect)
