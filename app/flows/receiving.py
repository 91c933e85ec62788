"""Goods taken in: the operation ``receipt.post``.

Performed by the posting stage. Order and transfers are read anew, what came is compared with what Odoo has already,
and only what is left is filled into the open transfers, under the posting's key, and completed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.errors import Held, Transient
from app.flows import following
from app.flows.announcing import ORDER, read
from app.flows.operations import Done, Followed
from app.flows.receipt_documents import Told, goods_receipt
from app.ledger.ledger import Ledger
from app.ledger.shipments import lock
from app.model.order import Order
from app.odoo import transfer_notes
from app.odoo.erp import Erp
from app.odoo.faults import Declined
from app.odoo.receiving import MODEL, Closed, Incoming, Landed
from app.policy.receipt import Arrival, Part, Room, admit, differences, fill, find, left, parts_of, share_goods
from app.policy.receipt_rules import ReceiptRules

RECEIVE = "receipt.post"
AWAITING = "awaiting_receipt"
"""The cause of holds of invoices that are ahead of their goods."""
LOT_MISSING = "lot_missing"
"""The cause of holds of receipts that are ahead of the ship notice that tells their lots."""


@dataclass(frozen=True, slots=True)
class Request:
    """The frozen effect, read."""

    key: str
    order: str
    receipt: str
    on: date
    arrivals: tuple[Arrival, ...]
    rules: ReceiptRules
    accepted: frozenset[str]

    @classmethod
    def of(cls, key: str, effect: Mapping[str, Any]) -> Request:
        """The effect of a posting."""
        return cls(
            key=key,
            order=effect["order"],
            receipt=effect["receipt"],
            on=date.fromisoformat(effect["received_on"]),
            arrivals=tuple(_arrival(line) for line in effect["lines"]),
            rules=ReceiptRules.from_data(effect["rules"]),
            accepted=frozenset(effect["accepted"]),
        )


@dataclass(frozen=True, slots=True)
class Received(Done):
    """The order and the transfers that took the goods in."""

    order: Order | None = None
    transfers: tuple[Incoming, ...] = ()
    over: Mapping[int, Decimal] = field(default_factory=dict)


class ReceiveGoods:
    """Takes the goods of one receipt and order in, once."""

    name = RECEIVE

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        """Take them in, or find them taken in. Raises Held where a person must decide."""
        request, order = Request.of(key, effect), read(erp, effect["order"])
        if not request.arrivals:
            return _done(order, (), effect)
        transfers = erp.receiving.of_order(order)
        wanted = parts_of(order, request.arrivals, erp.receiving.digits())
        ours, others = _signed(transfers, request.key), _unsigned(transfers)
        if not ours and (twin := _twin(order, wanted, others, request)):
            return _done(order, _adopt(erp, request, twin), effect, found=True)
        rest = wanted
        if ours:
            rest = self._rest(order, transfers, wanted, ours, request)
        if rest:
            _check_open(order)
            admit(order, rest, request.rules, request.on, request.accepted)
            _check_lots(erp, transfers, rest, request)
            ours = [*ours, *self._take_in(erp, order, transfers, rest, request)]
        return _done(erp.purchasing.read([order.number])[order.number], ours, effect)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Tell everybody, and let the invoices go on that waited for the goods."""
        done, row = followed.done, followed.document
        assert isinstance(done, Received)
        assert done.order is not None
        order, first = done.order, True
        for transfer in done.transfers or (None,):
            if transfer is not None:
                ledger.shipments.received(tx, transfer.id, transfer.name, order.number, row.id)
            about = _about(row.facility, followed.posting.effect, done, whole=first)
            document = goods_receipt(tx, ledger, followed.setup, order, transfer, about)
            following.enter(tx, ledger, row, document)
            first = False
        arrived(tx, ledger, order.number)

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Go on at once where the notice that tells the lots came while the receipt was on its way."""
        if held.cause != LOT_MISSING:
            return
        ledger.database.alone(tx, lock(held.subject))
        if ledger.shipments.notices(tx, posting.effect["order"]) != posting.effect.get("notices", []):
            ledger.holds.release_in(tx, held.cause, held.subject, "wardline")

    def _rest(
        self,
        order: Order,
        transfers: Sequence[Incoming],
        wanted: Sequence[Part],
        ours: Sequence[Incoming],
        request: Request,
    ) -> tuple[Part, ...]:
        """What an attempt that was interrupted left to be done. Raises Held where somebody changed what it did."""
        done = _parts(order, ours)
        differ = differences(wanted, done)
        begun = any(transfer.is_open and request.key in _own_keys(transfer, transfers) for transfer in transfers)
        if differ and not begun and "receipt_differs" not in request.accepted:
            raise _differs(order, ours, differ)
        return left(wanted, done) if begun else ()

    def _take_in(
        self, erp: Erp, order: Order, transfers: Sequence[Incoming], parts: Sequence[Part], request: Request
    ) -> list[Incoming]:
        """Fill all transfers before the first is completed, so that each bears the key whatever happens between."""
        awaiting = [transfer for transfer in transfers if transfer.is_open and not transfer.return_of]
        rooms = [
            Room(move.id, move.line_id, move.rest)
            for transfer in awaiting
            for move in transfer.moves
            if move.rest > 0 and not move.back
        ]
        filled = fill(order, parts, rooms)
        chosen = [transfer for transfer in awaiting if any(move.id in filled for move in transfer.moves)]
        try:
            for transfer in chosen:
                landed = {move: [Landed(p.quantity, p.lot, p.expiry) for p in some] for move, some in filled.items()}
                origin, note = _signature(transfer, request)
                erp.receiving.fill(transfer, origin, note, landed)
            for transfer in chosen:
                erp.receiving.complete(transfer)
        except Closed as error:
            raise Transient(
                f"order {order.number}: a transfer was completed by somebody", code="odoo.overtaken"
            ) from error
        except Declined as refusal:
            raise _refused(order, refusal) from refusal
        return _completed(erp, order, chosen)


def arrived(tx: Connection, ledger: Ledger, order: str) -> None:
    """Goods of an order came: what waited for them goes on."""
    ledger.holds.release_in(tx, AWAITING, f"order {order}", "wardline")


def _completed(erp: Erp, order: Order, transfers: Sequence[Incoming]) -> list[Incoming]:
    """The transfers as they stand. Raises Held for one that Odoo left open: it asks something of a person."""
    after = erp.receiving.of_ids([transfer.id for transfer in transfers])
    if open_one := next((transfer for transfer in after if transfer.state != "done"), None):
        hint = f"Odoo did not complete {open_one.name}; complete it there to see what it asks, then release."
        raise Held("refused_by_odoo", f"order {order.number}", hint)
    return after


def _signature(transfer: Incoming, request: Request) -> tuple[str, str]:
    """Origin and note with the receipt's number and key; those of its first part are not a backorder's own."""
    origin = transfer_notes.without_numbers(transfer.origin, transfer_notes.receipts(transfer.note).values())
    note = transfer_notes.with_receipt(transfer.note, request.receipt, request.key)
    return transfer_notes.with_number(origin, request.receipt), note


def _own_keys(transfer: Incoming, transfers: Sequence[Incoming]) -> set[str]:
    """The keys of receipts that a transfer was filled in for; a backorder is a copy, and so are keys on it."""
    copied = next((one.note for one in transfers if one.id == transfer.backorder_of), "")
    return transfer_notes.receipts(transfer.note).keys() - transfer_notes.receipts(copied).keys()


def _signed(transfers: Sequence[Incoming], key: str) -> list[Incoming]:
    """The completed transfers that were filled in under the key."""
    return [one for one in transfers if one.state == "done" and key in _own_keys(one, transfers)]


def _unsigned(transfers: Sequence[Incoming]) -> list[Incoming]:
    """The transfers that somebody completed in Odoo, without any receipt."""
    done = (one for one in transfers if one.state == "done" and not one.return_of)
    return [one for one in done if not _own_keys(one, transfers)]


def _twin(order: Order, wanted: Sequence[Part], others: Sequence[Incoming], request: Request) -> Incoming | None:
    """The transfer by which somebody took the very same goods in.

    Raises Held for one of about the same day that has some of the same goods in other quantities. Goods of another lot
    are other goods.
    """
    within = timedelta(days=request.rules.suspect_days)
    near = [one for one in others if one.done_at and abs(one.done_at.date() - request.on) <= within]
    for transfer in near:
        if not differences(wanted, _parts(order, [transfer])):
            return transfer
    for transfer in near:
        theirs = _parts(order, [transfer])
        if share_goods(wanted, theirs) and "receipt_differs" not in request.accepted:
            raise _differs(order, [transfer], differences(wanted, theirs))
    return None


def _adopt(erp: Erp, request: Request, transfer: Incoming) -> tuple[Incoming, ...]:
    """Sign the transfer, so that no other receipt is taken for it."""
    origin, note = _signature(transfer, request)
    erp.receiving.announce(transfer, origin, note, {})
    return (transfer,)


def _differs(order: Order, transfers: Sequence[Incoming], differ: Sequence[str]) -> Held:
    names = ", ".join(transfer.name for transfer in transfers)
    hint = (
        f"Somebody completed {names} in Odoo with something else: {'; '.join(differ[:5])}. If it is the same delivery, "
        "mend it there and cancel this; release it if it is another one."
    )
    return Held("receipt_differs", f"order {order.number}", hint)


def _parts(order: Order, transfers: Sequence[Incoming]) -> list[Part]:
    """What transfers took in."""
    lines = {line.id: line for line in order.lines}
    return [
        Part(lines[move.line_id], landed.quantity, landed.lot, landed.expiry)
        for transfer in transfers
        for move in transfer.moves
        for landed in move.landed
        if move.state == "done" and not move.back and move.line_id in lines and landed.quantity
    ]


def _check_open(order: Order) -> None:
    if order.state == "cancel":
        hint = (
            "The order is cancelled; return the goods and cancel this, or set the order to draft and confirm it anew."
        )
        raise Held("receipt_for_cancelled_order", f"order {order.number}", hint)


def _check_lots(erp: Erp, transfers: Sequence[Incoming], parts: Sequence[Part], request: Request) -> None:
    """Raise Held for serial numbers in stock already, and for expiry dates that are missing or contradict Odoo's."""
    tracked = [part for part in parts if part.lot]
    known = erp.receiving.lots({part.line.item_id for part in tracked}, {part.lot for part in tracked if part.lot})
    expiring = {move.line_id for transfer in transfers for move in transfer.moves if move.expires}
    for part in tracked:
        lot = known.get((part.line.item_id, part.lot or ""))
        subject = f"item {part.line.item} lot {part.lot}"
        if part.line.tracking == "serial" and lot and lot.on_hand:
            raise Held(
                "serial_known", subject, "Odoo has it in stock already; look which is right, then cancel or release."
            )
        if part.line.id not in expiring:
            continue
        if not part.expiry and not (lot and lot.expiry):
            hint = "Enter the lot with its expiry date in Odoo and release: without one Odoo would take today for it."
            raise Held("expiry_missing", subject, hint)
        if part.expiry and lot and lot.expiry not in (None, part.expiry) and "expiry_differs" not in request.accepted:
            hint = f"Odoo has {lot.expiry}, the supplier tells {part.expiry}; look at the goods, mend it and release."
            raise Held("expiry_differs", subject, hint)


