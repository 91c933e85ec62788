"""Recalls: what became of one lot, serial number or UDI everywhere, and that nothing more becomes of it.

``refuse_recalled`` is asked by the flows of consumption and receipt; the sweep by ``wardline recall`` and
``POST /v1/recalls``. It looks at what is in flight, in stock, on its way, received and consumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.crosswalk.store import CrosswalkStore
from app.errors import Held, Unavailable
from app.ledger import tables
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.levels import Where
from app.model import udi
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.item import SCHEMES
from app.model.schema import document_from_json
from app.model.setup import Setup
from app.model.supply import Figure
from app.odoo.erp import Erp
from app.odoo.gateway import Transfer
from app.odoo.rebalancing import Load

CAUSE = "recalled"
HINT = "A recall of it is open; lift it with `wardline recall lift` when it is settled, then this goes on by itself."
MOST = 5000
"""Documents that one sweep shows."""


def refuse_recalled(tx: Connection, ledger: Ledger, lots: Iterable[tuple[str, str | None]]) -> None:
    """Raise Held where one of these lots, each an (item, number), is under an open recall."""
    found = ledger.recalls.against(tx, [(item, number) for item, number in lots if number])
    if found is not None:
        raise Held("recalled", subject_of(found.number), HINT)


def subject_of(number: str) -> str:
    """What the holds of a recall are about."""
    return f"lot {number}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is recalled: the lot or serial ``number``, and every spelling of it that documents may have."""

    number: str
    told_as: str
    item: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """The number alone, and the UDI as it was told."""
        return tuple(dict.fromkeys((self.number, self.told_as)))


