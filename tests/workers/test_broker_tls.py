"""A broker over TLS: trusted by the system, and made out to the host in the URL, or nothing is said to it."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests import factories
from tests.workers.test_mllp_tls import Authority
from workers.broker import BrokerUnavailable
from workers.celery import application
from workers.publisher import Publisher


class Door:
    """A TLS server on an address of loopback that hangs up after the first bytes of a client."""

    def __init__(self, address: str, certificate: tuple[str, str]) -> None:
        self.heard = b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._server = socket.create_server((address, 0))
        self.url = f"{address}:{self._server.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(connection, server_side=True) as known:
                    self.heard += known.recv(64)
            except OSError:
                connection.close()

    def close(self) -> None:
        self._server.close()


@pytest.mark.parametrize(("scheme", "hello"), [("amqps", b"AMQP"), ("rediss", b"*")])
@pytest.mark.parametrize(
    ("address", "trusted", "talks"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False)],
)
def test_only_a_broker_that_proves_who_it_is_is_talked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, hello: bytes, address: str, trusted: bool, talks: bool
) -> None:
    authority = Authority(tmp_path, "ours")
    monkeypatch.setenv("SSL_CERT_FILE", authority.path if trusted else Authority(tmp_path, "another").path)
    door = Door(address, authority.issue("broker"))
    settings = factories.settings(tmp_path, broker_url=f"{scheme}://user:word@{door.url}/0")
    with pytest.raises(BrokerUnavailable):
        Publisher(application(settings)).connect()
    assert door.heard.startswith(hello) is talks
    door.close()
