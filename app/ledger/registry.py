"""The register of master data: items, suppliers, what suppliers offer, cost centres and departments.

The ledger's own copy of what Odoo knows, kept by the synchronisation, so that policy decides while Odoo is down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.columns import Exact, Id, Instant
from app.ledger.database import insert
from app.ledger.tables import metadata
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.model.party import Party, PartyIdentifier

item = Table(
    "registry_item",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("name", String(300), nullable=False),
    Column("category", String(200), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("tracking", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("purchasable", Boolean, nullable=False),
    Column("criticality", String(16), nullable=False),
    Column("clinical", Boolean, nullable=False),
    Column("standard_price", Exact),
    Column("updated_at", Instant, nullable=False),
)
supplier = Table(
    "registry_supplier",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("name", String(300), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("updated_at", Instant, nullable=False),
)
supplier_identifier = Table(
    "registry_supplier_identifier",
    metadata,
    Column("scheme", String(16), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("supplier", String(64), primary_key=True),
)
offer = Table(
    "registry_offer",
    metadata,
    Column("id", Id, primary_key=True),
    Column("item", String(64), nullable=False),
    Column("supplier", String(64), nullable=False),
    Column("price", Exact, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("factor", Exact, nullable=False),
    Column("minimum", Exact, nullable=False),
    Column("supplier_code", String(100)),
    Column("contract", String(100)),
    Column("lead_days", Integer, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("preferred", Boolean, nullable=False),
    Index("ix_registry_offer_item", "item"),
    Index("ix_registry_offer_supplier", "supplier"),
)
code = Table(
    "registry_code",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", String(300), nullable=False),
)

OFFER = tuple(Offer.__dataclass_fields__)
ITEM = tuple(ItemFacts.__dataclass_fields__)
COST_CENTRE, DEPARTMENT = "cost_centre", "department"


class Registry:
    """What is known of items, suppliers and offers."""

    def items(self, tx: Connection, references: Collection[str]) -> dict[str, ItemFacts]:
        """The items with these references, as far as they are known."""
        rows = tx.execute(sa.select(item).where(item.c.reference.in_(list(references))))
        return {row.reference: ItemFacts(**{name: getattr(row, name) for name in ITEM}) for row in rows}

    def suppliers(self, tx: Connection, references: Collection[str]) -> dict[str, SupplierFacts]:
        """The suppliers with these references, as far as they are known."""
        wanted = list(references)
        named: dict[str, list[PartyIdentifier]] = defaultdict(list)
        known = supplier_identifier
        for row in tx.execute(sa.select(known).where(known.c.supplier.in_(wanted)).order_by(known.c.scheme)):
            named[row.supplier].append(PartyIdentifier(row.scheme, row.value))
        rows = tx.execute(sa.select(supplier).where(supplier.c.reference.in_(wanted)))
        return {row.reference: _supplier(row, named[row.reference]) for row in rows}

    def every_supplier(self, tx: Connection) -> list[SupplierFacts]:
        """All suppliers, those that are inactive too."""
        return list(self.suppliers(tx, tx.scalars(sa.select(supplier.c.reference)).all()).values())

    def offers(self, tx: Connection, items: Collection[str]) -> dict[str, list[Offer]]:
        """Every offer for these items, those whose time is over or has not come too."""
        found: dict[str, list[Offer]] = {reference: [] for reference in items}
        order = (offer.c.supplier, offer.c.minimum, offer.c.valid_from, offer.c.id)
        for row in tx.execute(sa.select(offer).where(offer.c.item.in_(list(items))).order_by(*order)):
            found[row.item].append(Offer(**{name: getattr(row, name) for name in OFFER}))
        return found

    def offers_of(self, tx: Connection, supplier: str) -> list[Offer]:
        """Everything that a supplier offers, in the order of the items."""
        query = sa.select(offer).where(offer.c.supplier == supplier)
        rows = tx.execute(query.order_by(offer.c.item, offer.c.minimum, offer.c.valid_from, offer.c.id))
        return [Offer(**{name: getattr(row, name) for name in OFFER}) for row in rows]

    def supplier_of(self, tx: Connection, party: Party) -> str | None:
        """The supplier that a party is, by its identifiers; by its name alone only where one supplier has it."""
        named = [(one.scheme, one.value) for one in party.identifiers]
        own = [value for scheme, value in named if scheme == "internal"]
        if own and (found := tx.scalar(sa.select(supplier.c.reference).where(supplier.c.reference.in_(own)))):
            return str(found)
        pairs = sa.tuple_(supplier_identifier.c.scheme, supplier_identifier.c.value)
        bearers = set(tx.scalars(sa.select(supplier_identifier.c.supplier).where(pairs.in_(named)))) if named else set()
        if not bearers and party.name:
            bearers = set(tx.scalars(sa.select(supplier.c.reference).where(supplier.c.name == party.name)))
        return bearers.pop() if len(bearers) == 1 else None

    def codes(self, tx: Connection, kind: str) -> dict[str, str]:
        """The names of all cost centres or departments by their code."""
        rows = tx.execute(sa.select(code.c.code, code.c.name).where(code.c.kind == kind))
        return {row[0]: row[1] for row in rows}

    def put_items(self, tx: Connection, facts: Iterable[ItemFacts]) -> None:
        """Enter items, or bring them up to date."""
        at = ids.now()
        _upsert(tx, item, ("reference",), [_columns(one, ITEM) | {"updated_at": at} for one in facts])

    def put_suppliers(self, tx: Connection, facts: Iterable[SupplierFacts]) -> None:
        """Enter suppliers with all their identifiers, or bring them up to date."""
        known, at = list(facts), ids.now()
        names = ("reference", "name", "active", "approved", "currency")
        _upsert(tx, supplier, ("reference",), [_columns(one, names) | {"updated_at": at} for one in known])
        theirs = supplier_identifier.c.supplier.in_([one.reference for one in known])
        tx.execute(sa.delete(supplier_identifier).where(theirs))
        rows = [
            {"scheme": named.scheme, "value": named.value, "supplier": one.reference}
            for one in known
            for named in dict.fromkeys(one.identifiers)
        ]
        if rows:
            tx.execute(sa.insert(supplier_identifier), rows)

    def put_offers(self, tx: Connection, offers: Iterable[Offer]) -> None:
        """Enter offers in the place of all that these suppliers offered for these items before."""
        new = list(offers)
        pairs = sorted({(one.supplier, one.item) for one in new})
        if pairs:
            tx.execute(sa.delete(offer).where(sa.tuple_(offer.c.supplier, offer.c.item).in_(pairs)))
            tx.execute(sa.insert(offer), [_columns(one, OFFER) | {"id": ids.new_id()} for one in new])

    def replace_offers(self, tx: Connection, reference: str, offers: Iterable[Offer]) -> None:
        """Enter an item's offers in the place of all that it had."""
        tx.execute(sa.delete(offer).where(offer.c.item == reference))
        tx.execute(sa.insert(offer), [_columns(one, OFFER) | {"id": ids.new_id()} for one in offers])

    def drop_offers_besides(self, tx: Connection, items: Collection[str]) -> int:
        """Forget the offers of all other items; how many there were."""
        gone = [reference for reference in tx.scalars(sa.select(offer.c.item).distinct()) if reference not in items]
        return tx.execute(sa.delete(offer).where(offer.c.item.in_(gone))).rowcount if gone else 0

    def put_codes(self, tx: Connection, kind: str, names: Mapping[str, str]) -> None:
        """Enter cost centres or departments, or bring their names up to date."""
        _upsert(tx, code, ("kind", "code"), [{"kind": kind, "code": c, "name": n} for c, n in names.items()])


def _supplier(row: Row[Any], identifiers: Iterable[PartyIdentifier]) -> SupplierFacts:
    return SupplierFacts(row.reference, row.name, row.active, row.approved, row.currency, tuple(identifiers))


def _columns(one: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _upsert(tx: Connection, table: Table, keys: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    added = insert(tx, table)
    others = {name: added.excluded[name] for name in rows[0] if name not in keys}
    tx.execute(added.on_conflict_do_update(index_elements=list(keys), set_=others), rows)
