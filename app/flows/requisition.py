"""Requisitions: names, facts, one verdict with all its reasons, an approval where it needs one, then orders.

Decided on the ledger's copy of master data, so that it goes on while Odoo is down. A requisition that is held goes this
very road again when it is released; what was agreed to is agreed to for one fingerprint of lines, prices and suppliers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection

from app import ids
from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows import finding, own_stock, requisition_change, rules
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.ordering import AMEND, CANCEL, PLACE, hasten, unconfirmed
from app.flows.requisition_change import History
from app.flows.transfer import TRANSFER
from app.ledger.documents import identity, stem
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.approval import Need
from app.model.party import Party
from app.model.requisition import Requisition, RequisitionLine
from app.model.schema import digest_of
from app.policy import requisition
from app.policy.approval import emergency
from app.policy.book import RuleBook
from app.policy.lanes import lane_for
from app.policy.requisition import Asked, Budget, Choice, Facts, Finding

OPERATIONS = (PLACE, AMEND, CANCEL, TRANSFER)
"""What a requisition leads to."""


@dataclass(frozen=True, slots=True)
class Read:
    """A requisition in names of ours, with the crosswalk rows that gave them."""

    lines: tuple[Asked, ...]
    rows: tuple[CrosswalkRow, ...]


class RequisitionFlow:
    """The flow of the document kind ``requisition``."""

    kind = Requisition.document_kind

    def identity(self, document: Requisition, facility: str, sender: str) -> str:
        """A number names one new requisition; changes and cancellations are the same where they say the same."""
        said = document.number if document.action == "new" else f"{document.number}:{digest_of(document)}"
        return identity(facility, sender, self.kind, said)

    def codes(self, document: Requisition) -> Iterator[str]:
        """Items, units, places, cost centres and departments."""
        for line in document.lines:
            yield from (identifier.value for identifier in line.identifiers)
            yield from (line.quantity.unit, line.cost_centre)  # type: ignore[misc]
        yield from (document.deliver_to, document.deliver_from, document.cost_centre, document.department)  # type: ignore[misc]

    def awaited(self, _: Requisition) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Requisition]) -> Verdict:
        """Orders, or none. Raises Held with the first cause that a person must mend."""
        if case.document.action == "duplicate":
            return NoEffect("copy")
        history = History() if case.document.action == "new" else History.of(tx, ledger, case)
        if history.under_way:
            return WaitFor(history.under_way)
        if case.document.action == "cancel":
            own_stock.check_cancellation(case, history)
            return requisition_change.cancelled(tx, ledger, case, history)
        requisition_change.end(tx, ledger, history)
        book = rules.in_force(tx, ledger)
        read = _read(tx, ledger, case)
        facts = _facts(tx, ledger, case, read, history)
        complete = book.replenishment.complete_transfers
        carried = own_stock.carried(tx, ledger, case, read.lines, history, complete=complete)
        facts = replace(facts, lines=carried.left)
        verdict = requisition.decide(book.requisition, facts)
        findings = [_plain(asdict(finding)) for finding in (*carried.findings, *verdict.findings)]
        inputs = _plain(asdict(facts)) | {"amount": str(verdict.amount)}
        ledger.policies.judge(tx, case.row, book.version, verdict.outcome, inputs, findings)
        _refuse(case, verdict.findings)
        lane = _lane(case, facts)
        orders = finding.with_found(tx, ledger, list(_orders(case, read, verdict.choices, book, lane)))
        changes = tuple(requisition_change.amended(tx, ledger, case, history, orders))
        if verdict.steps and orders and not history.covers(orders):
            _agreed(tx, ledger, case, book, verdict, _fingerprint(verdict.choices), facts)
        requisition_change.give_back(tx, ledger, case, history)
        _commit(tx, ledger, case, verdict.choices, facts.on)
        postings = (*changes, *(replace(one, lane=lane) for one in carried.transfers))
        ledger.postings.give_up(tx, case.row.id, OPERATIONS, [posting.key for posting in postings])
        if history.rows and not postings:
            return NoEffect("carried_out_as_asked")
        if lane == "urgent":
            hasten(tx, ledger, history.document_ids)
        return Effects((*postings, *unconfirmed(tx, ledger, case.row.id)), lane, read.rows)


def _read(tx: Connection, ledger: Ledger, case: Case[Requisition]) -> Read:
    """The lines in names of ours. Raises Held for a code that nobody knows."""
    document, on = case.document, ids.now().date()
    names = Names(case.rows, case.row.facility, on)
    centre = _code(names, "cost_centre", document.cost_centre)
    place = names.location(document.deliver_to).target if document.deliver_to else None
    asked, rows = [], []
    for line in document.lines:
        if line.action == "cancel":
            continue
        items = names.item(line.identifiers)
        unit = names.unit(line.quantity.unit or case.setup.channels[case.message.channel].default_unit, items[0].target)
        supplier = _supplier(tx, ledger, line.supplier) if line.supplier else None
        own = _code(names, "cost_centre", line.cost_centre) or centre
        asked.append(_asked(document, line, items[0].target, unit, (supplier, own, place)))
        rows += [*items, unit]
    return Read(tuple(asked), tuple(rows))


def _supplier(tx: Connection, ledger: Ledger, party: Party) -> str:
    """Our reference of the supplier that the requester wants. Raises Held where it is nobody we know."""
    if (found := ledger.registry.supplier_of(tx, party)) is None:
        named = next((one.value for one in party.identifiers), None) or party.name or "without a name"
        hint = "Enter the supplier's number in the supplier register, or let the requester name another; then release."
        raise Held("supplier_unknown", f"supplier {named}", hint)
    return found


def _asked(
    document: Requisition,
    line: RequisitionLine,
    item: str,
    unit: CrosswalkRow,
    ours: tuple[str | None, str | None, str | None],
) -> Asked:
    assert unit.factor is not None
    told = line.quantity.pack_factor
    if told is not None and told != unit.factor:
        hint = "The message says how many pieces a pack holds, and the crosswalk says otherwise; correct one of them."
        raise Held("unit_suspicious", f"unit {line.quantity.unit} of {item}", hint)
    return Asked(
        number=line.number,
        item=item,
        quantity=line.quantity.value,
        factor=unit.factor,
        stated_price=_stated(line),
        supplier=ours[0],
        cost_centre=ours[1],
        needed_by=_day(line.needed_by) or _day(document.needed_by),
        deliver_to=ours[2],
        substitutes_allowed=bool(line.substitutes_allowed),
    )


def _stated(line: RequisitionLine) -> Decimal | None:
    """The stated price of one of the line's units."""
    if line.price is None:
        return None
    basis = line.price.basis.value if line.price.basis else Decimal(1)
    return line.price.amount / basis if basis else None


