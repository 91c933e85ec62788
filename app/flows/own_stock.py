"""Requisitions for goods of a store of our own: carried from there where it has them, left to be bought where not.

Used by ``app.flows.requisition``. Whether the store has them is read from the ledger's picture of Odoo's stock, less
what other requisitions are about to take; Odoo itself looks once more when the transfer is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import ids
from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.errors import Held
from app.flows import finding
from app.flows.base import Case
from app.flows.requisition_change import History, late
from app.flows.transfer import TRANSFER
from app.ledger.documents import stem
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.requisition import Requisition
from app.policy.requisition import Asked, Finding


@dataclass(frozen=True, slots=True)
class Carried:
    """What is carried for a requisition: its ``transfers``, the reasons, and the lines ``left`` to be bought."""

    left: tuple[Asked, ...]
    transfers: tuple[NewPosting, ...] = ()
    findings: tuple[Finding, ...] = ()


def carried(
    tx: Connection, ledger: Ledger, case: Case[Requisition], lines: Sequence[Asked], history: History, *, complete: bool
) -> Carried:
    """What a store of our own has of a requisition, where it is asked of one.

    A line is carried as a whole or not at all, and what was ordered once is not carried. Raises Held where a line that
    is on its way already was changed.
    """
    store = _store(case)
    before = _before(tx, ledger, case, history)
    if store is None and not before:
        return Carried(tuple(lines))
    free = _free(tx, ledger, store, {line.item for line in lines}) if store else {}
    bought = _bought(tx, ledger, case, history)
    found = finding.found(tx, ledger, [_key(case, line) for line in lines])
    left: list[Asked] = []
    transfers: list[NewPosting] = []
    for line in lines:
        if line.number in before:
            transfers += _again(case, line, before[line.number])
        elif store and _key(case, line) in found:
            transfers.append(_transfer(case, line, store, complete=complete))
        elif store and line.number not in bought and _may(line, store) and line.base <= free.get(line.item, Decimal(0)):
            free[line.item] -= line.base
            transfers.append(_transfer(case, line, store, complete=complete))
        else:
            left.append(line)
    on_their_way = [line for line in lines if line not in left]
    return Carried(tuple(left), tuple(transfers), tuple(map(_finding, on_their_way)))


def check_cancellation(case: Case[Requisition], history: History) -> None:
    """Raises Held where goods of a requisition that is called off are carried, or about to be."""
    if any(posting.state != "blocked" for posting in history.transfers):
        raise late(case, "Goods of it are carried from our own stock")


def _store(case: Case[Requisition]) -> CrosswalkRow | None:
    """The place that the requester wants the goods from, where it is one of ours."""
    if not case.document.deliver_from:
        return None
    try:
        return Names(case.rows, case.row.facility, ids.now().date()).location(case.document.deliver_from)
    except Held as held:
        if held.cause == "location_unknown":
            return None
        raise


def _before(tx: Connection, ledger: Ledger, case: Case[Requisition], history: History) -> dict[str, Row[Any]]:
    """By the requisition's line, the transfers that were made for it, or are about to be."""
    own = ledger.postings.of_documents(tx, [case.row.id])
    found = (p for p in (*history.transfers, *own) if p.operation == TRANSFER and p.state != "blocked")
    return {str(posting.effect["line"]): posting for posting in found if "line" in posting.effect}


def _bought(tx: Connection, ledger: Ledger, case: Case[Requisition], history: History) -> set[str]:
    """The lines that were ordered from suppliers."""
    own = [p for p in ledger.postings.of_documents(tx, [case.row.id]) if p.operation != TRANSFER]
    done = (p for p in (*history.postings, *own) if p.state != "blocked" and "lines" in p.effect)
    return {str(line["number"]) for posting in done for line in posting.effect["lines"]}


def _free(tx: Connection, ledger: Ledger, store: CrosswalkRow, items: set[str]) -> dict[str, Decimal]:
    """What the store itself has of the items that nobody was promised, by item."""
    held = (one for one in ledger.levels.held(tx, items) if one.location == store.target)
    free = {one.item: one.quantity - one.reserved for one in held}
    for posting in ledger.postings.pending(tx, f"odoo:{store.consumption_location or store.target}"):
        if posting.operation == TRANSFER and posting.effect["source"] == store.target:
            item = posting.effect["item"]
            free[item] = free.get(item, Decimal(0)) - Decimal(posting.effect["quantity"])
    return free


def _may(line: Asked, store: CrosswalkRow) -> bool:
    return line.deliver_to is not None and line.deliver_to != store.target


def _key(case: Case[Requisition], line: Asked) -> str:
    return f"transfer:{stem(case.row)}:{line.number}"


def _transfer(case: Case[Requisition], line: Asked, store: CrosswalkRow, *, complete: bool) -> NewPosting:
    effect = {
        "item": line.item,
        "quantity": format(line.base, "f"),
        "source": store.target,
        "destination": line.deliver_to,
        "requisition": case.document.number,
        "line": line.number,
        "complete": complete,
    }
    partition = f"odoo:{store.consumption_location or store.target}"
    return NewPosting(case.row.id, _key(case, line), TRANSFER, partition, case.row.lane, effect)


def _again(case: Case[Requisition], line: Asked, posting: Row[Any]) -> Iterator[NewPosting]:
    """The transfer of a line as it was made; nothing where an earlier document made it."""
    effect = posting.effect
    known = (effect["item"], Decimal(effect["quantity"]), effect["destination"])
    if known != (line.item, line.base, line.deliver_to):
        raise late(case, f"Line {line.number} is carried from {effect['source']} already")
    if posting.document_id == case.row.id:
        yield NewPosting(case.row.id, posting.key, TRANSFER, posting.partition, posting.lane, effect)


def _finding(line: Asked) -> Finding:
    figures = {"carried": format(line.base, "f")}
    text = f"{figures['carried']} are carried from our own stock; nothing is bought."
    return Finding("own_stock", "from_own_stock", "warn", text, line.number, f"item {line.item}", figures)
