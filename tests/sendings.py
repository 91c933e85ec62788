"""Whole messages as senders write them, one in each standard, for the tests of the ways in."""

from __future__ import annotations

import json
from typing import Any

from tests import factories


def hl7(control_id: str = "C-1", event: str = "E-1", quantity: str = "1") -> bytes:
    """A DFT^P03 with one use of a suture in the catheter laboratory."""
    segments = (
        f"MSH|^~\\&|CATHLAB|GEN|WARDLINE|GEN|20261120103000+0100||DFT^P03^DFT_P03|{control_id}|P|2.8.1",
        "EVN||20261120103000+0100",
        "PID|1||900001^^^GEN^MR||EXAMPLE^PATIENT||19700101|U",
        "PV1|1|I|CATHLAB^LAB1^^GEN||||||||||||||||V-7001",
        f"FT1|1|{event}||20261120101500+0100||CG|SUTURE-30^Suture^L|||{quantity}|||CARD|||CATHLAB^LAB1^^GEN",
    )
    return "".join(f"{segment}\r" for segment in segments).encode()


def fhir(event: str = "W3-1", **changes: Any) -> bytes:
    """A SupplyDelivery of gloves."""
    resource = {
        "resourceType": "SupplyDelivery",
        "identifier": [{"system": "https://hospital.example/supply-events", "value": event}],
        "status": "completed",
        "suppliedItem": {
            "quantity": {"value": 3, "unit": "PR"},
            "itemCodeableConcept": {"coding": [{"system": "https://hospital.example/items", "code": "GLOVE-M"}]},
        },
        "occurrenceDateTime": "2026-11-20T08:15:00+01:00",
        "destination": {"identifier": {"system": "https://hospital.example/locations", "value": "WARD3"}},
    }
    return json.dumps(resource | changes).encode()


def canonical(**changes: Any) -> bytes:
    """One event in the house's own JSON."""
    return json.dumps(factories.event(**changes)).encode()
