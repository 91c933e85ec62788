"""Every setting, read from the environment once, checked together and frozen.

``load()`` is called by ``app.services`` and the process entry points; nothing else looks at the environment. Secrets
may be given as files: ``WARDLINE_ODOO_API_KEY_FILE`` names a file whose content is the value.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from environs import EnvValidationError, FileAwareEnv
from marshmallow.validate import Range

from app.errors import Misconfigured

PREFIX = "WARDLINE_"
SECRETS = (
    "database_url",
    "broker_url",
    "broker_management_url",
    "body_keys",
    "pepper",
    "odoo_api_key",
    "flower_password",
    "sentry_dsn",
    "rate_limit_storage",
    "smtp_url",
    "webhook_url",
    "webhook_secret",
)


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"text": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective configuration; ``metadata['text']`` of each field is what the reference page prints."""

    environment: str = _setting("development", "Name of the environment: development, test, production.")
    database_url: str = _setting("sqlite:///var/wardline.db", "SQLAlchemy URL of the ledger (PostgreSQL or SQLite).")
    broker_url: str = _setting("filesystem://var/broker", "Broker: amqp://, redis:// or filesystem://<folder>.")
    broker_management_url: str = _setting("", "RabbitMQ management API for Flower, with credentials.")
    channels_file: str = _setting("ops/demo/channels.toml", "The channels, as TOML; see channels.md.")
    body_keys: str = _setting("", "Keys for bodies: id:base64 of 32 bytes, comma separated, the first one encrypts.")
    pepper: str = _setting("", "Secret for API key digests and pseudonyms, at least 32 characters.")
    body_retention_days: int = _setting(30, "Days a body is kept after its message arrived.")
    body_limit: int = _setting(16 * 1024 * 1024, "Largest message taken in, in bytes.")
    rate_limit: str = _setting("1200/minute", "Requests each API key may make.")
    rate_limit_storage: str = _setting(
        "memory://", "Where request counts are kept; redis:// where web has many processes."
    )
    web_bind: str = _setting("127.0.0.1:8000", "Address of the HTTP intake.")
    mllp_host: str = _setting("127.0.0.1", "Address the MLLP listener binds; the ports are in the channels file.")
    mllp_connections: int = _setting(200, "Most MLLP connections at once, over all channels.")
    mllp_idle_seconds: float = _setting(3600.0, "How long an MLLP connection may stay silent.")
    mllp_tls_certificate: str = _setting("", "PEM chain for MLLP over TLS; empty: no TLS.")
    mllp_tls_key: str = _setting("", "PEM key for MLLP over TLS.")
    mllp_tls_client_ca: str = _setting("", "PEM of the CA whose client certificates are demanded; empty: none.")
    odoo_url: str = _setting("http://127.0.0.1:8069", "Address of Odoo.")
    odoo_database: str = _setting("", "Odoo database name; needed where the server has several.")
    odoo_api_key: str = _setting("", "API key of Odoo's service account.")
    odoo_connect_timeout: float = _setting(5.0, "Seconds to wait for a connection to Odoo.")
    odoo_read_timeout: float = _setting(30.0, "Seconds to wait for an answer of Odoo.")
    odoo_workers: int = _setting(2, "Worker processes of Odoo; bulk leaves one of them to busy lanes.")
    call_seconds: float = _setting(1.0, "How long a call to Odoo should take; batches become as small as that needs.")
    lease_seconds: float = _setting(120.0, "How long a worker may keep claimed work; longer than all calls of a batch.")
    batch_urgent: int = _setting(50, "Most items an urgent worker claims at once.")
    batch_approvals: int = _setting(50, "Most items an approvals worker claims at once.")
    batch_bulk: int = _setting(500, "Most items a bulk worker claims at once.")
    worker_memory: int = _setting(2048, "Most memory that one worker process may take, in MiB.")
    drain_seconds: float = _setting(20.0, "How long one bell may keep a worker draining.")
    retry_base_seconds: float = _setting(10.0, "First pause before a retry; it doubles.")
    retry_cap_seconds: float = _setting(600.0, "Longest pause between retries.")
    retry_horizon_hours: float = _setting(24.0, "How long is retried before the work becomes a dead letter.")
    in_doubt_seconds: float = _setting(5.0, "Pause before Odoo is asked what became of a call.")
    circuit_failures: int = _setting(2, "Failures in a row that open a circuit.")
    circuit_probe_seconds: float = _setting(10.0, "Pause between probes while a circuit is open.")
    relay_poll_seconds: float = _setting(0.5, "Longest sleep of the relay when nothing wakes it.")
    public_url: str = _setting("", "Address under which people reach the HTTP API; empty: no links in notices.")
    smtp_url: str = _setting("", "Mail server for notices: smtps://user:password@host:465 or smtp://host; empty: off.")
    mail_from: str = _setting("", "Sender of notices by mail.")
    webhook_url: str = _setting("", "Where notices are posted as signed JSON; empty: off.")
    webhook_secret: str = _setting("", "Key that signs posted notices: whsec_ and the base64 of 24 to 64 bytes.")
    metrics_bind: str = _setting("", "Address of the Prometheus exporter; empty: off.")
    flower_bind: str = _setting("127.0.0.1:5555", "Address of Flower.")
    flower_user: str = _setting("wardline", "User of Flower's basic authentication.")
    flower_password: str = _setting("", "Password of Flower; empty: Flower does not start.")
    sentry_dsn: str = _setting("", "Sentry DSN; empty: off.")
    log_format: str = _setting("auto", "json, console, or auto (console on a terminal).")
    log_level: str = _setting("INFO", "Least level logged.")

    def masked(self) -> dict[str, object]:
        """The settings with secrets hidden, for people."""
        return {
            f.name: "***" if f.name in SECRETS and getattr(self, f.name) else getattr(self, f.name)
            for f in fields(self)
        }


