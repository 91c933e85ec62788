"""Orders that reach suppliers over real sockets, and what comes back from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.transport import HttpsSettings, SftpSettings
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.cxml import CxmlSupplier
from ops.simulators.suppliers.web import Reply
from ops.simulators.suppliers.x12 import X12Supplier
from tests.app.flows import trade
from tests.app.flows.trade import Trade


def cxml(supplier: CxmlSupplier) -> Channel:
    settings = HttpsSettings(url=supplier.url, answers=True, read_seconds=2)
    return trade.channel(settings, standard="cxml", our_address="NetworkId:WARDLINE", partner_address="NetworkId:ACME")


def test_a_cxml_supplier_answers_at_once_and_that_settles_the_interchange(ledger: Ledger) -> None:
    with CxmlSupplier(Behaviour()) as supplier:
        house = Trade.over(ledger, cxml(supplier))
        house.order()
        house.order(trade.order("P00013"))

        assert set(supplier.orders) == {"P00012", "P00013"}
        assert [row.state for row in house.interchanges()] == ["accepted", "accepted"]
        assert supplier.orders["P00012"].lines[0].quantity.value == 4
        assert house.holds() == []


def status(code: str) -> Reply:
    body = f'<?xml version="1.0"?><cXML payloadID="1@s"><Response><Status code="{code}" text="?"/></Response></cXML>'
    return Reply(body=body.encode(), content_type="text/xml")


def test_a_cxml_refusal_is_held(small_ledger: Ledger) -> None:
    with CxmlSupplier(replies=[status("406")]) as supplier:
        house = Trade.over(small_ledger, cxml(supplier))
        house.order()
    assert [group.cause for group in house.holds()] == ["response_rejected"]
    assert (house.sent.state, house.sent.delivery) == ("rejected", "sent")


def test_cxml_that_says_not_now_is_sent_again(small_ledger: Ledger) -> None:
    with CxmlSupplier(replies=[status("560")]) as supplier:
        house = Trade.over(small_ledger, cxml(supplier))
        house.order()
        assert (house.sent.sends, house.sent.state) == (2, "accepted")
        assert len(supplier.received) == 1


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(cut=True), Reply(200, b"<html>please log in</html>", "text/html"), Reply(200)]
)
def test_what_a_cxml_supplier_may_have_taken_is_not_sent_twice(small_ledger: Ledger, reply: Reply) -> None:
    with CxmlSupplier(replies=[reply]) as supplier:
        house = Trade.over(small_ledger, cxml(supplier))
        house.order()
        assert supplier.received == []
    assert [group.cause for group in house.holds()] == ["delivery_in_doubt"]


def test_an_x12_supplier_over_sftp_answers_with_a_997_that_is_collected(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_PASSWORD", "let me in")
    with X12Supplier(Behaviour(), folder=tmp_path / "acme") as supplier:
        settings = SftpSettings(
            host="127.0.0.1",
            port=supplier.server.port,
            user=supplier.server.user,
            password="env:ACME_PASSWORD",
            host_key=supplier.server.fingerprint,
            put="/orders",
            collect="/outbox",
            answers="/answers",
            settle_seconds=0,
        )
        house = Trade.over(ledger, trade.channel(settings))
        house.order()
        supplier.wait_for("P00012")
        supplier.confirm("P00012")

        assert house.pickup.run() == 2
        house.house.work_off()

        assert house.sent.state == "accepted"
        assert sorted(path.name for path in (tmp_path / "acme/outbox/archive").iterdir()) == [
            "00001-997.x12",
            "00002-855.x12",
        ]
        [answer] = supplier.answers
        assert b"AK1*PR*" in answer
        assert house.pickup.run() == 0
    with ledger.reading() as tx:
        found = ledger.search.find(tx, "C-P00012-1")
    assert len(found) == 1
