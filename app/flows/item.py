"""Items as clinical systems and catalogues tell them: into Odoo, once each, into the register and the crosswalk.

Who has the last word on a field is the rule book's section ``ownership``. What Odoo has is compared with what is told
and with what Wardline wrote last; a field that two have set differently holds the record, and nothing of it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.crosswalk.names import Names
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.errors import Held
from app.flows import rules
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.operations import Done, Followed
from app.flows.sending import is_ours, sendings
from app.flows.upkeep import ACTOR, take_over
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.gtin import gtin14
from app.model.item import Identifier
from app.model.item_record import ItemRecord
from app.model.master import ItemFacts
from app.model.schema import digest_of
from app.odoo import faults
from app.odoo.erp import Erp
from app.odoo.products import FIELDS, MODEL, Kept, New
from app.policy.ownership import weigh

PUT = "item.put"
KIND = "item"
CONFLICT = "field_conflict"
GONE = ("inactive", "discontinued")


class ItemFlow:
    """The flow of the document kind ``item``."""

    kind = ItemRecord.document_kind

    def identity(self, document: ItemRecord, facility: str, sender: str) -> str:
        """A record is the same where it says the same; ``take_over`` lets it be said again after another."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: ItemRecord) -> Iterable[str]:
        """The record's number, its GTINs, and the code of its unit."""
        yield document.number
        yield from (one.value for one in document.identifiers)
        if document.base_unit:
            yield document.base_unit

    def awaited(self, _: ItemRecord) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[ItemRecord]) -> Verdict:
        """Put it into Odoo. Raises Held for one whose identifiers name several items."""
        if is_ours(case):
            told = sendings(case.setup, case, case.document)
            return Effects(tuple(told), case.row.lane) if told else NoEffect("recorded")
        if wait := take_over(tx, ledger, case, "item", case.document.number):
            return wait
        names = Names(case.rows, case.row.facility, case.row.occurred_at.date())
        reference, values = reference_of(names, case.document), values_of(case.document)
        last = ledger.master_values.last(tx, KIND, [reference]).get(reference, {})
        known = reference in ledger.registry.items(tx, [reference])
        if known and all(last.get(name) == value for name, value in values.items()):
            return NoEffect("unchanged")
        ownership = rules.in_force(tx, ledger).ownership
        effect = {
            "reference": reference,
            "number": case.document.number,
            "values": values,
            "unit": _unit(names, case.document, reference),
            "last": last,
            "owners": {name: ownership.owner(KIND, name) for name in values},
            "sender": case.message.channel,
            "accepted": _accepted(tx, ledger, case.row),
        }
        posting = NewPosting(
            case.row.id, f"item:{case.row.id.hex}", PUT, f"odoo:item:{reference}", case.row.lane, effect
        )
        return Effects((posting,), case.row.lane)


@dataclass(frozen=True, slots=True)
class PutDone(Done):
    """The item as it is in Odoo now."""

    unit: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class PutItem:
    """The operation ``item.put``."""

    name = PUT

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Make the item or bring it up to date. Raises Held for fields that a person must decide."""
        reference, values = effect["reference"], _placed(erp, effect["values"])
        kept = only(erp.products.find([reference]).get(reference, []), reference)
        if kept is None and values.get("active") is False:
            return PutDone(MODEL, 0, "", {"state": "not there"})
        try:
            if kept is None:
                [record] = erp.products.create([New(reference, values, effect["unit"])])
                now = only(erp.products.find([reference]).get(reference, []), reference)
                return _done(now or Kept(record, reference, effect["unit"], values), True, sorted(values))
            weighed = weigh(values, kept.values, effect["last"], effect["owners"], effect["sender"], effect["accepted"])
            if weighed.conflicts:
                raise conflict(reference, weighed.conflicts, effect["owners"])
            if weighed.writes:
                erp.products.update([(kept, weighed.writes)])
        except faults.Declined as refusal:
            hint = "Odoo refused it; do the same by hand there to see why, mend that and release."
            raise Held("refused_by_odoo", f"item {reference}", hint) from refusal
        after = Kept(kept.id, reference, kept.unit, {**kept.values, **weighed.writes})
        return _done(after, False, sorted(weighed.writes), weighed.left)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Bring register and crosswalk up to date; what waited for the item goes on."""
        effect, done = followed.posting.effect, followed.done
        assert isinstance(done, PutDone)
        if not done.record_id:
            return
        remember(tx, ledger, [Kept(done.record_id, effect["reference"], done.unit, done.values)])
        for subject in (f"item internal:{effect['number']}", f"item internal:{effect['reference']}"):
            ledger.holds.release_in(tx, "item_unknown", subject, ACTOR)