def load() -> Settings:
    """The settings from the environment; raises Misconfigured naming every fault at once."""
    env = FileAwareEnv(prefix=PREFIX, eager=False)
    values = {f.name: _READERS[type(f.default)](env, f.name.upper(), f.default) for f in fields(Settings)}
    try:
        env.seal()
    except EnvValidationError as error:
        raise Misconfigured(_listed(error.error_messages)) from error
    settings = Settings(**values)
    _check(settings)
    return settings


_READERS: dict[type, Callable[[FileAwareEnv, str, Any], Any]] = {
    str: lambda env, name, default: env.str(name, default),
    int: lambda env, name, default: env.int(name, default, validate=Range(min=1)),
    float: lambda env, name, default: env.float(name, default, validate=Range(min=0)),
}


def secret(reference: str) -> str:
    """The secret that a channel names: ``file:/run/secrets/acme`` or ``env:ACME_PASSWORD``; raises Misconfigured."""
    where, _, name = reference.partition(":")
    try:
        found = Path(name).read_text(encoding="utf-8").strip("\r\n") if where == "file" else os.environ[name]
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(f"there is no secret at {reference}", code="secret.missing") from error
    if not found:
        raise Misconfigured(f"the secret at {reference} is empty", code="secret.missing")
    return found


def _listed(messages: Any) -> str:
    return "; ".join(f"{name}: {' '.join(map(str, texts))}" for name, texts in messages.items())


def _check(settings: Settings) -> None:
    faults = [
        text
        for wrong, text in (
            (len(settings.pepper) < 32, "WARDLINE_PEPPER must have at least 32 characters"),
            (not settings.body_keys, "WARDLINE_BODY_KEYS must name at least one key"),
            (
                bool(settings.smtp_url) and not settings.mail_from,
                "WARDLINE_MAIL_FROM must name the sender of mail",
            ),
            (
                settings.log_format not in ("auto", "json", "console"),
                "WARDLINE_LOG_FORMAT must be json, console or auto",
            ),
        )
        if wrong
    ]
    try:
        body_keys(settings)
    except (ValueError, binascii.Error):
        faults.append("WARDLINE_BODY_KEYS must be id:base64 of 32 bytes, comma separated")
    if faults:
        raise Misconfigured("; ".join(faults))


def body_keys(settings: Settings) -> dict[str, bytes]:
    """The keys for bodies by their id, the one that encrypts first. Raises ValueError where one is malformed."""
    keys = {}
    for entry in filter(None, settings.body_keys.split(",")):
        name, _, encoded = entry.strip().partition(":")
        key = base64.b64decode(encoded, validate=True)
        if not name or len(key) != 32:
            raise ValueError(name)
        keys[name] = key
    return keys
