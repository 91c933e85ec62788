"""Makes what tests need in one line: settings, channels, messages and documents, with sensible values to override."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app import ids
from app.crosswalk.files import NumberedRow, read_csv
from app.crosswalk.rows import CrosswalkRow
from app.ledger.messages import Arrival
from app.model.channel import Channel
from app.model.consumption import Consumption
from app.model.envelope import Envelope
from app.model.item import Identifier
from app.model.quantity import Quantity
from app.odoo.erp import Erp
from app.odoo.gateway import OdooGateway
from app.odoo.transport import Connection
from app.settings import Settings

BODY_KEY = "k1:" + base64.b64encode(b"k" * 32).decode()
PEPPER = "a pepper only for tests, long enough to pass"
WHEN = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def settings(tmp: Path, **changes: Any) -> Settings:
    """Settings of the embedded default in a folder of the test's own."""
    defaults = Settings(
        environment="test",
        database_url=f"sqlite:///{tmp}/ledger.db",
        broker_url=f"filesystem://{tmp}/broker",
        body_keys=BODY_KEY,
        pepper=PEPPER,
        odoo_url="http://127.0.0.1:1",
        odoo_database="test",
        odoo_api_key="0" * 40,
        retry_base_seconds=0.0,
        in_doubt_seconds=0.0,
        circuit_probe_seconds=0.0,
    )
    return replace(defaults, **changes)


def channel(**changes: Any) -> Channel:
    """A channel of the canonical standard."""
    return replace(Channel(name="cabinets", standard="canonical", facility="GEN", time_zone=ZoneInfo("UTC")), **changes)


def event(**changes: Any) -> dict[str, Any]:
    """A consumption event as a sender of the canonical standard writes it."""
    base = {
        "event_id": str(ids.new_id()),
        "kind": "use",
        "occurred_at": "2026-11-20T07:30:00Z",
        "identifiers": [{"scheme": "internal", "value": "SUTURE-30"}],
        "quantity": {"value": "1", "unit": "EA"},
        "location": "OR1",
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def arrival(body: dict[str, Any] | None = None, **changes: Any) -> Arrival:
    """A message of one canonical event at the door."""
    content = json.dumps(body or event()).encode()
    envelope = Envelope("canonical", "consumption", "cabinets", ids.digest(content))
    base = Arrival(channel(), envelope, content, "application/json", "tester", "0" * 32)
    return replace(base, **changes)


def consumption(**changes: Any) -> Consumption:
    """A canonical use of one suture in the operating theatre."""
    base = Consumption(
        event_id="E-1",
        kind="use",
        occurred_at=WHEN,
        identifiers=(Identifier("internal", "SUTURE-30"),),
        quantity=Quantity(Decimal(1), "EA"),
        facility="GEN",
        location="OR1",
    )
    return replace(base, **changes)


def row(kind: str, code: str, target: str, **changes: Any) -> CrosswalkRow:
    """A crosswalk row; units get the factor 1 and locations a consumption location where none is given."""
    if kind == "unit":
        changes.setdefault("factor", Decimal(1))
    if kind == "location":
        changes.setdefault("consumption_location", f"{target} use")
    return CrosswalkRow(kind, code, target, **changes)


def numbered(*rows: CrosswalkRow) -> list[NumberedRow]:
    """Rows as if they stood in a file."""
    return [NumberedRow(line, entry) for line, entry in enumerate(rows, 2)]


CROSSWALK = tuple(entry.row for entry in read_csv("ops/demo/crosswalk.csv"))
"""The crosswalk of the demonstration hospital, which most tests start from."""


def erp(stock: OdooGateway) -> Erp:
    """An Odoo of which only the stock can be reached."""
    return Erp(Connection("http://127.0.0.1:9", "nowhere", "no-key"), stock)
