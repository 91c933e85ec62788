"""Does a server answer in its own protocol? The least conversation of each, spoken over a plain socket.

Services ask this of their own server and of those the environment names; no client library is needed for it.
"""

from __future__ import annotations

import socket
import ssl
import struct
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT = 3.0
_PORTS = {"postgresql": 5432, "postgres": 5432, "amqp": 5672, "amqps": 5671, "redis": 6379, "rediss": 6379}
# A proxy of the environment must not stand between us and a server on loopback.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def port_open(port: int) -> bool:
    """Does anything listen on this port of loopback?"""
    try:
        socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
    except OSError:
        return False
    return True


def postgres_answers(url: str) -> bool:
    """PostgreSQL answers S or N to SSLRequest (protocol chapter "SSL Session Encryption"); no login is made."""
    return _reply(url, struct.pack("!ii", 8, 80877103), 1) in {b"S", b"N"}


def amqp_answers(url: str) -> bool:
    """A broker answers the protocol header of AMQP 0-9-1 with a method frame, Connection.Start (10, 10)."""
    reply = _reply(url, b"AMQP\x00\x00\x09\x01", 11)
    return reply[:1] == b"\x01" and reply[7:11] == b"\x00\x0a\x00\x0a"


def redis_answers(url: str) -> bool:
    """Redis answers PONG to PING, after AUTH when the address carries a password."""
    parts = urlsplit(url)
    login = [unquote(word) for word in (parts.username, parts.password) if word]
    if not login:
        return _reply(url, _resp("PING"), 7) == b"+PONG\r\n"
    return _reply(url, _resp("AUTH", *login) + _resp("PING"), 12) == b"+OK\r\n+PONG\r\n"


def http_answers(url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> bool:
    """An HTTP request (POST when there is a body) that ends with status 200."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - our own addresses
    try:
        with _DIRECT.open(request, timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def _reply(url: str, request: bytes, length: int) -> bytes:
    parts = urlsplit(url)
    try:
        with _connect(parts) as connection:
            connection.sendall(request)
            reply = b""
            while len(reply) < length and (chunk := connection.recv(length - len(reply))):
                reply += chunk
    except OSError:
        return b""
    return reply


def _connect(parts: SplitResult) -> socket.socket:
    scheme, host = parts.scheme.partition("+")[0], parts.hostname or "127.0.0.1"
    connection = socket.create_connection((host, parts.port or _PORTS[scheme]), TIMEOUT)
    if scheme in {"amqps", "rediss"}:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    return connection


def _resp(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [f"${len(word.encode())}\r\n{word}\r\n".encode() for word in words]
    return b"".join(parts)
