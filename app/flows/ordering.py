"""Orders to suppliers: the operations ``order.place``, ``order.confirm``, ``order.amend`` and ``order.cancel``.

Performed by the posting stage for requisitions. An order is made with its lines under the posting's key and then
confirmed; a crash in between leaves a draft, which the next attempt finds by the key, puts right and confirms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.errors import Held
from app.flows import following, order_documents
from app.flows.operations import Done, Followed
from app.flows.order_documents import Context
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.work import NewWork
from app.model.order import Order
from app.model.order_request import OrderRequest, RequestedLine
from app.model.setup import Setup
from app.odoo import order_writing
from app.odoo.erp import Erp
from app.odoo.order_writing import LineChange
from app.odoo.purchasing import MODEL
from app.policy import ordering

PLACE, CONFIRM, AMEND, CANCEL = "order.place", "order.confirm", "order.amend", "order.cancel"


@dataclass(frozen=True, slots=True)
class Ordered(Done):
    """The order as it stands in Odoo, and by line id the requisition's line it was made for."""

    order: Order | None = None
    numbers: Mapping[int, str] = field(default_factory=dict)


class Unapproved(Held):
    """An order that Odoo wants approved; it is noted, so that its approval is noticed."""

    def __init__(self, order: Order) -> None:
        hint = f"Approve {order.number} in Odoo; Wardline notices and goes on by itself."
        super().__init__("order_to_approve_in_odoo", f"order {order.number}", hint)
        self.order = order


class PlaceOrder:
    """Places an order, or adds to the one that its supplier is to get at the end of a window."""

    name = PLACE

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        """Bring the order about, or find it. Raises Held for whatever is missing in Odoo."""
        request = OrderRequest.of(effect)
        if (known := _found(erp, effect)) and order_writing.of_key(keys := erp.purchasing.keys(known), key):
            # Its window, if it had one, was another than one that is counted from today; it has waited long enough.
            return ordered(check(erp.purchasing.confirm(check(known))), keys, key)
        try:
            new = ordering.admit(request, erp.purchasing.facts(request))
        except Held:
            # What is missing now was there when the order was made: an interrupted attempt may have got that far.
            if (order := erp.purchasing.find(key)) is None or order.state in ("draft", "sent"):
                raise
            return ordered(order)
        if request.window and (order := self._joined(erp, key, request, new)):
            return ordered(order, erp.purchasing.keys(order), key)
        order = erp.purchasing.confirm(check(erp.purchasing.place(key, new)))
        return ordered(check(order))

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Tell the supplier; an order that waits for the end of its window is confirmed then."""
        order = order_of(followed.done)
        if order.state == "purchase":
            tell(tx, ledger, followed, context_of(followed))
            return
        posting, window = followed.posting, OrderRequest.of(followed.posting.effect).window
        wake(tx, ledger, posting.document_id)
        new = NewPosting(
            document_id=posting.document_id,
            key=f"confirm:{posting.key}",
            operation=CONFIRM,
            partition=posting.partition,
            lane=posting.lane,
            effect={**posting.effect, "placed": posting.key},
            due_at=window,
        )
        if (row := ledger.postings.intend(tx, new)) is not None:
            ledger.work.add(tx, "post", [NewWork(row.id, row.lane, row.partition)], window)

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Note an order that waits for its approval in Odoo."""
        note_unapproved(tx, ledger, posting, held)
        wake(tx, ledger, posting.document_id)

    def _joined(self, erp: Erp, key: str, request: OrderRequest, new: ordering.NewOrder) -> Order | None:
        """The window's order with our lines; None where it went out without them and we need one of our own."""
        order = erp.purchasing.open(window_key(request), new)
        if order.state in ("draft", "sent"):
            return erp.purchasing.join(order, key, new)
        if order_writing.of_key(erp.purchasing.keys(order), key):
            return order
        return None


