"""Canonical records read as documents; the contract is ``app.model.schema.WireConsumption``.

Called by ``app.standards.canonical.standard``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from app.model import gate, gtin
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.quantity import Quantity
from app.model.schema import WireConsumption
from app.standards.canonical.syntax import Record

MAPPING = "canonical.consumption/1"
SCHEMA = WireConsumption()

MISSING, UNKNOWN = "Missing data for required field.", "Unknown field."
"""marshmallow's texts; it has no codes."""
_FIELD_NAME = re.compile(r"[a-z][a-z_]{0,30}")


def consumptions(records: Sequence[Record], profile: Profile) -> tuple[Consumption, ...]:
    """The documents of a message. Raises Rejected with every fault in it: a message counts as a whole."""
    faults, found = Findings(), []
    places: dict[str, str] = {}
    for record in records:
        findings = Findings()
        consumption = _consumption(record, profile, findings)
        if consumption:
            if consumption.event_id in places:
                text = f"the event id was used before, at {places[consumption.event_id]}"
                findings.reject("event_id.duplicate", _at(record, "event_id"), text)
            places.setdefault(consumption.event_id, _at(record, "event_id"))
            found.append(consumption)
        faults.add(findings.errors)
    faults.settle()
    return tuple(found)


def _consumption(record: Record, profile: Profile, findings: Findings) -> Consumption | None:
    try:
        data = SCHEMA.load(record.value)
    except ValidationError as error:
        # marshmallow tells unknown fields in the order of a set, which differs from process to process.
        for path, text in sorted(_messages(error.messages)):
            findings.reject(_code(path, text), _at(record, ".".join(path)), text)
        return None
    case = profile.pseudonym(case_id) if (case_id := data.pop("case_id")) else None
    markings = _markings(data, record, findings)
    occurred_at = _occurred_at(data["occurred_at"], record, findings)
    item = tuple(_identifiers(data["identifiers"], markings, record, findings))
    if not item:
        findings.reject("identifiers.missing", _at(record, "identifiers"), "an identifier of the item is required")
    if findings.errors:
        return None
    assert occurred_at
    quantity = data["quantity"]
    return Consumption(
        event_id=data["event_id"],
        kind=data["kind"],
        occurred_at=occurred_at,
        identifiers=item,
        quantity=Quantity(quantity["value"], quantity["unit"] or profile.channel.default_unit),
        facility=profile.channel.facility,
        location=data["location"],
        description=gate.description(data["description"]),
        lot=markings.lot,
        serial=markings.serial,
        expiry=markings.expiry,
        udi=markings.udi,
        department=data["department"],
        cost_centre=data["cost_centre"],
        case=case,
        reverses=data["reverses"],
        warnings=findings.warnings,
    )


def _markings(data: dict[str, Any], record: Record, findings: Findings) -> Markings:
    markings = Markings(findings)
    markings.say_udi(data["udi"], _at(record, "udi"))
    markings.say_lot(data["lot"], _at(record, "lot"))
    markings.say_serial(data["serial"], _at(record, "serial"))
    markings.say_expiry(data["expiry"], _at(record, "expiry"))
    return markings


def _occurred_at(value: datetime, record: Record, findings: Findings) -> datetime | None:
    try:
        return gate.moment(value)
    except gate.Unfit as fault:
        findings.unfit("occurred_at", _at(record, "occurred_at"), fault)
        return None


def _identifiers(
    entries: list[dict[str, str]], markings: Markings, record: Record, findings: Findings
) -> Iterator[Identifier]:
    if markings.gtin:
        yield Identifier("gtin", markings.gtin)
    for number, entry in enumerate(entries):
        value: str | None = entry["value"]
        if entry["scheme"] == "gtin":
            value = gtin.read(entry["value"], _at(record, f"identifiers.{number}.value"), findings)
        if value and not (entry["scheme"] == "gtin" and value == markings.gtin):
            yield Identifier(entry["scheme"], value)


def _messages(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """marshmallow's tree of messages as places and texts."""
    if isinstance(messages, dict):
        for name, below in messages.items():
            yield from _messages(below, path if name == "_schema" else (*path, _name(name)))
    else:
        for text in messages:
            yield path, str(text)


def _code(path: tuple[str, ...], text: str) -> str:
    if text == UNKNOWN:
        return "field.unknown"
    return f"{path[0] if path else 'record'}.{'missing' if text == MISSING else 'invalid'}"


def _name(key: object) -> str:
    # An unknown field is named by its sender, who may have put anything there, even a patient's name.
    name = str(key)
    return name if name.isdigit() or _FIELD_NAME.fullmatch(name) else "?"


def _at(record: Record, field: str) -> str:
    return ": ".join(part for part in (record.place, field) if part) or "record"
