"""What ``wardline doctor`` looks at, one function a thing; each says ok, warn or fail, and what to do about it.

A check may raise an error of the house instead of failing; that is a failure with the error's own hint.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.engine import Connection as Transaction

from app import channels, settings
from app.errors import WardlineError
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.odoo import rights
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from app.settings import Settings
from ops.output import age, counted, word

Verdict = Literal["ok", "warn", "fail"]

PATIENCE = {"urgent": (60, 300), "approvals": (300, 1800), "bulk": (1800, 14400)}
"""Seconds after which the oldest work of a lane is a warning and a failure; the alerts use the same."""
SEAL_PATIENCE = 300
FREE_WARN, FREE_FAIL = 2 * 1024**3, 256 * 1024**2
OLDEST_ODOO = 19


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    check: str
    verdict: Verdict
    text: str
    hint: str = ""


def look(name: str, check: Callable[[], Finding | Iterator[Finding]]) -> list[Finding]:
    """Run a check; an error of the house is a failure."""
    try:
        found = check()
        return [found] if isinstance(found, Finding) else list(found)
    except WardlineError as error:
        return [Finding(name, "fail", f"{error.message} [{error.code}]", error.hint)]


def channels_file(effective: Settings) -> Finding:
    """The channels file can be read and has no fault."""
    found = channels.load(effective.channels_file)
    if not found:
        return Finding("channels", "warn", "no channel is configured", "Nothing can be sent to Wardline without one.")
    return Finding("channels", "ok", f"{counted(len(found), 'channel')}: {', '.join(sorted(found))}")


def database(ledger: Ledger) -> Finding:
    """The ledger answers and has this version's schema."""
    found, heads = schema.current(ledger.database), schema.heads()
    kind = ledger.database.url.get_backend_name()
    if (found,) != heads:
        text = f"{kind} answers; its schema is {found or 'missing'}, this version needs {heads[0]}"
        return Finding("ledger", "fail", text, "Run `wardline db upgrade`.")
    return Finding("ledger", "ok", f"{kind} answers, schema {found}")


def body_keys(ledger: Ledger, effective: Settings) -> Finding:
    """The keys that the oldest and the newest body need are configured."""
    known = settings.body_keys(effective)
    with ledger.reading() as tx:
        missing = sorted(ledger.bodies.keys_in_use(tx) - known.keys())
    if missing:
        text = f"bodies are encrypted with keys that are not configured: {', '.join(missing)}"
        return Finding("body keys", "fail", text, "Put the old key back, after the new one, until retention is over.")
    return Finding("body keys", "ok", f"{len(known)} configured, {next(iter(known))} encrypts")


def disk(ledger: Ledger) -> Iterator[Finding]:
    """Room for the SQLite file; a database server's disk is not ours to see."""
    url = ledger.database.url
    if ledger.database.postgresql or not url.database or url.database == ":memory:":
        return
    free = shutil.disk_usage(Path(url.database).resolve().parent).free
    verdict: Verdict = "fail" if free < FREE_FAIL else "warn" if free < FREE_WARN else "ok"
    hint = "" if verdict == "ok" else "Make room; when the disk is full nothing can be taken in."
    yield Finding("disk", verdict, f"{free / 1024**3:.1f} GiB free beside the SQLite file", hint)


def odoo(effective: Settings) -> Finding:
    """Odoo answers, is new enough, takes the key, and lets its account do what is done there."""
    connection = Connection(
        effective.odoo_url,
        effective.odoo_database,
        effective.odoo_api_key,
        connect_timeout=effective.odoo_connect_timeout,
        read_timeout=effective.odoo_read_timeout,
    )
    gateway = StockGateway(connection)
    try:
        version = gateway.ping()
        digits = gateway.quantity_digits()
        forbidden = list(rights.missing(connection))
    finally:
        connection.close()
    major = version.split(".")[0].removeprefix("saas~")
    if not major.isdecimal() or int(major) < OLDEST_ODOO:
        return Finding("odoo", "fail", f"Odoo {version} answers", f"Wardline needs Odoo {OLDEST_ODOO} or later.")
    if forbidden:
        hint = "Give the service account the groups that the architecture page names."
        return Finding("odoo", "fail", f"The service account may not {', '.join(forbidden)}", hint)
    return Finding("odoo", "ok", f"Odoo {version} answers and takes the key; quantities have {digits} decimals")


def sealing(tx: Transaction, ledger: Ledger) -> Iterator[Finding]:
    """The relay seals the audit trail."""
    count, oldest = ledger.figures.unsealed(tx)
    if oldest > SEAL_PATIENCE:
        text = f"{counted(count, 'audit event')} to be sealed, the oldest for {age(oldest)}"
        yield Finding("audit", "fail", text, "Is the relay running? It seals them.")
    else:
        yield Finding("audit", "ok", f"{counted(count, 'audit event')} to be sealed")


def backlogs(tx: Transaction, ledger: Ledger) -> Iterator[Finding]:
    """No lane has work that is too old."""
    found = ledger.figures.backlogs(tx)
    for backlog in found:
        warn, fail = PATIENCE[backlog.lane]
        verdict: Verdict = (
            "ok" if backlog.oldest_seconds < warn else "warn" if backlog.oldest_seconds < fail else "fail"
        )
        text = f"{backlog.stage}, {backlog.lane}: {backlog.waiting} wait, the oldest for {age(backlog.oldest_seconds)}"
        yield Finding("backlog", verdict, text, "" if verdict == "ok" else "Follow the runbook lane-behind.")
    if not found:
        yield Finding("backlog", "ok", "nothing waits")


def circuits(tx: Transaction, ledger: Ledger) -> Iterator[Finding]:
    """No outside is known to be down."""
    down = [row for row in ledger.figures.circuits(tx) if row.state == "open"]
    for row in down:
        text = f"{row.name} is down since {word(row.opened_at)}: {row.error_code}"
        yield Finding(
            "circuit", "fail", text, f"Its postings wait and none is lost. Follow the runbook {row.name}-down."
        )
    if not down:
        yield Finding("circuit", "ok", "no circuit is open")


def exceptions(tx: Transaction, ledger: Ledger) -> Iterator[Finding]:
    """What waits for people; holds are no fault."""
    found = ledger.figures.open_exceptions(tx)
    verdict: Verdict = "warn" if found["dead"] else "ok"
    hint = "See `wardline dlq list`." if found["dead"] else ""
    yield Finding("dead letters", verdict, f"{found['dead']} open", hint)
    yield Finding("holds", "ok", f"{counted(found['held'], 'document')} held for a person")
