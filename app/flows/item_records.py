"""Items of Odoo as records for the systems that keep items of their own: what an EHR's item master is told.

Pure; used by ``app.flows.publishing`` and by ``wardline master export``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.ids import digest
from app.model import trade_units
from app.model.item import Identifier
from app.model.item_record import ItemRecord, ItemSource, Pack
from app.model.master import Offer
from app.model.party import Party, PartyIdentifier
from app.model.schema import document_to_json
from app.model.trade import Upkeep
from app.odoo.master import KnownItem

COMPARED = (
    "description", "status", "category", "base_unit", "lot_tracked", "serial_tracked", "packs", "identifiers",
)  # fmt: skip
"""Fields in which a record of ours can say something else than what a system told us."""


def record(known: KnownItem, offers: Iterable[Offer], suppliers: Mapping[str, str]) -> ItemRecord:
    """An item with its packs and suppliers; ``suppliers`` are their names by reference."""
    facts = known.facts
    base = trade_units.told(Decimal(1), facts.unit, Decimal(1))
    return ItemRecord(
        number=facts.reference,
        action="update" if facts.active else "deactivate",
        identifiers=tuple(Identifier("gtin", gtin) for gtin in known.gtins[:1]),
        description=facts.name,
        status="active" if facts.active else "inactive",
        category=facts.category or None,
        base_unit=base.unit,
        common_unit=base.common_unit,
        lot_tracked=facts.tracking == "lot",
        serial_tracked=facts.tracking == "serial",
        packs=tuple(_packs(known)),
        sources=tuple(_sources(offers, suppliers)),
    )


def gone(reference: str) -> ItemRecord:
    """The record of an item that Odoo no longer has."""
    return ItemRecord(number=reference, action="deactivate", status="inactive")


def fingerprint(known: ItemRecord) -> str:
    """What tells one state of an item from another."""
    return digest(document_to_json(known))


def says_nothing_new(ours: ItemRecord, theirs: ItemRecord) -> bool:
    """Whether a system told us all that we could tell it: what one of both leaves open is no difference."""
    return all(_agree(getattr(ours, name), getattr(theirs, name)) for name in COMPARED)


def _agree(ours: object, theirs: object) -> bool:
    if ours in (None, ()) or theirs in (None, ()):
        return True
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return set(map(_named, theirs)) >= {_named(one) for one in ours if _kind(one) in set(map(_kind, theirs))}
    return ours == theirs


def _named(one: object) -> object:
    """What an entry says; of a pack its unit and what it holds."""
    return (one.unit, one.quantity) if isinstance(one, Pack) else one


def _kind(one: object) -> object:
    """What an entry speaks of: a number of one scheme, a pack of one unit."""
    return one.unit if isinstance(one, Pack) else getattr(one, "scheme", None)


def _packs(known: KnownItem) -> Iterator[Pack]:
    for name, factor in known.packs:
        unit = trade_units.told(Decimal(1), name, factor)
        yield Pack(unit.unit or name, factor, unit.common_unit)


def _sources(offers: Iterable[Offer], suppliers: Mapping[str, str]) -> Iterator[ItemSource]:
    """Each supplier of the item once, with its own number for it."""
    by_supplier: dict[str, Offer] = {}
    for one in sorted(offers, key=lambda offer: (offer.supplier, offer.minimum, str(offer.valid_from))):
        by_supplier.setdefault(one.supplier, one)
    for reference, offer in by_supplier.items():
        party = Party((PartyIdentifier("internal", reference),), suppliers.get(reference) or reference)
        yield ItemSource(party, offer.supplier_code)


def as_hl7(found: ItemRecord, own: Iterable[str], left_out: dict[str, None]) -> ItemRecord:
    """The record as MFN^M16 has places for it: units stand in the packs of a supplier (PKG), and nowhere else.

    ``own`` are the things that the partner's own segments hold.
    """
    placed = set(own) | {"manufacturer", "unspsc"}
    gtin = next((one.value for one in found.identifiers if one.scheme == "gtin" and "gtin" not in placed), None)
    base = (Pack(found.base_unit, Decimal(1), found.common_unit, gtin),) if found.base_unit else ()
    packs: Sequence[Pack] = (*base, *found.packs)
    sources = tuple(replace(one, packs=tuple(packs)) if not one.packs else one for one in found.sources)
    lost = {one.scheme for one in found.identifiers if one.scheme not in placed and not (gtin and sources)}
    lost |= {"packs"} if found.packs and not sources else set()
    kept_unit = sources or "base_unit" in placed
    lost |= {"base_unit"} if found.base_unit and not kept_unit else set()
    left_out.update(dict.fromkeys(sorted(lost)))
    return replace(
        found,
        identifiers=tuple(one for one in found.identifiers if one.scheme in placed),
        packs=(),
        base_unit=found.base_unit if kept_unit else None,
        common_unit=found.common_unit if kept_unit else None,
        sources=sources,
    )


def as_fhir(found: ItemRecord, left_out: dict[str, None]) -> ItemRecord:
    """The record as InventoryItem has places for it: what an item is, not how it is packed, tracked and sold."""
    lost = [name for name in ("packs", "sources", "lot_tracked", "serial_tracked") if getattr(found, name)]
    left_out.update(dict.fromkeys(lost))
    action: Upkeep = "delete" if found.action == "delete" else "update"
    return replace(found, action=action, packs=(), sources=(), lot_tracked=None, serial_tracked=None)
