"""A record in the wire form, read as a document: its schema, GTINs, UDIs, units, and the pseudonym of its case.

Used by the standards whose messages are records rather than prose: canonical JSON and tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from app.model import gate
from app.model.channel import Profile
from app.model.compiled import Reader, Unusual, compiled
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.quantity import Quantity
from app.model.refining import Refiner
from app.model.schema import WIRE, WireConsumption

Place = Callable[[str], str]
"""Turns a field's path (``lines.2.quantity.value``) into the place where it stands in the message."""

MISSING, UNKNOWN = "Missing data for required field.", "Unknown field."
"""marshmallow's texts; it has no codes."""
_FIELD_NAME = re.compile(r"[a-z][a-z_]{0,30}")

_CONSUMPTION = WireConsumption()
_READERS: Mapping[str, Reader] = {
    kind: compiled(schema, _CONSUMPTION.check_reversal if kind == Consumption.document_kind else None)
    for kind, schema in WIRE.items()
}


def kind_of(record: Any) -> str:
    """The kind of document that a record says it is; consumption where it does not say."""
    kind = record.get("document", Consumption.document_kind) if isinstance(record, dict) else Consumption.document_kind
    return kind if isinstance(kind, str) else ""


def read(
    record: Any, profile: Profile, findings: Findings, at: Place, units: Mapping[str, str] | None = None
) -> Document | None:
    """The document in a record, None where it has faults, which are left in ``findings``.

    ``units`` gives the common code of units for which the record tells none.
    """
    kind = kind_of(record)
    if kind not in WIRE:
        findings.reject("document.invalid", at("document"), f"must be one of: {', '.join(WIRE)}")
        return None
    data = _load(kind, record, findings, at)
    if data is None:
        return None
    refiner = Refiner(findings, at, units or {})
    document = _consumption(data, profile, findings, at, refiner) if isinstance(data, dict) else refiner.refined(data)
    if document is None or findings.errors:
        return None
    changes: dict[str, Any] = {"warnings": findings.warnings} if findings.warnings else {}
    if case_id := gate.text(record.get("case_id")):
        changes["case"] = profile.pseudonym(case_id)
    return replace(document, **changes) if changes else document


def _load(kind: str, record: Any, findings: Findings, at: Place) -> Any:
    try:
        return _READERS[kind](record)
    except Unusual:
        pass
    try:
        return WIRE[kind].load(record)
    except ValidationError as error:
        # marshmallow tells unknown fields in the order of a set, which differs from process to process.
        for path, text in sorted(_messages(error.messages), key=_in_order):
            findings.reject(_code(path, text), at(".".join(path)), text)
        return None


def _consumption(
    data: dict[str, Any], profile: Profile, findings: Findings, at: Place, refiner: Refiner
) -> Consumption | None:
    occurred_at = _occurred_at(data["occurred_at"], findings, at)
    markings = _markings(data, findings, at)
    item = tuple(_identifiers(data["identifiers"], markings, refiner))
    if not item:
        findings.reject("identifiers.missing", at("identifiers"), "an identifier of the item is required")
    if findings.errors or occurred_at is None:
        return None
    same = ("event_id", "kind", "location", "department", "cost_centre", "reverses")
    return Consumption(
        **{name: data[name] for name in same},
        occurred_at=occurred_at,
        identifiers=item,
        quantity=refiner.refined(_quantity(data["quantity"], profile), "quantity"),
        facility=profile.channel.facility,
        description=gate.description(data["description"]),
        lot=markings.lot,
        serial=markings.serial,
        expiry=markings.expiry,
        udi=markings.udi,
    )


def _quantity(told: dict[str, Any], profile: Profile) -> Quantity:
    unit = told["unit"] or profile.channel.default_unit
    return Quantity(told["value"], unit, told["common_unit"], told["pack_factor"])


def _markings(data: dict[str, Any], findings: Findings, at: Place) -> Markings:
    markings = Markings(findings)
    markings.say_udi(data["udi"], at("udi"))
    markings.say_lot(data["lot"], at("lot"))
    markings.say_serial(data["serial"], at("serial"))
    markings.say_expiry(data["expiry"], at("expiry"))
    return markings


def _occurred_at(value: datetime, findings: Findings, at: Place) -> datetime | None:
    try:
        return gate.moment(value)
    except gate.Unfit as fault:
        findings.unfit("occurred_at", at("occurred_at"), fault)
        return None


def _identifiers(entries: list[dict[str, str]], markings: Markings, refiner: Refiner) -> Iterator[Identifier]:
    if markings.gtin:
        yield Identifier("gtin", markings.gtin)
    told = tuple(Identifier(entry["scheme"], entry["value"]) for entry in entries)
    for identifier in refiner.identifiers(told, "identifiers"):
        if identifier != Identifier("gtin", markings.gtin or ""):
            yield identifier


def _messages(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """marshmallow's tree of messages as places and texts."""
    if isinstance(messages, dict):
        for name, below in messages.items():
            yield from _messages(below, path if name == "_schema" else (*path, _name(name)))
    else:
        for text in messages:
            yield path, str(text)


def _in_order(found: tuple[tuple[str, ...], str]) -> tuple[list[tuple[int, str]], str]:
    """Lines in the order of their numbers, fields in that of their names."""
    path, text = found
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path], text


def _code(path: tuple[str, ...], text: str) -> str:
    if text == UNKNOWN:
        return "field.unknown"
    named = [part for part in path if not part.isdigit()]
    thing = next((part for part in named if part != "lines"), "lines" if named else "record")
    return f"{thing}.{'missing' if text == MISSING else 'invalid'}"


def _name(key: object) -> str:
    # An unknown field is named by its sender, who may have put anything there, even a patient's name.
    name = str(key)
    return name if name.isdigit() or _FIELD_NAME.fullmatch(name) else "?"
