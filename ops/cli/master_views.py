"""What ``wardline master`` shows and writes: a record as Odoo and the register have it, and items as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import Connection

from app import ids
from app.flows import rules
from app.flows.wording import worded
from app.ledger.ledger import Ledger
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange
from app.model.item_record import ItemRecord
from app.model.master import ItemFacts, SupplierFacts
from app.odoo.erp import Erp
from app.standards import by_name
from app.standards.writing import write

OFFERED = (
    "supplier", "item", "price", "currency", "unit", "factor", "minimum", "valid_from", "valid_to", "contract",
)  # fmt: skip
OURS = {"item": ("criticality", "clinical"), "supplier": ("approved", "identifiers")}
"""Fields that are kept in the register, since Odoo has none for them."""
REGISTER, ANYONE = "register", "whoever wrote last"
STANDARDS = {"csv": "tabular"}

Facts = ItemFacts | SupplierFacts


def in_odoo(erp: Erp, kind: str, reference: str) -> Facts | None:
    """What Odoo has, None where it has nothing of this reference. Raises Unavailable."""
    if kind == "supplier":
        return next((one for one in erp.master.suppliers() if one.reference == reference), None)
    return next((one.facts for one in erp.master.items() if one.facts.reference == reference), None)


def in_register(tx: Connection, ledger: Ledger, kind: str, reference: str) -> Facts | None:
    """What the register has."""
    known: Mapping[str, Facts] = (
        ledger.registry.suppliers(tx, [reference]) if kind == "supplier" else ledger.registry.items(tx, [reference])
    )
    return known.get(reference)


def compared(
    tx: Connection, ledger: Ledger, kind: str, odoo: Facts | None, register: Facts | None
) -> list[dict[str, Any]]:
    """A row for each field: both values, and who has the last word on it."""
    book = rules.in_force(tx, ledger)
    ours, theirs = asdict(register) if register else {}, asdict(odoo) if odoo else {}
    rows = []
    for name in ours or theirs:
        kept = name in OURS[kind]
        owner = REGISTER if kept else book.ownership.owner(kind, name) if kind == "item" else ANYONE
        owner = ANYONE if owner == "*" else owner
        value = None if kept and name != "identifiers" else _plain(theirs.get(name))
        rows.append({"field": name, "odoo": value, "register": _plain(ours.get(name)), "owner": owner})
    return rows


def offers(tx: Connection, ledger: Ledger, kind: str, reference: str) -> list[dict[str, Any]]:
    """The prices of an item or of a supplier, as the register has them."""
    found = (
        ledger.registry.offers_of(tx, reference)
        if kind == "supplier"
        else ledger.registry.offers(tx, [reference])[reference]
    )
    return [{name: _plain(getattr(one, name)) for name in OFFERED} for one in found]


def written(records: Sequence[ItemRecord], form: str) -> bytes:
    """Items as a file: one table, one JSON list, a Bundle in each line, or one HL7 message after the other."""
    channel = Channel("export", STANDARDS.get(form, form), "", our_address="WARDLINE|HUB", partner_address="EHR|HIS")
    bodies = [_body(one, channel, number) for number, one in enumerate(records, 1)]
    if form == "csv":
        return _table(bodies)
    if form == "fhir-r5":
        return b"\n".join(bodies) + b"\n"
    return b"[" + b",\n".join(bodies) + b"]\n" if form == "canonical" else b"".join(bodies)


def _body(record: ItemRecord, channel: Channel, number: int) -> bytes:
    told, _ = worded(record, channel)
    return write(by_name(channel.standard), told, Profile(channel, str), _interchange(channel, number)).body


def _interchange(channel: Channel, number: int) -> Interchange:
    return Interchange(number, ids.now(), channel.our_address, channel.partner_address, test=False)


def _table(bodies: Iterable[bytes]) -> bytes:
    """The tables as one, with every column that any of them has."""
    rows = [row for body in bodies for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def _plain(value: Any) -> Any:
    """As the output shows it: numbers of a supplier as scheme and value."""
    if isinstance(value, tuple | list):
        return [f"{one['scheme']}:{one['value']}" if isinstance(one, Mapping) else str(one) for one in value]
    return value
