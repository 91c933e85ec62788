"""JSON-2 through odoo-client-lib, with one pooled HTTP client, explicit time-outs and typed errors.

Used by the modules of ``app.odoo`` and by provisioning; every call goes through ``Connection.get_model``.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from odoolib import get_connector
from odoolib.json2 import Json2Connection, JsonModel

from app import ids
from app.errors import Misconfigured
from app.odoo import faults

# Message texts and date columns follow the context, so no call may leave it to the service account's preferences.
CONTEXT: Mapping[str, object] = {"lang": "en_US", "tz": "UTC"}
# Everything that is not listed counts as a write, whose outcome can be in doubt.
READS = frozenset({
    "check_object_reference", "fields_get", "get_metadata", "precision_get", "read", "search", "search_count",
    "search_read", "web_search_read",
})  # fmt: skip


class Connection(Json2Connection):  # type: ignore[misc]
    """A connection to one Odoo database, safe to share between threads and to carry across a fork.

    ``url`` is the root of the server (``https://odoo.example``); ``connect_timeout`` and ``read_timeout`` are seconds,
    and the second bounds the whole answer; ``largest_answer`` is in bytes; ``connections`` is how many calls may be in
    flight in one process (more than Odoo has workers only queue there); ``certificates`` is a file with additional
    authorities. Raises Misconfigured for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        database: str,
        api_key: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        largest_answer: int = 64 * 1024 * 1024,
        connections: int = 4,
        certificates: str | None = None,
    ) -> None:
        super().__init__(_connector(url), database, api_key)
        self.root = url.rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.largest_answer = largest_answer
        self._connections = connections
        self._certificates = certificates
        self._pool: tuple[int, httpx.Client] | None = None
        self.heard_at = ids.now()
        """The server's own time when it last answered, to the second; whole clocks may lie between it and ours."""

    def get_model(self, model_name: str, timeout: float | None = None) -> Model:
        """The model's methods, to be called with keyword arguments; ``timeout`` replaces ``read_timeout``, seconds."""
        return Model(self, model_name, timeout or self.read_timeout)

    def version(self) -> str:
        """The server's version, ``19.0``; needs no key."""
        call = faults.Call("web.version", changes=False)
        answer = self.exchange(call, "GET", f"{self.root}/web/version", timeout=self.read_timeout)
        try:
            return str(answer["version"])
        except (KeyError, TypeError) as error:
            raise faults.unanswered(call, "not an answer of Odoo") from error

    def exchange(
        self, call: faults.Call, verb: str, url: str, *, timeout: float, body: Mapping[str, object] | None = None
    ) -> Any:
        """Make one call and return its decoded answer, numbers with a point as Decimal.

        Raises Unavailable, Transient, InDoubt or Permanent as ``app.odoo.faults`` decides.
        """
        limits = httpx.Timeout(timeout, connect=self.connect_timeout)
        try:
            with self._client().stream(verb, url, headers=self.bearer_header, json=body, timeout=limits) as response:
                self.heard_at = _dated(response.headers)
                content = self._read(call, response, timeout)
        except httpx.HTTPError as error:
            raise faults.disconnected(call, error) from error
        if response.status_code != httpx.codes.OK:
            raise faults.answered(call, response.status_code, response.headers, content)
        try:
            return json.loads(content, parse_float=Decimal)
        except ValueError as error:
            raise faults.unanswered(call, "the answer is not JSON") from error

    def close(self) -> None:
        """Close this process's connections."""
        pool, self._pool = self._pool, None
        if pool and pool[0] == os.getpid():
            pool[1].close()

    def _client(self) -> httpx.Client:
        """The process's own client: sockets inherited over a fork would mix two processes' answers.

        Two threads may build it at once the first time; the loser's client has no socket yet and is dropped, which is
        cheaper than a lock that a fork could inherit locked.
        """
        pool = self._pool
        if pool is None or pool[0] != os.getpid():
            pool = self._pool = (os.getpid(), self._new_client())
        return pool[1]

    def _read(self, call: faults.Call, response: httpx.Response, timeout: float) -> bytes:
        """The whole body, within the size and the time: httpx's own limit starts anew with every piece."""
        deadline = ids.now() + timedelta(seconds=timeout)
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > self.largest_answer:
                raise faults.too_large(call)
            if ids.now() > deadline:
                raise faults.unanswered(call, "the answer did not end in time")
        return bytes(content)

    def _new_client(self) -> httpx.Client:
        trust = ssl.create_default_context()
        if self._certificates:
            trust.load_verify_locations(cafile=self._certificates)
        # A proxy closes idle connections without a word; the short expiry keeps a write from meeting a closed one,
        # which would needlessly be in doubt.
        limits = httpx.Limits(max_connections=self._connections, keepalive_expiry=5.0)
        return httpx.Client(verify=trust, limits=limits, trust_env=False)


class Model(JsonModel):  # type: ignore[misc]
    """A model of Odoo whose methods are attributes: ``get_model("stock.picking").read(ids=[3], fields=["state"])``.

    Unlike the library's own it takes keyword arguments alone, returns what Odoo returned (``read`` of one record stays
    a list) and raises our errors.
    """

    connection: Connection

    def __init__(self, connection: Connection, model_name: str, timeout: float) -> None:
        super().__init__(connection, model_name)
        self.timeout = timeout

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """The method as a function of keyword arguments; ``context`` is laid over the connection's own."""
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*, context: Mapping[str, object] | None = None, **arguments: object) -> Any:
            place = faults.Call(f"{self.model_name}.{method}", changes=method not in READS)
            body = arguments | {"context": {**CONTEXT, **(context or {})}}
            return self.connection.exchange(place, "POST", self._url(method), timeout=self.timeout, body=body)

        return call

    def read(self, **arguments: object) -> list[dict[str, Any]]:
        """The records' fields; missing records are left out."""
        rows: list[dict[str, Any]] = self.__getattr__("read")(**arguments)
        return rows


def _dated(headers: Mapping[str, str]) -> datetime:
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return ids.now()


def _connector(url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise Misconfigured("the URL of Odoo must look like https://host or http://host:port", code="odoo.url")
    secure = parts.scheme == "https"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return get_connector(host, "json2s" if secure else "json2", parts.port or (443 if secure else 80))
