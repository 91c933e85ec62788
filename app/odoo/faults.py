"""What a failed call to Odoo means: from the wire to the closed family of errors.

Called by ``app.odoo.transport`` for every call that brought no result, and by ``app.odoo.transfers`` for what ``load``
reports inside a result. Odoo's own texts quote values, so they are used to decide and never passed on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from app.errors import InDoubt, Permanent, RateLimited, Transient, Unavailable, WardlineError

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

# Odoo gave up and rolled back, and says so itself.
ROLLED_BACK = frozenset({
    "odoo.exceptions.ConcurrencyError",
    "odoo.exceptions.LockError",
    "psycopg2.errors.DeadlockDetected",
    "psycopg2.errors.LockNotAvailable",
    "psycopg2.errors.QueryCanceled",
    "psycopg2.errors.SerializationFailure",
    "psycopg2.pool.PoolError",
    "werkzeug.exceptions.ServiceUnavailable",
})
# Odoo's own database failed it, before the commit or after. A UniqueViolation is of the second kind: before the commit
# it is a ValidationError, and raw it comes from telling the other workers about a change that is committed.
COMMIT_UNKNOWN = frozenset({
    "psycopg2.InterfaceError",
    "psycopg2.OperationalError",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CannotConnectNow",
    "psycopg2.errors.CrashShutdown",
    "psycopg2.errors.DiskFull",
    "psycopg2.errors.OutOfMemory",
    "psycopg2.errors.TooManyConnections",
    "psycopg2.errors.UniqueViolation",
})
BUSINESS = frozenset({
    "odoo.exceptions.RedirectWarning",
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
})
CODES = {
    "odoo.exceptions.AccessDenied": "odoo.unauthorized",
    "odoo.exceptions.AccessError": "odoo.forbidden",
    "werkzeug.exceptions.NotFound": "odoo.unknown_method",
    "werkzeug.exceptions.Unauthorized": "odoo.unauthorized",
}
HINTS = {
    "odoo.unauthorized": "The API key is wrong or has expired; make a new one and set it.",
    "odoo.forbidden": "The service account lacks a right, or its company may not see the record.",
    "odoo.unknown_method": "This is no Odoo 19 with the Inventory application, or the URL is wrong.",
}
# Texts of Odoo 19's stock module in en_US, which every call asks for.
REASONS = (
    (re.compile(r"supply a lot/serial", re.IGNORECASE), "lot_required"),
    (re.compile(r"serial number.*already", re.IGNORECASE | re.DOTALL), "serial_duplicated"),
    (re.compile(r"no matching record", re.IGNORECASE), "unknown_record"),
    (re.compile(r"missing required value", re.IGNORECASE), "value_required"),
)
CONFLICT = re.compile(r"could not serialize access|deadlock detected|could not obtain lock", re.IGNORECASE)
CLASS_NAME = re.compile(r"[A-Za-z_][\w.]{0,99}")
NOT_ALLOWED = re.compile(r"you are not allowed to|top-secret records", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as its faults see it: ``place`` is ``model.method``; ``changes`` is False for a read, never in doubt."""

    place: str
    changes: bool


class Declined(Permanent):
    """Odoo's business rules said no, and the call had no effect; ``reason`` is a word of ours for why."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, code=f"odoo.{reason}")
        self.reason = reason


class Absent(Permanent):
    """Odoo has no record with this id or external id."""

    code = "odoo.absent"


def disconnected(call: Call, error: httpx.HTTPError) -> WardlineError:
    """The call brought no whole answer: whether it was sent decides."""
    name = type(error).__name__
    if isinstance(error, NEVER_SENT):
        return Unavailable(f"{call.place}: no connection to Odoo ({name})", code="odoo.unavailable")
    if isinstance(error, httpx.PoolTimeout):
        return Transient(f"{call.place}: all connections of this process are busy", code="odoo.busy")
    return unanswered(call, name)


def unanswered(call: Call, why: str) -> WardlineError:
    """Nobody who knows said what became of the call.

    For a read that means Odoo is down or frozen: ours are small, so that none is slow by its own fault.
    """
    if call.changes:
        return InDoubt(f"{call.place}: {why}; it may have taken effect", code="odoo.in_doubt")
    return Unavailable(f"{call.place}: {why}", code="odoo.unavailable")


def too_large(call: Call) -> WardlineError:
    """The answer is larger than any of ours can be."""
    if call.changes:
        return unanswered(call, "the answer is too large")
    return Permanent(f"{call.place}: the answer is too large", code="odoo.answer_too_large")


def answered(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> WardlineError:
    """The call was answered with something else than a result."""
    name, message = _read(body)
    return _by_name(call, name, message) if name else _by_status(call, status, headers)


def not_loaded(call: Call, texts: Sequence[str]) -> WardlineError:
    """``load`` answered 200 and saved nothing; ``texts`` are the messages it gave."""
    text = " ".join(texts)
    if CONFLICT.search(text):
        return Transient(f"{call.place}: serialization failure", code="odoo.conflict")
    if NOT_ALLOWED.search(text):
        return Permanent(f"{call.place}: not allowed", code="odoo.forbidden", hint=HINTS["odoo.forbidden"])
    return Declined(f"{call.place}: not loaded", reason(text))


def reason(text: str) -> str:
    """Our word for what a text of Odoo's business rules says, ``user_error`` where we have none."""
    return next((word for pattern, word in REASONS if pattern.search(text)), "user_error")


def _read(body: bytes) -> tuple[str, str]:
    """Name and message of Odoo's error body, empty where the body is not one."""
    try:
        fault = json.loads(body)
        name, message, _ = fault["name"], fault["message"], fault["arguments"]
    except (ValueError, KeyError, TypeError):
        return "", ""
    # The name is shown to people, so it must be one.
    return (name, str(message)) if isinstance(name, str) and CLASS_NAME.fullmatch(name) else ("", "")


def _by_name(call: Call, name: str, message: str) -> WardlineError:
    text = f"{call.place}: {name}"
    if name == "odoo.exceptions.MissingError" or message.startswith("External ID not found"):
        return Absent(text)
    if name in BUSINESS:
        return Declined(text, reason(message))
    if name in ROLLED_BACK:
        return Transient(text, code="odoo.conflict")
    if name in COMMIT_UNKNOWN:
        return unanswered(call, name)
    code = CODES.get(name, "odoo.error")
    return Permanent(text, code=code, hint=HINTS.get(code))


def _by_status(call: Call, status: int, headers: Mapping[str, str]) -> WardlineError:
    """An answer that Odoo's application did not write: a proxy's, or the server's before it found its database."""
    text = f"{call.place}: HTTP {status} without an error of Odoo"
    if status >= 500:
        return unanswered(call, f"HTTP {status} without an error of Odoo")
    if status == 429:
        wait = headers.get("retry-after", "")
        return RateLimited(text, retry_after=float(wait) if wait.isdecimal() else 30.0)
    if status == 404:
        # Odoo answers so for a database that it cannot open, be it misspelt or only down with PostgreSQL: nothing ran.
        hint = "Is the name of the database right, and is PostgreSQL up behind Odoo?"
        return Unavailable(text, code="odoo.no_database", hint=hint)
    return Permanent(text, code=f"odoo.http_{status}", hint="Is this the URL of Odoo itself, and what stands between?")
