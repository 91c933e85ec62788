"""Bills in Odoo: the operations ``bill.post`` and ``credit.post``, with the three-way match in front of them.

Performed by the posting stage. Facts are read anew each time; what fits, or what a person accepted with these very
figures, is drafted, compared once more, and posted. A draft that does not add up is taken back and never posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.errors import Held
from app.flows.claim import from_data
from app.flows.invoice_status import tell
from app.flows.operations import Done, Followed
from app.ledger.ledger import Ledger
from app.odoo.billing import MODEL, Bill, Differs, MoveType, NewBill
from app.odoo.erp import Erp
from app.odoo.faults import Declined
from app.policy.claims import Claim
from app.policy.match import match, upright
from app.policy.match_report import Match, Reason, total
from app.policy.matching import Matching

CAUSES = {
    "receipt": "awaiting_receipt",
    "quantity": "quantity_mismatch",
    "price": "price_mismatch",
    "unit": "unit_mismatch",
    "amount": "amount_mismatch",
    "item": "item_not_ordered",
    "credit": "credit_mismatch",
    "tax": "tax_mismatch",
    "freight": "freight_mismatch",
    "charge": "charge_mismatch",
    "total": "total_mismatch",
    "currency": "currency_mismatch",
    "supplier": "supplier_mismatch",
    "order": "order_cancelled",
}
"""Causes of holds by the kind of reason; several kinds together are an ``invoice_mismatch``."""
DISPUTES = frozenset({
    *CAUSES.values(), "invoice_mismatch", "period_locked", "invoice_duplicate", "invoice_duplicate_suspected",
})  # fmt: skip
"""Everything about an invoice that a person may accept."""
CALCULATED = ("tax", "total", "amount")
"""Differences that Odoo's own calculation will show, once they are accepted."""


class Disputed(Held):
    """An invoice that does not fit; ``match`` is kept, so that a person sees and may accept just these figures."""

    def __init__(self, cause: str, subject: str, hint: str, match_found: Mapping[str, Any]) -> None:
        super().__init__(cause, subject, hint)
        self.match = match_found


@dataclass(frozen=True, slots=True)
class Posted(Done):
    """The bill, with the match that let it pass."""

    match: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """The frozen effect, read: what is claimed, under which policy, and what people accepted."""

    claim: Claim
    orders: tuple[str, ...]
    day: date
    corrects: str | None
    accepted: frozenset[str]
    key: str
    policy: Matching
    rule_version: int

    @classmethod
    def of(cls, key: str, effect: Mapping[str, Any]) -> Request:
        """The effect of a posting."""
        again = effect["again"]
        return cls(
            claim=upright(from_data(effect["claim"])),
            orders=tuple(effect["orders"]),
            day=date.fromisoformat(effect["day"]),
            corrects=effect["corrects"],
            accepted=frozenset(effect["accepted"]),
            key=f"{key}:{again}" if again else key,
            policy=Matching.from_data(effect["policy"]),
            rule_version=effect["rule_version"],
        )

    @property
    def subject(self) -> str:
        """The invoice itself, as the subject of a hold."""
        return f"supplier {self.claim.supplier} invoice {self.claim.number}"

    @property
    def move_type(self) -> MoveType:
        """Odoo's word for an invoice or a credit note."""
        return "in_refund" if self.claim.type == "credit_note" else "in_invoice"