def _facts(tx: Connection, ledger: Ledger, case: Case[Requisition], read: Read, history: History) -> Facts:
    document, site = case.document, case.setup.facility(case.row.facility)
    items = {line.item for line in read.lines}
    offers = ledger.registry.offers(tx, items)
    suppliers = {offer.supplier for offered in offers.values() for offer in offered}
    on = ids.now().astimezone(site.time_zone).date()
    centres = {line.cost_centre for line in read.lines if line.cost_centre}
    budgets = ledger.budgets.standing(tx, centres, on, [case.row.id, *history.document_ids])
    return Facts(
        lines=read.lines,
        on=on,
        currency=site.currency,
        facility=case.row.facility,
        department=document.department or "",
        requester=document.requester or "",
        urgent=document.priority != "routine",
        items=ledger.registry.items(tx, items),
        suppliers=ledger.registry.suppliers(tx, suppliers),
        offers=offers,
        budgets={centre: Budget(amount, used) for centre, (amount, used, _) in budgets.items()},
    )


def _refuse(case: Case[Requisition], findings: Sequence[Finding]) -> None:
    """Hold for the gravest finding, of equal ones the first line's."""
    for severity in ("block", "hold"):
        for found in findings:
            if found.severity == severity:
                cause = found.code if found.code != "rule" else "forbidden_by_rule"
                raise Held(cause, found.subject or f"requisition {case.document.number}", found.text)


def _agreed(
    tx: Connection,
    ledger: Ledger,
    case: Case[Requisition],
    book: RuleBook,
    verdict: requisition.Verdict,
    fingerprint: str,
    facts: Facts,
) -> None:
    """Whether all who must have agreed. Raises Held while they have not."""
    grant = ledger.approvals.granted(tx, case.row.id, fingerprint)
    if grant is None:
        need = _need(case, book, verdict, fingerprint, facts)
        glass = emergency(book.approval, need) if case.document.priority == "stat" else None
        ledger.approvals.request(tx, case, glass or need)
        grant = ledger.approvals.granted(tx, case.row.id, fingerprint)
    if grant is None or grant.state not in ("approved", "break_glass"):
        roles = ", ".join(step.role for step in verdict.steps)
        hint = f"{verdict.amount} {facts.currency} wait for {roles}; see `wardline approvals list`."
        raise Held("approval_pending", f"requisition {case.document.number}", hint)


