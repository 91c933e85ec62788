"""The resources that describe an item: Device, DeviceDefinition, Medication, InventoryItem, blood products.

Called by the readers. Of a patient, an owner or a place that such a resource names nothing is read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from app.model.item import Identifier
from app.standards.fhir import systems
from app.standards.fhir.context import Context, choice
from app.standards.fhir.items import NamedItem
from app.standards.fhir.references import code_of, kinds_of
from app.standards.fhir.syntax import Element

SORTS = frozenset({"DeviceDefinition", "InventoryItem", "Medication", "MedicationKnowledge"})
"""Resources of which each is a sort of item, so that their ids name items; the id of a Device names one piece."""
SERIALS, CARRIERS, GTINS = {"SNO"}, {"UDI", "FMD_BARCODE"}, {"GTIN", "PRODUCT_BARCODE"}
"""Types of identifiers of an instance (table 0203, EAHP) that say what is marked on it."""


def read_item(holder: Element, name: str, home: Element, context: Context) -> NamedItem:
    """The item that an element within ``holder`` tells; ``home`` is the resource it stands in."""
    item = NamedItem.within(home, context)
    concept, reference = choice(holder, name)
    item.read_concept(concept)
    if reference:
        _read_reference(item, reference, home)
    return item


def require(item: NamedItem, holder: Element, name: str) -> None:
    """A fault where the item has no name."""
    if not item.names():
        concept, reference = choice(holder, name)
        where = concept.path if concept else (reference or holder.get(f"{name}[x]")).path
        text = "a code in a system of the channel is required, or a resource of the message that tells one"
        item.findings.reject("item.missing", where, text)


def read_product(item: NamedItem, product: Element, home: Element) -> None:
    """What a resource that describes an item tells; a fault where it is of another type."""
    reader = READERS.get(product.kind or "")
    if product.path in item.seen:
        return
    item.seen.add(product.path)
    if reader:
        reader(item, product, home)
    else:
        item.findings.reject("item.unsupported", f"{product.path}.resourceType", f"{_TYPES} is expected")


def _read_reference(item: NamedItem, reference: Element, home: Element) -> None:
    item.read_identifier(reference.get("identifier"))
    item.describe(reference.get("display").string())
    product = item.context.references.resolve(reference, home)
    if product is not None:
        within = (reference.get("reference").string() or "").startswith("#")
        read_product(item, product, home if within else product)
    elif SORTS & kinds_of(reference) and (code := code_of(reference)):
        where = reference.get("reference").path
        if code := item.findings.text("item", code, where):
            item.referred = item.referred or (Identifier("internal", code), where)


def _read_device(item: NamedItem, device: Element, home: Element) -> None:
    item.piece = True
    for carrier in device.each("udiCarrier"):
        _read_carrier(item, carrier)
    _read_marks(item, device)
    item.say_expiry(device.get("expirationDate"))
    for identifier in device.each("identifier"):
        _read_mark(item, identifier)
    for concept in device.some("type"):
        item.read_concept(concept, category=True)
    for name in ("partNumber", "modelNumber"):
        item.add("manufacturer", device.get(name).text("item"))
    item.description = None if device_names(device) else item.description
    item.describe(*device_names(device))
    _, definition = choice(device, "definition")
    if definition and not item.names():
        _read_reference(item, definition, home)


def device_names(device: Element) -> list[str]:
    """What a Device or DeviceDefinition is called: ``deviceName`` in R4, ``name`` in R5."""
    found = [name.get("name").string() for name in device.each("deviceName")]
    if device.kind == "Device" and isinstance(device.value.get("name"), list):
        found += [name.get("value").string() for name in device.each("name")]
    return list(filter(None, [*found, device.get("displayName").string()]))


def _read_definition(item: NamedItem, definition: Element, _: Element) -> None:
    for carrier in definition.each("udiDeviceIdentifier"):
        _read_device_identifier(item, carrier)
    for identifier in definition.each("identifier"):
        item.read_identifier(identifier)
    item.read_concept(definition.get("type"), category=True)
    for classification in definition.some("classification"):
        item.read_concept(classification.get("type"), category=True)
    for name in ("partNumber", "modelNumber"):
        item.add("manufacturer", definition.get(name).text("item"))
    item.description = None if device_names(definition) else item.description
    item.describe(*device_names(definition))


def _read_carrier(item: NamedItem, carrier: Element) -> None:
    """The UDI as text, else as the scanner's bytes (carrierAIDC, base64), and its device identifier."""
    readable, scanned = carrier.get("carrierHRF"), carrier.get("carrierAIDC")
    item.markings.say_udi(readable.string(), readable.path)
    if scanned and not readable:
        try:
            content = base64.b64decode(scanned.string() or "", validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            item.findings.reject("udi.invalid", scanned.path, "ASCII in base64 is expected")
        else:
            item.markings.say_udi(content, scanned.path)
    _read_device_identifier(item, carrier)


def _read_device_identifier(item: NamedItem, carrier: Element) -> None:
    """A device identifier; whose it is is told by its issuer, and without one it is GS1's."""
    scheme = systems.ITEMS.get(carrier.get("issuer").string() or "https://www.gs1.org/gtin")
    told = carrier.get("deviceIdentifier")
    if scheme == "gtin":
        item.markings.say_gtin(told.string(), told.path)
    elif scheme:
        item.add(scheme, told.text("item"))


def _read_medication(item: NamedItem, medication: Element, _: Element) -> None:
    item.read_concept(medication.get("code"))
    for identifier in medication.each("identifier"):
        item.read_identifier(identifier)
    batch = medication.get("batch")
    _read_marks(item, batch)
    item.say_expiry(batch.get("expirationDate"))


def _read_inventory_item(item: NamedItem, stocked: Element, home: Element) -> None:
    """R5, 8.22: the item by its codes, what is marked on this lot or piece by its instance."""
    for identifier in stocked.each("identifier"):
        item.read_identifier(identifier)
    for concept in stocked.some("code"):
        item.read_concept(concept)
    for name in stocked.some("name"):
        item.describe(name.get("name").string())
    item.describe(stocked.get("description", "description").string())
    instance = stocked.get("instance")
    for identifier in instance.each("identifier"):
        _read_mark(item, identifier)
    _read_marks(item, instance)
    item.say_expiry(instance.get("expiry"))
    item.piece = bool(instance.get("identifier"))
    if product := stocked.get("productReference"):
        _read_reference(item, product, home)


def _read_mark(item: NamedItem, identifier: Element) -> None:
    kinds = {coding.get("code").string() for coding in identifier.get("type").each("coding")}
    value = identifier.get("value")
    if kinds & CARRIERS:
        item.markings.say_udi(value.string(), value.path)
    elif kinds & SERIALS:
        item.markings.say_serial(value.string(), value.path)
    elif kinds & GTINS:
        item.markings.say_gtin(value.string(), value.path)
    else:
        item.read_identifier(identifier)


def _read_blood_product(item: NamedItem, product: Element, _: Element) -> None:
    """BiologicallyDerivedProduct: its ISBT 128 code, and the number of this one unit."""
    code = product.get("productCode")
    item.piece = True
    codings = [code] if code.get("code") else list(code.each("coding"))
    for coding in codings:
        item.add("isbt", coding.get("code").text("item"))
        item.describe(coding.get("display").string())
    numbers = [identifier.get("value") for identifier in product.each("identifier")]
    if numbers:
        item.markings.say_serial(numbers[0].string(), numbers[0].path)
    item.say_expiry(product.get("expirationDate"))


def _read_marks(item: NamedItem, holder: Element) -> None:
    lot, serial = holder.get("lotNumber"), holder.get("serialNumber")
    item.markings.say_lot(lot.string(), lot.path)
    item.markings.say_serial(serial.string(), serial.path)


READERS: Mapping[str, Callable[[NamedItem, Element, Element], None]] = {
    "Device": _read_device,
    "DeviceDefinition": _read_definition,
    "Medication": _read_medication,
    "InventoryItem": _read_inventory_item,
    "BiologicallyDerivedProduct": _read_blood_product,
}
_TYPES = ", ".join(READERS)
