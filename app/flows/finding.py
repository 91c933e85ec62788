"""After the ledger was restored from a backup: what Odoo was given since then is found again, and given no second time.

``wardline completeness find`` does it before the workers start. Every transfer in Odoo tells its events by their marks;
those of transfers that this ledger never sent are noted, and when their events come, from the backup or because their
senders send them again, they are posted already. The lines of an order tell their requisition by their keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from app import ids
from app.ledger.audit import Event
from app.ledger.found import Found
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.odoo.erp import Erp
from app.odoo.order_writing import plain
from app.odoo.proof import Named, Trace

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finds:
    """What was found and is not known here: transfers of events, how many of these were noted, and by their names the
    orders, and the transfers between our own places.
    """

    transfers: int = 0
    events: int = 0
    orders: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Finds."""

    ledger: Ledger
    erp: Erp

    def find(self, since: datetime, actor: str) -> Finds:
        """Note the transfers and orders since a moment that the ledger does not know.

        A transfer that was made and not completed is withdrawn, for nobody would ever complete it. Control numbers
        that partners may have had since are left out. May be repeated. Raises what Odoo's connection raises.
        """
        traces = {trace.key: trace for trace in self.erp.proof.traces(since)}
        orders, carried = self.erp.proof.ordered(since), self.erp.proof.carried(since)
        with self.ledger.reading() as tx:
            unknown = self.ledger.found.unknown(tx, list(traces))
            orders, carried = self._unknown(tx, orders), self._unknown(tx, carried)
        chosen = [trace for trace in traces.values() if trace.key in unknown and self._is_done(trace)]
        with self.ledger.transaction() as tx:
            noted = sum(self._note(tx, trace.key, trace, trace.events) for trace in chosen)
            for key, record in (*orders.items(), *carried.items()):
                self._note(tx, key, record, [_mark(key)])
            self.ledger.interchanges.skip_numbers(tx)
            finds = Finds(len(chosen), noted, _names(orders), _names(carried))
            detail = {"since": since.isoformat(), **asdict(finds)}
            self.ledger.audit.append(tx, [Event("ledger.found", actor, detail=detail)])
        log.warning("ledger.found", **detail)
        return finds

    def _unknown(self, tx: Connection, records: Mapping[str, Named]) -> dict[str, Named]:
        return {key: record for key, record in records.items() if self.ledger.postings.by_key(tx, key) is None}

    def _note(self, tx: Connection, key: str, record: Named | Trace, marks: Collection[str]) -> int:
        return self.ledger.found.note(tx, Found(key, record.record_id, record.record_name), marks)

    def _is_done(self, trace: Trace) -> bool:
        return trace.state == "done" or self.erp.stock.revoke(trace.key).state == "done"


def found(tx: Connection, ledger: Ledger, keys: Iterable[str]) -> dict[str, int]:
    """The records' ids of those of the keys of postings that Odoo was found to have."""
    marks = {_mark(key): key for key in keys}
    return {marks[mark]: record.record_id for mark, record in ledger.found.of(tx, marks).items()}


def with_found(tx: Connection, ledger: Ledger, orders: Sequence[NewPosting]) -> tuple[NewPosting, ...]:
    """Orders to be placed; the effects of those that Odoo was found to have name them (``found``)."""
    known = found(tx, ledger, [order.key for order in orders])
    return tuple(
        replace(order, effect={**order.effect, "found": known[order.key]}) if order.key in known else order
        for order in orders
    )


def _names(records: Mapping[str, Named]) -> tuple[str, ...]:
    return tuple(sorted({record.record_name for record in records.values()}))


def _mark(key: str) -> str:
    """What an order is noted under: the key of its posting, as Odoo has it, may be longer than a mark."""
    return ids.digest(plain(key).encode())[:32]
