"""SupplyRequest read as requisition: one resource is one line (FHIR R4 and R5, 8.20).

Called by ``app.standards.fhir.messages``. Of the requester a number is taken and no name, of a patient nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast, get_args

from app.model.party import Party
from app.model.requisition import Priority, Requisition, RequisitionLine
from app.model.trade import Action, LineAction
from app.model.when import When
from app.standards.fhir import amounts, parties, products, times
from app.standards.fhir.context import (
    UNDONE,
    Context,
    Found,
    Source,
    case_of,
    choice,
    location_code,
    reference_code,
)
from app.standards.fhir.extensions import Extensions
from app.standards.fhir.groups import Group, groups
from app.standards.fhir.references import kinds_of
from app.standards.fhir.syntax import Element

CANCELLED = frozenset({"cancelled", UNDONE})
REFUSED: Mapping[str, str] = {
    "draft": "nothing is asked for yet; send it when it is active",
    "suspended": "it is not asked for now; send it when it is active, or cancelled",
    "completed": "nothing is asked for any more; do not send it",
}
PRIORITIES: Mapping[str, Priority] = {"routine": "routine", "urgent": "urgent", "asap": "urgent", "stat": "stat"}
PERSONS = frozenset({"Patient", "RelatedPerson"})


def read(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The requisitions; what is wrong with one is left in the findings of its lines."""
    for group in groups(sources):
        if requisition := _requisition(group, context):
            yield group.sources, requisition


def _requisition(group: Group, context: Context) -> Requisition | None:
    resources = [source.resource for source in group.sources]
    first, extras = resources[0], Extensions.of(resources[0], context)
    lines = [_line(resource, number, context) for resource, number in zip(resources, group.lines, strict=True)]
    deliver_to = _agreed("deliver_to", "deliverTo", resources, context)
    deliver_from = _agreed("deliver_from", "deliverFrom", resources, context)
    requester = _agreed("requester", "requester", resources, context)
    found = [line for line in lines if line]
    if any(resource.findings.errors for resource in resources) or len(found) != len(lines):
        return None
    return Requisition(
        number=group.number,
        lines=tuple(found),
        action=_action(extras, [line.action for line in found]),
        requested_at=times.when(first.get("authoredOn"), "requested_at", context.zone),
        priority=max((_priority(resource) for resource in resources), key=get_args(Priority).index),
        requester=requester,
        deliver_to=deliver_to,
        deliver_from=deliver_from,
        department=extras.text("department"),
        cost_centre=extras.text("cost_centre"),
        needed_by=extras.when("needed_by"),
        currency=extras.text("currency"),
        case=case_of(first, context),
        note=extras.prose("note"),
    )


def _line(resource: Element, number: str, context: Context) -> RequisitionLine | None:
    item = products.read_item(resource, "item", resource, context)
    quantity = amounts.quantity(resource.get("quantity"), context)
    extras = Extensions.of(resource, context)
    action = _line_action(resource, extras)
    if not item.names() and not item.description:
        products.require(item, resource, "item")
    elif not item.names():
        where = next(filter(None, choice(resource, "item")), resource).path
        resource.findings.warn("item.description", where, "the item is known by its description alone")
    needed_by = _needed_by(resource, extras, context)
    if quantity is None or resource.findings.errors:
        return None
    return RequisitionLine(
        number=number,
        quantity=quantity,
        identifiers=item.names(),
        description=item.description,
        action=action,
        price=extras.price("price"),
        supplier=_supplier(resource, context),
        needed_by=needed_by,
        lot=item.markings.lot,
        serial=item.markings.serial,
        cost_centre=extras.text("line_cost_centre"),
        substitutes_allowed=extras.flag("substitutes_allowed"),
        note=extras.prose("line_note"),
        account=extras.text("account"),
    )


def _action(extras: Extensions, lines: Sequence[LineAction]) -> Action:
    told = extras.text("action")
    if told in get_args(Action):
        return cast("Action", told)
    found: dict[LineAction, Action] = {"add": "new", "change": "change", "cancel": "cancel"}
    return found[lines[0]] if len(set(lines)) == 1 else "change"


def _line_action(resource: Element, extras: Extensions) -> LineAction:
    """By the status; a resource that is not in its first version changes what was asked before."""
    element, told = resource.get("status"), extras.text("line_action")
    status = element.text("status")
    if status in REFUSED or status not in {None, "active", *CANCELLED}:
        text = REFUSED.get(status or "", "active or cancelled is expected")
        resource.findings.reject("status.unsupported", element.path, text)
    if told in get_args(LineAction):
        return cast("LineAction", told)
    version = resource.get("meta", "versionId").string() or ""
    later = version.isascii() and version.isdigit() and len(version) < 10 and int(version) > 1
    return "cancel" if status in CANCELLED else "change" if later else "add"


def _priority(resource: Element) -> Priority:
    element = resource.get("priority")
    told = element.text("priority")
    if told and told not in PRIORITIES:
        resource.findings.warn("priority.unknown", element.path, "routine, urgent, asap or stat is expected")
    return PRIORITIES.get(told or "", "routine")


def _agreed(thing: str, name: str, resources: Sequence[Element], context: Context) -> str | None:
    """What all lines say of the document: goods of one requisition go to one place."""
    found: str | None = None
    for resource in resources:
        reference = resource.get(name)
        if thing == "requester":
            code = None if PERSONS & kinds_of(reference) else reference_code(reference, resource, context, thing)
        else:
            code = location_code(reference, resource, context) if reference else None
        if found and code and code != found:
            resource.findings.reject(f"{thing}.conflict", reference.path, "the same is expected for all lines")
        found = found or code
    return found


def _supplier(resource: Element, context: Context) -> Party | None:
    """The first one; they are suggestions."""
    named = list(resource.each("supplier"))
    return parties.referred(named[0], resource, context) if named else None


def _needed_by(resource: Element, extras: Extensions, context: Context) -> When | None:
    """The moment in occurrence[x], of a Period its end; what is said of the whole document is not said here again."""
    period = resource.get("occurrencePeriod")
    events = list(resource.get("occurrenceTiming").each("event"))
    element = period.get("end") or period.get("start") or (events or [resource.get("occurrenceDateTime")])[0]
    found = times.when(element, "needed_by", context.zone)
    return None if found == extras.when("needed_by") else found
