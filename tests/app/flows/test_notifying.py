"""Notices on their way out: by mail and webhook, once each, tried again, and never with what somebody wrote."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine

from app import ids
from app.errors import InDoubt, Misconfigured, Permanent, Transient
from app.ledger.approval_tables import notice
from app.ledger.ledger import Ledger
from app.ledger.notices import LEASE
from app.partners.notifiers import Letter, Mail
from tests import factories
from tests.app.flows.desk import FOUR_EYES, Office
from tests.app.flows.sinks import free_port, mail_sink, webhook_sink

KEY = b"a key of at least twenty-four bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
LETTER = Letter("key-1", "wanda@hospital.example", "Approval needed", "R-1\n")


@pytest.fixture
def office(small_ledger: Ledger, tmp_path: Path) -> Office:
    return Office(small_ledger, factories.settings(tmp_path))


def with_mail(office: Office, url: str) -> Office:
    changed = {"smtp_url": url, "mail_from": "wardline@hospital.example", "public_url": "https://wardline.example"}
    office.settings = replace(office.settings, **changed)  # type: ignore[arg-type]
    return office


def with_webhook(office: Office, url: str) -> Office:
    office.settings = replace(office.settings, webhook_url=url, webhook_secret=SECRET)
    return office


def work(office: Office) -> int:
    office.desk.escalating.run()
    return office.desk.notifying.run()


def states(office: Office, approval: UUID) -> list[tuple[str, str, str, str | None]]:
    with office.ledger.reading() as tx:
        rows = office.ledger.notices.of_approvals(tx, [approval])
    return [(row.kind, row.transport, row.state, row.error_code) for row in rows]


def test_without_an_outlet_notices_are_only_listed(office: Office) -> None:
    approval = office.waiting()

    assert work(office) == 0
    assert states(office, approval) == [("needed", "none", "listed", None), ("pending", "none", "listed", None)]


def test_an_approver_gets_one_letter_with_a_link_to_decide_by(office: Office) -> None:
    with mail_sink() as sink:
        approval = with_mail(office, sink.url).waiting()
        assert work(office) == 1
        assert work(office) == 0

    [letter] = sink.letters
    message = email.message_from_string(letter, policy=email.policy.default)
    assert message["To"] == "wanda@hospital.example"
    assert message["Subject"] == "Approval needed: R-1, 300 EUR"
    text = message.get_content()
    assert "Items: STENT-35" in text
    [link] = [line.strip() for line in text.splitlines() if line.startswith("https://wardline.example")]
    office.desk.links.use(link.rpartition("/")[2], "approve")
    assert office.state(approval) == ("approved", "open")


def test_a_letter_and_a_request_tell_numbers_and_nothing_that_somebody_wrote(office: Office) -> None:
    with mail_sink() as mail, webhook_sink() as hook:
        with_webhook(with_mail(office, mail.url), hook.url)
        approval = office.waiting(requester="Mrs Mustermann", department="Room 12", steps=FOUR_EYES)
        work(office)
        office.say(approval, "fiona", comment="for Mrs Mustermann")
        office.say(approval, "felix", "reject", comment="not for Mrs Mustermann")
        work(office)

    assert len(mail.letters) == 1
    assert len(hook.posted) >= 4
    told = "".join([*mail.letters, *(one.body.decode() for one in hook.posted if b'"approval.needed"' in one.body)])
    assert "Mustermann" not in told
    assert "Room 12" not in told


def test_a_request_is_signed_and_can_be_verified(office: Office) -> None:
    with webhook_sink() as hook:
        with_webhook(office, hook.url).waiting()
        work(office)

    assert len(hook.posted) == 2
    for one in hook.posted:
        signed = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.body
        expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert one.headers["webhook-signature"] == f"v1,{expected}"
        assert abs(int(one.headers["webhook-timestamp"]) - ids.now().timestamp()) < 60
    told = [json.loads(one.body) for one in hook.posted]
    assert [(one["type"], one["person"]) for one in told] == [
        ("approval.needed", "wanda"),
        ("approval.pending", "nurse"),
    ]
    assert told[0]["data"]["number"] == "R-1"


def test_what_fails_is_tried_again_with_pauses_and_then_given_up(office: Office) -> None:
    patience = {"retry_base_seconds": 60.0, "retry_cap_seconds": 3600.0, "retry_horizon_hours": 4.0}
    office.settings = replace(office.settings, **patience)  # type: ignore[arg-type]
    with webhook_sink(503) as hook, time_machine.travel(ids.now(), tick=False) as clock:
        approval = with_webhook(office, hook.url).waiting()
        work(office)
        assert work(office) == 0
        assert {state for *_, state, _ in states(office, approval)} == {"due"}
        hook.statuses = [204]
        clock.shift(timedelta(minutes=2))
        work(office)
        assert {state for *_, state, _ in states(office, approval)} == {"sent"}
        assert set(Counter(one.headers["webhook-id"] for one in hook.posted).values()) == {2}

        hook.statuses = [503]
        late = office.waiting(reference="R-2")
        for _ in range(15):
            work(office)
            clock.shift(timedelta(hours=2))
        assert ("pending", "webhook", "failed", "webhook.503") in states(office, late)


@pytest.mark.parametrize("status", [400, 410, 422])
def test_what_the_receiver_does_not_want_is_not_sent_again(office: Office, status: int) -> None:
    with webhook_sink(status) as hook:
        approval = with_webhook(office, hook.url).waiting()
        work(office)
        work(office)

    assert len(hook.posted) == 2
    assert {state for *_, state, _ in states(office, approval)} == {"failed"}


def test_a_letter_of_unknown_fate_is_not_sent_again(office: Office) -> None:
    with mail_sink(**{"DATA.": None}) as sink:
        approval = with_mail(office, sink.url).waiting()
        for _ in range(3):
            work(office)

    assert len(sink.letters) == 1
    assert states(office, approval)[0] == ("needed", "mail", "in_doubt", "mail.no_answer")


def test_a_sender_that_died_leaves_letters_in_doubt_and_requests_due(office: Office) -> None:
    with mail_sink() as mail, webhook_sink() as hook, time_machine.travel(ids.now(), tick=False) as clock:
        approval = with_webhook(with_mail(office, mail.url), hook.url).waiting()
        office.desk.escalating.run()
        for _ in range(3):
            with office.ledger.transaction() as tx:
                assert office.ledger.notices.claim(tx)
        work(office)
        assert (mail.letters, hook.posted) == ([], [])
        clock.shift(LEASE)
        work(office)

    assert mail.letters == []
    assert len(hook.posted) == 2
    assert [(transport, state) for _, transport, state, _ in states(office, approval)] == [
        ("mail", "in_doubt"),
        ("webhook", "sent"),
        ("webhook", "sent"),
    ]


def test_what_was_decided_meanwhile_is_not_asked_for_any_more(office: Office) -> None:
    with mail_sink() as sink:
        approval = with_mail(office, sink.url).waiting()
        office.desk.escalating.run()
        office.say(approval, "wanda")
        work(office)

    assert sink.letters == []
    assert states(office, approval)[0] == ("needed", "mail", "moot", None)


def test_several_senders_at_once_send_each_notice_once(office: Office) -> None:
    with webhook_sink() as hook:
        with_webhook(office, hook.url)
        for number in range(10):
            office.waiting(reference=f"R-{number}")
        office.desk.escalating.run()
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: office.desk.notifying.run(), range(4)))

    assert sum(done) == 20
    keys = [one.headers["webhook-id"] for one in hook.posted]
    assert len(keys) == len(set(keys)) == 20


def test_an_outlet_that_was_taken_away_fails_what_was_due(office: Office) -> None:
    approval = with_webhook(office, "http://127.0.0.1:1/").waiting()
    office.desk.escalating.run()
    office.settings = replace(office.settings, webhook_url="")
    work(office)

    assert {code for *_, code in states(office, approval)} == {"notice.no_outlet"}


@pytest.mark.parametrize(
    ("manners", "error", "code"),
    [
        ({"MAIL": "451 later"}, Transient, "mail.451"),
        ({"RCPT": "550 nobody here"}, Permanent, "mail.550"),
        ({"RCPT": None}, Transient, "mail.unreachable"),
        ({"DATA": "452 full"}, Transient, "mail.452"),
        ({"DATA.": "554 spam"}, Permanent, "mail.554"),
        ({"DATA.": None}, InDoubt, "mail.no_answer"),
        ({"EHLO": None}, Transient, "mail.unreachable"),
    ],
)
def test_what_a_mail_server_says_decides(manners: dict[str, Any], error: type[Exception], code: str) -> None:
    with mail_sink(**manners) as sink, pytest.raises(error) as caught:
        Mail(sink.url, "wardline@hospital.example").send(LETTER)

    assert caught.value.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize("farewell", [None, "421 too busy"])
def test_a_letter_that_was_taken_is_sent_whatever_the_farewell(farewell: str | None) -> None:
    with mail_sink(QUIT=farewell) as sink:
        Mail(sink.url, "wardline@hospital.example").send(LETTER)

    assert len(sink.letters) == 1


def test_a_mail_server_that_is_not_there() -> None:
    with pytest.raises(Transient):
        Mail(f"smtp://127.0.0.1:{free_port()}", "wardline@hospital.example").send(LETTER)


def test_a_password_does_not_travel_unencrypted() -> None:
    # Also this machine, but not by a name that says so.
    with mail_sink("127.0.0.2") as sink, pytest.raises(Permanent) as caught:
        Mail(sink.url.replace("//", "//user:secret@"), "wardline@hospital.example").send(LETTER)

    assert caught.value.code == "mail.not_encrypted"
    assert "AUTH" not in sink.commands


@pytest.mark.parametrize("url", ["http://host", "smtp://", "smtp://host:nonsense", "host"])
def test_an_address_that_is_no_mail_server(url: str) -> None:
    with pytest.raises(Misconfigured):
        Mail(url, "wardline@hospital.example")


def test_a_secret_that_is_none_stops_the_start(office: Office) -> None:
    office.settings = replace(office.settings, webhook_url="https://chat.example/hook", webhook_secret="short")

    with pytest.raises(Misconfigured):
        _ = office.desk


def test_two_attempts_at_a_letter_have_one_message_id() -> None:
    with mail_sink() as sink:
        for _ in range(2):
            Mail(sink.url, "wardline@hospital.example").send(LETTER)

    first, second = (email.message_from_string(letter)["Message-ID"] for letter in sink.letters)
    assert first == second


def test_a_notice_that_cannot_be_written_fails_alone(office: Office) -> None:
    with webhook_sink() as hook:
        broken, sound = with_webhook(office, hook.url).waiting(), office.waiting(reference="R-2")
        office.desk.escalating.run()
        with office.ledger.transaction() as tx:
            tx.execute(sa.update(notice).where(notice.c.approval_id == broken).values(facts={}))
        office.desk.notifying.run()

    assert {(state, code) for *_, state, code in states(office, broken)} == {("failed", "unexpected"), ("sent", None)}
    assert {state for *_, state, _ in states(office, sound)} == {"sent"}
