"""Supplies, dispenses, uses, administrations and charges read as consumption: one event for each item.

Called by ``app.standards.fhir.messages``. The patient, the performer and the receivers are never looked at; of an
Encounter only its number is taken, and that only through the profile's pseudonym.

What is complete is a use. ``entered-in-error`` undoes the event with the same identifier, hence has to have one. All
other states are refused: nothing was used yet, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from app.model import gate
from app.model.consumption import Consumption
from app.model.quantity import Quantity
from app.standards.fhir import amounts, products, times
from app.standards.fhir.context import (
    UNDONE,
    Context,
    Found,
    Source,
    case_of,
    extended,
    identifiers,
    location_code,
    qualified,
    reference_code,
)
from app.standards.fhir.items import NamedItem
from app.standards.fhir.layouts import LAYOUTS, Layout
from app.standards.fhir.syntax import Element

MAX_SUPPLIED_ITEMS = 500


def read(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The consumptions that resources of one type tell; what is wrong with one is left in its findings."""
    for source in sources:
        yield from (((source,), event) for event in _events(source, context))


def administrations(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """What was given to patients, where the channel takes it for stock."""
    if context.options.administrations == "use":
        yield from read(sources, context)
        return
    for source in sources:
        text = "what was given is no movement of stock on this channel (option administrations); it was not taken"
        source.resource.findings.warn("administration.ignored", source.resource.path, text)


def _events(source: Source, context: Context) -> Iterator[Consumption]:
    resource, findings = source.resource, source.resource.findings
    layout = LAYOUTS[resource.kind or ""]
    status = _status(resource, layout)
    number = _number(resource, status) or source.place
    supplied = list(_supplied(resource, layout, context))
    occurred_at = _occurred_at(resource, layout, context)
    department = reference_code(resource.get("performingOrganization"), resource, context, "department")
    location, case = _location(resource, layout, department, context), case_of(resource, context)
    for place, (item, quantity) in enumerate(supplied):
        numbered = f"{number}#{place}" if number and place else number
        event_id = f"{numbered}#{UNDONE}" if numbered and status == UNDONE else numbered
        event_id = findings.text("event", event_id, f"{resource.path}.identifier", required=True)
        if findings.errors or not (event_id and occurred_at and quantity and location):
            continue
        yield Consumption(
            event_id=event_id,
            kind="reversal" if status == UNDONE else "use",
            occurred_at=occurred_at,
            identifiers=item.names(),
            quantity=quantity,
            facility=context.channel.facility,
            location=location,
            description=item.description or gate.description(resource.get("type", "text").string()),
            lot=item.markings.lot,
            serial=item.markings.serial,
            expiry=item.markings.expiry,
            udi=item.markings.udi,
            department=department,
            cost_centre=reference_code(resource.get("costCenter"), resource, context, "cost_centre"),
            case=case,
            reverses=numbered if status == UNDONE else None,
        )


def _status(resource: Element, layout: Layout) -> str | None:
    element = resource.get("status")
    status = element.text("status", required=True)
    if status and status not in {*layout.used, UNDONE}:
        expected = f"{' or '.join((*sorted(layout.used), UNDONE))} is expected"
        resource.findings.reject("status.unsupported", element.path, layout.refused.get(status, expected))
    return status


def _number(resource: Element, status: str | None) -> str | None:
    """The sender's own number for the event: the official identifier, else another one, else the id.

    The version of the resource is left out on purpose: with it, every correction would count as another use.
    """
    numbers = [number for number in map(qualified, identifiers(resource)) if number]
    identity = resource.get("id").text("event")
    number = numbers[0] if numbers else f"{resource.kind}/{identity}" if identity else None
    if number is None and status == UNDONE:
        text = "the identifier or id of what is undone is required"
        resource.findings.reject("reverses.missing", f"{resource.path}.identifier", text)
    return number


def _supplied(resource: Element, layout: Layout, context: Context) -> Iterator[tuple[NamedItem, Quantity | None]]:
    """Each item with its quantity."""
    holders = list(resource.some(layout.holder, MAX_SUPPLIED_ITEMS)) if layout.holder else [resource]
    for holder in holders or [resource.get(layout.holder or "")]:
        item = _item(holder, resource, layout, context)
        yield item, _quantity(holder, item, layout, context)


def _item(holder: Element, resource: Element, layout: Layout, context: Context) -> NamedItem:
    item = products.read_item(holder, layout.item, resource, context)
    if layout.code and not item.names():
        item.read_concept(resource.get(layout.code), category=True)
    products.require(item, holder, layout.item)
    return item


def _quantity(holder: Element, item: NamedItem, layout: Layout, context: Context) -> Quantity | None:
    if layout.quantity is None:
        text = "the resource has no place for a quantity; one piece is taken"
        holder.findings.warn("quantity.assumed", holder.path, text)
        return Quantity(Decimal(1), "EA", "EA")
    if layout.quantity != ("quantity",):
        return amounts.quantity(holder.get(*layout.quantity), context, unit_expected=False)
    return amounts.of_item(holder, item, context, unit_expected=False)


def _occurred_at(resource: Element, layout: Layout, context: Context) -> datetime | None:
    element = _told_moment(resource, layout) or _stamp(resource, context) or _moment(resource, layout.times[0], layout)
    text = element.text("occurred_at", required=True)
    try:
        found, complete = times.moment(text, context.zone) if text else (None, True)
    except gate.Unfit as fault:
        resource.findings.unfit("occurred_at", element.path, fault)
        return None
    if not complete:
        warning = "time or offset is not told; the start of the day or local time is taken"
        resource.findings.warn("occurred_at.date_only", element.path, warning)
    return found


def _told_moment(resource: Element, layout: Layout) -> Element | None:
    return next(filter(None, (_moment(resource, name, layout) for name in layout.times)), None)


def _stamp(resource: Element, context: Context) -> Element | None:
    """When the resource or the Bundle was written, which is about when it happened; with a warning."""
    found = resource.get("meta", "lastUpdated") or context.sent_at
    if found:
        text = "the time is not told; when the message was written is taken"
        resource.findings.warn("occurred_at.missing", found.path, text)
    return found or None


def _moment(resource: Element, name: str, layout: Layout) -> Element:
    """The one moment in an element: a dateTime, an end of a Period, the only event of a Timing."""
    if not name.endswith("[x]"):
        return resource.get(name)
    stem = name.removesuffix("[x]")
    if period := resource.get(f"{stem}Period"):
        first, other = layout.period
        return period.get(first) or period.get(other)
    events = list(resource.get(f"{stem}Timing").each("event"))
    if len(events) > 1:
        text = f"one event is expected; send one {resource.kind} for each"
        resource.findings.reject("occurred_at.ambiguous", f"{resource.path}.{stem}Timing.event", text)
    return events[0] if events else resource.get(f"{stem}DateTime")


def _location(resource: Element, layout: Layout, department: str | None, context: Context) -> str | None:
    """Where stock was taken from: as the resource says, else as the channel does, else the department's place."""
    named = (resource.get(name) for name in layout.locations)
    for reference in (*named, *extended(resource, "Location")):
        if reference and (code := location_code(reference, resource, context)):
            return code
    if context.options.default_location:
        return context.options.default_location
    place = f"{resource.path}.{layout.locations[0] if layout.locations else 'extension'}.display"
    if department:
        text = "no location is told; the performing organization is taken"
        resource.findings.warn("location.department", place, text)
    else:
        resource.findings.reject("location.missing", place, "a value is required")
    return department
