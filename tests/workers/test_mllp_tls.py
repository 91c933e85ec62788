"""MLLP over TLS, with and without certificates of the senders."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from app.errors import Misconfigured
from tests import sendings
from tests.certificates import Authority
from tests.fixtures_mllp import Listen, Sender, frame, services_at
from workers.mllp import Listener


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def says_yes(sender: Sender) -> bool:
    sender.send(frame(sendings.hl7("C-1")))
    return sender.said() == ("AA", "C-1")


def test_messages_come_over_tls(listen: Listen, authority: Authority) -> None:
    certificate, key = authority.issue("wardline")
    running = listen(mllp_tls_certificate=certificate, mllp_tls_key=key)
    assert says_yes(running.connect(context=ssl.create_default_context(cafile=authority.path)))
    plain = running.connect()
    plain.send(frame(sendings.hl7("C-2", "E-2")))
    assert plain.hung_up()
    assert len(running.stored()) == 1


def test_where_certificates_are_demanded_nobody_comes_without(
    listen: Listen, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("wardline")
    running = listen(mllp_tls_certificate=certificate, mllp_tls_key=key, mllp_tls_client_ca=authority.path)
    known, stranger, anonymous = (ssl.create_default_context(cafile=authority.path) for _ in range(3))
    known.load_cert_chain(*authority.issue("cathlab"))
    stranger.load_cert_chain(*Authority(tmp_path, "another").issue("stranger"))
    assert says_yes(running.connect(context=known))
    for context in (stranger, anonymous):
        with pytest.raises((OSError, AssertionError)):
            says_yes(running.connect(context=context))
    assert len(running.stored()) == 1


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    services = services_at(tmp_path, mllp_tls_certificate=str(broken))
    with pytest.raises(Misconfigured, match="certificates for MLLP"):
        Listener(services).__aenter__().send(None)
