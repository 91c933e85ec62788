"""Master data from Odoo into the ledger's register and crosswalk: items, suppliers, contract prices, cost centres.

The job ``master.sync``. Policy decides on the register, and messages are understood by the crosswalk, so both must know
what Odoo's users change there. What is as it was costs no write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from app.crosswalk.files import NumberedRow
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.flows.base import Job
from app.ledger.ledger import Ledger
from app.ledger.registry import COST_CENTRE
from app.model.master import ItemFacts, Offer
from app.odoo.erp import Erp
from app.odoo.master import KnownItem

JOB, EVERY_SECONDS = "master.sync", 900.0
ACTOR = "odoo"
T = TypeVar("T")
SET = 1000
"""How many records go into one transaction."""


@dataclass(frozen=True, slots=True)
class MasterSync:
    """Brings the register and the crosswalk up to date."""

    ledger: Ledger
    erp: Erp
    crosswalk: CrosswalkStore

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does of it."""
        return (Job(JOB, EVERY_SECONDS, self.run),)

    def run(self) -> int:
        """Take over what is otherwise in Odoo; how many records that were. Raises Unavailable while Odoo is down."""
        items, offers = self.erp.master.items(), self.erp.master.offers()
        changed = self._items(items) + self._suppliers() + self._offers(offers)
        with self.ledger.transaction() as tx:
            self.ledger.registry.put_codes(tx, COST_CENTRE, self.erp.master.cost_centres())
        return changed + self._names(items, offers)

    def _items(self, items: Sequence[KnownItem]) -> int:
        changed = 0
        for chunk in _chunks(items):
            with self.ledger.transaction() as tx:
                known = self.ledger.registry.items(tx, [one.facts.reference for one in chunk])
                new = [_kept(one.facts, known.get(one.facts.reference)) for one in chunk]
                new = [facts for facts in new if facts != known.get(facts.reference)]
                self.ledger.registry.put_items(tx, new)
            changed += len(new)
        return changed

    def _suppliers(self) -> int:
        suppliers = self.erp.master.suppliers()
        with self.ledger.transaction() as tx:
            known = self.ledger.registry.suppliers(tx, [one.reference for one in suppliers])
            new = []
            for one in suppliers:
                before = known.get(one.reference)
                # Approval and the numbers that Odoo has no field for are kept here.
                extra = tuple(i for i in (before.identifiers if before else ()) if i not in one.identifiers)
                approved = before.approved if before else True
                currency = one.currency or (before.currency if before else "")
                facts = replace(one, approved=approved, currency=currency, identifiers=(*one.identifiers, *extra))
                if (
                    before is None
                    or _sorted(facts.identifiers) != _sorted(before.identifiers)
                    or facts != replace(before, identifiers=facts.identifiers)
                ):
                    new.append(facts)
            self.ledger.registry.put_suppliers(tx, new)
        return len(new)

    def _offers(self, offers: Sequence[Offer]) -> int:
        changed = 0
        by_item: dict[str, list[Offer]] = {}
        for one in offers:
            by_item.setdefault(one.item, []).append(one)
        for chunk in _chunks(sorted(by_item)):
            with self.ledger.transaction() as tx:
                known = self.ledger.registry.offers(tx, chunk)
                for item in chunk:
                    told = [one.remembering(known[item]) for one in by_item[item]]
                    if set(known[item]) != set(told):
                        self.ledger.registry.replace_offers(tx, item, told)
                        changed += 1
        with self.ledger.transaction() as tx:
            return changed + self.ledger.registry.drop_offers_besides(tx, set(by_item))

    def _names(self, items: Sequence[KnownItem], offers: Sequence[Offer]) -> int:
        """The crosswalk's rows for all these names; a row that a person wrote is left as it is."""
        rows = list(dict.fromkeys((*_item_rows(items), *_code_rows(offers))))
        with self.ledger.reading() as tx:
            known = {row.identity: row for row in self.crosswalk.rows(tx)}
        new = [row for row in rows if row.identity not in known]
        entries = [NumberedRow(number, row) for number, row in enumerate({row.identity: row for row in new}.values())]
        if entries:
            self.crosswalk.import_rows(entries, ACTOR)
        return len(entries)


def _kept(facts: ItemFacts, before: ItemFacts | None) -> ItemFacts:
    """Odoo's facts, with what Odoo has no field for as it was."""
    return replace(facts, criticality=before.criticality, clinical=before.clinical) if before else facts


def _item_rows(items: Iterable[KnownItem]) -> Iterator[CrosswalkRow]:
    for one in items:
        reference = one.facts.reference
        yield CrosswalkRow("item", reference, reference, scheme="internal")
        for gtin in one.gtins:
            yield CrosswalkRow("item", gtin, reference, scheme="gtin")
        for name, factor in one.packs:
            yield CrosswalkRow("unit", name, one.facts.unit, item=reference, factor=factor)
        yield CrosswalkRow("unit", one.facts.unit, one.facts.unit, item=reference, factor=Decimal(1))


def _code_rows(offers: Iterable[Offer]) -> Iterator[CrosswalkRow]:
    for one in offers:
        if one.supplier_code:
            yield CrosswalkRow("item", one.supplier_code, one.item, scheme="supplier")


def _sorted(identifiers: Iterable[object]) -> list[str]:
    return sorted(map(repr, identifiers))


def _chunks(records: Sequence[T]) -> Iterator[Sequence[T]]:
    return (records[start : start + SET] for start in range(0, len(records), SET))
