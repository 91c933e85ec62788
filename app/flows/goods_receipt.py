"""Goods receipts: those of dock systems are taken in in Odoo; those of the house itself are told to who wants them.

Resolved locally: which orders, our items, base units, lots. What Odoo makes of it is the business of the operation
``receipt.post``, see ``app.flows.receiving``, which enters the house's own receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.crosswalk.names import Names
from app.errors import Held
from app.flows import following, rules
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.counted import Count, Counted, ssccs
from app.flows.delivered import Delivered, known_order, told_order
from app.flows.recall import refuse_recalled
from app.flows.receiving import RECEIVE, arrived
from app.flows.sending import ODOO, is_ours, sendings
from app.ledger.documents import FINAL, identity, stem
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.shipments import lock, notices_of
from app.model.goods_receipt import GoodsReceipt
from app.model.when import moment
from app.policy.receipt import ACCEPTABLE


class GoodsReceiptFlow:
    """The flow of the document kind ``goods_receipt``."""

    kind = GoodsReceipt.document_kind

    def identity(self, document: GoodsReceipt, facility: str, sender: str) -> str:
        """Receipts are numbered by who received; the house's own by Odoo's transfers, however they become known."""
        if sender in (following.SENDER, ODOO):
            return identity("", following.SENDER, self.kind, f"{document.number}:{document.order_number}")
        return identity(facility, sender, f"{self.kind}.{document.action}", document.number)

    def codes(self, document: GoodsReceipt) -> Iterator[str]:
        """Every item identifier, and every unit."""
        for line in document.lines:
            yield from (identifier.value for identifier in line.identifiers)
            for quantity in (line.received, line.rejected, line.short):
                if quantity:
                    yield from filter(None, (quantity.unit, quantity.common_unit))

    def awaited(self, _: GoodsReceipt) -> str | None:
        """Invoices wait for the goods, which release them."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[GoodsReceipt]) -> Verdict:
        """Take the goods in, or tell others of them. Raises Held where an order, item, unit or notice is not known."""
        if is_ours(case):
            return self._tell(tx, ledger, case)
        if case.document.action == "duplicate":
            return NoEffect("copy")
        if (earlier := self._corrected(tx, ledger, case)) is not None:
            return earlier
        numbers = self._orders(tx, ledger, case.document)
        orders = {number: known_order(tx, ledger, number) for number in numbers}
        told = {number: order for number, row in orders.items() if (order := told_order(tx, ledger, row))}
        reader = Delivered(told, Names(case.rows, case.row.facility, case.row.occurred_at.date()))
        notices = ledger.shipments.lines(tx, numbers)
        claimed = ledger.shipments.claimed(tx, {row.document_id for row in notices}, case.row.id)
        count = Count(case.document, numbers, reader, notices, claimed)
        counted = count.run()
        if not counted:
            return NoEffect("received_before")
        for number in counted.keys() - orders.keys():
            known_order(tx, ledger, number)
        refuse_recalled(tx, ledger, _marked(counted.values()))
        ledger.shipments.claim(tx, case.row.id, count.claims)
        accepted = _accepted(tx, ledger, case.row)
        effects = [
            self._effect(tx, ledger, case, number, found, accepted) | {"notices": notices_of(notices, number)}
            for number, found in counted.items()
        ]
        postings = tuple(_posting(case.row, effect) for effect in effects)
        return Effects(postings, case.row.lane, tuple(dict.fromkeys(reader.rows)))

    def _tell(self, tx: Connection, ledger: Ledger, case: Case[GoodsReceipt]) -> Verdict:
        """The house's own: who waited for the goods goes on, supplier and subscribers are told."""
        for number in _named(case.document):
            arrived(tx, ledger, number)
        seller = case.document.seller
        ours = (one.value for one in seller.identifiers if one.scheme == "internal") if seller else iter(())
        told = sendings(case.setup, case, case.document, next(ours, None))
        return Effects(tuple(told), case.row.lane) if told else NoEffect("recorded")

    def _corrected(self, tx: Connection, ledger: Ledger, case: Case[GoodsReceipt]) -> Verdict | None:
        """What a receipt does to an earlier one of its number: what is held ends, what is in Odoo stays."""
        document = case.document
        if document.action == "new":
            return None
        rows = ledger.documents.of_number(tx, case.row, self.kind, document.number)
        messages = ledger.messages.load(tx, {row.message_id for row in rows})
        ours = [row for row in rows if messages[row.message_id].channel == case.message.channel]
        ours = [row for row in ours if row.mapping != following.MAPPING]
        if busy := next((row for row in ours if row.state not in (*FINAL, "held")), None):
            return WaitFor(busy.id)
        held = [row.id for row in ours if row.state == "held"]
        ledger.holds.end_documents(tx, held, "wardline", "cancelled")
        ledger.documents.set_state(tx, held, "superseded")
        if any(row.state == "settled" for row in ours):
            verb = "took back" if document.action == "cancel" else "changed"
            hint = f"Who received {verb} {document.number}, which is in Odoo already; mend it there, then cancel this."
            raise Held("receipt_corrected", f"goods receipt {document.number}", hint)
        return NoEffect("withdrawn") if document.action == "cancel" else None

    def _orders(self, tx: Connection, ledger: Ledger, document: GoodsReceipt) -> list[str]:
        """The orders that it may be for, told or noticed. Raises Held where there is none."""
        try:
            return self._sought(tx, ledger, document)
        except Held as held:  # the notice may be kept this very moment
            ledger.database.alone(tx, lock(held.subject))
            return self._sought(tx, ledger, document)

    def _sought(self, tx: Connection, ledger: Ledger, document: GoodsReceipt) -> list[str]:
        found = dict.fromkeys(_named(document))
        if notice := document.ship_notice:
            found |= dict.fromkeys(_of_one(ledger.shipments.orders_noticed(tx, notice), f"ship notice {notice}"))
        for sscc in ssccs(document):
            found |= dict.fromkeys(_of_one(ledger.shipments.orders_packed(tx, sscc), f"sscc {sscc}"))
        if found and (document.lines or document.ship_notice):
            self._check_noticed(tx, ledger, document)
            return list(found)
        if document.ship_notice:
            raise _unknown_notice(document.ship_notice)
        if unknown := next(ssccs(document), None):
            hint = "No ship notice tells what is in it; this goes on when one does, or receive it line by line."
            raise Held("ship_notice_unknown", f"sscc {unknown}", hint)
        hint = "It names neither an order nor what came; ask who received, then cancel this."
        raise Held("order_missing", f"goods receipt {document.number}", hint)

    def _check_noticed(self, tx: Connection, ledger: Ledger, document: GoodsReceipt) -> None:
        """Without lines only the notice tells what came."""
        if (
            not document.lines
            and document.ship_notice
            and not ledger.shipments.orders_noticed(tx, document.ship_notice)
        ):
            raise _unknown_notice(document.ship_notice)

    def _effect(
        self, tx: Connection, ledger: Ledger, case: Case[GoodsReceipt], order: str, found: Counted, accepted: list[str]
    ) -> dict[str, Any]:
        document = case.document
        channel = case.setup.channels.get(case.message.channel)
        zone = channel.time_zone if channel else case.setup.facility(case.row.facility).time_zone
        at = moment(document.received_at or document.noticed_at or case.message.received_at, zone)
        return {
            "order": order,
            "receipt": document.number,
            "ship_notice": document.ship_notice,
            "received_on": at.astimezone(zone).date().isoformat(),
            "received_at": at.isoformat() if document.received_at else None,
            "received_by": document.received_by,
            "note": document.note,
            "lines": found.lines,
            "rejected": found.rejected,
            "short": found.short,
            "accepted": accepted,
            "rules": rules.in_force(tx, ledger).receipt.to_data(),
        }


