"""The broker's address as Kombu wants it, read out of the settings.

Asked by ``workers.celery``. Three kinds of broker work: RabbitMQ (``amqp://``, ``amqps://``), Redis (``redis://``,
``rediss://``), and a folder without any server (``filesystem://<folder>``).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import kombu

from app.errors import Misconfigured, Unavailable
from app.settings import Settings

CONNECT_SECONDS = 4
"""How long a connection to the broker may take."""


class BrokerUnavailable(Unavailable):
    """The broker cannot be reached or does not answer in time; the work waits in the ledger."""

    code = "broker.unavailable"
    hint = "Check the broker, its alarms (memory, disk) and WARDLINE_BROKER_URL; intake goes on meanwhile."


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is: its URL, the transport where the URL does not name it, the transport's options, and TLS.

    Over TLS the broker's certificate must be one that the system trusts, and be made out to the host in the URL.
    """

    url: str
    transport: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    tls: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Broker:
        """The broker that the settings name. Raises Misconfigured for an address of another kind."""
        scheme, _, rest = settings.broker_url.partition("://")
        match scheme:
            case "amqp" | "amqps":
                # To Kombu, a host name of None is the one in the URL, and none at all is not to compare it.
                known = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}
                options = {"confirm_publish": True}
                return cls(settings.broker_url, options=options, tls=known if scheme == "amqps" else None)
            case "redis" | "rediss":
                verified = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
                options = _redis(task_seconds(settings))
                return cls(settings.broker_url, options=options, tls=verified if scheme == "rediss" else None)
            case "filesystem" if rest:
                return cls(
                    "filesystem://localhost//", "workers.folder:Transport", {"folder": rest, "polling_interval": 0.02}
                )
        raise Misconfigured(f"WARDLINE_BROKER_URL: {scheme or 'nothing'} is no kind of broker that is supported")

    def connection(self) -> kombu.Connection:
        """A connection that is not made yet; Celery's are the same."""
        return kombu.Connection(
            self.url,
            transport=self.transport,
            transport_options=dict(self.options),
            ssl=dict(self.tls) if self.tls else False,
            connect_timeout=CONNECT_SECONDS,
        )


def task_seconds(settings: Settings) -> float:
    """How long one bell can keep a worker: the time to drain, and a last step that takes as long as its lease."""
    return settings.drain_seconds + settings.lease_seconds


def _redis(seconds: float) -> dict[str, Any]:
    """Options for Redis.

    A message that is not acknowledged in ``visibility_timeout`` seconds is handed out again; after a worker's death
    that is only a slow second way, since the relay rings again long before. The socket options keep a Redis that
    hangs from hanging us, which it does without them.
    """
    return {
        "global_keyprefix": "wardline:",
        "visibility_timeout": max(900, int(3 * seconds)),
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
