"""After the ledger was restored from a backup: what Odoo was given since then is found again, and given no second time.

``wardline completeness find`` does it before the workers start. Every transfer in Odoo tells its events by their marks;
those of transfers that this ledger never sent are noted, and when their events come, from the backup or because their
senders send them again, they are posted already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from app.ledger.audit import Event
from app.ledger.found import Found
from app.ledger.ledger import Ledger
from app.odoo.erp import Erp
from app.odoo.proof import Trace

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """Finds."""

    ledger: Ledger
    erp: Erp

    def find(self, since: datetime, actor: str) -> tuple[int, int]:
        """Note the transfers since a moment that the ledger does not know: how many, of how many events.

        One that was made and not completed is withdrawn, for nobody would ever complete it. May be repeated. Raises
        what Odoo's connection raises.
        """
        traces = {trace.key: trace for trace in self.erp.proof.traces(since)}
        with self.ledger.reading() as tx:
            unknown = self.ledger.found.unknown(tx, list(traces))
        chosen = [trace for trace in traces.values() if trace.key in unknown and self._is_done(trace)]
        with self.ledger.transaction() as tx:
            noted = sum(
                self.ledger.found.note(tx, Found(trace.key, trace.record_id, trace.record_name), trace.events)
                for trace in chosen
            )
            detail = {"since": since.isoformat(), "transfers": len(chosen), "events": noted}
            self.ledger.audit.append(tx, [Event("ledger.found", actor, detail=detail)])
        log.warning("ledger.found", **detail)
        return len(chosen), noted

    def _is_done(self, trace: Trace) -> bool:
        return trace.state == "done" or self.erp.stock.revoke(trace.key).state == "done"
