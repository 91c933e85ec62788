"""What every transport promises, on real sockets; and what each makes of the faults that only it knows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from app import ids, partners
from app.errors import InDoubt, Misconfigured, RateLimited, Transient, Unavailable, WardlineError
from app.model.transport import TRANSPORT_SETTINGS, HttpsSettings, MllpSettings, WebhookSettings
from app.partners.base import Delivery, Refused
from app.partners.folder import Folder
from app.partners.https import Https
from app.partners.mail import Mail
from app.partners.mllp import Mllp
from app.partners.sftp import Sftp
from app.partners.webhook import Webhook
from ops.simulators.suppliers.web import Reply, WebServer
from tests.certificates import Authority
from tests.contracts import partners as benches
from tests.contracts.partners import ACK, ORDER, Bench, Listener, Web, hospital, mail_server, mail_settings, parcel


@pytest.fixture(params=list(TRANSPORT_SETTINGS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every transport there is, with a partner at its other end."""
    with getattr(benches, request.param)(tmp_path) as made:
        yield made


def test_every_transport_has_settings_and_settings_a_transport() -> None:
    assert set(partners.TRANSPORTS) == set(TRANSPORT_SETTINGS)


def test_what_is_sent_arrives_byte_for_byte(bench: Bench) -> None:
    delivery = bench.transport.send(parcel())
    assert bench.received() == [ORDER]
    assert delivery.receipt


def test_after_closing_more_can_be_sent(bench: Bench, tmp_path: Path) -> None:
    bench.transport.send(parcel())
    if not isinstance(bench.transport, Https | Webhook):  # these are opened anew for every visit
        bench.transport.close()
    bench.transport.send(parcel(number=8, body=b"another"))
    assert sorted(bench.received()) == sorted([ORDER, b"another"])
    bench.transport.close()
    bench.transport.close()


def test_a_large_message_arrives_whole(bench: Bench) -> None:
    large = os.urandom(1_500_000)
    if isinstance(bench.transport, Mllp):
        large = large.hex().encode()[:900_000]
    bench.transport.send(parcel(body=large))
    assert bench.received() == [large]


def test_a_check_connects_and_sends_nothing(bench: Bench) -> None:
    assert bench.transport.check()
    assert bench.received() == []


def test_where_nobody_is_nothing_was_sent(bench: Bench) -> None:
    with pytest.raises(Unavailable) as caught:
        bench.away.send(parcel())
    assert caught.value.code in ("partner.unreachable", "partner.folder")
    with pytest.raises(Unavailable):
        bench.away.check()


def test_a_copy_is_told_as_one(bench: Bench) -> None:
    one = parcel()
    first, second = bench.transport.send(one), bench.transport.send(one)
    assert first.receipt == second.receipt
    if isinstance(bench.transport, Folder | Sftp):
        assert bench.received() == [ORDER]


def test_who_cannot_tell_says_so(bench: Bench) -> None:
    with pytest.raises(InDoubt):
        bench.transport.look(parcel())


# HTTP


@pytest.fixture
def web() -> Iterator[tuple[Web, str]]:
    made = Web()
    with WebServer(made) as server:
        yield made, server.url


MEANINGS: dict[int, tuple[type[WardlineError], str]] = {
    301: (Unavailable, "partner.http_301"),
    401: (Unavailable, "partner.http_401"),
    403: (Unavailable, "partner.http_403"),
    404: (Unavailable, "partner.http_404"),
    400: (Refused, "partner.http_400"),
    409: (Refused, "partner.http_409"),
    413: (Refused, "partner.http_413"),
    422: (Refused, "partner.http_422"),
    501: (Refused, "partner.http_501"),
    408: (Transient, "partner.http_408"),
    429: (RateLimited, "partner.http_429"),
    503: (RateLimited, "partner.http_503"),
    500: (InDoubt, "partner.http_500"),
    502: (InDoubt, "partner.http_502"),
    504: (InDoubt, "partner.http_504"),
}


@pytest.mark.parametrize("status", MEANINGS)
def test_what_a_status_means_and_its_body_is_told_to_nobody(web: tuple[Web, str], status: int) -> None:
    made, url = web
    made.replies = [Reply(status, b"a secret of the patient")]
    with pytest.raises(WardlineError) as caught:
        Https(HttpsSettings(url=url)).send(parcel())
    assert (type(caught.value), caught.value.code) == MEANINGS[status]
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("99999", 3600),
        ("", 60),
        ("soon", 60),
        (lambda: format_datetime(ids.now() + timedelta(seconds=300), usegmt=True), 300),
    ],
)
def test_how_long_a_partner_asks_for_patience(web: tuple[Web, str], told: Any, seconds: float) -> None:
    made, url = web
    made.replies = [Reply(429, headers={"retry-after": told() if callable(told) else told})]
    with pytest.raises(RateLimited) as caught:
        Https(HttpsSettings(url=url)).send(parcel())
    assert caught.value.retry_after == pytest.approx(seconds, abs=3)


