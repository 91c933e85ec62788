"""Hostile input at both doors: the standard's negative answer, nothing accepted is lost, everything stays up."""

from __future__ import annotations

import json
import socket

import pytest

from ops.demo.hospital import GENERAL
from tests import factories
from tests.integration.fleet import running
from tests.integration.test_first_light import dft

pytestmark = pytest.mark.real

CHARGE = "FT1|1|{}||20261120101500+0100||CG|SUTURE-30^Suture 3-0^L|||1|||CARD|||OR1^1^^GEN"
HL7 = {
    "truncated": dft("H-1", CHARGE.format("X-1"))[:60],
    "no quantity": dft("H-2", CHARGE.format("X-2").replace("|||1|", "||||")),
    "NUL": dft("H-3", CHARGE.format("X-3\0")),
    "wrong encoding": dft("H-4", CHARGE.format("X-4")) + b"NTE|1||\xff\xfe\xfa\r",
    "huge segment": dft("H-5", CHARGE.format("X-5"), "NTE|1||" + "x" * 5_000_000),
    "a million fields": dft("H-6", CHARGE.format("X-6"), "ZZZ" + "|" * 1_000_000),
    "long control id": dft("H" * 5000, CHARGE.format("X-7")),
    "not HL7": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another event": dft("H-8", CHARGE.format("X-8")).replace(b"DFT^P03^DFT_P03", b"ADT^A01^ADT_A01"),
}
JSON = {
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "truncated": json.dumps(factories.event()).encode()[:-20],
    "not UTF-8": b'{"event_id": "\xff\xfe"}',
    "surrogate": json.dumps(factories.event(event_id="x")).replace('"x"', '"\\ud800"').encode(),
    "NUL": json.dumps(factories.event(event_id="a\0b")).encode(),
    "infinity": json.dumps(factories.event()).replace('"1"', "1e999999999").encode(),
    "NaN": json.dumps(factories.event()).replace('"1"', "NaN").encode(),
    "negative": json.dumps(factories.event(quantity={"value": "-1", "unit": "EA"})).encode(),
    "unknown field": json.dumps(factories.event() | {"patient": "EXAMPLE"}).encode(),
    "empty": b"",
}


def test_hostile_messages_get_negative_answers_and_harm_nothing(make_wardline) -> None:
    with running(make_wardline(body_limit=8_000_000)) as wardline:
        for name, content in HL7.items():
            answer = wardline.mllp(content)
            assert b"MSA|AE" in answer or b"MSA|AR" in answer, name
            response = wardline.send("cathlab-hl7", content, "application/hl7-v2")
            assert response.status_code in (400, 422), (name, response.text)
            assert b"MSA|AE" in response.content or b"MSA|AR" in response.content, name
        for name, content in JSON.items():
            response = wardline.send("cabinets", content)
            assert response.status_code in (400, 422), (name, response.text)
            assert response.headers["Content-Type"].startswith("application/problem+json"), name
            response = wardline.send("or-fhir", content, "application/fhir+json")
            assert response.status_code in (400, 422), (name, response.text)
            assert response.json()["resourceType"] == "OperationOutcome", name
        oversized = wardline.send("cathlab-hl7", dft("H-9", "NTE|1||" + "x" * 9_000_000), "application/hl7-v2")
        assert oversized.status_code == 413
        assert b"MSA|A" in oversized.content
        assert wardline.states()["document"] == {}
        assert wardline.fleet.fallen() == []

        with socket.create_connection(("127.0.0.1", wardline.mllp_port)) as half:
            half.sendall(b"\x0b" + dft("H-10", CHARGE.format("X-10"))[:80])
        assert b"MSA|AA|GOOD-1" in wardline.mllp(dft("GOOD-1", CHARGE.format("X-11")))
        wardline.settle()
        assert wardline.odoo.on_hand("SUTURE-30", GENERAL.stock("OR1")) == 199
        assert wardline.states()["document"] == {"settled": 1}
