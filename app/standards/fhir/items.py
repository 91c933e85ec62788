"""Which item was supplied and what is marked on it: a code, a Device or a Medication (FHIR R4, 8.21, 8.14 and 11.1).

Called by the mapping. Of a Device's patient, owner and location nothing is read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.model import gate, gtin
from app.model.channel import Channel
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.standards.fhir import times
from app.standards.fhir.references import References
from app.standards.fhir.syntax import Element

SYSTEMS: Mapping[str, str] = {
    "https://www.gs1.org/gtin": "gtin",
    "http://hl7.org/fhir/NamingSystem/gs1": "gtin",
    "http://hl7.org/fhir/NamingSystem/gs1-di": "gtin",
    "urn:oid:1.3.160": "gtin",
    "urn:oid:2.51.1.1": "gtin",
    "http://hl7.org/fhir/NamingSystem/hibcc": "hibc",
    "http://hl7.org/fhir/NamingSystem/hibcc-diI": "hibc",
    "urn:oid:1.0.15961.10.816": "hibc",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "urn:oid:2.16.840.1.113883.6.69": "ndc",
}
"""Systems that need no entry in the channel."""


@dataclass(slots=True)
class SuppliedItem:
    """What is known of the item; filled as the message is walked."""

    findings: Findings
    markings: Markings
    identifiers: list[Identifier] = field(default_factory=list)
    description: str | None = None


def supplied_item(delivery: Element, references: References, channel: Channel) -> SuppliedItem:
    """The item of a SupplyDelivery (suppliedItem.item[x]). A fault is left where it has no name."""
    item = SuppliedItem(delivery.findings, Markings(delivery.findings))
    supplied = delivery.get("suppliedItem")
    concept, reference = supplied.get("itemCodeableConcept"), supplied.get("itemReference")
    _read_concept(item, concept, channel)
    if reference:
        _read_reference(item, reference, references.resolve(reference, delivery), channel)
    if item.markings.gtin:
        item.identifiers.insert(0, Identifier("gtin", item.markings.gtin))
    if not item.identifiers:
        where = (reference or supplied.get("item[x]")).path if not concept else concept.path
        text = "a code in a system of the channel is required, or a Device or Medication that the message holds"
        item.findings.reject("item.missing", where, text)
    item.description = item.description or gate.description(delivery.get("type", "text").string())
    return item


def _read_reference(item: SuppliedItem, reference: Element, resource: Element | None, channel: Channel) -> None:
    _read_identifier(item, reference.get("identifier"), channel)
    item.description = gate.description(reference.get("display").string())
    kind = resource.get("resourceType").string() if resource else None
    if resource and kind == "Device":
        _read_device(item, resource, channel)
    elif resource and kind == "Medication":
        _read_medication(item, resource, channel)
    elif resource:
        item.findings.reject("item.unsupported", reference.path, "a Device or a Medication is expected")


def _read_device(item: SuppliedItem, device: Element, channel: Channel) -> None:
    for carrier in device.each("udiCarrier"):
        _read_carrier(item, carrier)
    item.markings.say_lot(device.get("lotNumber").string(), device.get("lotNumber").path)
    item.markings.say_serial(device.get("serialNumber").string(), device.get("serialNumber").path)
    _say_expiry(item, device.get("expirationDate"))
    for identifier in device.each("identifier"):
        _read_identifier(item, identifier, channel)
    _read_concept(item, device.get("type"), channel, named=True)
    for name in ("partNumber", "modelNumber"):
        if number := device.get(name).text("item"):
            item.identifiers.append(Identifier("manufacturer", number))
    names = [name.get("name").string() for name in device.each("deviceName")]
    item.description = gate.description(names[0] if names else None) or item.description


def _read_carrier(item: SuppliedItem, carrier: Element) -> None:
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
    if SYSTEMS.get(carrier.get("issuer").string() or "https://www.gs1.org/gtin") == "gtin":
        item.markings.say_gtin(carrier.get("deviceIdentifier").string(), carrier.get("deviceIdentifier").path)


def _read_medication(item: SuppliedItem, medication: Element, channel: Channel) -> None:
    _read_concept(item, medication.get("code"), channel)
    for identifier in medication.each("identifier"):
        _read_identifier(item, identifier, channel)
    batch = medication.get("batch")
    item.markings.say_lot(batch.get("lotNumber").string(), batch.get("lotNumber").path)
    _say_expiry(item, batch.get("expirationDate"))


def _say_expiry(item: SuppliedItem, element: Element) -> None:
    text = element.text("expiry")
    try:
        item.markings.say_expiry(times.day(text) if text else None, element.path)
    except gate.Unfit as fault:
        item.findings.unfit("expiry", element.path, fault)


def _read_concept(item: SuppliedItem, concept: Element, channel: Channel, *, named: bool = False) -> None:
    """The codings of a concept. ``named``: the concept is a category, so only codes of known systems name the item."""
    texts = [concept.get("text").string()]
    for coding in concept.each("coding"):
        texts.append(coding.get("display").string())
        _add(item, coding.get("system"), coding.get("code"), channel, assume_internal=not named)
    item.description = item.description or next(filter(None, map(gate.description, texts)), None)


def _read_identifier(item: SuppliedItem, identifier: Element, channel: Channel) -> None:
    """An Identifier names the item only in a known system: the same list holds serial and asset numbers."""
    _add(item, identifier.get("system"), identifier.get("value"), channel, assume_internal=False)


def _add(item: SuppliedItem, system: Element, code: Element, channel: Channel, *, assume_internal: bool) -> None:
    value, name = code.text("item"), system.string()
    if value is None:
        return
    scheme = (channel.identifier_systems.get(name) or SYSTEMS.get(name)) if name else None
    if scheme is None and assume_internal:
        if name:
            item.findings.warn("item.coding_system", system.path, "the system is not known to the channel")
            return
        item.findings.warn("item.coding_system", system.path, "no system is told; the hospital's own is taken")
        scheme = "internal"
    known = gtin.read(value, code.path, item.findings) if scheme == "gtin" else value
    if scheme and known:
        identifier = Identifier(scheme, known)
        item.identifiers.extend(() if identifier in item.identifiers else (identifier,))