def _marked(counted: Iterable[Counted]) -> Iterator[tuple[str, str | None]]:
    """Every lot and serial number that came, with its item."""
    for line in (line for found in counted for line in found.lines):
        yield from ((line["item"] or "", line[mark]) for mark in ("lot", "serial"))


def _posting(row: Row[Any], effect: dict[str, Any]) -> NewPosting:
    order = effect["order"]
    return NewPosting(row.id, f"receipt:{stem(row)}:{order}", RECEIVE, f"odoo:order:{order}", row.lane, effect)


def _accepted(tx: Connection, ledger: Ledger, row: Row[Any]) -> list[str]:
    """The causes for which a person released this document, which lets it pass."""
    holds = ledger.holds.of_documents(tx, [row.id])
    released = [hold for hold in holds if hold.resolution == "released" and hold.released_by != "wardline"]
    return sorted({hold.cause for hold in released} & ACCEPTABLE)


def _named(document: GoodsReceipt) -> list[str]:
    named = [document.order_number, *(line.order_number for line in document.lines)]
    return list(dict.fromkeys(number for number in named if number))


def _of_one(by_supplier: dict[str, list[str]], subject: str) -> Sequence[str]:
    """The orders of the only supplier that used the number. Raises Held where there are several."""
    if len(by_supplier) > 1:
        hint = "Several suppliers used this number; have the receipt name its orders, then cancel this."
        raise Held("ship_notice_ambiguous", subject, hint)
    return next(iter(by_supplier.values()), [])


def _unknown_notice(number: str) -> Held:
    hint = "It has no lines, and the notice has not come; this goes on when it does, or receive it line by line."
    return Held("ship_notice_unknown", f"ship notice {number}", hint)
