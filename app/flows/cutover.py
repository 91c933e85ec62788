"""Two ways of telling the same, side by side: what the old channel and the new one said about one time.

Used by ``wardline cutover``. Consumption is compared by what it means (item, location, lot, base quantity) after its
event number, other documents by their number and content; nothing is posted and nothing is changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.crosswalk.names import Names, base_quantity
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.errors import Held
from app.flows.consumption import ConsumptionFlow
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.schema import digest_of, document_from_json

Side = Literal["old", "new"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that one side said and the other did not, or said otherwise, in words of ours for items and places.

    ``document_id`` is the document of the side that said it alone.
    """

    what: Literal["only_old", "only_new", "differs"]
    key: str
    old: str
    new: str
    document_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many documents each side had, how many agree, and what does not."""

    old: int
    new: int
    agreed: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One document as it is compared: the number its sender gave it, and what it means."""

    number: str
    meaning: str
    document_id: UUID | None = None


def compare(
    tx: Connection,
    ledger: Ledger,
    crosswalk: CrosswalkStore,
    kind: str,
    channels: tuple[str, str],
    period: tuple[datetime, datetime],
) -> Comparison:
    """Compare what the old and the new channel said about a time, whichever of them was believed."""
    found = [ledger.documents.told(tx, channel, kind, *period) for channel in channels]
    contents = [ledger.documents.contents(tx, [row.id for row in rows]) for rows in found]
    old, new = (_read(tx, crosswalk, rows, kept) for rows, kept in zip(found, contents, strict=True))
    return judge(old, new)


def judge(old: Sequence[Said], new: Sequence[Said]) -> Comparison:
    """Pair what has one number; pair the rest by what it means; tell what is left."""
    numbers = {one.number for one in old} & {one.number for one in new}
    sides = [{one.number: one.meaning for one in side if one.number in numbers} for side in (old, new)]
    agreed = sum(sides[0][number] == sides[1][number] for number in numbers)
    differences = [
        Difference("differs", number, sides[0][number], sides[1][number])
        for number in sorted(numbers)
        if sides[0][number] != sides[1][number]
    ]
    rest_old, rest_new = (_unpaired(side, numbers) for side in (old, new))
    both = Counter({meaning: len(them) for meaning, them in rest_old.items()})
    both &= Counter({meaning: len(them) for meaning, them in rest_new.items()})
    for meaning, them in sorted(rest_old.items()):
        differences += [Difference("only_old", o.number, meaning, "", o.document_id) for o in them[both[meaning] :]]
    for meaning, them in sorted(rest_new.items()):
        differences += [Difference("only_new", n.number, "", meaning, n.document_id) for n in them[both[meaning] :]]
    return Comparison(len(old), len(new), agreed + both.total(), tuple(differences))


def recover(ledger: Ledger, comparison: Comparison, side: Side, actor: str) -> int:
    """Let what only this side said have its effect, though it did not speak; how many documents that were.

    What differs is left alone: there the other side's word had its effect, and a person must correct it.
    """
    alone = [d.document_id for d in comparison.differences if d.what == f"only_{side}" and d.document_id]
    with ledger.transaction() as tx:
        rows = [row for row in ledger.documents.load(tx, alone).values() if row.state == "settled"]
        posted = {posting.document_id for posting in ledger.postings.of_documents(tx, [row.id for row in rows])}
        silent = [row for row in rows if row.id not in posted]
        ledger.authorities.believe(tx, silent, actor)
        ledger.documents.set_state(tx, [row.id for row in silent], "open")
        ledger.work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in silent])
    return len(silent)


def _unpaired(side: Iterable[Said], numbers: set[str]) -> dict[str, list[Said]]:
    left: dict[str, list[Said]] = defaultdict(list)
    for one in side:
        if one.number not in numbers:
            left[one.meaning].append(one)
    return left


def _read(
    tx: Connection, crosswalk: CrosswalkStore, rows: Sequence[Row[Any]], contents: Mapping[Any, bytes]
) -> list[Said]:
    documents = [(row, document_from_json(contents[row.id])) for row in rows if row.id in contents]
    flow = ConsumptionFlow()
    codes = {code for _, document in documents if isinstance(document, Consumption) for code in flow.codes(document)}
    known = crosswalk.rows(tx, codes) if codes else []
    return [_said(row, document, known) for row, document in documents]


def _said(row: Row[Any], document: Document, known: Sequence[CrosswalkRow]) -> Said:
    if not isinstance(document, Consumption):
        number = next((value for _, value in document.business_keys()), "")
        return Said(number, digest_of(document)[:16], row.id)
    try:
        return Said(document.event_id, _meaning(row, document, known), row.id)
    except Held as held:
        return Said(document.event_id, f"not understood: {held.subject}", row.id)


def _meaning(row: Row[Any], document: Consumption, known: Sequence[CrosswalkRow]) -> str:
    names = Names(known, row.facility, document.occurred_at.date())
    item = names.item(document.identifiers)[0].target
    quantity = base_quantity(document.quantity.value, names.unit(document.quantity.unit or "", item))
    lot = f" lot {document.serial or document.lot}" if document.serial or document.lot else ""
    return f"{document.kind} {quantity.normalize():f} {item}{lot} at {names.location(document.location).target}"