class ConfirmOrder:
    """Confirms the order of a window at its end, once for all who joined it."""

    name = CONFIRM

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Confirm the order, or find it confirmed. Raises Held where it is gone or was cancelled."""
        request = OrderRequest.of(effect)
        order = erp.purchasing.find(window_key(request))
        if effect.get("dropped"):
            return ordered(order) if order else Done(MODEL, 0, "", {"state": "dropped"})
        if order is None:
            hint = "Somebody deleted the draft in Odoo; enter the requisition anew, and cancel this."
            raise Held("order_gone_from_odoo", f"requisition {request.requisition}", hint)
        order = erp.purchasing.confirm(check(order))
        return ordered(check(order))

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Tell the supplier, once however many joined."""
        if not followed.posting.effect.get("dropped"):
            tell(tx, ledger, followed, Context(followed.document.facility))

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Note an order that waits for its approval in Odoo."""
        note_unapproved(tx, ledger, posting, held)


class AmendOrder:
    """Changes what a requisition ordered: quantities are absolute, 0 drops a line, a new number is a new line."""

    name = AMEND

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Bring the order's lines to what is asked. Raises Held where they are beyond changing."""
        order, ours = _placed(erp, effect)
        check(order)
        lines = [RequestedLine.of(line) for line in effect["lines"]]
        wanted = {order_writing.line_key(effect["placed"], line.number): line for line in lines}
        joined = [line for name, line in wanted.items() if name not in ours and line.quantity]
        facts = erp.purchasing.line_facts(lines, order)
        needed_by = OrderRequest.of(effect).needed_by
        admitted = {line.number: ordering.new_line(line, needed_by, facts) for line in lines if line.quantity}
        changes = [
            _change(order, ours[name], line, admitted.get(line.number)) for name, line in wanted.items() if name in ours
        ]
        _check_shipped(order, effect, {change.line_id: change.quantity or Decimal(0) for change in changes})
        erp.purchasing.add(order, effect["placed"], [admitted[line.number] for line in joined])
        order = erp.purchasing.change(order, changes)
        return ordered(order, erp.purchasing.keys(order), effect["placed"])

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Tell the supplier, unless it never heard of the order."""
        tell(tx, ledger, followed, context_of(followed))

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Note an order that waits for its approval in Odoo; what changes it once more need not wait for this."""
        note_unapproved(tx, ledger, posting, held)
        wake(tx, ledger, posting.document_id)


class CancelOrder:
    """Calls off what a requisition ordered, and the order where nothing else is on it."""

    name = CANCEL

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Call the lines off. Raises Held where goods of them were received."""
        order, ours = _placed(erp, effect)
        if order.state in ("draft", "sent"):
            return ordered(erp.purchasing.drop(order, list(ours.values())))
        if order.state != "cancel":
            _check_shipped(order, effect, dict.fromkeys(ours.values(), Decimal(0)))
        others = [line for line in order.lines if line.id not in ours.values() and line.quantity]
        if not others:
            return ordered(erp.purchasing.cancel(order))
        lines = {line.id: line for line in order.lines}
        changes = [_dropped(order, lines[line_id]) for line_id in ours.values() if lines[line_id].quantity]
        return ordered(erp.purchasing.change(order, changes))

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Tell the supplier, unless it never heard of the order; then its confirmation is called off too."""
        tell(tx, ledger, followed, context_of(followed))
        confirming = ledger.postings.by_key(tx, f"confirm:{followed.posting.effect['placed']}")
        if confirming is not None and confirming.state in ("due", "blocked"):
            ledger.postings.intend(tx, _again(confirming, {**confirming.effect, "dropped": True}))

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:  # noqa: ARG002
        """What changes the order once more need not wait for this."""
        wake(tx, ledger, posting.document_id)


ORDERING = (PlaceOrder(), ConfirmOrder(), AmendOrder(), CancelOrder())


def unconfirmed(tx: Connection, ledger: Ledger, document_id: UUID) -> tuple[NewPosting, ...]:
    """Confirmations of a window's order that were held, to be tried again when the requisition is released.

    They were made when the requisition joined the order, so that the flow that decides on it does not know of them.
    """
    rows = ledger.postings.of_documents(tx, [document_id])
    return tuple(_again(row, row.effect) for row in rows if row.operation == CONFIRM and row.state == "blocked")


def wake(tx: Connection, ledger: Ledger, document_id: UUID) -> None:
    """Let go on what waits to change the order of a requisition, for it is known by now how the order stands."""
    ledger.documents.lock(tx, [document_id])
    waiting = ledger.documents.waiting_for(tx, [document_id])
    ledger.work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in waiting])


def hasten(tx: Connection, ledger: Ledger, document_ids: Collection[UUID]) -> int:
    """Let orders go out now that wait for the end of their window; how many requisitions that are waited there.

    Who joined the same order goes along: it is one order, and confirming it twice does nothing.
    """
    rows = ledger.postings.of_documents(tx, document_ids)
    waiting = [row for row in rows if row.operation == CONFIRM and row.state == "due"]
    ledger.work.add(tx, "post", [NewWork(row.id, "urgent", row.partition) for row in waiting])
    told = [Event("order.hastened", "wardline", document_id=row.document_id) for row in waiting]
    ledger.audit.append(tx, told)
    return len(waiting)


def _again(row: Row[Any], effect: Mapping[str, Any]) -> NewPosting:
    return NewPosting(row.document_id, row.key, row.operation, row.partition, row.lane, effect)


def window_key(request: OrderRequest) -> str:
    """The key of the order that everything for one supplier, site and window joins."""
    assert request.window is not None
    end = request.window.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"window:{request.facility}:{request.warehouse}:{request.supplier}:{request.currency}:{end}"


def check(order: Order) -> Order:
    """The order, unless a person must do something about it first. Raises Held."""
    if order.state == "cancel":
        hint = "Somebody cancelled the order in Odoo; set it to draft there and release, or cancel the requisition."
        raise Held("order_cancelled_in_odoo", f"order {order.number}", hint)
    if order.state == "to approve":
        raise Unapproved(order)
    return order


