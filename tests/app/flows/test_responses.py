"""What is written for a partner waits for its answer, and the answer settles or fails it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine

from app import ids
from app.errors import Misconfigured, NotFound, Permanent
from app.flows.intake import Intake, Sending
from app.flows.outbound import Outbound
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.standards import by_name
from tests.app.flows.house import House

ACME = Channel("acme", "x12", "GEN", our_address="ZZ:WARDLINE", partner_address="01:123456789", answer_hours=Decimal(4))
ISA = f"ISA*00*{'':10}*00*{'':10}*01*{'123456789':15}*ZZ*{'WARDLINE':15}*261120*1200*U*00401*"


def wrapped(control: int, group: str, code: str, *segments: str) -> bytes:
    """An interchange of one set from the supplier."""
    inside = "~".join([f"ST*{code}*0001", *segments, f"SE*{len(segments) + 2}*0001"])
    gs = f"GS*{group}*123456789*WARDLINE*20261120*1200*{control}*X*004010"
    return f"{ISA}{control:09}*0*P*>~{gs}~{inside}~GE*1*{control}~IEA*1*{control:09}~".encode()


ORDER = wrapped(1, "PO", "850", "BEG*00*NE*PO-77**20261120", "PO1*1*2*CA*3.50**VC*A-1", "CTT*1")


@pytest.fixture
def house(small_ledger: Ledger) -> House:
    house = House.over(small_ledger)
    house.channels["acme"] = ACME
    return house


def receive(house: House, body: bytes, channel: str = "acme") -> UUID:
    sending = Sending(house.channels[channel], body, "application/edi-x12", "tester", "0" * 32)
    receipt, _ = Intake(house.ledger, str).take_in(sending)
    assert receipt.outcome == "accepted", receipt
    assert receipt.message_id
    house.work_off()
    return receipt.message_id


@pytest.fixture
def order(house: House) -> UUID:
    """A purchase order in the ledger."""
    return house.story(receive(house, ORDER)).documents[0].id


def written(house: House, document: UUID) -> tuple[UUID, bytes]:
    kept, message = Outbound(house.ledger, house.channels, str).write(document, "acme")
    return kept, message.body


def state(house: House, interchange: UUID) -> str:
    with house.ledger.reading() as tx:
        row = house.ledger.interchanges.get(tx, interchange)
        assert row
        return str(row.state)


def answer(house: House, control: int, code: str = "A", number: int = 100) -> UUID:
    part = ["AK2*850*0001", f"AK5*{code}", f"AK9*{code}*1*1*{0 if code == 'R' else 1}"]
    return receive(house, wrapped(number, "FA", "997", f"AK1*PO*{control}", *part))


def test_an_order_is_recorded(house: House) -> None:
    story = house.story(receive(house, ORDER.replace(b"PO-77", b"PO-78").replace(b"000000001", b"000000002")))
    assert [(row.kind, row.state) for row in story.documents] == [("purchase_order", "settled")]
    with house.ledger.reading() as tx:
        assert house.ledger.search.find(tx, "PO-78") == [story.message.id]


def test_what_is_written_says_what_the_document_says(house: House, order: UUID) -> None:
    kept, body = written(house, order)
    assert state(house, kept) == "awaiting"
    assert b"BEG*00*NE*PO-77" in body
    assert b"*000000001*" in body.split(b"~")[0]
    with house.ledger.reading() as tx:
        assert house.ledger.bodies.of(tx, kept) == body


@pytest.mark.parametrize("code", ["A", "E", "P"])
def test_an_acceptance_settles_what_it_answers(house: House, order: UUID, code: str) -> None:
    kept, _ = written(house, order)
    message = answer(house, 1, code)
    assert (state(house, kept), house.state(message)) == ("accepted", "settled")


def test_a_refusal_fails_it_and_waits_for_a_person(house: House, order: UUID) -> None:
    kept, _ = written(house, order)
    message = answer(house, 1, "R")
    assert (state(house, kept), house.story(message).documents[0].state) == ("rejected", "held")
    with house.ledger.reading() as tx:
        (group,) = house.ledger.holds.groups(tx)
    assert (group.cause, group.subject) == ("response_rejected", "channel acme 850 000000001")
    with house.ledger.transaction() as tx:
        house.ledger.holds.release_in(tx, group.cause, group.subject, "tester")
    house.work_off()
    assert house.state(message) == "settled"
    assert state(house, kept) == "rejected"


def test_an_answer_to_nothing_waits_for_a_person(house: House) -> None:
    message = answer(house, 99)
    with house.ledger.reading() as tx:
        (group,) = house.ledger.holds.groups(tx)
    assert (group.cause, house.story(message).documents[0].state) == ("response_unmatched", "held")


def test_each_interchange_has_its_own_answer(house: House, order: UUID) -> None:
    (first, _), (second, _) = written(house, order), written(house, order)
    answer(house, 2)
    assert (state(house, first), state(house, second)) == ("awaiting", "accepted")


def test_a_missing_answer_is_noticed_and_a_late_one_still_taken(house: House, order: UUID) -> None:
    kept, _ = written(house, order)
    with time_machine.travel(ids.now() + timedelta(hours=5)):
        assert house.ledger.interchanges.miss(10) == 1
        assert state(house, kept) == "overdue"
        answer(house, 1)
        assert state(house, kept) == "accepted"


def test_what_a_partner_cannot_be_told_is_not_written_and_uses_no_number(house: House, order: UUID) -> None:
    with pytest.raises(NotFound):
        Outbound(house.ledger, house.channels, str).write(order, "nobody")
    with pytest.raises(NotFound):
        Outbound(house.ledger, house.channels, str).write(ids.new_id(), "acme")
    with pytest.raises(Misconfigured):
        Outbound(house.ledger, house.channels, str).write(order, "cabinets")
    house.channels["labs"] = Channel("labs", "hl7v2", "GEN", our_address="A|B", partner_address="C|D")
    assert "purchase_order" not in by_name("hl7v2").writes
    with pytest.raises(Permanent) as caught:
        Outbound(house.ledger, house.channels, str).write(order, "labs")
    assert caught.value.code == "document.not_written"
    _, body = written(house, order)
    assert b"*000000001*" in body.split(b"~")[0]
