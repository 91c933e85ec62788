"""Remittance advices: transaction set 820, both ways. Account numbers of banks are neither read nor written.

Called by ``app.standards.x12.standard``. BPR, TRN, ENT, RMR and ADX as in releases 004010 and 005010.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.errors import Permanent
from app.model.party import Party
from app.model.remittance import Remittance, RemittanceLine
from app.standards.x12 import details, parties, remarks
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first

INFORMATION_ONLY, CREDIT = "I", "C"
"""BPR-01 of an advice that moves no money itself, and BPR-03 of money that the payee gets."""
UNTOLD = "ZZZ"
"""BPR-04 where nothing is told of the way the money goes; the element must be there."""
TYPES: Mapping[str, Literal["invoice", "credit_note"]] = {
    "IV": "invoice",
    "IK": "invoice",
    "I5": "invoice",
    "AP": "invoice",
    "OI": "invoice",
    "DB": "invoice",
    "CM": "credit_note",
    "OS": "credit_note",
}
"""RMR-01 and ADX-03 (data element 128): what the number in the next element is the number of."""
PAYMENT_DAYS = ("097", "020", "055")
"""DTM-01 of the day of a payment, where BPR-16 holds none."""
INDIVIDUAL = "2J"
"""ENT-02 of a person: such an 820 pays insurance premiums and names the insured."""


def read(message: TransactionSet, values: Values) -> Remittance | None:
    """The remittance; None where a fault was left in the findings of ``values``."""
    if first(message.segments, "NM1") or any(ent.text(2) == INDIVIDUAL for ent in all_of(message.segments, "ENT")):
        text = "premiums paid for persons are no payment of supplies; nothing of it was read"
        values.findings.reject("message_type.unsupported", message.where, text)
        return None
    header, items = _items(message.segments)
    bpr, trn = first(header, "BPR"), first(header, "TRN")
    if bpr is None:
        values.findings.reject("segment.missing", f"{message.where}/BPR", "the beginning segment is required")
        return None
    if trn is None:
        values.findings.reject("segment.missing", f"{message.where}/TRN", "the number of the payment is required")
    lines = [line for item in items if (line := _line(item, values))]
    amount = values.amount(bpr, 2, "amount", required=True)
    number = values.text(trn, 2, "remittance", required=True)
    if values.findings.errors or amount is None or number is None:
        return None
    if lines and sum((line.paid for line in lines), Decimal(0)) != amount:
        values.findings.warn("amount.conflict", bpr.place(2), "the amounts of the items make another sum")
    return Remittance(
        number=number,
        amount=amount,
        lines=tuple(lines),
        paid_at=values.when(bpr, 16, "paid_at") or details.date(header, values, *PAYMENT_DAYS),
        currency=values.text(first(header, "CUR"), 2, "currency"),
        method=None if bpr.text(4) == UNTOLD else values.text(bpr, 4, "method"),
        payer=_party(header, "PR", values),
        payee=_party(header, "PE", values),
        note=details.notes(header, values),
    )


def _items(segments: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    """What stands before the first item, and every RMR or ADX with the segments below it."""
    header: list[Segment] = []
    items: list[list[Segment]] = []
    for segment in segments:
        # An ADX below an RMR adjusts that invoice, and the amount paid says so already; before one it stands alone.
        alone = segment.tag == "ADX" and not (items and items[-1][0].tag == "RMR")
        if alone or segment.tag in {"ENT", "RMR"}:
            items.append([segment])
        else:
            (items[-1] if items else header).append(segment)
    return header, [item for item in items if item[0].tag != "ENT"]


def _line(item: Sequence[Segment], values: Values) -> RemittanceLine | None:
    segment, below = item[0], item[1:]
    adjusted = segment.tag == "ADX"
    kind, number, amount = (3, 4, 1) if adjusted else (1, 2, 4)
    code = segment.text(kind) or ""
    if code not in TYPES:
        values.findings.warn("reference.unknown", segment.place(kind), "the number was taken as an invoice's")
    invoice = values.text(segment, number, "invoice", required=True)
    paid = values.amount(segment, amount, "paid", required=True)
    if invoice is None or paid is None:
        return None
    return RemittanceLine(
        invoice=invoice,
        paid=paid,
        type=TYPES.get(code, "invoice"),
        invoiced=None if adjusted else values.amount(segment, 5, "invoiced"),
        discount=None if adjusted else values.amount(segment, 6, "discount"),
        order_number=remarks.number(below, values, "PO"),
        note=details.notes(below, values),
    )


def _party(header: Sequence[Segment], code: str, values: Values) -> Party | None:
    found = next((loop for loop in parties.loops_of(header)[0] if loop[0].text(1) == code), None)
    return parties.party(found, values) if found else None


def write(remittance: Remittance, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent where an 820 has no place for something."""
    if isinstance(remittance.paid_at, datetime):
        raise Permanent("BPR-16 holds the day of a payment", code="document.not_carried")
    day = f"{remittance.paid_at:%Y%m%d}" if remittance.paid_at else ""
    method = remittance.method or UNTOLD
    yield ["BPR", INFORMATION_ONLY, details.number(remittance.amount), CREDIT, method, *[""] * 11, day]
    yield from (["NTE", "PMT", line] for line in (remittance.note or "").split("\n") if line)
    yield ["TRN", "1", remittance.number]
    yield from ([["CUR", "PR", remittance.currency]] if remittance.currency else [])
    for code, party in (("PR", remittance.payer), ("PE", remittance.payee)):
        for segment in parties.write("buyer", party, options.write_party_qualifiers):
            yield ["N1", code, *segment[2:]] if segment[0] == "N1" else segment
    yield ["ENT", "1"]
    for line in remittance.lines:
        yield from _write_line(line)


def _write_line(line: RemittanceLine) -> Iterator[list[str]]:
    code = "CM" if line.type == "credit_note" else "IV"
    amounts = [details.number(line.paid), details.number(line.invoiced), details.number(line.discount)]
    yield ["RMR", code, line.invoice, "", *amounts]
    yield from (["NTE", "INV", text] for text in (line.note or "").split("\n") if text)
    yield from ([["REF", "PO", line.order_number]] if line.order_number else [])
