"""The application under gunicorn, on a real socket: what only a server does with a body."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.ledger import tables
from app.services import Services
from tests import factories, sendings
from tests.api.conftest import services_at

ROOT = Path(__file__).parents[2]
LIMIT = 2048


@dataclass
class Web:
    """A running gunicorn, reached over a socket of its own."""

    path: str
    services: Services
    key: str

    def exchange(self, *pieces: bytes, half: bool = False) -> bytes:
        """Send the pieces; what came back until the server hung up, which it is told to do after one answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(self.path)
            for piece in pieces:
                connection.sendall(piece)
            if half:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def head(self, *fields: str, channel: str = "cabinets", content_type: str = "application/json") -> bytes:
        lines = (
            f"POST /v1/messages/{channel} HTTP/1.1",
            "Host: wardline",
            "Connection: close",
            f"Content-Type: {content_type}",
            f"Authorization: Bearer {self.key}",
            *fields,
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def stored(self) -> int:
        with self.services.ledger.reading() as tx:
            return tx.scalar(sa.select(sa.func.count()).select_from(tables.message)) or 0


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services = services_at(folder, body_limit=LIMIT)
        environment = {
            "PATH": os.environ["PATH"],
            "WARDLINE_DATABASE_URL": services.settings.database_url,
            "WARDLINE_CHANNELS_FILE": services.settings.channels_file,
            "WARDLINE_BODY_KEYS": factories.BODY_KEY,
            "WARDLINE_PEPPER": factories.PEPPER,
            "WARDLINE_BODY_LIMIT": str(LIMIT),
        }
        path = f"{name}/web.sock"
        command = [sys.executable, "-m", "gunicorn", "api:create_app()", "-k", "gthread", "--threads", "2"]
        server = subprocess.Popen([*command, "-b", f"unix:{path}"], cwd=ROOT, env=environment)
        key = services.ledger.keys.create("test", ("messages:write",), ("*",))
        made = Web(path, services, key)
        try:
            _wait_for(made)
            yield made
        finally:
            server.terminate()
            assert server.wait(20) == 0


def _wait_for(web: Web) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if b" 200 " in web.exchange(b"GET /readyz HTTP/1.1\r\nHost: wardline\r\nConnection: close\r\n\r\n"):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("gunicorn did not come up")


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_a_body_in_chunks_is_stored(web: Web) -> None:
    body, before = sendings.canonical(), web.stored()
    answer = web.exchange(web.head("Transfer-Encoding: chunked"), chunk(body[:50]), chunk(body[50:]), b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert web.stored() == before + 1


def test_chunks_that_never_end_are_given_up_early(web: Web) -> None:
    before = web.stored()
    answer = web.exchange(web.head("Transfer-Encoding: chunked"), chunk(b" " * (LIMIT + 1)))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert web.stored() == before


def test_a_length_that_is_too_large_is_refused_in_the_senders_language(web: Web) -> None:
    head = web.head("Content-Length: 999999999", channel="cathlab-hl7", content_type="application/hl7-v2")
    answer = web.exchange(head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\rMSA|AE\r" in answer


@pytest.mark.parametrize("fields", ["Content-Length: 10000", "Transfer-Encoding: chunked"])
def test_a_sender_that_dies_in_the_middle_has_sent_nothing(web: Web, fields: str) -> None:
    """The first FT1 alone would be a whole message; the sender meant to send more of them."""
    body, before = sendings.hl7(), web.stored()
    head = web.head(
        fields.replace("10000", str(len(body) + 100)), channel="cathlab-hl7", content_type="application/hl7-v2"
    )
    answer = web.exchange(head, chunk(body) if "chunked" in fields else body, half=True)
    assert not answer.startswith(b"HTTP/1.1 2")
    assert web.stored() == before


def test_lengths_that_contradict_each_other_are_refused(web: Web) -> None:
    before = web.stored()
    body = sendings.canonical()
    answer = web.exchange(web.head(f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"), body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert web.stored() == before
