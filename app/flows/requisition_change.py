"""What a changed or cancelled requisition does to what was ordered for it: lines amended, orders called off.

Used by ``app.flows.requisition``. What was ordered is read from the postings of the earlier documents of the same
number, so that it is decided while Odoo is down; what Odoo has meanwhile is looked at when the order is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.errors import Held
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.ordering import AMEND, CANCEL, PLACE
from app.flows.transfer import TRANSFER
from app.ledger.documents import stem
from app.ledger.ledger import Ledger
from app.ledger.orders import TO_APPROVE
from app.ledger.postings import NewPosting
from app.model.order_request import RequestedLine
from app.model.requisition import Requisition

Lines = Mapping[str, RequestedLine]
UNDER_WAY = ("due", "leased", "in_doubt", "dead")
"""States of postings of which nobody knows yet what they will have done; a dead letter may be tried again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is ordered from one supplier: the posting that placed it, and its lines by the requisition's line number.

    ``doubtful`` are lines of a change that was held, and that may have come to stand in Odoo before it was.
    """

    placed: Row[Any]
    lines: Lines
    doubtful: Lines

    @property
    def supplier(self) -> str:
        """Whom it was ordered from."""
        return str(self.placed.effect["supplier"])


@dataclass(frozen=True, slots=True)
class History:
    """What came of a requisition's number so far: its earlier documents, the orders and changes of orders that they led
    to in order of time, and the transfers from our own stock.
    """

    rows: tuple[Row[Any], ...] = ()
    postings: tuple[Row[Any], ...] = ()
    transfers: tuple[Row[Any], ...] = ()

    @classmethod
    def of(cls, tx: Connection, ledger: Ledger, case: Case[Requisition]) -> History:
        """The documents of the same number that came before this one; each is locked until the transaction ends."""
        rows = ledger.documents.of_number(tx, case.row, Requisition.document_kind, case.document.number)
        postings = ledger.postings.of_documents(tx, [row.id for row in rows])
        ordering = [posting for posting in postings if posting.operation in (PLACE, AMEND, CANCEL)]
        transfers = tuple(posting for posting in postings if posting.operation == TRANSFER)
        in_time = sorted(ordering, key=lambda posting: (posting.document_id, posting.id))
        return cls(tuple(rows), tuple(in_time), transfers)

    @property
    def document_ids(self) -> list[UUID]:
        """The earlier documents."""
        return [row.id for row in self.rows]

    @property
    def under_way(self) -> UUID | None:
        """The document of an order, or of a change of one, whose outcome is not known yet."""
        ended = {row.id for row in self.rows if row.state == "cancelled"}
        waits = (p.document_id for p in self.postings if p.state in UNDER_WAY and p.document_id not in ended)
        return next(waits, None)

    @property
    def standing(self) -> dict[str, Standing]:
        """What is ordered now, by supplier."""
        states = list(self._states())
        return {one.supplier: one for one in states[-1]} if states else {}

    def covers(self, orders: Sequence[NewPosting]) -> bool:
        """Whether no line is ordered in addition, in a greater quantity or at a higher price than at some time before.

        It was agreed to then as a whole, so that nobody need agree anew.
        """
        standing = self.standing
        wanted = [
            (p.effect["supplier"], _as_ordered(standing.get(p.effect["supplier"]), RequestedLine.of(line)))
            for p in orders
            for line in p.effect["lines"]
        ]
        for state in self._states():
            known = {(one.supplier, number): line for one in state for number, line in one.lines.items()}
            if all(_within(line, known.get((supplier, line.number))) for supplier, line in wanted):
                return True
        return False

    def _states(self) -> Iterator[list[Standing]]:
        """How orders stood after each of the documents that had an effect on them."""
        found: dict[str, Standing] = {}
        for place, posting in enumerate(self.postings):
            _apply(found, posting)
            following = self.postings[place + 1 : place + 2]
            if not following or following[0].document_id != posting.document_id:
                yield list(found.values())


def cancelled(tx: Connection, ledger: Ledger, case: Case[Requisition], history: History) -> Verdict:
    """Call off what the requisition led to; one that was not ordered yet ends."""
    end(tx, ledger, history)
    give_back(tx, ledger, case, history)
    if not history.standing:
        return NoEffect("cancelled_before_ordering" if history.rows else "nothing_to_cancel")
    return Effects(tuple(_off(tx, ledger, case, one) for one in history.standing.values()), case.row.lane)


def amended(
    tx: Connection, ledger: Ledger, case: Case[Requisition], history: History, orders: Sequence[NewPosting]
) -> Iterator[NewPosting]:
    """The orders of a changed requisition, where some of it was ordered before.

    Raises Held for a line that was ordered as something else, or for somewhere else.
    """
    standing = history.standing
    for order in orders:
        before = standing.pop(order.effect["supplier"], None)
        if before is None:
            yield order
        elif (change := _change(tx, ledger, case, before, order)) is not None:
            yield change
    for left in standing.values():
        if any(line.quantity for line in left.lines.values()):
            yield _off(tx, ledger, case, left)


def end(tx: Connection, ledger: Ledger, history: History) -> None:
    """End the earlier documents that still wait, and their approvals."""
    waiting = [row.id for row in history.rows if row.state == "held"]
    ledger.holds.end_documents(tx, waiting, "wardline", "cancelled")
    ledger.approvals.withdraw(tx, waiting, "wardline")


def give_back(tx: Connection, ledger: Ledger, case: Case[Requisition], history: History) -> None:
    """What the earlier documents committed of budgets is free again."""
    for document_id in history.document_ids:
        ledger.budgets.commit(tx, document_id, case.row.occurred_at.date(), {})


def late(case: Case[Requisition], found: str) -> Held:
    """A person must see to it that a requisition is changed after it was carried out."""
    hint = f"{found}; change it in Odoo and cancel this, or let the ward ask for it under another line number."
    return Held("requisition_changed_late", f"requisition {case.document.number}", hint)


def _apply(found: dict[str, Standing], posting: Row[Any]) -> None:
    """What a posting made of what was ordered, by the key of the posting that placed it."""
    effect = posting.effect
    lines = {line.number: line for line in map(RequestedLine.of, effect["lines"])}
    if posting.operation == PLACE:
        # An order that Odoo wants approved is there, and may be changed or called off there.
        if posting.state == "posted" or posting.error_code == f"held.{TO_APPROVE}":
            found[posting.key] = Standing(posting, lines, {})
        return
    if (before := found.get(effect["placed"])) is None:
        return
    if posting.operation == CANCEL:
        if posting.state == "posted":
            del found[before.placed.key]
        return
    if posting.state == "posted":
        found[before.placed.key] = replace(before, lines={**before.lines, **lines})
    else:
        found[before.placed.key] = replace(before, doubtful={**before.doubtful, **lines})


def _change(
    tx: Connection, ledger: Ledger, case: Case[Requisition], before: Standing, order: NewPosting
) -> NewPosting | None:
    """The change that makes of an order what is asked for now; None where that is what it is."""
    _check_currency(case, before, order)
    wanted = {line["number"]: line for line in order.effect["lines"]}
    changed = [line for line in wanted.values() if _differs(case, before, RequestedLine.of(line))]
    known = {number: line for number, line in before.lines.items() if line.quantity}
    dropped = [_nothing_of(line) for number, line in {**before.doubtful, **known}.items() if number not in wanted]
    if not changed and not dropped:
        return None
    known = before.placed.effect
    kept = {name: known[name] for name in ("company", "warehouse", "currency", "window", "found") if name in known}
    effect = {**order.effect, **kept, "placed": before.placed.key, "lines": [*changed, *dropped]}
    effect["shipped"] = _shipped(tx, ledger, before)
    key = f"amend:{stem(case.row)}:{before.supplier}"
    return NewPosting(case.row.id, key, AMEND, before.placed.partition, order.lane, effect)


def _off(tx: Connection, ledger: Ledger, case: Case[Requisition], one: Standing) -> NewPosting:
    placed = one.placed
    effect = {**placed.effect, "placed": placed.key, "shipped": _shipped(tx, ledger, one)}
    return NewPosting(case.row.id, f"cancel:{placed.key}", CANCEL, placed.partition, case.row.lane, effect)


def _shipped(tx: Connection, ledger: Ledger, one: Standing) -> dict[str, dict[str, str]]:
    """What the supplier says it has sent, in base units, by order number and the order's line."""
    orders = [row.number for row in ledger.orders.of_documents(tx, [one.placed.document_id])]
    found: dict[str, dict[str, str]] = {}
    for line in ledger.shipments.lines(tx, orders):
        if line.order_line is not None:
            of_order = found.setdefault(line.order_number, {})
            sent = Decimal(of_order.get(line.order_line, "0")) + line.quantity
            of_order[line.order_line] = format(sent, "f")
    return found


