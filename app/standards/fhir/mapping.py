"""SupplyDelivery read as consumption: one resource is one event of one item (FHIR R4, 8.21).

Called by ``app.standards.fhir.bundle`` and ``standard``. The patient, the supplier and the receivers are never looked
at; of an Encounter only its number is taken, and that only through the profile's pseudonym.

``completed`` is a use. ``entered-in-error`` undoes the event with the same identifier, hence has to have one.
``in-progress`` and ``abandoned`` are refused: nothing was used yet, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.model import gate
from app.model.channel import Channel, Profile
from app.model.consumption import Consumption
from app.model.quantity import Quantity
from app.standards.fhir import times
from app.standards.fhir.items import supplied_item
from app.standards.fhir.references import References, code_of
from app.standards.fhir.syntax import Element

MAPPING = "fhir-r4.supply-delivery/1"
UNDONE = "entered-in-error"
REFUSED = {
    "in-progress": "nothing was used yet; send it when it is completed",
    "abandoned": "an abandoned delivery changes no stock; do not send it",
}


def consumption(
    delivery: Element, references: References, profile: Profile, place: str | None = None
) -> Consumption | None:
    """The event, or None where its faults are left in the element's findings.

    ``place`` numbers the event within its message where the resource has no number of its own.
    """
    channel, findings = profile.channel, delivery.findings
    status = _status(delivery)
    number = _number(delivery, status) or place
    event_id = _event_id(delivery, status, number)
    item = supplied_item(delivery, references, channel)
    occurred_at, quantity = _occurred_at(delivery, channel), _quantity(delivery, channel)
    location, case = _location(delivery, references), _case(delivery, references, profile)
    if findings.errors:
        return None
    assert event_id
    assert occurred_at
    assert quantity
    assert location
    return Consumption(
        event_id=event_id,
        kind="reversal" if status == UNDONE else "use",
        occurred_at=occurred_at,
        identifiers=tuple(item.identifiers),
        quantity=quantity,
        facility=channel.facility,
        location=location,
        description=item.description,
        lot=item.markings.lot,
        serial=item.markings.serial,
        expiry=item.markings.expiry,
        udi=item.markings.udi,
        case=case,
        reverses=number if status == UNDONE else None,
        warnings=findings.warnings,
    )


def qualified(identifier: Element) -> str | None:
    """An Identifier as ``system|value``, or its value where it has no system."""
    system, value = identifier.get("system").string(), identifier.get("value").text("identifier")
    return f"{system}|{value}" if system and value else value


def _status(delivery: Element) -> str | None:
    element = delivery.get("status")
    status = element.text("status", required=True)
    if status and status not in {"completed", UNDONE}:
        text = REFUSED.get(status, "completed or entered-in-error is expected")
        delivery.findings.reject("status.unsupported", element.path, text)
    return status


def _number(delivery: Element, status: str | None) -> str | None:
    """The sender's own number for the event: the official identifier, else another one, else the id.

    The version of the resource is left out on purpose: with it, every correction would count as another use.
    """
    identifiers = sorted(delivery.each("identifier"), key=lambda found: found.get("use").string() != "official")
    numbers = [number for number in map(qualified, identifiers) if number]
    identity = delivery.get("id").text("event")
    number = numbers[0] if numbers else f"SupplyDelivery/{identity}" if identity else None
    if number is None and status == UNDONE:
        text = "the identifier or id of what is undone is required"
        delivery.findings.reject("reverses.missing", f"{delivery.path}.identifier", text)
    return number


def _event_id(delivery: Element, status: str | None, number: str | None) -> str | None:
    """The number of the event; a reversal is an event of its own."""
    event_id = f"{number}#{UNDONE}" if number and status == UNDONE else number
    return delivery.findings.text("event", event_id, f"{delivery.path}.identifier", required=True)


def _occurred_at(delivery: Element, channel: Channel) -> datetime | None:
    element = _occurrence(delivery)
    text = element.text("occurred_at", required=True)
    try:
        found, complete = times.moment(text, channel.time_zone) if text else (None, True)
    except gate.Unfit as fault:
        delivery.findings.unfit("occurred_at", element.path, fault)
        return None
    if not complete:
        warning = "time or offset is not told; the start of the day or local time is taken"
        delivery.findings.warn("occurred_at.date_only", element.path, warning)
    return found


def _occurrence(delivery: Element) -> Element:
    """The one moment in occurrence[x]: a dateTime, the end of a Period (else its start), the only event of a Timing."""
    if period := delivery.get("occurrencePeriod"):
        return period.get("end") or period.get("start")
    events = list(delivery.get("occurrenceTiming").each("event"))
    if len(events) > 1:
        text = "one event is expected; send one SupplyDelivery for each"
        delivery.findings.reject("occurred_at.ambiguous", f"{delivery.path}.occurrenceTiming.event", text)
    return events[0] if events else delivery.get("occurrenceDateTime")


def _quantity(delivery: Element, channel: Channel) -> Quantity | None:
    element = delivery.get("suppliedItem", "quantity")
    value = element.get("value")
    number = value.number()
    if element.get("comparator"):
        text = "a SimpleQuantity has no comparator"
        delivery.findings.reject("quantity.ambiguous", element.get("comparator").path, text)
    if number is None:
        delivery.findings.reject("quantity.missing", value.path, "a value is required")
        return None
    try:
        amount = gate.amount(number)
    except gate.Unfit as fault:
        delivery.findings.unfit("quantity", value.path, fault)
        return None
    if amount <= 0:
        delivery.findings.reject("quantity.invalid", value.path, "a quantity greater than zero is expected")
    unit = element.get("code").text("unit") or element.get("unit").text("unit")
    return Quantity(amount, unit or channel.default_unit)


def _location(delivery: Element, references: References) -> str | None:
    """The code of the destination: its identifier, else its id; its name only if there is nothing better."""
    destination = delivery.get("destination")
    place = references.resolve(destination, delivery)
    identifiers = [destination.get("identifier", "value")]
    identifiers += [identifier.get("value") for identifier in place.each("identifier")] if place else []
    for identifier in identifiers:
        if code := identifier.text("location"):
            return code
    if code := delivery.findings.text("location", code_of(destination), f"{destination.path}.reference"):
        return code
    name = (place.get("name") if place else None) or destination.get("display")
    if code := name.text("location", required=True):
        delivery.findings.warn("location.display", name.path, "the location is known by its name alone")
    return code


def _case(delivery: Element, references: References, profile: Profile) -> str | None:
    """The pseudonym of the number of the Encounter, which profiles of R4 put into an extension."""
    for reference in _encounters(delivery):
        encounter = references.resolve(reference, delivery)
        numbers = [identifier.get("value").string() for identifier in encounter.each("identifier")] if encounter else []
        numbers += [reference.get("identifier", "value").string(), code_of(reference)]
        if number := next(filter(None, numbers), None):
            return profile.pseudonym(number)
    return None


def _encounters(delivery: Element) -> Iterator[Element]:
    yield delivery.get("encounter")
    for extension in delivery.each("extension"):
        reference = extension.get("valueReference")
        address = reference.get("reference").string() or ""
        if "Encounter" in {reference.get("type").string(), address.rsplit("/", 2)[-2] if "/" in address else ""}:
            yield reference