def reference_of(names: Names, document: ItemRecord) -> str:
    """Our reference for a record's item: the crosswalk's, else its number. Raises Held (item_ambiguous)."""
    gtins = [one for one in document.identifiers if one.scheme == "gtin"]
    try:
        return names.item([Identifier("internal", document.number), *gtins])[0].target
    except Held as unknown:
        if unknown.cause != "item_unknown":
            raise
        return document.number


def values_of(document: ItemRecord) -> dict[str, Any]:
    """What a record tells of an item, in the words of ``FIELDS``; what it leaves open stays as it is."""
    gtin = next((code for one in document.identifiers if one.scheme == "gtin" and (code := gtin14(one.value))), None)
    told = {
        "name": document.description,
        "barcode": gtin,
        "category": document.category,
        "tracking": _tracking(document),
        "expires": document.expiry_tracked,
        "active": _active(document),
    }
    return {name: value for name, value in told.items() if value is not None}


def remember(tx: Connection, ledger: Ledger, items: Iterable[Kept]) -> None:
    """Register, last values and crosswalk as these items are in Odoo now."""
    kept = {one.reference: one for one in items}
    known = ledger.registry.items(tx, list(kept))
    facts = [_facts(one, known.get(one.reference)) for one in kept.values()]
    ledger.registry.put_items(tx, [one for one in facts if one != known.get(one.reference)])
    ledger.master_values.put(tx, KIND, {one.reference: one.values for one in kept.values()})
    CrosswalkStore(ledger.database, ledger.audit).add(tx, [row for one in kept.values() for row in _rows(one)], ACTOR)


def only(found: list[Kept], reference: str) -> Kept | None:
    """The item itself, the active one where there are several. Raises Held where that is not one."""
    active = [one for one in found if one.values["active"]] or found
    if len(active) > 1:
        raise Held("item_ambiguous_in_odoo", f"item {reference}", "Give one of them another reference, then release.")
    return active[0] if active else None


def conflict(reference: str, names: Iterable[str], owners: Mapping[str, str]) -> Held:
    """The hold for fields that were set differently by two."""
    told = ", ".join(f"{name} (owner {owner})" if (owner := owners.get(name, "*")) != "*" else name for name in names)
    hint = f"{told}: Odoo has something else that this sender did not write. Release to take the sender's, or cancel."
    return Held("field_conflict", f"item {reference}", hint)


def _placed(erp: Erp, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without a category that Odoo does not have: categories carry accounts, and are not made up."""
    category = values.get("category")
    known = not category or erp.products.categories({category})
    return {name: value for name, value in values.items() if name != "category" or known}


def _done(kept: Kept, created: bool, changed: list[str], left: Iterable[str] = ()) -> PutDone:
    facts = {"created": created, "changed": changed, "left_out": list(left)}
    return PutDone(MODEL, kept.id, kept.reference, facts, kept.unit, kept.values)


def _accepted(tx: Connection, ledger: Ledger, row: Row[Any]) -> list[str]:
    """All fields, where a person has released the record after a conflict."""
    holds = ledger.holds.of_documents(tx, [row.id])
    released = (hold for hold in holds if hold.resolution == "released" and hold.released_by != ACTOR)
    return list(FIELDS) if any(hold.cause == CONFLICT for hold in released) else []


def _unit(names: Names, document: ItemRecord, reference: str) -> str:
    if not document.base_unit:
        return ""
    try:
        return names.unit(document.base_unit, reference).target
    except Held:
        return document.base_unit


def _tracking(document: ItemRecord) -> str | None:
    if document.serial_tracked:
        return "serial"
    if document.lot_tracked:
        return "lot"
    return "none" if document.lot_tracked is False and document.serial_tracked is False else None


def _active(document: ItemRecord) -> bool | None:
    if document.action in ("deactivate", "delete") or document.status in GONE:
        return False
    return True if document.action in ("add", "reactivate") or document.status == "active" else None


def _facts(kept: Kept, before: ItemFacts | None) -> ItemFacts:
    values = kept.values
    return ItemFacts(
        kept.reference,
        values.get("name", ""),
        values.get("category") or "",
        kept.unit,
        values.get("tracking", "none"),
        values.get("active", True),
        before.purchasable if before else True,
        before.criticality if before else "routine",
        before.clinical if before else False,
        before.standard_price if before else None,
    )


def _rows(kept: Kept) -> Iterator[CrosswalkRow]:
    yield CrosswalkRow("item", kept.reference, kept.reference, scheme="internal")
    if code := gtin14(kept.values.get("barcode") or ""):
        yield CrosswalkRow("item", code, kept.reference, scheme="gtin")
    if kept.unit:
        yield CrosswalkRow("unit", kept.unit, kept.unit, item=kept.reference, factor=Decimal(1))
