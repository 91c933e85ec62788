"""From a clinical system's message to the real Odoo's stock, on PostgreSQL and RabbitMQ, and everything in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.demo.hospital import GENERAL
from tests import factories
from tests.integration.fleet import running

pytestmark = pytest.mark.real

SAMPLES = Path("ops/demo/samples")
CATHLAB, OR1 = GENERAL.stock("CATHLAB"), GENERAL.stock("OR1")


def dft(control_id: str, *charges: str, patient: str = "EXAMPLE^PATIENT") -> bytes:
    """A DFT^P03 with one FT1 for each charge (FT1-2 to FT1-16 given as one string)."""
    head = f"MSH|^~\\&|CATHLAB|GEN|WARDLINE|GEN|20261120103000+0100||DFT^P03^DFT_P03|{control_id}|P|2.8.1"
    lines = [head, f"PID|1||900001^^^GEN^MR||{patient}||19700101|U", *charges]
    return "\r".join(lines).encode() + b"\r"


def test_consumption_over_mllp_and_http_moves_the_right_stock_and_tells_its_story(make_wardline) -> None:
    with running(make_wardline()) as wardline:
        odoo = wardline.odoo
        answer = wardline.mllp((SAMPLES / "dft-case.hl7").read_bytes())
        assert b"MSA|AA|CL-20261120-0001" in answer
        bundle = wardline.send("or-fhir", (SAMPLES / "bundle-transaction.json").read_bytes(), "application/fhir+json")
        assert bundle.status_code == 202, bundle.text
        wardline.settle()

        assert odoo.on_hand("STENT-35", CATHLAB, "L2406A") == 11
        assert odoo.on_hand("STENT-35", CATHLAB, "L2407B") == 8
        assert odoo.on_hand("STENT-35", OR1, "L2407B") == 4
        assert odoo.on_hand("STENT-35", OR1, "L2406A") == 5
        assert odoo.on_hand("SUTURE-30", CATHLAB) == 198

        story = wardline.message(bundle)
        actions = {event.action: event.detail for event in story.events}
        assert actions["message.accepted"]["channel"] == "or-fhir"
        assert actions["message.translated"]["mapping"]
        assert any(row["target"] == "STENT-35" for e in story.events if e.action == "document.resolved"
                   for row in e.detail["crosswalk"])  # fmt: skip
        transfer = odoo.connection.get_model("stock.picking").search_read(
            domain=[["id", "=", story.batches[0].record_id]], fields=["name", "state"]
        )
        assert [(row["name"], row["state"]) for row in transfer] == [(story.batches[0].record_name, "done")]

        shown = wardline.http.get(bundle.headers["Location"]).json()
        assert shown["state"] == "settled"
        assert story.batches[0].record_name in json.dumps(shown)
        assert wardline.ledger.audit.verify().faults == ()


def test_every_sample_of_the_demo_comes_to_its_end(make_wardline) -> None:
    with running(make_wardline()) as wardline:
        for name in ("dft-case", "dft-return-and-reversal", "dft-unknown-item"):
            assert b"MSA|AA" in wardline.mllp((SAMPLES / f"{name}.hl7").read_bytes())
        for name in ("supply-delivery", "supply-delivery-undone"):
            body = (SAMPLES / f"{name}.json").read_bytes()
            assert wardline.send("or-fhir", body, "application/fhir+json").status_code == 202
        body = (SAMPLES / "consumption.ndjson").read_bytes()
        assert wardline.send("cabinets", body, "application/x-ndjson").status_code == 202
        assert b"MSA|AE" in wardline.mllp((SAMPLES / "dft-broken.hl7").read_bytes())
        wardline.settle()
        assert wardline.states()["message"] == {"settled": 5, "translated": 1, "rejected": 1}
        assert wardline.exceptions() == {"held": 1, "dead": 0}
        assert wardline.odoo.on_hand("GLOVE-M", CATHLAB) == 1000
        assert wardline.odoo.on_hand("GLOVE-M", GENERAL.stock("WARD3")) == 998
        assert wardline.odoo.on_hand("SUTURE-30", GENERAL.stock("WARD3")) == 191


def test_one_bad_item_in_a_batch_of_two_hundred(make_wardline) -> None:
    with running(make_wardline()) as wardline:
        events = [factories.event(quantity={"value": "1", "unit": "EA"}) for _ in range(199)]
        events.insert(50, factories.event(identifiers=[{"scheme": "internal", "value": "STENT-35"}]))
        body = "\n".join(map(json.dumps, events)).encode()
        assert wardline.send("cabinets", body, "application/x-ndjson").status_code == 202
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", OR1) == 1
        assert wardline.states()["posting"] == {"posted": 199, "blocked": 1}
        (group,) = wardline.cli("holds", "list")["groups"]
        assert group["cause"] == "lot_missing"


def test_what_only_odoo_refuses_is_found_by_halving_and_held(make_wardline) -> None:
    """A serial number that is already elsewhere passes our checks and is refused by Odoo itself."""
    with running(make_wardline()) as wardline:
        pacer = {"identifiers": [{"scheme": "internal", "value": "PACER-01"}], "location": "CATHLAB"}
        events = [factories.event(location="CATHLAB") for _ in range(30)]
        events.insert(11, factories.event(**pacer, serial="SN-1001"))
        wardline.send("cabinets", "\n".join(map(json.dumps, events)).encode(), "application/x-ndjson")
        wardline.settle()
        returned = [factories.event(location="CATHLAB", kind="return") for _ in range(30)]
        again = factories.event(**pacer, serial="SN-1002", kind="return")
        wardline.send("cabinets", "\n".join(map(json.dumps, [*returned, again])).encode(), "application/x-ndjson")
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", CATHLAB) == 200
        explained = wardline.exceptions()["held"] + wardline.states()["posting"].get("posted", 0)
        assert explained == 62


def test_a_held_group_is_released_by_one_row(make_wardline) -> None:
    with running(make_wardline()) as wardline:
        item = [{"scheme": "internal", "value": "CATH-77"}]
        sent = [wardline.send("carts", factories.event(identifiers=item)) for _ in range(5)]
        wardline.settle()
        (group,) = wardline.cli("holds", "list")["groups"]
        assert (group["cause"], group["documents"]) == ("item_unknown", 5)
        wardline.cli("crosswalk", "import", "ops/demo/missing-item.csv")
        wardline.cli("holds", "release", "--cause", group["cause"], "--subject", group["subject"], "--yes")
        wardline.settle()
        assert wardline.odoo.on_hand("CATH-77", OR1) == 5
        assert {wardline.message(response).message.state for response in sent} == {"settled"}


def test_a_dead_letter_is_requeued_by_the_command_and_settles(make_wardline) -> None:
    """The channel is taken out of the file while its message is under way: no retry can cure that."""
    wardline = make_wardline()
    with running(wardline, "web"):
        sent = wardline.send("carts", factories.event(quantity={"value": "3", "unit": "EA"}))
        file = wardline.folder / "channels.toml"
        whole = file.read_text()
        file.write_text(whole.replace("[channels.carts]", "[channels.wagons]"))
        wardline.start("relay", "urgent")
        wardline.settle()
        (letter,) = wardline.cli("dlq", "list")["dead_letters"]
        assert (letter["stage"], letter["error_code"]) == ("translate", "channel.unknown")
        file.write_text(whole)
        wardline.fleet.stop("urgent")
        wardline.start("urgent")
        wardline.cli("dlq", "requeue", "--message", str(wardline.message(sent).message.id), "--dry-run")
        assert wardline.message(sent).message.state == "dead"
        wardline.cli("dlq", "requeue", "--message", str(wardline.message(sent).message.id), "--yes")
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", OR1) == 197
        assert wardline.message(sent).message.state == "settled"
