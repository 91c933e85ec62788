"""Ship notices put onto the transfers that await the goods: the operation ``receipt.announce``.

Performed by the posting stage. Receivers see in Odoo who brings what and when; a notice for goods that have all been
received, or that was withdrawn, leaves nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection

from app.errors import Held
from app.flows.operations import Done, Followed
from app.ledger.ledger import Ledger
from app.model.order import Order
from app.odoo import transfer_notes
from app.odoo.erp import Erp
from app.odoo.faults import Declined
from app.odoo.receiving import MODEL, Incoming
from app.policy.ordering import at_noon
from app.policy.receipt import Arrival, find

ANNOUNCE = "receipt.announce"
ORDER = "purchase.order"
SHOWN = 20
"""Lines and packages that a note tells; more than that nobody reads there."""


class Announce:
    """Announces a ship notice on one order's transfers; every value is absolute, so that it may be done again."""

    name = ANNOUNCE

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Write it onto the open transfers. Raises Held for an order that is gone or cancelled, or has no such line."""
        order = read(erp, effect["order"])
        if order.state == "cancel" and not effect["withdrawn"]:
            hint = "The order is cancelled; tell the supplier so, then cancel this."
            raise Held("ship_notice_of_cancelled_order", f"order {order.number}", hint)
        transfers = [
            transfer for transfer in erp.receiving.of_order(order) if transfer.is_open and not transfer.return_of
        ]
        if effect["withdrawn"]:
            return _done(order, _withdrawn(erp, transfers, effect["notice"]), effect)
        lines = _lines(order, effect)
        awaiting = [transfer for transfer in transfers if any(_awaits(move, lines) for move in transfer.moves)]
        note, expected_on = _text(effect), effect["expected_on"]
        for transfer in awaiting:
            at = at_noon(date.fromisoformat(expected_on)) if expected_on else None
            moves: dict[int, datetime] = {move.id: at for move in transfer.moves if at and _awaits(move, lines)}
            origin = transfer_notes.with_number(transfer.origin, effect["notice"])
            _write(
                erp, order, transfer, origin, transfer_notes.with_notice(transfer.note, effect["notice"], note), moves
            )
        return _done(order, awaiting, effect)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Nothing: the notice itself was kept when it was resolved."""


def read(erp: Erp, number: str) -> Order:
    """The order as it stands. Raises Held where somebody deleted it or took it back to draft."""
    order = erp.purchasing.read([number]).get(number)
    if order is None:
        raise Held("order_gone_from_odoo", f"order {number}", "Somebody deleted the order in Odoo; cancel this.")
    if order.state not in ("purchase", "cancel"):
        hint = "The order is not confirmed in Odoo; confirm it there, then release this."
        raise Held("order_not_confirmed", f"order {number}", hint)
    return order


def _lines(order: Order, effect: Mapping[str, Any]) -> set[int]:
    """The ids of the order's lines that were sent. Raises Held for one that it has not."""
    if effect["whole"]:
        return {line.id for line in order.lines}
    sent = (Arrival(Decimal(line["quantity"]), line["line"], line["item"], Decimal(1)) for line in effect["lines"])
    return {line.id for arrival in sent for line in find(order, arrival)}


def _awaits(move: Any, lines: set[int]) -> bool:
    return move.line_id in lines and move.rest > 0 and not move.back


def _withdrawn(erp: Erp, transfers: Sequence[Incoming], notice: str) -> list[Incoming]:
    """Take the notice off the transfers that show it."""
    shown = []
    for transfer in transfers:
        origin = transfer_notes.without_numbers(transfer.origin, [notice])
        note = transfer_notes.without_notice(transfer.note, notice)
        if (origin, note) != (transfer.origin, transfer.note):
            erp.receiving.announce(transfer, origin, note, {})
            shown.append(transfer)
    return shown


def _write(erp: Erp, order: Order, transfer: Incoming, origin: str, note: str, moves: Mapping[int, datetime]) -> None:
    try:
        erp.receiving.announce(transfer, origin, note, moves)
    except Declined as refusal:
        hint = f"Odoo refuses a change of {transfer.name}; try the same by hand to see why, mend that and release."
        raise Held("refused_by_odoo", f"order {order.number}", hint) from refusal


def _text(effect: Mapping[str, Any]) -> str:
    """What receivers want to know, in one sentence."""
    return "; ".join(_facts(effect)) or "on its way"


def _facts(effect: Mapping[str, Any]) -> Iterator[str]:
    if effect["carrier"]:
        yield str(effect["carrier"])
    for name, values in (("tracking", effect["tracking"]), ("SSCC", effect["packages"])):
        if values:
            yield f"{name} {', '.join(values[:SHOWN])}"
    for name, day in (("sent on", effect["shipped_on"]), ("expected on", effect["expected_on"])):
        if day:
            yield f"{name} {day}"
    for line in effect["lines"][:SHOWN]:
        what = f"line {line['line']}" if line["line"] else str(line["item"])
        yield f"{what}: {line['quantity']}{' of ' + line['lot'] if line['lot'] else ''}"


def _done(order: Order, transfers: Sequence[Incoming], effect: Mapping[str, Any]) -> Done:
    facts = {
        "order": order.number,
        "notice": effect["notice"],
        "withdrawn": effect["withdrawn"],
        "transfers": [transfer.name for transfer in transfers],
    }
    if transfers:
        return Done(MODEL, transfers[0].id, transfers[0].name, facts)
    return Done(ORDER, order.id, order.number, facts)