def test_who_takes_the_message_and_hangs_up_leaves_doubt(web: tuple[Web, str]) -> None:
    made, url = web
    made.replies = [Reply(cut=True)]
    with pytest.raises(InDoubt):
        Https(HttpsSettings(url=url)).send(parcel())
    assert made.bodies() == [ORDER]


def test_who_is_slow_leaves_doubt(web: tuple[Web, str]) -> None:
    made, url = web
    made.pause = 2.5
    with pytest.raises(InDoubt):
        Https(HttpsSettings(url=url, read_seconds=1)).send(parcel())


def test_an_answer_without_end_leaves_doubt(web: tuple[Web, str]) -> None:
    made, url = web
    made.replies = [Reply(200, b"x" * (5 * 1024 * 1024))]
    with pytest.raises(InDoubt) as caught:
        Https(HttpsSettings(url=url)).send(parcel())
    assert caught.value.code == "partner.answer_too_long"


def test_a_redirect_is_never_followed(web: tuple[Web, str]) -> None:
    made, url = web
    made.replies = [Reply(307, headers={"location": url})]
    with pytest.raises(Unavailable):
        Https(HttpsSettings(url=url)).send(parcel())
    assert len(made.requests) == 1


def test_the_reply_is_an_answer_only_where_the_channel_says_so(web: tuple[Web, str]) -> None:
    made, url = web
    made.replies = [Reply(200, b"<cXML/>", "text/xml"), Reply(200, b"<cXML/>", "text/xml"), Reply(204)]
    assert Https(HttpsSettings(url=url)).send(parcel()).answers == ()
    found = Https(HttpsSettings(url=url, answers=True)).send(parcel())
    assert (found.answers, found.answer_type) == ((b"<cXML/>",), "text/xml")
    with pytest.raises(InDoubt):
        Https(HttpsSettings(url=url, answers=True)).send(parcel())