@dataclass(frozen=True, slots=True)
class Seen:
    """A document that names the recalled lot; ``where`` is a location, or the orders of a notice."""

    document_id: UUID
    message_id: UUID
    kind: str
    state: str
    facility: str
    occurred_at: datetime
    item: str
    quantity: Decimal | None
    where: str
    case: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """Everything that is known of a recalled lot.

    ``stock`` is Odoo's own at ``stock_as_of``, which is now unless Odoo is down. ``unread`` messages are in the house
    that nobody has read yet. ``whole`` is False where there are more documents than are shown.
    """

    sought: Sought
    in_flight: tuple[Seen, ...]
    stock: tuple[Figure, ...]
    stock_as_of: datetime | None
    shipped: tuple[Seen, ...]
    received: tuple[Seen, ...]
    consumed: tuple[Seen, ...]
    unread: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Recalling:
    """Sweeps, holds and quarantines."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    crosswalk: CrosswalkStore

    def sought(self, text: str, item: str = "") -> Sought:
        """What is meant by a lot, a serial number or a UDI: its number and, where the crosswalk knows it, its item."""
        carrier = udi.parse(text)
        number = carrier.serial or carrier.lot or text.strip()
        if not item and carrier.gtin:
            with self.ledger.reading() as tx:
                rows = self.crosswalk.rows(tx, [carrier.gtin])
            targets = {row.target for row in rows if row.kind == "item"}
            item = targets.pop() if len(targets) == 1 else ""
        return Sought(number, text.strip(), item)

    def sweep(self, wanted: Sought) -> Sweep:
        """Look everywhere; where Odoo is down its stock is told as it was last known."""
        stock, as_of = self._stock(wanted)
        with self.ledger.reading() as tx:
            rows = self.ledger.recalls.documents(tx, wanted.spellings, MOST + 1)
            seen = self._seen(tx, wanted, [*rows[-MOST:], *self._held(tx, wanted, rows)])
            unread = tx.scalar(_unread()) or 0
        flight = tuple(one for one in seen if one.state in ("open", "held"))
        ended = [one for one in seen if one.state == "settled"]
        of_kind = {kind: tuple(one for one in ended if one.kind == kind) for kind in _KINDS}
        shipped, received, consumed = (of_kind[kind] for kind in _KINDS)
        return Sweep(wanted, flight, stock, as_of, shipped, received, consumed, unread, len(rows) <= MOST)

    def open(self, wanted: Sought, reason: str, actor: str) -> tuple[Row[Any], int]:
        """Open the recall and hold what is in flight; the recall, and how many documents are held for it now.

        What a worker has in hand this moment is not taken from it; what it has not resolved yet it will hold itself.
        """
        with self.ledger.transaction() as tx:
            row = self.ledger.recalls.open(tx, wanted.number, wanted.item, wanted.told_as, reason, actor)
        with self.ledger.reading() as tx:
            rows = self.ledger.recalls.documents(tx, wanted.spellings, MOST)
            flight = [one.document_id for one in self._seen(tx, wanted, rows) if one.state == "open"]
        for document_id in flight:
            with self.ledger.transaction() as tx:
                self._hold(tx, document_id, wanted)
        with self.ledger.reading() as tx:
            return row, self.ledger.holds.count(tx, CAUSE, subject_of(wanted.number))

    def lift(self, recall_id: UUID, actor: str) -> int:
        """End a recall and let go what waited for it; how many documents went on."""
        with self.ledger.transaction() as tx:
            row = self.ledger.recalls.lift(tx, recall_id, actor)
        return self.ledger.holds.release(CAUSE, subject_of(row.number), actor)

    def quarantine(self, wanted: Sought, origin: str) -> list[Transfer]:
        """Reserve what is free of the lot for a transfer to the quarantine of each site that has one.

        What was reserved before is not free any more, so that a repetition takes only what has come since. Raises
        Held where Odoo refuses, Unavailable while it is down.
        """
        made = []
        for figure in self.erp.supply.of_lots([wanted.number]):
            place = self._quarantine_of(figure)
            free = figure.quantity - figure.reserved
            if place and free > 0 and figure.location != place and wanted.item in ("", figure.item):
                key, loads = f"recall_{ids.new_id().hex}", [Load(figure.item, free, figure.lot)]
                made.append(self.erp.supply.transfers.make(key, figure.location, place, loads, origin))
        return made

    def _quarantine_of(self, figure: Figure) -> str:
        sites = self.setup.facilities.values()
        return next((s.quarantine for s in sites if s.warehouse_code == figure.warehouse and s.quarantine), "")

    def _stock(self, wanted: Sought) -> tuple[tuple[Figure, ...], datetime | None]:
        at = ids.now()
        try:
            found = self.erp.supply.of_lots([wanted.number])
        except Unavailable:
            with self.ledger.reading() as tx:
                at_last = self.ledger.levels.watch(tx).seen_at
                rows = self.ledger.levels.figures(tx, Where(lot=wanted.number), MOST)
            found = tuple(Figure(r.item, r.location, r.facility, r.lot, r.quantity, r.reserved, r.unit) for r in rows)
            return tuple(f for f in found if wanted.item in ("", f.item)), at_last
        return tuple(f for f in found if wanted.item in ("", f.item)), at

    def _seen(self, tx: Connection, wanted: Sought, rows: Sequence[Row[Any]]) -> list[Seen]:
        chosen = [row.id for row in rows]
        keys = self.ledger.recalls.keys(tx, chosen)
        postings = {p.document_id: p for p in self.ledger.postings.of_documents(tx, chosen)}
        contents = {key: document_from_json(value) for key, value in self.ledger.documents.contents(tx, chosen).items()}
        codes = self._codes(tx, wanted.item)
        seen = []
        for row in rows:
            effect = postings[row.id].effect if row.id in postings else {}
            named = {value for kind, value in keys[row.id] if kind in SCHEMES} | {*filter(None, [effect.get("item")])}
            # What names no item at all may well be about this one.
            if not codes or not named or named & codes:
                seen.append(_told(row, effect, contents.get(row.id), dict(keys[row.id]), wanted))
        return seen

    def _held(self, tx: Connection, wanted: Sought, known: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Documents held for the recall that do not name the lot: a receipt may only name the notice that does."""
        members = self.ledger.holds.members(tx, CAUSE, subject_of(wanted.number), MOST)
        others = {member.document_id for member in members} - {row.id for row in known}
        return list(self.ledger.documents.load(tx, others).values())

    def _codes(self, tx: Connection, item: str) -> set[str]:
        """Every outside code of the item; empty where any item is meant."""
        if not item:
            return set()
        rows = self.crosswalk.rows(tx)
        return {item} | {row.code for row in rows if row.kind == "item" and row.target == item}

    def _hold(self, tx: Connection, document_id: UUID, wanted: Sought) -> None:
        self.ledger.documents.lock(tx, [document_id])
        row = self.ledger.documents.load(tx, [document_id])[document_id]
        if row.state != "open":
            return
        taken = self.ledger.work.drop(tx, "resolve", document_id)
        for posting in self.ledger.postings.of_documents(tx, [document_id]):
            if posting.batch_id is None and self.ledger.work.drop(tx, "post", posting.id):
                self.ledger.postings.set_state(tx, [posting.id], "blocked", f"held.{CAUSE}")
                taken = True
        if taken or row.blocked_by:
            self.ledger.holds.open(tx, row, Cause("recalled", subject_of(wanted.number), HINT))


_KINDS = ("ship_notice", "goods_receipt", Consumption.document_kind)


def _told(
    row: Row[Any], effect: dict[str, Any], document: Document | None, keys: dict[str, str], wanted: Sought
) -> Seen:
    item, quantity, where = effect.get("item", ""), effect.get("quantity"), effect.get("stock_location", "")
    if isinstance(document, Consumption):
        quantity, where = quantity or document.quantity.value, where or document.location
        item = item or document.identifiers[0].value
    elif document is not None:
        lines = [line for line in getattr(document, "lines", ()) if _names(line, wanted)]
        amounts = [line.quantity.value if hasattr(line, "quantity") else line.received.value for line in lines]
        quantity = sum(amounts, Decimal(0)) if amounts else None
        item = next((i.value for line in lines for i in line.identifiers), "")
    where = where or keys.get("purchase_order", "")
    amount = Decimal(quantity) if quantity is not None else None
    ends = (row.id, row.message_id, row.kind, row.state, row.facility, row.occurred_at)
    return Seen(*ends, item, amount, where, keys.get("case", ""))


def _names(line: Any, wanted: Sought) -> bool:
    marks = {getattr(line, name, None) for name in ("lot", "serial", "udi")}
    return bool(marks & set(wanted.spellings))


def _unread() -> sa.Select[Any]:
    message = tables.message
    return sa.select(sa.func.count()).select_from(message).where(message.c.state == "accepted")
