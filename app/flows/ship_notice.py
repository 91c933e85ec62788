"""Ship notices: what a supplier says it sent is kept for the receipt, and shown on the transfers that await it.

Resolved locally: which orders and lines, our items, base units, lots. What is on Odoo's transfers is written by the
operation ``receipt.announce``, see ``app.flows.announcing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.crosswalk.names import Names
from app.errors import Held
from app.flows.announcing import ANNOUNCE
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.delivered import Delivered, known_order, supplier_of, told_order
from app.flows.sending import sendings
from app.ledger.documents import FINAL, identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.shipments import ShipmentHead, ShipmentLine, lock
from app.model.schema import digest_of
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.model.when import When, moment

MISSING = ("ship_notice_unknown", "lot_missing")
"""Causes of holds of receipts that a ship notice may cure."""


class ShipNoticeFlow:
    """The flow of the document kind ``ship_notice``."""

    kind = ShipNotice.document_kind

    def identity(self, document: ShipNotice, facility: str, sender: str) -> str:
        """A notice that says anything else under its number is another one, and takes the place of the first."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: ShipNotice) -> Iterator[str]:
        """Every item identifier, and every unit."""
        for line in document.lines:
            yield from (identifier.value for identifier in line.identifiers)
            yield from filter(None, (line.quantity.unit, line.quantity.common_unit))

    def awaited(self, _: ShipNotice) -> str | None:
        """Receipts that wait for it are released when it is resolved."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[ShipNotice]) -> Verdict:
        """Keep it and announce it. Raises Held where an order, item or unit is not known."""
        document, row = case.document, case.row
        if document.action == "duplicate":
            return NoEffect("copy")
        if earlier := _unfinished(tx, ledger, case):
            return WaitFor(earlier.id)
        orders = {number: known_order(tx, ledger, number) for number in _orders(document)}
        supplier = self._supplier(tx, ledger, case, orders.values())
        said_at = _said_at(case)
        others = [one for one in ledger.shipments.of_number(tx, document.number, supplier) if one.document_id != row.id]
        head = ShipmentHead(document.number, supplier, said_at, _day(case, document.expected_at))
        if any((one.said_at, one.document_id) > (said_at, row.id) for one in others):
            ledger.shipments.keep(tx, row, head, ())
            ledger.shipments.set_state(tx, [row.id], "superseded")
            return NoEffect("superseded")
        before = set(ledger.shipments.orders_noticed(tx, document.number).get(supplier, ()))
        ledger.shipments.set_state(tx, [one.document_id for one in others], "superseded")
        if document.action == "cancel":
            ledger.shipments.keep(tx, row, head, ())
            ledger.shipments.set_state(tx, [row.id], "cancelled")
            return self._effects(case, [_withdrawal(document, number) for number in sorted(before)])
        reader = Delivered(_told(tx, ledger, orders), Names(case.rows, row.facility, row.occurred_at.date()))
        lines = _lines(document, tuple(orders), reader)
        ledger.shipments.keep(tx, row, head, lines)
        _release(tx, ledger, document, orders)
        effects = [_announcement(case, number, lines) for number in orders]
        effects += [_withdrawal(document, number) for number in sorted(before - orders.keys())]
        return self._effects(case, effects, reader)

    def _effects(
        self, case: Case[ShipNotice], effects: Sequence[dict[str, Any]], reader: Delivered | None = None
    ) -> Verdict:
        row = case.row
        postings = [
            NewPosting(
                document_id=row.id,
                key=f"notice:{row.id.hex}:{effect['order']}",
                operation=ANNOUNCE,
                partition=f"odoo:order:{effect['order']}",
                lane=row.lane,
                effect=effect,
            )
            for effect in effects
        ]
        postings += sendings(case.setup, case, case.document)
        if not postings:
            return NoEffect("nothing_to_withdraw")
        return Effects(tuple(postings), row.lane, tuple(dict.fromkeys(reader.rows)) if reader else ())

    def _supplier(self, tx: Connection, ledger: Ledger, case: Case[ShipNotice], orders: Iterable[Row[Any]]) -> str:
        """Who sent the goods. Raises Held for orders of another supplier, or cancelled ones."""
        supplier = supplier_of(tx, ledger, case)
        for order in orders:
            subject = f"order {order.number}"
            if supplier and order.supplier and supplier != order.supplier:
                hint = f"The order is one to {order.supplier}, and {supplier} sent goods for it; ask, then cancel this."
                raise Held("ship_notice_of_another_supplier", subject, hint)
            if order.state == "cancel" and case.document.action != "cancel":
                hint = "The order is cancelled; tell the supplier so, then cancel this."
                raise Held("ship_notice_of_cancelled_order", subject, hint)
            supplier = supplier or order.supplier
        if not supplier:
            raise Held(
                "supplier_unknown", f"sender {case.message.sender}", "Name the supplier of the channel, then release."
            )
        return supplier


def _unfinished(tx: Connection, ledger: Ledger, case: Case[ShipNotice]) -> Row[Any] | None:
    """An earlier notice of this number that is on its way; those that wait for a person end here."""
    rows = ledger.documents.of_number(tx, case.row, ShipNotice.document_kind, case.document.number)
    messages = ledger.messages.load(tx, {row.message_id for row in rows})
    ours = [row for row in rows if messages[row.message_id].channel == case.message.channel and row.state not in FINAL]
    held = [row.id for row in ours if row.state == "held"]
    ledger.holds.end_documents(tx, held, "wardline", "cancelled")
    ledger.documents.set_state(tx, held, "superseded")
    return next((row for row in reversed(ours) if row.state != "held"), None)


def _orders(document: ShipNotice) -> list[str]:
    named = [*document.orders, *(line.order_number for line in document.lines)]
    found = list(dict.fromkeys(number for number in named if number))
    if not found and document.action != "cancel":
        hint = f"Notice {document.number} names no order; ask the supplier, then cancel this."
        raise Held("order_missing", f"ship notice {document.number}", hint)
    return found


def _told(tx: Connection, ledger: Ledger, orders: dict[str, Row[Any]]) -> dict[str, Any]:
    told = ((number, told_order(tx, ledger, order)) for number, order in orders.items())
    return {number: order for number, order in told if order is not None}


def _lines(document: ShipNotice, orders: Sequence[str], reader: Delivered) -> list[ShipmentLine]:
    """The goods in our names. Without lines every order is sent whole, which is nothing to be kept."""
    packages = {package.id: package for package in document.packages}
    return [_line(line, document, orders, packages, reader) for line in document.lines]


def _line(
    line: ShipNoticeLine, document: ShipNotice, orders: Sequence[str], packages: dict[str, Package], reader: Delivered
) -> ShipmentLine:
    number = line.order_number or (orders[0] if len(orders) == 1 else reader.order_with(orders, line.identifiers))
    if number is None:
        hint = f"Line {line.number} of notice {document.number} names no order; ask the supplier, then cancel this."
        raise Held("order_missing", f"ship notice {document.number}", hint)
    told = reader.line(number, line.order_line, line.identifiers)
    item = reader.item(told, line.identifiers, needed=line.order_line is None)
    factor = reader.factor(line.quantity, told, item)
    if factor is None:
        hint = "Tell the unit, or let the order be told anew; then release."
        raise Held("unit_unknown", f"unit of order {number} line {line.order_line}", hint)
    return ShipmentLine(
        order_number=number,
        quantity=line.quantity.value * factor,
        number=line.number,
        order_line=told.number if told else line.order_line,
        item=item,
        lot=line.lot,
        serial=line.serial,
        expiry=line.expiry,
        packages=tuple(_enclosing(line.package, packages)),
    )


def _enclosing(package: str | None, packages: dict[str, Package]) -> Iterator[str]:
    """The SSCCs of a package and of those that it stands in; a notice may nest them in a circle."""
    seen: set[str] = set()
    while package and package in packages and package not in seen:
        seen.add(package)
        found = packages[package]
        if found.sscc:
            yield found.sscc
        package = found.parent


def _release(tx: Connection, ledger: Ledger, notice: ShipNotice, orders: Iterable[str]) -> None:
    """Let the receipts go on that came before this."""
    packed = (f"sscc {package.sscc}" for package in notice.packages if package.sscc)
    for subject in sorted({f"ship notice {notice.number}", *(f"order {number}" for number in orders), *packed}):
        ledger.database.alone(tx, lock(subject))
        for cause in MISSING:
            ledger.holds.release_in(tx, cause, subject, "wardline")


def _announcement(case: Case[ShipNotice], number: str, lines: Sequence[ShipmentLine]) -> dict[str, Any]:
    document = case.document
    shipped, expected = _day(case, document.shipped_at), _day(case, document.expected_at)
    return {
        "order": number,
        "notice": document.number,
        "withdrawn": False,
        "whole": not document.lines,
        "carrier": document.carrier_name or document.carrier,
        "tracking": list(document.tracking),
        "packages": [package.sscc for package in document.packages if package.sscc],
        "shipped_on": shipped.isoformat() if shipped else None,
        "expected_on": expected.isoformat() if expected else None,
        "lines": [
            {
                "line": line.order_line,
                "item": line.item,
                "quantity": f"{line.quantity:f}",
                "lot": line.serial or line.lot,
            }
            for line in lines
            if line.order_number == number
        ],
    }


def _withdrawal(document: ShipNotice, number: str) -> dict[str, Any]:
    return {"order": number, "notice": document.number, "withdrawn": True}


def _said_at(case: Case[ShipNotice]) -> datetime:
    """When the notice was made, which orders those of one number."""
    told = case.document.noticed_at
    channel = case.setup.channels.get(case.message.channel)
    zone = channel.time_zone if channel else case.setup.facility(case.row.facility).time_zone
    found: datetime = moment(told, zone) if told else case.row.occurred_at
    return found


def _day(case: Case[ShipNotice], when: When | None) -> date | None:
    if isinstance(when, datetime):
        return when.astimezone(case.setup.facility(case.row.facility).time_zone).date()
    return when