def _need(
    case: Case[Requisition], book: RuleBook, verdict: requisition.Verdict, fingerprint: str, facts: Facts
) -> Need:
    return Need(
        reference=case.document.number,
        amount=verdict.amount,
        currency=facts.currency,
        facility=facts.facility,
        requester=facts.requester,
        fingerprint=fingerprint,
        steps=verdict.steps,
        department=facts.department or None,
        cost_centre=next((line.cost_centre for line in facts.lines if line.cost_centre), None),
        urgent=facts.urgent,
        items=tuple(dict.fromkeys(line.item for line in facts.lines)),
        rule_version=str(book.version),
    )


def _commit(tx: Connection, ledger: Ledger, case: Case[Requisition], choices: Sequence[Choice], on: date) -> None:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for choice in choices:
        if choice.cost_centre:
            amounts[choice.cost_centre] += choice.amount
    ledger.budgets.commit(tx, case.row.id, on, amounts)


def _orders(
    case: Case[Requisition], read: Read, choices: Sequence[Choice], book: RuleBook, lane: str
) -> Iterator[NewPosting]:
    """One order for each supplier."""
    lines = {line.number: line for line in read.lines}
    by_supplier: dict[str, list[Choice]] = defaultdict(list)
    for choice in choices:
        by_supplier[choice.offer.supplier].append(choice)
    for supplier, chosen in sorted(by_supplier.items()):
        partition = f"odoo:order:{case.row.facility}:{supplier}"
        effect = _effect(case, supplier, chosen, lines, book, lane)
        yield NewPosting(case.row.id, order_key(stem(case.row), supplier), PLACE, partition, lane, effect)


def order_key(document: str, supplier: str) -> str:
    """The key of a requisition's order to a supplier, which Odoo keeps."""
    return f"order:{document}:{supplier}"


def _effect(
    case: Case[Requisition],
    supplier: str,
    chosen: Sequence[Choice],
    lines: Mapping[str, Asked],
    book: RuleBook,
    lane: str,
) -> dict[str, Any]:
    site = case.setup.facility(case.row.facility)
    contracts = {choice.offer.contract for choice in chosen}
    days = [day for choice in chosen if (day := lines[choice.line].needed_by)]
    return {
        "requisition": case.document.number,
        "facility": case.row.facility,
        "company": site.company,
        "warehouse": site.warehouse_code,
        "supplier": supplier,
        "currency": chosen[0].offer.currency,
        "needed_by": min(days).isoformat() if days else None,
        "contract": contracts.pop() if len(contracts) == 1 else None,
        "urgent": lane == "urgent",
        "note": None,
        "window": None if lane == "urgent" else _text(book.requisition.window_end(supplier, ids.now())),
        "lines": [_line(choice, lines[choice.line]) for choice in chosen],
    }


def _line(choice: Choice, line: Asked) -> dict[str, Any]:
    offer = choice.offer
    return {
        "number": choice.line,
        "item": offer.item,
        "quantity": format(choice.units, "f"),
        "unit": offer.unit,
        "factor": format(offer.factor, "f"),
        "price": format(offer.price, "f"),
        "supplier_code": offer.supplier_code,
        "cost_centre": choice.cost_centre,
        "needed_by": line.needed_by.isoformat() if line.needed_by else None,
        "deliver_to": line.deliver_to,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _lane(case: Case[Requisition], facts: Facts) -> str:
    critical = facts.urgent or any(item.criticality == "critical" for item in facts.items.values())
    return lane_for(case.row.lane, "critical" if critical else None)


def _code(names: Names, kind: str, code: str | None) -> str | None:
    """What an outside code stands for; the code itself where the crosswalk does not know it."""
    return names.code(kind, code) if code else None


def _day(when: date | datetime | None) -> date | None:
    return when.date() if isinstance(when, datetime) else when


def _fingerprint(choices: Sequence[Choice]) -> str:
    """What is agreed to: from whom, how much of what, at which price, for whom."""
    return ids.digest(ids.canonical_json([_plain(asdict(choice)) for choice in choices]))


def _plain(value: Any) -> Any:
    """As JSON holds it: amounts and days as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date | datetime) else value
