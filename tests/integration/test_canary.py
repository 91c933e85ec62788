"""No content outside the encrypted body and the canonical document: a canary goes through every path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.ledger import tables
from tests import factories
from tests.integration.fleet import Wardline, running
from tests.integration.test_first_light import dft

pytestmark = pytest.mark.real

CANARY = "QuokkaCanary7319"
CHARGE = "FT1|1|{}||20261120101500+0100||CG|{}|||{}|||CARD|||OR1^1^^GEN"


def send_everywhere(wardline: Wardline) -> None:
    """As a patient name and as free text, in messages that settle, are held, rejected, repeated or in conflict."""
    name = f"{CANARY}^{CANARY}"
    settles = dft("C-1", CHARGE.format("C-1", "SUTURE-30^x^L", 1), f"NTE|1||{CANARY}", patient=name)
    wardline.mllp(settles)
    wardline.mllp(settles)
    wardline.mllp(settles.replace(b"C-1||20", b"C-9||20"))
    wardline.mllp(dft("C-2", CHARGE.format("C-2", "NOBODY^x^L", 1), patient=name))
    wardline.mllp(dft("C-3", CHARGE.format("C-3", "SUTURE-30^x^L", CANARY), patient=name))
    wardline.mllp(dft("C-4", CHARGE.format("C-4", "SUTURE-30^x^L", 1), patient=name)[:-40])
    delivery = json.loads(Path("ops/demo/samples/supply-delivery.json").read_text())
    delivery["text"] = {"status": "generated", "div": f"<div>{CANARY}</div>"}
    delivery["patient"] = {"display": CANARY, "reference": f"Patient/{CANARY}"}
    wardline.send("or-fhir", delivery, "application/fhir+json")
    wardline.send("or-fhir", delivery | {"status": CANARY}, "application/fhir+json")
    wardline.send("carts", factories.event(description=CANARY))
    wardline.send("carts", factories.event() | {"patient": CANARY})
    wardline.send("carts", factories.event(quantity={"value": CANARY, "unit": "EA"}))
    wardline.send("carts", factories.event(), **{"Idempotency-Key": "c"})
    wardline.send("carts", factories.event(description=CANARY), **{"Idempotency-Key": "c"})
    wardline.http.post("/v1/messages/nowhere", content=CANARY, headers={"Content-Type": "text/plain"})


def test_the_canary_is_nowhere_but_in_encrypted_bodies(make_wardline) -> None:
    with running(make_wardline(log_level="DEBUG")) as wardline:
        send_everywhere(wardline)
        wardline.settle()
        states = wardline.states()["message"]
        assert (states["settled"], states["translated"]) == (4, 1), states
        assert states["rejected"] >= 5
        found = [
            path.name for path in (wardline.folder / "logs").glob("*.log") if CANARY in path.read_text(errors="replace")
        ]
        assert found == []
        with wardline.ledger.reading() as tx:
            for table in tables.metadata.sorted_tables:
                for row in tx.execute(sa.select(table)):
                    assert CANARY not in str(tuple(row)), table.name
            bodies = [row.owner_id for row in tx.execute(sa.select(tables.body.c.owner_id))]
            kept = wardline.ledger.bodies.load(tx, bodies)
        assert sum(CANARY.encode() in content for content in kept.values()) >= 8
        for command in (["messages", "list"], ["holds", "list"], ["dlq", "list"], ["messages", "trace", "C-1"]):
            assert CANARY not in json.dumps(wardline.cli(*command)), command
        listed = wardline.http.get("/v1/messages", params={"limit": 50}).json()
        assert CANARY not in json.dumps(listed)
        for entry in listed["messages"]:
            assert CANARY not in wardline.http.get(f"/v1/messages/{entry['id']}").text