def _refused(order: Order, refusal: Declined) -> Held:
    if refusal.reason == "serial_duplicated":
        hint = "Odoo has a serial number of it in stock already; look which is right, then cancel or release."
        return Held("serial_known", f"order {order.number}", hint)
    hint = "Odoo refuses the receipt; complete the transfer by hand to see why, mend that and release."
    return Held("refused_by_odoo", f"order {order.number}", hint)


def _arrival(line: Mapping[str, Any]) -> Arrival:
    return Arrival(
        quantity=Decimal(line["quantity"]),
        line=line["line"],
        item=line["item"],
        factor=Decimal(line["factor"]) if line["factor"] else None,
        lot=line["lot"],
        serial=line["serial"],
        expiry=date.fromisoformat(line["expiry"]) if line["expiry"] else None,
    )


def _done(order: Order, transfers: Sequence[Incoming], effect: Mapping[str, Any], *, found: bool = False) -> Received:
    facts: dict[str, Any] = {
        "order": order.number,
        "receipt": effect["receipt"],
        "transfers": [transfer.name for transfer in transfers],
        "places": sorted({transfer.place for transfer in transfers}),
        "found_in_odoo": found,
        "accepted": list(effect["accepted"]),
    }
    over = {
        line.number: surplus for line in order.lines if (surplus := (line.received - line.quantity) * line.factor) > 0
    }
    model, record, name = MODEL, 0, ""
    if transfers:
        record, name = transfers[0].id, transfers[0].name
    else:
        model, record, name = ORDER, order.id, order.number
    return Received(model, record, name, facts, order, tuple(transfers), over)


def _about(facility: str, effect: Mapping[str, Any], done: Received, *, whole: bool) -> Told:
    """What the receipt tells beside the goods; with the first transfer alone, not with each."""
    assert done.order is not None
    rejected, short = ((_by_line(done.order, effect[name]) if whole else {}) for name in ("rejected", "short"))
    reasons = {number: line["reason"] for number, line in rejected.items() if line["reason"]}
    return Told(
        facility=facility,
        number=effect["receipt"],
        ship_notice=effect["ship_notice"],
        received_at=datetime.fromisoformat(effect["received_at"]) if effect["received_at"] else None,
        received_by=effect["received_by"],
        note=effect["note"],
        rejected={number: Decimal(line["quantity"]) for number, line in rejected.items()},
        short={number: Decimal(line["quantity"]) for number, line in short.items()},
        over=done.over if whole else {},
        reasons=reasons,
    )


def _by_line(order: Order, lines: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """By the order's line number; what is for no line of the order is told to nobody."""
    found: dict[int, Mapping[str, Any]] = {}
    for line in lines:
        with suppress(Held):
            found[find(order, Arrival(Decimal(0), line["line"], line["item"]))[0].number] = line
    return found
