"""An item record written as InventoryItem (FHIR R5, 8.22).

Called by ``app.standards.fhir.writing``. The resource tells what an item is, not how it is packed and who sells it.
"""

from __future__ import annotations

from dataclasses import fields

from app.model.item_record import ItemRecord
from app.standards.fhir import systems, units
from app.standards.fhir.building import Json, Writer, bare, refuse

CARRIED = frozenset({
    "number", "action", "identifiers", "description", "status", "category", "base_unit", "common_unit", "warnings",
})  # fmt: skip
"""What InventoryItem has an element for that is read again."""
NAME_TYPES = "http://hl7.org/fhir/inventoryitem-nametype"


def item(record: ItemRecord, writer: Writer) -> Json:
    """The resource. Raises Permanent for what it has no place for."""
    for field in fields(record):
        if field.name not in CARRIED and getattr(record, field.name) not in (None, ()):
            refuse(f"{field.name} of an item")
    if record.action not in ("update", "delete") or record.status in ("discontinued", "pending"):
        refuse(f"an item that is to {record.action}, {record.status or 'without a status'}")
    status = "entered-in-error" if record.action == "delete" else record.status or "unknown"
    content = {
        "identifier": [{"system": systems.DOCUMENT, "value": record.number}],
        "status": status,
        "category": [{"coding": [{"code": record.category}]}] if record.category else [],
        "code": [writer.concept([one], None) for one in record.identifiers],
        "name": [_name(record.description)] if record.description else [],
        "baseUnit": _unit(record, writer),
    }
    return writer.resource("InventoryItem", content, {})


def _name(text: str) -> Json:
    return {"nameType": {"system": NAME_TYPES, "code": "trade-name"}, "language": "en", "name": text}


def _unit(record: ItemRecord, writer: Writer) -> Json | None:
    """The base unit as a concept, in the words of a Quantity's unit."""
    if record.base_unit is None:
        return None
    told = units.written(record.base_unit, record.common_unit, writer.options)
    if told["code"] != record.base_unit:
        return bare({"coding": [{"code": record.base_unit}]})
    return {"coding": [bare({"system": told.get("system"), "code": told["code"]})]}
