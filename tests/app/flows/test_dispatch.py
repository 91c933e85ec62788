"""What is sent to partners: written once, sent once, and never twice where nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app import ids
from app.errors import Conflict, InDoubt, RateLimited, Transient, Unavailable
from app.flows.intake import Intake, Sending
from app.ledger import tables
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.partners.base import Delivery, Parcel, Refused
from app.policy.retry import Retry
from tests.app.flows import trade
from tests.app.flows.test_responses import wrapped
from tests.app.flows.trade import PLAIN, Partner, Trade, trade_with


def test_an_order_is_written_sent_and_settled(ledger: Ledger) -> None:
    house, partner = trade_with(ledger)

    message = house.order()

    [parcel] = partner.parcels
    assert b"BEG*00*NE*P00012**20261123" in parcel.body
    assert house.document(message).state == "settled"
    assert house.sent.delivery == "sent"
    assert (house.sent.sends, house.sent.receipt, house.sent.state) == (1, "took it", "awaiting")
    assert house.sent.response_due_at - house.sent.sent_at == timedelta(hours=4)
    assert [(row.state, row.operation) for row in house.postings()] == [("posted", "send")]
    assert partner.closed == 1


def test_an_order_from_elsewhere_is_only_recorded(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger)
    house.house.channels["shop"] = Channel("shop", "canonical", "GEN")

    message = house.place(trade.order(), on="shop")
    house.house.work_off()

    assert house.document(message).state == "settled"
    assert partner.parcels == []


def test_an_order_to_a_supplier_without_a_channel_is_held_until_there_is_one(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger)
    acme = house.house.channels.pop("acme")

    message = house.order()

    assert [(one.cause, one.subject) for one in house.holds()] == [("no_partner_channel", "supplier S-1")]
    house.house.channels["acme"] = acme
    small_ledger.holds.release("no_partner_channel", None, "tester")
    house.house.work_off()
    assert house.document(message).state == "settled"
    assert len(partner.parcels) == 1


def test_a_change_waits_for_its_order(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger, Refused("no", code="partner.http_422"))
    house.order()
    house.order(trade.order(action="change", revision="1"))
    assert len(partner.parcels) == 1

    small_ledger.holds.release("delivery_refused", None, "tester")
    house.house.work_off()

    assert [parcel.message_type for parcel in partner.parcels] == ["850", "850", "860"]


def test_what_certainly_did_not_arrive_is_sent_again_with_the_same_bytes(ledger: Ledger) -> None:
    house, partner = trade_with(ledger, Transient("full", code="partner.write_failed"), RateLimited(retry_after=0))

    house.order()

    assert len(partner.parcels) == 3
    assert len({(parcel.id, parcel.body, parcel.number) for parcel in partner.parcels}) == 1
    assert (house.sent.delivery, house.sent.sends) == ("sent", 3)


def test_a_partner_that_is_away_uses_up_no_attempts_and_opens_its_circuit(small_ledger: Ledger) -> None:
    away = [Unavailable("away", code="partner.unreachable") for _ in range(5)]
    house, partner = trade_with(small_ledger, *away)
    states = []
    partner_send = partner.send

    def send(parcel: Parcel) -> Delivery:
        states.append(house.circuit())
        return partner_send(parcel)

    partner.send = send  # type: ignore[method-assign]
    house.order()

    assert states == ["closed", "closed", "open", "open", "open", "open"]
    assert house.circuit() == "closed"
    assert house.sent.delivery == "sent"


def test_an_open_circuit_keeps_one_partner_waiting_and_no_other(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger)
    house.house.channels["other"] = trade.channel(PLAIN, name="other", supplier="S-2")
    small_ledger.circuits = replace(small_ledger.circuits, threshold=1, pause=timedelta(hours=1))
    with small_ledger.transaction() as tx:
        small_ledger.circuits.failed(tx, "partner:acme", "partner.unreachable")

    house.place(trade.order())
    house.place(trade.order("P00013", supplier="S-2"))
    house.house.work_off()

    assert len(partner.parcels) == 1
    assert {row.channel: row.delivery for row in house.interchanges()} == {"other": "sent"}
    with small_ledger.reading() as tx:
        [waiting] = tx.execute(sa.select(tables.work).where(tables.work.c.stage == "dispatch")).all()
    assert waiting.attempts == 0
    assert waiting.due_at > ids.now() + timedelta(minutes=55)


def test_of_a_sending_of_unknown_end_the_transport_is_asked(ledger: Ledger) -> None:
    house, partner = trade_with(ledger, InDoubt("cut", code="partner.no_answer"))
    partner.seen = [Delivery("there it is")]

    house.order()

    assert len(partner.parcels) == 1
    assert (house.sent.delivery, house.sent.receipt) == ("sent", "there it is")


def test_what_certainly_is_not_there_goes_again(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger, InDoubt("cut", code="partner.no_answer"))
    partner.seen = [None]

    house.order()

    assert len(partner.parcels) == 2
    assert house.sent.sends == 2


def test_without_an_answer_it_is_never_sent_twice_to_who_keeps_copies(ledger: Ledger) -> None:
    house, partner = trade_with(ledger, InDoubt("cut", code="partner.no_answer"))

    message = house.order()

    assert len(partner.parcels) == 1
    assert house.document(message).state == "held"
    [group] = house.holds()
    assert (group.cause, group.subject) == ("delivery_in_doubt", "channel acme 850 000000001")
    assert str(house.sent.id) in group.hint
    assert ledger.holds.release("delivery_in_doubt", None, "tester") == 1
    house.house.work_off()
    assert len(partner.parcels) == 1, "a mere release asks again and sends nothing"
    assert partner.looks == 2


def test_it_is_sent_again_to_who_drops_copies(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger, InDoubt("cut", code="partner.no_answer"), resend=True)

    house.order()

    assert len({(parcel.body, parcel.number) for parcel in partner.parcels}) == 1
    assert (len(partner.parcels), house.sent.delivery) == (2, "sent")


def test_who_drops_copies_and_never_answers_is_a_matter_for_a_person_in_the_end(small_ledger: Ledger) -> None:
    lost = [InDoubt("cut", code="partner.no_answer") for _ in range(30)]
    partner = Partner(lost)
    acme = trade.channel(replace(PLAIN, resend=True))
    retry = Retry(timedelta(hours=1), timedelta(hours=2), timedelta(hours=6))
    house = Trade.over(small_ledger, acme, opened=partner, retry=retry)
    with time_machine.travel("2026-11-23T08:00:00Z", tick=False) as clock:
        house.place(trade.order())
        for _ in range(30):
            house.house.work_off()
            clock.shift(timedelta(hours=2))
    assert [group.cause for group in house.holds()] == ["delivery_in_doubt"]
    assert 4 <= len(partner.parcels) < 12


def doubtful(ledger: Ledger) -> tuple[Trade, Partner]:
    house, partner = trade_with(ledger, InDoubt("cut", code="partner.no_answer"))
    house.order()
    return house, partner


def test_a_person_who_found_out_that_it_is_there_settles_it(ledger: Ledger) -> None:
    house, partner = doubtful(ledger)
    with ledger.transaction() as tx:
        ledger.deliveries.delivered(tx, house.sent, house.house.channels["acme"], "jane")
    house.house.work_off()

    assert (house.sent.delivery, house.sent.receipt, len(partner.parcels)) == ("sent", "told by jane", 1)
    assert house.sent.response_due_at is not None
    assert house.holds() == []
    assert [row.state for row in house.postings()] == ["posted"]


def test_a_person_who_found_out_that_it_is_not_there_sends_it_again(ledger: Ledger) -> None:
    house, partner = doubtful(ledger)
    with ledger.transaction() as tx:
        ledger.deliveries.resend(tx, house.sent, "jane")
    house.house.work_off()

    assert (house.sent.delivery, len(partner.parcels)) == ("sent", 2)
    assert partner.parcels[0] == partner.parcels[1]
    assert house.holds() == []


def test_what_was_sent_can_be_sent_again_until_it_is_answered(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger)
    message = house.order()
    with small_ledger.transaction() as tx:
        small_ledger.deliveries.resend(tx, house.sent, "jane")
    house.house.work_off()
    assert partner.parcels[0] == partner.parcels[1]
    assert house.document(message).state == "settled"
    with small_ledger.transaction() as tx:
        small_ledger.interchanges.answer(tx, house.sent.id, "accepted", house.document(message).id)
    with small_ledger.transaction() as tx, pytest.raises(Conflict, match="answered"):
        small_ledger.deliveries.resend(tx, house.sent, "jane")


def test_what_nobody_sends_cannot_be_sent_again(small_ledger: Ledger) -> None:
    house, _ = trade_with(small_ledger)
    message = house.order()
    house.dispatch.outbound.write(house.document(message).id, "acme")
    by_hand = house.interchanges()[-1]
    with small_ledger.transaction() as tx, pytest.raises(Conflict, match="by hand"):
        small_ledger.deliveries.resend(tx, by_hand, "jane")
    with small_ledger.transaction() as tx, pytest.raises(Conflict, match="delivery is sent"):
        small_ledger.deliveries.delivered(tx, house.interchanges()[0], None, "jane")


def test_a_refusal_is_held_and_written_anew_when_it_is_released(ledger: Ledger) -> None:
    house, _ = trade_with(ledger, Refused("no", code="partner.http_422"))

    message = house.order()

    assert [(one.cause, one.subject) for one in house.holds()] == [
        ("delivery_refused", "channel acme partner.http_422")
    ]
    assert house.sent.delivery == "refused"
    ledger.holds.release("delivery_refused", None, "tester")
    house.house.work_off()
    assert [(row.delivery, row.control_number) for row in house.interchanges()] == [("refused", 1), ("sent", 2)]
    assert house.document(message).state == "settled"


def test_what_cannot_be_written_is_a_dead_letter_and_goes_when_that_is_mended(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger)
    acme = house.house.channels["acme"]
    house.house.channels["acme"] = replace(acme, our_address="much too long for an interchange")

    house.order()

    assert partner.parcels == []
    assert house.interchanges() == []
    with small_ledger.reading() as tx:
        [dead] = small_ledger.dead_letters.list(tx, Filter())
    assert (dead.stage, dead.error_code) == ("dispatch", "document.not_carried")
    house.house.channels["acme"] = acme
    small_ledger.dead_letters.requeue(Filter(), "tester")
    house.house.work_off()
    assert (house.sent.delivery, house.sent.control_number) == ("sent", 1)


def test_a_channel_that_is_gone_buries_what_was_for_it(small_ledger: Ledger) -> None:
    house, _ = trade_with(small_ledger)
    house.place(trade.order())
    for stage in ("translate", "resolve"):
        house.house.stages[stage].step("approvals")
    del house.house.channels["acme"]
    house.house.work_off()
    assert [row.state for row in house.postings()] == ["dead"]


def test_a_fault_of_ours_in_one_message_does_not_stop_the_others(small_ledger: Ledger) -> None:
    house, partner = trade_with(small_ledger, ZeroDivisionError())
    house.place(trade.order("P1"))
    house.place(trade.order("P2"))
    house.house.work_off()

    assert {row.delivery for row in house.interchanges()} == {"in_doubt", "sent"}
    assert sorted(row.state for row in house.postings()) == ["dead", "posted"]
    assert len(partner.parcels) == 2


def test_a_worker_that_died_while_sending_leaves_a_question(ledger: Ledger) -> None:
    class Killed(BaseException):
        """The machine went away."""

    house, partner = trade_with(ledger, Killed())
    partner.seen = [Delivery("it was there")]
    house.place(trade.order())
    with pytest.raises(Killed):
        house.house.work_off()
    assert house.sent.delivery == "sending"

    with time_machine.travel(house.sent.written_at + timedelta(minutes=10)):
        house.house.work_off()

    assert (house.sent.delivery, len(partner.parcels)) == ("sent", 1)


def test_a_worker_that_died_and_a_partner_that_cannot_tell_are_a_matter_for_a_person(small_ledger: Ledger) -> None:
    class Killed(BaseException):
        """The machine went away."""

    house, partner = trade_with(small_ledger, Killed())
    house.place(trade.order())
    with pytest.raises(Killed):
        house.house.work_off()
    with time_machine.travel(house.sent.written_at + timedelta(minutes=10)):
        house.house.work_off()

    assert [group.cause for group in house.holds()] == ["delivery_in_doubt"]
    assert (house.sent.delivery, house.sent.delivery_code) == ("in_doubt", "partner.cannot_tell")
    assert len(partner.parcels) == 1


def test_no_body_reaches_a_hold_a_dead_letter_or_the_audit_trail(small_ledger: Ledger) -> None:
    house, _ = trade_with(small_ledger, Refused("no", code="partner.http_422"))
    house.order(trade.order(note="a secret note"))
    with small_ledger.reading() as tx:
        told = [str(tuple(row)) for name in ("hold", "audit_event", "interchange", "posting", "attempt")
                for row in tx.exec_driver_sql(f"select * from {name}")]  # fmt: skip
    assert told
    assert not [one for one in told if "secret" in one]


def test_an_answer_proves_what_nobody_knew(ledger: Ledger) -> None:
    house, partner = doubtful(ledger)
    answer = wrapped(7, "FA", "997", "AK1*PO*1", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1")
    Intake(ledger, str).take_in(Sending(house.house.channels["acme"], answer, "text/plain", "tester", "0" * 32))

    house.house.work_off()

    assert (house.sent.state, house.sent.delivery, len(partner.parcels)) == ("accepted", "sent", 1)
    assert house.holds() == []
    assert [row.state for row in house.postings()] == ["posted"]
