"""Figure 8: a file of 10,000 lines, taken in and read into the ledger, against COPY of the same rows.

Called by ``ops.bench.__main__``. Both go into databases of one PostgreSQL, from one process and one connection, and
each side is one file after the other. The bare COPY gets its rows ready-made; ours reads, checks and encrypts them.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from app import ids
from app.flows.intake import Sending
from app.ledger import tables
from app.services import Services, build
from ops.bench.accounts import WrongWork
from ops.bench.events import Use, message, mixed
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import Plan

FIGURE = "8  a file of 10,000 lines, against COPY of the same rows"
LINES = 10_000
LANE = "bulk"
COPY, ACCEPTED, READ = "COPY", "accepted", "accepted and read into documents"
TABLE = "CREATE TABLE copied (id uuid PRIMARY KEY, department text, item text, lot text, quantity numeric)"


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return 2 * plan.versus_rounds


def measure(place: Place, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """One file on each side in every round. Raises WrongWork."""
    rates = Rounds(FIGURE, "lines/s")
    services = build(place.ledger("files"))
    engine = sa.create_engine(place.database("copy").replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as tx:
        tx.exec_driver_sql(TABLE)
    for number in range(plan.versus_rounds):
        uses = mixed(LINES, seed=number)
        rates.add(COPY, _copied(engine, uses))
        tick()
        accepted, read = _taken_in(services, uses)
        rates.add(ACCEPTED, accepted)
        rates.add(READ, read)
        tick()
    engine.dispose()
    services.ledger.database.close()
    return [rates.line(COPY), rates.line(ACCEPTED, COPY), rates.line(READ, COPY)]


def _copied(engine: sa.Engine, uses: Sequence[Use]) -> float:
    """Lines a second by COPY in one transaction, from text that is ready."""
    text = io.StringIO()
    csv.writer(text).writerows((ids.new_id(), u.department, u.item, u.lot or "", u.quantity) for u in uses)
    begun = time.perf_counter()
    with engine.begin() as tx:
        connection: Any = tx.connection.driver_connection
        with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN CSV") as copy:
            copy.write(text.getvalue())
    return len(uses) / (time.perf_counter() - begun)


def _taken_in(services: Services, uses: Sequence[Use]) -> tuple[float, float]:
    """Lines a second until the file is accepted, and until every line is a document in the ledger."""
    body = message(uses)
    before = _documents(services)
    begun = time.perf_counter()
    channel = services.channels["cabinets"]
    receipt, _ = services.intake.take_in(Sending(channel, body, "application/x-ndjson", "bench", ids.new_id().hex))
    accepted = time.perf_counter() - begun
    while services.stages["translate"].step(LANE):
        pass
    read = time.perf_counter() - begun
    if receipt.outcome != "accepted" or _documents(services) - before != len(uses):
        raise WrongWork(f"a file was {receipt.outcome}; not every line of it is a document")
    return len(uses) / accepted, len(uses) / read


def _documents(services: Services) -> int:
    with services.ledger.reading() as tx:
        return tx.scalar(sa.select(sa.func.count()).select_from(tables.document)) or 0