def ordered(order: Order, keys: Mapping[str, int] | None = None, key: str = "") -> Ordered:
    """What an operation returns."""
    prefix = order_writing.plain(f"{key}:")
    numbers = {line_id: name.removeprefix(prefix) for name, line_id in order_writing.of_key(keys or {}, key).items()}
    facts = {
        "state": order.state,
        "supplier": order.supplier,
        "currency": order.currency,
        "lines": len(order.lines),
    }
    return Ordered(MODEL, order.id, order.number, facts, order, numbers)


def order_of(done: Done) -> Order:
    """The order that an operation returned."""
    assert isinstance(done, Ordered)
    assert done.order is not None
    return done.order


def context_of(followed: Followed) -> Context:
    """What the requisition says of the order."""
    request = OrderRequest.of(followed.posting.effect)
    return Context(
        facility=request.facility,
        requisition=request.requisition,
        contract=request.contract,
        note=request.note,
        urgent=request.urgent,
        codes={line.item: line.supplier_code for line in request.lines if line.supplier_code},
    )


def tell(tx: Connection, ledger: Ledger, followed: Followed, context: Context, *, quiet: bool = False) -> None:
    """Note how the order stands, and enter the document that tells its supplier where there is news."""
    order, document = order_of(followed.done), followed.document
    enter(tx, ledger, followed.setup, document, order, context, quiet=quiet)


def enter(
    tx: Connection,
    ledger: Ledger,
    setup: Setup,
    document: Row[Any],
    order: Order,
    context: Context,
    *,
    quiet: bool = False,
) -> Row[Any] | None:
    """As ``tell``, for an order that belongs to ``document``; the document that was entered, if any."""
    if order.state in ("draft", "sent"):  # nobody was told of it, and nobody needs to know it yet
        return None
    requisition = context.requisition or order.origin or None
    noted = ledger.orders.record(
        tx, order_documents.known(order, context.facility, requisition, document.id), quiet=quiet
    )
    if noted.news is None:
        return None
    told = order_documents.purchase_order(tx, ledger, setup, order, noted.news, noted.row, context)
    return following.enter(tx, ledger, document, told)


def note_unapproved(tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
    """Note an order that waits for its approval in Odoo, so that the approval is noticed there."""
    if isinstance(held, Unapproved):
        request = OrderRequest.of(posting.effect)
        known = order_documents.known(held.order, request.facility, request.requisition, posting.document_id)
        ledger.orders.record(tx, known)


def _found(erp: Erp, effect: Mapping[str, Any]) -> Order | None:
    """The order that was found in Odoo after a restore of the ledger, where there was one."""
    order_id = effect.get("found")
    return erp.purchasing.of_ids([order_id]).get(order_id) if order_id else None


def _placed(erp: Erp, effect: Mapping[str, Any]) -> tuple[Order, dict[str, int]]:
    """The order that the posting ``placed`` made or joined, and its lines of it by their keys."""
    placed, number = effect["placed"], effect.get("order")
    order = erp.purchasing.read([number]).get(number) if number else _found(erp, effect) or erp.purchasing.find(placed)
    if order is None and effect.get("window"):
        order = erp.purchasing.find(window_key(OrderRequest.of(effect)))
    if order is None:
        hint = "Odoo has no such order any more; cancel this."
        raise Held("order_gone_from_odoo", f"requisition {effect['requisition']}", hint)
    return order, order_writing.of_key(erp.purchasing.keys(order), placed)


def _change(order: Order, line_id: int, wanted: RequestedLine, new: ordering.NewLine | None) -> LineChange:
    """What a line becomes; None in place of ``new`` where it is dropped."""
    line = next(line for line in order.lines if line.id == line_id)
    if new is None:
        return _dropped(order, line)
    if new.item_id != line.item_id or new.unit_id != line.unit_id:
        hint = "The line was ordered as another item or in another unit; drop it, and ask for the item on a new line."
        raise Held("order_line_is_another_item", f"order {order.number} line {line.number}", hint)
    _check_received(order, line.number, max(line.received, line.invoiced) > new.quantity)
    return LineChange(line_id, new.quantity, wanted.price, new.planned_on)


def _dropped(order: Order, line: Any) -> LineChange:
    _check_received(order, line.number, max(line.received, line.invoiced) > 0)
    return LineChange(line.id, quantity=line.quantity * 0)


def _check_received(order: Order, number: int, more: bool) -> None:
    if more:
        hint = "More was received or billed than is to be ordered; mend that in Odoo and release, or cancel this."
        raise Held("received_more", f"order {order.number} line {number}", hint)


def _check_shipped(order: Order, effect: Mapping[str, Any], quantities: Mapping[int, Decimal]) -> None:
    """Raises Held where a line would be ordered below what its supplier says it has sent of it already."""
    shipped = (effect.get("shipped") or {}).get(order.number, {})
    for line in order.lines:
        sent = Decimal(shipped.get(str(line.number), "0"))
        if line.id in quantities and quantities[line.id] * line.factor < sent:
            hint = "Goods are on their way; let the supplier withdraw the ship notice and release, or cancel this."
            raise Held("shipped_more", f"order {order.number} line {line.number}", hint)
