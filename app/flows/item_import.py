"""Items by the hundred thousand: a whole file put into Odoo in few calls, what is as it was in none.

Used by ``wardline master import``. The rules are those of single records: who owns a field, what is disputed, what is
refused; a row that cannot be put is told with its reason and hinders no other. A second run finds nothing to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app import ids
from app.crosswalk.names import Names
from app.crosswalk.store import CrosswalkStore
from app.errors import Held
from app.flows import item, rules
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.item_record import ItemRecord
from app.odoo import faults
from app.odoo.erp import Erp
from app.odoo.products import Kept, New
from app.policy.ownership import Ownership, weigh

SET = 500
"""How many items go into one call and one transaction."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: created, changed, unchanged; or left out: conflict, held, refused, repeated."""

    row: int
    reference: str
    outcome: str
    detail: str = ""


@dataclass
class _Set:
    """The rows of one call on their way."""

    wanted: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def end(self, reference: str, outcome: str, detail: str = "") -> None:
        """Tell what became of one of them."""
        row, _ = self.wanted.pop(reference)
        self.outcomes.append(Outcome(row, reference, outcome, detail))


@dataclass
class ItemImport:
    """Puts records into Odoo, set by set; ``actor`` is who does it, ``channel`` whose word they are."""

    ledger: Ledger
    erp: Erp
    crosswalk: CrosswalkStore
    channel: Channel
    actor: str
    _seen: set[str] = field(default_factory=set)

    def run(self, records: Sequence[ItemRecord]) -> Iterator[list[Outcome]]:
        """The outcomes of each set once it is done. Raises what the gateway raises; sets before it are done then."""
        for start in range(0, len(records), SET):
            yield self._put(list(enumerate(records[start : start + SET], start + 1)))

    def _put(self, rows: Sequence[tuple[int, ItemRecord]]) -> list[Outcome]:
        some, ownership, last = self._read(rows)
        found = self.erp.products.find(some.wanted) if some.wanted else {}
        known = self.erp.products.categories({values.get("category", "") for _, values in some.wanted.values()})
        new, changes = [], []
        for reference, (_, told) in list(some.wanted.items()):
            values = {name: value for name, value in told.items() if name != "category" or value in known}
            try:
                kept = item.only(found.get(reference, []), reference)
            except Held as held:
                some.end(reference, "held", held.hint)
                continue
            if kept is None and values.get("active") is False:
                some.end(reference, "unchanged", "Odoo does not have it")
            elif kept is None:
                new.append(New(reference, values))
            elif change := self._weighed(some, kept, values, last.get(reference, {}), ownership):
                changes.append(change)
        self._write(some, new, changes)
        return some.outcomes

    def _read(self, rows: Sequence[tuple[int, ItemRecord]]) -> tuple[_Set, Ownership, Mapping[str, Mapping[str, Any]]]:
        """The rows with what is known of them; those that need no call have their outcome already."""
        some, day = _Set(), ids.now().date()
        codes = {code for _, record in rows for code in (record.number, *(one.value for one in record.identifiers))}
        with self.ledger.reading() as tx:
            names = Names(self.crosswalk.rows(tx, codes), self.channel.facility, day)
            for row, record in rows:
                try:
                    reference = item.reference_of(names, record)
                except Held as held:
                    some.outcomes.append(Outcome(row, record.number, "held", held.hint))
                    continue
                if reference in self._seen:
                    some.outcomes.append(Outcome(row, reference, "repeated", "the file has it before"))
                    continue
                self._seen.add(reference)
                some.wanted[reference] = (row, item.values_of(record))
            last = self.ledger.master_values.last(tx, item.KIND, list(some.wanted))
            there = self.ledger.registry.items(tx, list(some.wanted))
            ownership = rules.in_force(tx, self.ledger).ownership
        for reference, (_, values) in list(some.wanted.items()):
            if reference in there and all(last.get(reference, {}).get(name) == one for name, one in values.items()):
                some.end(reference, "unchanged")
        return some, ownership, last

    def _weighed(
        self, some: _Set, kept: Kept, values: Mapping[str, Any], last: Mapping[str, Any], ownership: Ownership
    ) -> tuple[Kept, Mapping[str, Any]] | None:
        owners = {name: ownership.owner(item.KIND, name) for name in values}
        weighed = weigh(values, kept.values, last, owners, self.channel.name)
        if weighed.conflicts:
            some.end(kept.reference, "conflict", item.conflict(kept.reference, weighed.conflicts, owners).hint)
            return None
        return kept, weighed.writes

    def _write(self, some: _Set, new: Sequence[New], changes: Sequence[tuple[Kept, Mapping[str, Any]]]) -> None:
        products = self.erp.products
        for one in _each(new, products.create):
            some.end(one.reference, "refused", "Odoo refuses it; enter it there by hand to see why")
        real = [change for change in changes if change[1]]
        for kept, _ in _each(real, products.update):
            some.end(kept.reference, "refused", "Odoo refuses the change; make it there by hand to see why")
        made = products.find([one.reference for one in new if one.reference in some.wanted]) if new else {}
        kept_now = [one[0] for one in made.values()]
        kept_now += [
            Kept(kept.id, kept.reference, kept.unit, {**kept.values, **writes})
            for kept, writes in changes
            if kept.reference in some.wanted
        ]
        with self.ledger.transaction() as tx:
            item.remember(tx, self.ledger, kept_now)
            for reference in list(some.wanted):
                changed = any(kept.reference == reference for kept, _ in real)
                some.end(reference, "created" if reference in made else "changed" if changed else "unchanged")
            detail = dict(Counter(one.outcome for one in some.outcomes))
            self.ledger.audit.append(tx, [Event("items.imported", self.actor, detail=detail)])


def _each(things: Sequence[T], do: Callable[[Sequence[T]], object]) -> Iterable[T]:
    """Do it with all at once; where Odoo refuses, by halves, down to those that it refuses, which are returned."""
    if not things:
        return []
    try:
        do(things)
    except faults.Declined:
        if len(things) == 1:
            return things
        half = len(things) // 2
        return [*_each(things[:half], do), *_each(things[half:], do)]
    return []
