"""Orders from the ledger to suppliers and back, by the real processes on PostgreSQL and RabbitMQ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.model.channel import Profile
from app.model.interchange import Interchange
from app.standards import by_name
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.cxml import CxmlSupplier
from ops.simulators.suppliers.x12 import X12Supplier
from tests.app.flows import trade
from tests.integration.fleet import Wardline, running, until

pytestmark = pytest.mark.real

CHANNELS = """
[channels.odoo]
standard = "canonical"
facility = "GEN"
lane = "approvals"

[channels.acme]
standard = "cxml"
facility = "GEN"
lane = "approvals"
supplier = "S-1"
sends = ["purchase_order"]
our_address = "NetworkId:GENERAL"
partner_address = "NetworkId:ACME"
answer_hours = 4

[channels.acme.transport]
kind = "https"
url = "{url}"
answers = true

[channels.bolt]
standard = "x12"
facility = "GEN"
lane = "approvals"
supplier = "S-2"
sends = ["purchase_order"]
our_address = "ZZ:WARDLINE"
partner_address = "ZZ:SUPPLIER"
answer_hours = 4

[channels.bolt.transport]
kind = "sftp"
host = "127.0.0.1"
port = {port}
user = "{user}"
password = "file:{password}"
host_key = "{fingerprint}"
put = "/orders"
collect = "/outbox"
answers = "/answers"
settle_seconds = 0
"""


def configure(wardline: Wardline, acme: CxmlSupplier, bolt: X12Supplier) -> None:
    password = wardline.folder / "password"
    password.write_text(bolt.server.password)
    told = {"port": bolt.server.port, "user": bolt.server.user, "fingerprint": bolt.server.fingerprint}
    with (wardline.folder / "channels.toml").open("a") as file:
        file.write(CHANNELS.format(url=acme.url, password=password, **told))
    acme.reply_to, acme.key = f"{wardline.url}/v1/messages/acme", wardline.key


def place(wardline: Wardline, number: str, supplier: str) -> None:
    profile, addresses = Profile(trade.ODOO, str), Interchange(1, trade.WHEN, "a", "b")
    body = by_name("canonical").write(trade.order(number, supplier), profile, addresses).body
    assert wardline.send("odoo", body).status_code == 202


def interchanges(wardline: Wardline) -> dict[str, Any]:
    with wardline.ledger.reading() as tx:
        return {row.channel: row for row in wardline.ledger.interchanges.list(tx)}


def delivery(wardline: Wardline) -> str | None:
    row = interchanges(wardline).get("acme")
    return row.delivery if row else None


def test_orders_reach_their_suppliers_and_answers_come_back(make_wardline: Any, tmp_path: Path) -> None:
    wardline = make_wardline()
    with CxmlSupplier() as acme, X12Supplier(folder=tmp_path / "bolt") as bolt:
        configure(wardline, acme, bolt)
        with running(wardline, "web", "relay", "urgent", "approvals", "bulk"):
            place(wardline, "P00012", "S-1")
            place(wardline, "P00013", "S-2")
            assert acme.wait_for("P00012", 60).lines[0].quantity.value == 4
            assert bolt.wait_for("P00013", 60).lines[1].quantity.value == 10
            assert acme.confirm("P00012").status == 200
            bolt.confirm("P00013")

            assert wardline.cli("channels", "check", "bolt")["found"]
            assert wardline.cli("jobs", "run", "partners.collect")["done"] == 2
            until(lambda: {row.state for row in interchanges(wardline).values()} == {"accepted"}, 60, "both answered")

            with wardline.ledger.reading() as tx:
                for number in ("P00012", "P00013"):
                    kinds = {
                        document.kind
                        for message in wardline.ledger.search.find(tx, number)
                        for document in wardline.ledger.search.story(tx, message).documents  # type: ignore[union-attr]
                    }
                    assert {"purchase_order", "order_confirmation"} <= kinds
            assert wardline.ledger.audit.verify().faults == ()


def test_a_worker_killed_while_it_sends_never_sends_twice_by_itself(make_wardline: Any, tmp_path: Path) -> None:
    wardline = make_wardline(lease_seconds=3)
    with CxmlSupplier(Behaviour(slow_seconds=5)) as acme, X12Supplier(folder=tmp_path / "bolt") as bolt:
        configure(wardline, acme, bolt)
        with running(wardline, "web", "relay", "urgent", "approvals", "bulk"):
            place(wardline, "P00012", "S-1")
            until(lambda: delivery(wardline) == "sending", 60, "it is being sent", wardline.explain)
            wardline.fleet.kill("approvals")
            wardline.fleet.start("approvals")
            until(lambda: wardline.exceptions()["held"] == 1, 60, "a person is asked", wardline.explain)

            assert len(acme.received) <= 1
            row = interchanges(wardline)["acme"]
            assert (row.delivery, row.sends) == ("in_doubt", 1)
            wardline.cli("interchanges", "resend", str(row.id), "--yes")
            until(lambda: interchanges(wardline)["acme"].state == "accepted", 60, "it is answered", wardline.explain)
            assert acme.received[0] == acme.received[-1]