def test_credentials_and_headers(web: tuple[Web, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, url = web
    monkeypatch.setenv("ACME_TOKEN", "t0ken")
    (tmp_path / "password").write_text("pass\n")
    Https(HttpsSettings(url=url, token="env:ACME_TOKEN", headers={"X-Client": "GEN"})).send(parcel())
    Https(HttpsSettings(url=url, user="joe", password=f"file:{tmp_path}/password")).send(parcel())
    sent = [request.headers for request in made.requests]
    assert (sent[0]["authorization"], sent[0]["x-client"]) == ("Bearer t0ken", "GEN")
    assert sent[1]["authorization"] == "Basic " + base64.b64encode(b"joe:pass").decode()
    assert sent[0]["content-type"] == "application/edi-x12"


def test_a_missing_secret_is_named_and_not_told(web: tuple[Web, str]) -> None:
    with pytest.raises(Misconfigured, match="NOT_THERE"):
        Https(HttpsSettings(url=web[1], token="env:NOT_THERE"))


def test_the_shared_secret_goes_where_it_belongs(web: tuple[Web, str], monkeypatch: pytest.MonkeyPatch) -> None:
    made, url = web
    monkeypatch.setenv("ACME_SECRET", "a<b&c")
    settings = HttpsSettings(url=url, shared_secret="env:ACME_SECRET")
    Https(settings).send(parcel(body=b"<Sender><SharedSecret/></Sender>"))
    assert made.bodies() == [b"<Sender><SharedSecret>a&lt;b&amp;c</SharedSecret></Sender>"]
    with pytest.raises(WardlineError, match="no empty SharedSecret"):
        Https(settings).send(parcel())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


def served(authority: Authority, client_ca: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(authority: Authority) -> None:
    made = Web()
    with WebServer(made, tls=served(authority)) as server:
        with pytest.raises(Unavailable) as caught:
            Https(HttpsSettings(url=server.url)).send(parcel())
        assert caught.value.code == "partner.certificate"
        Https(HttpsSettings(url=server.url, ca=authority.path)).send(parcel())
    assert made.bodies() == [ORDER]


def test_we_show_our_certificate_where_it_is_asked_for(authority: Authority) -> None:
    certificate, key = authority.issue("wardline")
    made = Web()
    with WebServer(made, tls=served(authority, authority.path)) as server:
        Https(HttpsSettings(url=server.url, ca=authority.path, certificate=certificate, key=key)).send(parcel())
        with pytest.raises((Unavailable, InDoubt)):
            Https(HttpsSettings(url=server.url, ca=authority.path)).send(parcel())
    assert made.bodies() == [ORDER]


def test_a_webhook_is_signed_with_every_key_and_keeps_its_id(web: tuple[Web, str], tmp_path: Path) -> None:
    made, url = web
    raw = [b"n" * 32, b"o" * 32]
    for name, key in zip(("new", "old"), raw, strict=True):
        (tmp_path / name).write_text("whsec_" + base64.b64encode(key).decode())
    hook = Webhook(WebhookSettings(url=url, secrets=(f"file:{tmp_path}/new", f"file:{tmp_path}/old")))
    one = parcel()
    hook.send(one)
    hook.send(one)

    first, second = (request.headers for request in made.requests)
    assert first["webhook-id"] == second["webhook-id"] == f"msg_{one.id.hex}"
    signed = f"{first['webhook-id']}.{first['webhook-timestamp']}.".encode() + ORDER
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in raw]
    assert first["webhook-signature"] == " ".join(f"v1,{one}" for one in expected)
    assert abs(int(first["webhook-timestamp"]) - ids.now().timestamp()) < 10


@pytest.mark.parametrize("text", ["short", "whsec_c2hvcnQ=", "whsec_%%%", "d2FyZGxpbmUgd2FyZGxpbmUgd2FyZGxpbmU="])
def test_a_weak_or_malformed_webhook_key_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(Misconfigured):
        Webhook(WebhookSettings(url="https://example.org/", secrets=(f"file:{tmp_path}/key",)))


# MLLP


def test_the_answer_of_the_application_comes_back() -> None:
    with Listener(hospital(ACK)) as listener:
        found = Mllp(MllpSettings(host="127.0.0.1", port=listener.port)).send(parcel())
    assert found == Delivery("answered", (ACK,), "application/hl7-v2")


def test_both_answers_are_waited_for_and_one_is_enough() -> None:
    settings = MllpSettings(host="127.0.0.1", port=1, answers="both", read_seconds=1)
    with Listener(hospital(b"CA", b"AA")) as listener:
        assert Mllp(replace(settings, port=listener.port)).send(parcel()).answers == (b"CA", b"AA")
    with Listener(hospital(b"CA")) as listener:
        assert Mllp(replace(settings, port=listener.port)).send(parcel()).answers == (b"CA",)


def test_who_takes_it_and_says_nothing_leaves_doubt() -> None:
    with Listener(hospital()) as listener, pytest.raises(InDoubt):
        Mllp(MllpSettings(host="127.0.0.1", port=listener.port)).send(parcel())
    assert listener.came == [ORDER]
    with Listener(hospital(ACK, pause=2)) as listener, pytest.raises(InDoubt):
        Mllp(MllpSettings(host="127.0.0.1", port=listener.port, read_seconds=1)).send(parcel())


def test_mllp_is_encrypted_where_the_channel_says_so(authority: Authority) -> None:
    with Listener(hospital(ACK), served(authority)) as listener:
        settings = MllpSettings(host="127.0.0.1", port=listener.port, tls=True, ca=authority.path)
        assert Mllp(settings).send(parcel()).answers == (ACK,)
        with pytest.raises(Unavailable) as caught:
            Mllp(replace(settings, ca="")).send(parcel())
    assert caught.value.code == "partner.certificate"


# Mail


def test_a_copy_of_a_mail_has_the_same_number_and_date() -> None:
    one = parcel()
    with Listener(mail_server()) as listener:
        for _ in range(2):
            Mail(mail_settings(listener.port)).send(one)
        first, second = (message_from_bytes(mail) for mail in listener.came)
    names = ("Message-ID", "Date", "Subject", "From", "To")
    assert [first[name] for name in names] == [second[name] for name in names]
    assert (first["Subject"], first["To"]) == ("850 7", "edi@acme.example")
    assert "850-000000007.x12" in listener.came[0].decode()


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ({"end_of_data": b""}, InDoubt, "partner.no_answer"),
        ({"end_of_data": b"452 full"}, Transient, "partner.smtp_452"),
        ({"end_of_data": b"554 no"}, Refused, "partner.smtp_554"),
        ({"recipient": b"550 nobody"}, Refused, "partner.smtp_550"),
        ({"recipient": b"450 later"}, Transient, "partner.smtp_450"),
    ],
)
def test_what_a_mail_server_means(said: dict[str, bytes], kind: type[WardlineError], code: str) -> None:
    with Listener(mail_server(**said)) as listener, pytest.raises(WardlineError) as caught:
        Mail(mail_settings(listener.port)).send(parcel())
    assert (type(caught.value), caught.value.code) == (kind, code)
