"""Figure 6: reading messages into canonical documents, against the bare parse of the same bytes.

Called by ``ops.bench.__main__``; needs no server. Each standard reads what it wrote itself: a document of fifty lines.
The bare parse is what anybody would have to do first: the standard's own tokenizer, lxml, or the JSON of Python.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from lxml import etree

from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.interchange import Interchange
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.requisition import Requisition, RequisitionLine
from app.standards import STANDARDS
from app.standards.base import Standard
from app.standards.edifact import interchanges as edifact
from app.standards.hl7v2 import syntax as hl7v2
from app.standards.x12 import syntax as x12
from ops.bench.measures import Line, Rounds
from ops.bench.plan import Plan

FIGURE = "6  reading a document of 50 lines, against the bare parse of the same bytes"
LINES = 50
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PROFILE_FACILITY = "BENCH"


def _json(body: bytes) -> object:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


PARSERS: Mapping[str, Callable[[bytes], object]] = {
    "x12": x12.parse,
    "edifact": edifact.parse,
    "hl7v2": hl7v2.parse,
    "cxml": etree.fromstring,
    "ubl": etree.fromstring,
    "fhir-r4": _json,
    "fhir-r5": _json,
    "canonical": _json,
    "tabular": lambda body: list(csv.reader(io.StringIO(body.decode("utf-8-sig")))),
}
"""What reads the bytes and nothing else, by standard."""
ADDRESSES: Mapping[str, tuple[str, str]] = {
    "hl7v2": ("WARDLINE|GENERAL", "EHR|GENERAL"),
    "ubl": ("0088:4012345000009", "0088:4098765000010"),
    "edifact": ("14:4012345000009", "14:4098765000010"),
    "cxml": ("DUNS:123456789", "DUNS:987654321"),
}


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return 2 * plan.rounds * len(STANDARDS)


def measure(plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Every standard in every round, the bare parse and the reading one after the other."""
    rates = Rounds(FIGURE, "messages/s")
    bodies = {standard.name: body_of(standard) for standard in STANDARDS}
    for _ in range(plan.rounds):
        for standard in STANDARDS:
            profile, body = profile_of(standard), bodies[standard.name]
            rates.add(_bare(standard), _rate(PARSERS[standard.name], body))
            tick()
            rates.add(standard.name, _rate(lambda one, s=standard, p=profile: s.read(one, p), body))
            tick()
    lines = []
    for standard in STANDARDS:
        lines += [rates.line(_bare(standard)), rates.line(standard.name, _bare(standard))]
    return lines


def _rate(read: Callable[[bytes], object], body: bytes, seconds: float = 0.3) -> float:
    read(body)
    count, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        read(body)
        count += 1
    return count / passed


def _bare(standard: Standard) -> str:
    return f"bare parse of {standard.name}"


def profile_of(standard: Standard) -> Profile:
    """A channel without peculiarities."""
    return Profile(Channel("bench", standard.name, PROFILE_FACILITY), str)


def body_of(standard: Standard) -> bytes:
    """A document of fifty lines as the standard writes it."""
    sender, receiver = ADDRESSES.get(standard.name, ("ZZ:WARDLINE", "ZZ:SUPPLIER"))
    chosen = next(one for one in _documents() if one.document_kind in standard.writes)
    return standard.write(chosen, profile_of(standard), Interchange(1, AT, sender, receiver)).body


def _documents() -> tuple[Document, ...]:
    """One document of each kind that some standard writes, the most usual first."""
    names = [(Identifier("gtin", f"{number:013}0"), Identifier("supplier", f"ST-{number}")) for number in range(LINES)]
    each = Quantity(Decimal(2), "EA", "EA")
    buyer = Party((PartyIdentifier("gln", "4012345000009"),), "General Hospital")
    seller = Party((PartyIdentifier("gln", "4098765000010"),), "Medical Supply")
    ordered = tuple(
        PurchaseOrderLine(str(place), each, name, f"Article {place}", price=Price(Decimal("9.99")))
        for place, name in enumerate(names, 1)
    )
    wanted = tuple(
        RequisitionLine(str(place), each, name[1:], f"Article {place}") for place, name in enumerate(names, 1)
    )
    counted = tuple(InventoryLine(each, number=str(place), identifiers=name) for place, name in enumerate(names, 1))
    order = PurchaseOrder(
        "PO-1",
        ordered,
        ordered_at=date(2026, 11, 20),
        currency="EUR",
        buyer=buyer,
        seller=seller,
        ship_to=buyer,
        bill_to=buyer,
        total=Decimal("999.00"),
    )
    return (
        order,
        Requisition("RQ-1", wanted, requested_at=AT, deliver_to="OR1"),
        InventoryReport("IR-1", counted, reported_at=AT),
    )