def _differs(case: Case[Requisition], before: Standing, line: RequestedLine) -> bool:
    """Whether a line is to be ordered otherwise than it is. Raises Held where only another line could be."""
    known = before.lines.get(line.number)
    if known is None:
        return True
    if _is(known) != _is(line):
        hint = f"Line {line.number} was ordered as another item, unit or cost centre, or for another place"
        raise late(case, hint)
    # What is asked for as before stays as it was ordered, and as its supplier confirmed it, whatever it costs today.
    return (line.quantity, line.needed_by) != (known.quantity, known.needed_by)


def _check_currency(case: Case[Requisition], before: Standing, order: NewPosting) -> None:
    if order.effect["currency"] != before.placed.effect["currency"]:
        raise late(case, f"It was ordered from {before.supplier} in another currency")


def _is(line: RequestedLine) -> tuple[Any, ...]:
    """What a line of an order cannot become another of."""
    return line.item, line.unit, line.factor, line.cost_centre, line.deliver_to


def _as_ordered(before: Standing | None, line: RequestedLine) -> RequestedLine:
    """The line at the price that it was ordered at, where as much is asked for as before."""
    known = before.lines.get(line.number) if before else None
    return replace(line, price=known.price) if known and known.quantity == line.quantity else line


def _within(line: RequestedLine, agreed: RequestedLine | None) -> bool:
    same = agreed is not None and _is(agreed) == _is(line)
    return same and agreed is not None and line.quantity <= agreed.quantity and line.price <= agreed.price


def _nothing_of(line: RequestedLine) -> dict[str, Any]:
    """A line of the order that is asked for no more."""
    told = {name: None if value is None else str(value) for name, value in asdict(line).items()}
    return {**told, "quantity": "0"}
