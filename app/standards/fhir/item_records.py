"""Device, DeviceDefinition, Medication and InventoryItem read as item records (FHIR R4 and R5, 8.14, 8.16, 11.1, 8.22).

Called by ``app.standards.fhir.messages``. Of a patient, an owner or a place that such a resource names nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.model import gtin
from app.model.item_record import ItemRecord, ItemStatus, Pack
from app.model.party import Party
from app.model.trade import Upkeep
from app.standards.fhir import amounts, parties, products, units
from app.standards.fhir.context import UNDONE, Context, Found, Source, concept_code, document_number
from app.standards.fhir.items import NamedItem
from app.standards.fhir.syntax import Element

STATUSES: Mapping[str, ItemStatus] = {"active": "active", "inactive": "inactive"}
MAX_PACK_LEVELS = 5


def read(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The item records; what is wrong with one is left in its findings."""
    for source in sources:
        record = _record(source, context)
        if record:
            yield (source,), record


def _record(source: Source, context: Context) -> ItemRecord | None:
    resource = source.resource
    number, item = document_number(source), NamedItem.within(resource, context)
    item.seen.add(resource.path)
    products.READERS[resource.kind or ""](item, resource, resource)
    status = resource.get("status").text("status")
    if number is None or resource.findings.errors:
        return None
    action: Upkeep = "delete" if status == UNDONE else "update"
    record = ItemRecord(
        number=number,
        action=action,
        identifiers=item.names(),
        description=item.description,
        status=STATUSES.get(status or ""),
        type=_type(resource),
        category=_category(resource),
        manufacturer=_manufacturer(resource, context),
        model=resource.get("modelNumber").text("model"),
        lot=item.markings.lot,
        serial=item.markings.serial,
        expiry=item.markings.expiry,
        udi=item.markings.udi,
    )
    if resource.kind == "DeviceDefinition":
        return _tracked(replace(record, packs=tuple(_packs(resource))), resource)
    return _stocked(record, resource, context) if resource.kind == "InventoryItem" else record


def _type(resource: Element) -> str | None:
    """The first type, class or drug form."""
    concepts = list(resource.some("type")) if resource.kind in {"Device", "DeviceDefinition"} else []
    if resource.kind == "DeviceDefinition":
        concepts += [one.get("type") for one in resource.some("classification")]
    if resource.kind == "Medication":
        concepts += [resource.get("form") or resource.get("doseForm")]
    return next((code for concept in concepts if (code := concept_code(concept, "type"))), None)


def _category(resource: Element) -> str | None:
    if resource.kind not in {"Device", "InventoryItem"}:
        return None
    return next((code for concept in resource.some("category") if (code := concept_code(concept, "category"))), None)


def _manufacturer(resource: Element, context: Context) -> Party | None:
    """A name in R4, a Reference in R5, and either in DeviceDefinition of R4."""
    told = resource.get("manufacturer")
    if isinstance(told.value, str) or not told:
        name = (told or resource.get("manufacturerString")).prose("manufacturer")
        return Party(name=name) if name else _made_by(resource.get("manufacturerReference"), resource, context)
    return _made_by(told, resource, context)


def _made_by(reference: Element, resource: Element, context: Context) -> Party | None:
    holder = resource.get("marketingAuthorizationHolder") if resource.kind == "Medication" else reference
    return parties.referred(reference or holder, resource, context)


def _tracked(record: ItemRecord, definition: Element) -> ItemRecord:
    """DeviceDefinition.productionIdentifierInUDI (R5) tells what is on every piece."""
    codes = {one.string() for one in definition.each("productionIdentifierInUDI")}
    return replace(
        record,
        lot_tracked="lot-number" in codes or None,
        serial_tracked="serial-number" in codes or None,
        expiry_tracked="expiration-date" in codes or None,
    )


def _packs(definition: Element) -> Iterator[Pack]:
    """DeviceDefinition.packaging of R5, from the outer package to the inner one; quantities in devices."""
    levels: list[Element] = []
    level = next(definition.some("packaging"), None)
    while level and len(levels) < MAX_PACK_LEVELS:
        levels.append(level)
        level = next(level.some("packaging"), None)
    held: Decimal | None = Decimal(1)
    found: list[Pack] = []
    for one in reversed(levels):
        count = amounts.number(one.get("count"), "pack") if one.get("count") else None
        held = held * count if held is not None and count is not None else None
        unit = concept_code(one.get("type"), "unit")
        if unit is None:
            one.findings.warn("unit.missing", f"{one.path}.type", "a type of package is expected; it was left out")
        else:
            found.append(Pack(unit, held, units.WORDS.get(unit.upper()), _pack_gtin(one)))
    yield from reversed(found)


def _pack_gtin(level: Element) -> str | None:
    for carrier in level.each("udiDeviceIdentifier"):
        told = carrier.get("deviceIdentifier")
        if value := told.text("gtin"):
            return gtin.read(value, told.path, level.findings)
    return None


def _stocked(record: ItemRecord, stocked: Element, context: Context) -> ItemRecord:
    """The unit an InventoryItem is counted in. How much one holds is no pack of which we would know the unit."""
    unit = concept_code(stocked.get("baseUnit"), "unit")
    systems = [coding.get("system").string() for coding in stocked.get("baseUnit").each("coding")]
    common = units.common(unit, next(filter(None, systems), None), context.options) if unit else None
    content = stocked.get("netContent", "value")
    if content and content.number() != 1:
        stocked.findings.warn("net_content.ignored", content.path, "what one item holds is not kept")
    return replace(record, base_unit=unit, common_unit=common)