class PostBill:
    """Bills an invoice once, under the key of its supplier and number."""

    def __init__(self, name: str) -> None:
        self.name = name

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        """Match and bill it, or find that it is billed. Raises Held where a person must decide."""
        request = Request.of(key, effect)
        own = erp.billing.find(request.key)
        if own and own.state == "cancel":
            hint = f"Somebody cancelled the bill of {request.claim.number} in Odoo; release to bill it anew, or cancel."
            raise Held("bill_cancelled", request.subject, hint)
        orders = erp.billing.orders(request.orders)
        if missing := sorted(set(request.orders) - {order["name"] for order in orders}):
            hint = "Odoo has no such order; ask the supplier which is meant, then `wardline invoices assign` it."
            raise Held("order_unknown", f"order {missing[0]}", hint)
        found = self._match(erp, request, orders, own)
        if own and own.state == "posted":
            return _done(own, request, found)
        if own:
            erp.billing.discard(own)
        self._admit(found, request)
        try:
            bill = self._posted(erp, request, orders, found)
        except Declined as refusal:
            hint = "Odoo refuses the bill; make one like it by hand to see why, mend that and release."
            raise Held("bill_refused", f"supplier {request.claim.supplier}", hint) from refusal
        return _done(bill, request, found)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Note bill and match, and let the credit notes go on that waited for it."""
        done, document = followed.done, followed.document
        assert isinstance(done, Posted)
        ledger.invoices.matched(tx, document.id, "posted", done.match, done.facts["fingerprint"])
        residual = Decimal(done.facts["residual"])
        ledger.invoices.billed(tx, document.id, done.record_id, done.record_name, done.facts["status"], residual)
        if (told := ledger.invoices.get(tx, document.id)) is not None:
            tell(tx, ledger, followed.setup, document, told)
        awaited = f"supplier {done.facts['supplier']} invoice {done.facts['number']}"
        ledger.holds.release_in(tx, "corrects_unknown", awaited, "wardline")

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """Keep the match for which it is held, for people to look at."""
        note(tx, ledger, posting.document_id, held)

    def _posted(self, erp: Erp, request: Request, orders: Sequence[Mapping[str, Any]], found: Match) -> Bill:
        """Draft, compare and post; a draft that Odoo will not post is taken back before Declined is told."""
        bill = self._drafted(erp, request, orders, self._new(erp, request, orders, found))
        try:
            return erp.billing.post(bill)
        except Declined:
            erp.billing.discard(bill)
            raise

    def _match(self, erp: Erp, request: Request, orders: Sequence[Mapping[str, Any]], own: Bill | None) -> Match:
        currency = request.claim.currency or orders[0]["currency"]
        facts = erp.billing.facts(orders, currency, own.id if own else None)
        return match(request.claim, facts, request.policy)

    def _admit(self, found: Match, request: Request) -> None:
        """Raise Disputed for the differences that nobody accepted."""
        if not (left := found.left(request.accepted)):
            return
        cause, subject = _cause(left, request)
        figures = "; ".join(reason.text for reason in left[:5])
        hint = f"Invoice {request.claim.number} of {request.claim.supplier}: {figures}."
        raise Disputed(cause, subject, hint, found.to_json())

    def _new(self, erp: Erp, request: Request, orders: Sequence[Mapping[str, Any]], found: Match) -> NewBill:
        place = erp.billing.place(orders, request.claim.currency or orders[0]["currency"])
        accepted = [reason for reason in found.reasons if reason.kind in CALCULATED]
        tolerance = request.policy.tolerance(request.claim.supplier).tax_amount or Decimal(0)
        new = NewBill(
            key=request.key,
            move_type=request.move_type,
            place=place,
            ref=request.claim.number,
            invoice_date=request.day,
            lines=found.billed,
            total=found.claimed,
            allowed=request.policy.rounding + tolerance + abs(total(accepted)),
            booked_on=_booked_on(erp, request, place.company_id),
            corrects=_corrected(erp, request, place.partner_id),
            origin=", ".join(request.orders),
        )
        _check_duplicates(erp, request, new)
        return new

    def _drafted(self, erp: Erp, request: Request, orders: Sequence[Mapping[str, Any]], new: NewBill) -> Bill:
        """The draft, compared again: it counts as billed now, as do drafts that others made meanwhile."""
        try:
            bill = erp.billing.draft(new)
        except Differs as error:
            off = error.stated - error.calculated
            text = f"the invoice states {error.stated}, Odoo calculates {error.calculated}"
            reason = Reason("total", text, off, stated=str(error.stated), expected=str(error.calculated))
            if reason.digest not in request.accepted:
                hint = f"Invoice {request.claim.number}: {text}."
                raise Disputed("total_mismatch", request.subject, hint, kept("total_mismatch", reason)) from error
            bill = erp.billing.draft(replace(new, allowed=abs(off)))
        again = self._match(erp, request, orders, bill)
        try:
            self._admit(again, request)
        except Disputed:
            erp.billing.discard(bill)
            raise
        return bill


def note(tx: Connection, ledger: Ledger, document_id: UUID, held: Held) -> None:
    """Keep that an invoice is held, and the match for which it is."""
    found = held.match if isinstance(held, Disputed) else None
    ledger.invoices.matched(tx, document_id, "held", found, found["fingerprint"] if found else None)


def _cause(left: Sequence[Reason], request: Request) -> tuple[str, str]:
    """Cause and subject of a hold: what is mended once for many invoices is one group."""
    kinds = {reason.kind for reason in left} - {"receipt"}
    if not kinds:
        return "awaiting_receipt", f"order {left[0].order}"
    if len(kinds) > 1:
        return "invoice_mismatch", request.subject
    kind = kinds.pop()
    first = next(reason for reason in left if reason.kind == kind)
    supplier = f"supplier {request.claim.supplier}"
    if kind in ("price", "unit"):
        return CAUSES[kind], f"{supplier} item {first.item}"
    if kind in ("quantity", "item", "credit", "currency", "supplier", "order"):
        return CAUSES[kind], f"order {first.order}" if first.order else request.subject
    return CAUSES[kind], supplier if kind in ("freight", "charge", "tax") else request.subject


def _booked_on(erp: Erp, request: Request, company_id: int) -> date | None:
    """The accounting date; None for the open period, where its own is closed and somebody said so."""
    locked = erp.billing.locked_until(company_id)
    if locked is None or request.day > locked:
        return request.day
    text = f"the books are closed until {locked}"
    reason = Reason("period", text, stated=str(request.day), expected=f"after {locked}")
    if request.policy.late == "open_period" or reason.digest in request.accepted:
        return None
    hint = f"The books are closed until {locked}; open the period in Odoo and release, or accept to book it later."
    raise Disputed("period_locked", f"books closed until {locked}", hint, kept("period_locked", reason))


def _corrected(erp: Erp, request: Request, partner_id: int) -> int | None:
    """The bill that a credit note takes back. Raises Held while there is none."""
    if not request.corrects or request.move_type != "in_refund":
        return None
    bills = [bill for bill in erp.billing.by_number(partner_id, request.corrects) if bill.state == "posted"]
    if bills:
        return bills[-1].id
    subject = f"supplier {request.claim.supplier} invoice {request.corrects}"
    hint = f"Credit note {request.claim.number} takes back an invoice that is not posted yet, and waits for it."
    raise Held("corrects_unknown", subject, hint)


def _check_duplicates(erp: Erp, request: Request, new: NewBill) -> None:
    """Raise Disputed for a bill of the same number, or one alike under another number."""
    partner = new.place.partner_id
    for bill in erp.billing.by_number(partner, new.ref, new.move_type):
        text = f"Odoo has the number already, as {bill.name or 'a draft'} of {bill.total}"
        _refuse_duplicate("invoice_duplicate", request, bill, text)
    within = timedelta(days=request.policy.suspect_days)
    for bill in erp.billing.alike(partner, new.move_type, new.total, new.invoice_date, within, request.orders):
        text = f"invoice {bill.ref} of {bill.invoice_date} has the same amount and order"
        _refuse_duplicate("invoice_duplicate_suspected", request, bill, text)


def _refuse_duplicate(cause: str, request: Request, bill: Bill, text: str) -> None:
    reason = Reason("duplicate", text, stated=request.claim.number, expected=f"{bill.ref} {bill.id}")
    if reason.digest not in request.accepted:
        hint = f"Invoice {request.claim.number}: {text}. Cancel it, or accept it if it is another one."
        raise Disputed(cause, request.subject, hint, kept(cause, reason))


def kept(verdict: str, reason: Reason) -> dict[str, Any]:
    """What is kept of a difference that no match found, in the form of one."""
    return {"verdict": verdict, "fingerprint": reason.digest, "reasons": [reason.to_json()], "comparisons": []}


def _done(bill: Bill, request: Request, found: Match) -> Posted:
    facts = {
        "number": request.claim.number,
        "supplier": request.claim.supplier,
        "orders": list(request.orders),
        "status": bill.status,
        "total": str(bill.total),
        "residual": str(bill.residual),
        "rule_version": request.rule_version,
        "verdict": found.verdict,
        "fingerprint": found.fingerprint,
        "accepted": sorted(reason.kind for reason in found.reasons),
    }
    return Posted(MODEL, bill.id, bill.name, facts, found.to_json())
