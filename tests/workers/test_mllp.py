"""The MLLP listener on real sockets: what is stored, what is answered, and when it hangs up."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from app.errors import Misconfigured
from app.model.setup import Setup
from app.standards.hl7v2.framing import END, START
from tests import sendings
from tests.fixtures_mllp import CATHLAB, LIMIT, Listen, frame, services_at
from workers.mllp import Listener, Patience


def test_a_message_is_stored_before_it_is_answered(listen: Listen) -> None:
    running = listen()
    sender = running.connect()
    sender.send(frame(sendings.hl7("C-1")))
    assert sender.said() == ("AA", "C-1")
    [message] = running.stored()
    assert (message.principal, message.control_id, message.lane) == ("mllp:cathlab:127.0.0.1", "C-1", "bulk")
    with running.services.ledger.reading() as tx:
        assert running.services.ledger.bodies.of(tx, message.id) == sendings.hl7("C-1")


def test_each_channel_has_a_port_of_its_own(listen: Listen) -> None:
    running = listen()
    for channel in ("theatre", "cathlab"):
        sender = running.connect(channel)
        sender.send(frame(sendings.hl7("C-1")))
        assert sender.said() == ("AA", "C-1")
    assert [(message.channel, message.lane) for message in running.stored()] == [
        ("theatre", "urgent"),
        ("cathlab", "bulk"),
    ]


def test_the_same_message_again_gets_the_same_answer_and_is_stored_once(listen: Listen) -> None:
    running = listen()
    first = running.connect()
    first.send(frame(sendings.hl7("C-1")))
    answer = first.answer()
    first.leave()
    second = running.connect()
    second.send(frame(sendings.hl7("C-1")))
    assert second.answer() == answer
    assert len(running.stored()) == 1


def test_messages_sent_at_once_are_answered_in_their_order(listen: Listen) -> None:
    running = listen()
    sender = running.connect()
    sender.send(b"".join(frame(sendings.hl7(f"C-{number}", f"E-{number}")) + b"\r\n" for number in range(5)))
    assert [sender.said() for _ in range(5)] == [("AA", f"C-{number}") for number in range(5)]
    assert [message.control_id for message in running.stored()] == [f"C-{number}" for number in range(5)]


def test_a_message_may_come_in_single_bytes(listen: Listen) -> None:
    sender = listen().connect()
    for byte in b"junk" + frame(sendings.hl7("C-1")):
        sender.send(bytes([byte]))
    assert sender.said() == ("AA", "C-1")


def test_half_a_message_is_no_message(listen: Listen) -> None:
    running = listen()
    sender = running.connect()
    sender.send(frame(sendings.hl7("C-1"))[:-1])
    sender.leave()
    after = running.connect()
    after.send(frame(sendings.hl7("C-2", "E-2")))
    assert after.said() == ("AA", "C-2")
    assert [message.control_id for message in running.stored()] == ["C-2"]


def test_what_must_be_corrected_gets_a_nak_and_the_connection_stays(listen: Listen) -> None:
    sender = listen().connect()
    sender.send(frame(sendings.hl7("C-1", quantity="many")) + frame(b"hello") + frame(sendings.hl7("C-1")))
    assert sender.said() == ("AE", "C-1")
    assert sender.said() == ("AE", "")
    assert sender.said() == ("AA", "C-1")


def test_a_message_that_is_too_large_gets_a_nak_and_then_it_is_over(listen: Listen) -> None:
    running = listen()
    sender = running.connect()
    sender.send(START + b"MSH|" + b"x" * LIMIT)
    for _ in range(20):
        sender.send(b"x" * LIMIT)
    sender.send(END)
    answer = sender.answer()
    assert [fields[1] for fields in answer if fields[0] == "MSA"] == ["AE"]
    assert [fields[5].split("^")[0] for fields in answer if fields[0] == "ERR"] == ["message.too_large"]
    assert sender.hung_up()
    assert running.stored() == []


def test_the_answer_to_a_message_that_is_too_large_says_which_one_it_was(listen: Listen) -> None:
    sender = listen().connect()
    sender.send(frame(sendings.hl7("C-9") + b"NTE|1||" + b"x" * LIMIT))
    assert sender.said() == ("AE", "C-9")
    assert sender.hung_up()


def test_messages_of_16_mib_are_taken(listen: Listen) -> None:
    limit = 16 * 1024 * 1024
    running = listen(body_limit=limit)
    sender = running.connect()
    body = sendings.hl7("C-1")
    note = b"NTE|1||" + b"x" * 200_000 + b"\r"
    body += note * ((limit - len(body)) // len(note))
    body += b"NTE|1||" + b"x" * (limit - len(body) - 8) + b"\r"
    assert len(body) == limit
    sender.send(frame(body))
    assert sender.said() == ("AA", "C-1")
    with running.services.ledger.reading() as tx:
        assert running.services.ledger.bodies.of(tx, running.stored()[0].id) == body


def test_many_senders_send_bursts_at_once(listen: Listen) -> None:
    running = listen(mllp_connections=50)
    senders = [running.connect() for _ in range(40)]
    for number, sender in enumerate(senders):
        names = [f"C-{number}-{place}" for place in range(5)]
        sender.send(b"".join(frame(sendings.hl7(name, f"E-{name}")) for name in names))
    for number, sender in enumerate(senders):
        assert [sender.said() for _ in range(5)] == [("AA", f"C-{number}-{place}") for place in range(5)]
    assert len(running.stored()) == 200


def test_a_message_sent_again_while_the_first_is_in_work_gets_the_same_answer(listen: Listen) -> None:
    running = listen()
    first, second = running.connect(), running.connect()
    with running.services.ledger.transaction():  # whoever wants to write must wait
        first.send(frame(sendings.hl7("C-1")))
        threading.Event().wait(0.2)
        second.send(frame(sendings.hl7("C-1")))
        threading.Event().wait(0.2)
    assert first.answer() == second.answer()
    assert len(running.stored()) == 1


ENHANCED = {"AL|AL": ["CA", "AA"], "AL|NE": ["CA"], "NE|AL": ["AA"], "ER|ER": [], "NE|NE": [], "SU|": ["CA"]}


@pytest.mark.parametrize(("wanted", "codes"), ENHANCED.items(), ids=ENHANCED.keys())
def test_in_enhanced_mode_the_sender_gets_the_answers_it_wants(listen: Listen, wanted: str, codes: list[str]) -> None:
    running = listen()
    sender = running.connect()
    sender.send(frame(sendings.hl7("C-1").replace(b"|P|2.8.1", b"|P|2.8.1|||" + wanted.encode())))
    sender.send(frame(sendings.hl7("C-2", "E-2")))
    assert [sender.said() for _ in range(len(codes) + 1)] == [*((code, "C-1") for code in codes), ("AA", "C-2")]
    assert len(running.stored()) == 2


def test_an_answer_is_stored_and_not_answered(listen: Listen) -> None:
    running = listen()
    sender = running.connect()
    sender.send(frame(b"MSH|^~\\&|EHR|GEN|W|GEN|20261120||ACK^O05^ACK|A-1|P|2.5\rMSA|AA|7\r"))
    sender.send(frame(sendings.hl7("C-2", "E-2")))
    assert sender.said() == ("AA", "C-2")
    assert [message.message_type for message in running.stored()] == ["ACK^O05", "DFT^P03"]


def test_without_the_ledger_the_sender_is_told_to_send_again(listen: Listen, tmp_path: Path) -> None:
    running = listen()
    running.services.ledger.database.close()
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    (tmp_path / "ledger.db").mkdir()
    sender = running.connect()
    sender.send(frame(sendings.hl7("C-1")))
    assert sender.said() == ("AR", "C-1")


def test_who_is_silent_for_too_long_is_hung_up_on(listen: Listen) -> None:
    sender = listen(Patience(idle=0.2)).connect()
    sender.send(frame(sendings.hl7("C-1")))
    assert sender.said() == ("AA", "C-1")
    assert sender.hung_up()


def test_who_dribbles_a_message_is_hung_up_on(listen: Listen) -> None:
    running = listen(Patience(idle=10, frame=0.3))
    sender = running.connect()
    with suppress(ConnectionError):
        sender.send(START)
        for _ in range(100):
            sender.send(b"x")
            threading.Event().wait(0.02)
    assert sender.hung_up()
    assert running.stored() == []


def test_no_more_connections_than_are_allowed(listen: Listen) -> None:
    running = listen(mllp_connections=2)
    first, second = running.connect(), running.connect("theatre")
    for sender, number in ((first, 1), (second, 2)):
        sender.send(frame(sendings.hl7(f"C-{number}", f"E-{number}")))
        assert sender.said() == ("AA", f"C-{number}")
    assert running.connect().hung_up()
    first.leave()
    threading.Event().wait(0.2)
    third = running.connect()
    third.send(frame(sendings.hl7("C-3", "E-3")))
    assert third.said() == ("AA", "C-3")


def test_logs_hold_no_content(listen: Listen) -> None:
    with structlog.testing.capture_logs() as logs:
        running = listen()
        sender = running.connect()
        for body in (sendings.hl7("C-1"), sendings.hl7("C-2", quantity="CANARY"), b"CANARY", b"CANARY" * LIMIT):
            sender.send(frame(body))
            sender.answer()
    assert {entry["event"] for entry in logs} >= {"mllp.listening", "message.received", "message.too_large"}
    assert not [entry for entry in logs if "CANARY" in str(entry) or "EXAMPLE" in str(entry)]


def test_at_the_end_the_message_in_work_is_finished_and_nothing_else(listen: Listen) -> None:
    running = listen()
    busy, idle, half = running.connect(), running.connect(), running.connect()
    half.send(START + b"MSH|half")
    with running.services.ledger.transaction():  # whoever wants to write must wait
        busy.send(frame(sendings.hl7("C-1")) + frame(sendings.hl7("C-2", "E-2")))
        threading.Event().wait(0.3)
        running.stop()
        assert idle.hung_up()
        assert half.hung_up()
    assert busy.said() == ("AA", "C-1")
    assert busy.hung_up()
    running.wait()
    assert [message.control_id for message in running.stored()] == ["C-1"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = replace(services_at(tmp_path), setup=Setup({"cathlab": replace(CATHLAB, mllp_port=port)}))
        with pytest.raises(Misconfigured, match=f"127.0.0.1:{port} for channel cathlab"):
            asyncio.run(Listener(taken).__aenter__())


def test_without_a_channel_there_is_nothing_to_listen_for(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="mllp_port"):
        asyncio.run(Listener(replace(services_at(tmp_path), setup=Setup({}))).__aenter__())
