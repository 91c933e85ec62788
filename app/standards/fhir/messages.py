"""The messages that are taken, and who reads each type of resource in them.

Called by ``app.standards.fhir.standard``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.findings import Findings
from app.model.response import Response
from app.standards.fhir import (
    bundle,
    consumptions,
    deliveries,
    inventory,
    item_records,
    registry,
    requisitions,
    responses,
    validation,
)
from app.standards.fhir.context import Context, Found, Read, Source, qualified
from app.standards.fhir.layouts import LAYOUTS
from app.standards.fhir.references import References
from app.standards.fhir.syntax import Element
from app.standards.fhir.versions import Version

READERS: Mapping[str, Read] = {
    **dict.fromkeys(LAYOUTS, consumptions.read),
    "MedicationAdministration": consumptions.administrations,
    "SupplyRequest": requisitions.read,
    "InventoryReport": inventory.read,
    **dict.fromkeys(("Device", "DeviceDefinition", "InventoryItem", "Medication"), item_records.read),
    "Organization": registry.organizations,
    "Location": registry.locations,
}
"""The reader of each type of resource."""
Documents = tuple[Document, ...]


def read(resource: Element, profile: Profile, version: Version) -> tuple[Documents, str]:
    """The documents of a message, and the mapping that made them.

    Oddities and, in a batch, faults are left in the findings of the resource. Raises Rejected.
    """
    resource.get("meta", "source").text("sender")
    context, kinds = Context(profile, version), {resource.path}
    if resource.path == "Bundle":
        found, kinds = _bundle(resource, context)
    elif resource.path == "OperationOutcome":
        found = _response(responses.outcome(resource), resource)
    elif resource.path in version.events | version.records:
        found = _whole([Source(resource)], context, resource.findings)
    else:
        known = ", ".join(sorted({"Bundle", *version.events, *version.records}))
        text = f"this type of resource is not read in {version.release}: {known} are"
        raise Rejected([Issue("resource.unsupported", f"{resource.path}.resourceType", text)])
    return found, f"{version.name}.{_kebab(min(kinds)) if len(kinds) == 1 else 'mixed'}/2"


def _bundle(resource: Element, context: Context) -> tuple[Documents, set[str]]:
    kind = resource.get("type").string()
    resource.findings.text("control_id", qualified(resource.get("identifier")), f"{resource.path}.identifier")
    if kind in responses.RESPONSE_BUNDLES:
        return _response(responses.answer(resource, context), resource), {str(kind)}
    if kind not in bundle.TYPES:
        text = f"{', '.join(bundle.TYPES)} is expected"
        resource.findings.reject("bundle_type.unsupported", f"{resource.path}.type", text)
    resource.findings.settle()
    entries = bundle.entries_of(resource)
    held = replace(context, references=References(entries), sent_at=resource.get("timestamp"))
    if kind == "message":
        header = entries[0].get("resource") if entries else resource.get("entry")
        if header.kind != "MessageHeader":
            text = "a MessageHeader is expected as the first entry"
            resource.findings.reject("header.missing", f"{resource.path}.entry[0]", text)
        elif header.get("response"):
            others = [entry.get("resource") for entry in entries[1:]]
            return _response(responses.reply(resource, header, others, held), resource), {"message-response"}
    sources = bundle.sources(resource, entries, context.version)
    taken = _whole if kind in bundle.WHOLE else _each
    return taken(sources, held, resource.findings), {source.resource.kind or "" for source in sources}


def _response(response: Response, resource: Element) -> Documents:
    resource.findings.settle()
    return (replace(response, warnings=resource.findings.warnings),)


def _whole(sources: Sequence[Source], context: Context, findings: Findings) -> Documents:
    """All of them or, with a fault in any, none."""
    found = _read(sources, context, findings)
    findings.settle()
    return found


def _each(sources: Sequence[Source], context: Context, findings: Findings) -> Documents:
    """Those without a fault; if that is none, they are refused."""
    found = _read(sources, context, findings)
    if not found:
        findings.settle()
    return found


def _read(sources: Sequence[Source], context: Context, findings: Findings) -> Documents:
    """The documents in the order of their sources. What is wrong is gathered in ``findings``."""
    found: list[Found] = []
    for kind in dict.fromkeys(source.resource.kind or "" for source in sources):
        chosen = [source for source in sources if source.resource.kind == kind]
        found += _reader(kind, context)(chosen, context)
    for source in sources if context.options.validation else ():
        validation.check(source.resource, context.version)
    order = {id(source): place for place, source in enumerate(sources)}
    found.sort(key=lambda one: order[id(one[0][0])])
    found = list(_counted_once(found))
    _refuse_doubles(found)
    _enforce(sources, context)
    for source in sources:
        findings.add(source.resource.findings.errors + source.resource.findings.warnings)
    return tuple(_warned(members, document) for members, document in found if not _errors(members))


def _errors(members: Sequence[Source]) -> bool:
    return any(source.resource.findings.errors for source in members)


def _warned(members: Sequence[Source], document: Document) -> Document:
    """The document with what was odd in the resources that tell it."""
    together = Findings()
    for source in members:
        together.add(source.resource.findings.warnings)
    return replace(document, warnings=together.warnings)


def _reader(kind: str, context: Context) -> Read:
    if kind == "SupplyDelivery" and context.options.delivery_means == "receipt":
        return deliveries.read
    return READERS[kind]


def _counted_once(found: Sequence[Found]) -> Iterator[Found]:
    """Without what a second type of resource tells of an item that a first one told of in the same message."""
    kinds = list(LAYOUTS)
    first: dict[object, int] = {}
    for members, one in found:
        if isinstance(one, Consumption):
            rank = kinds.index(members[0].resource.kind or "")
            for key in _told(one):
                first[key] = min(rank, first.get(key, rank))
    for members, one in found:
        resource = members[0].resource
        ranks = [first[key] for key in _asked(one) if key in first] if isinstance(one, Consumption) else []
        if ranks and kinds[min(ranks)] != resource.kind:
            text = f"a {kinds[min(ranks)]} of this message tells of the same item; it counts once"
            resource.findings.warn("use.repeated", resource.path, text)
        else:
            yield members, one


def _told(use: Consumption) -> Iterator[object]:
    """What a use is found by: each name of its item with its marks, and without."""
    marks = (use.lot, use.serial)
    for identifier in use.identifiers:
        yield use.kind, identifier, marks
        yield use.kind, identifier, "any"


def _asked(use: Consumption) -> Iterator[object]:
    """What an earlier use of the same item is found by; one of the two may have no marks."""
    marks = (use.lot, use.serial)
    for identifier in use.identifiers:
        yield use.kind, identifier, marks
        yield use.kind, identifier, "any" if marks == (None, None) else (None, None)


def _refuse_doubles(found: Sequence[Found]) -> None:
    """Refuse documents of one kind that have one number; which of them is meant nobody can tell."""
    keys = [(type(document), _number(document)) for _, document in found]
    counts = Counter(keys)
    for (members, document), key in zip(found, keys, strict=True):
        if counts[key] > 1:
            resource = members[0].resource
            thing = "event" if isinstance(document, Consumption) else "number"
            text = "two entries of the Bundle have one identifier"
            resource.findings.reject(f"{thing}.duplicate", f"{resource.path}.identifier", text)


def _number(document: Document) -> str | None:
    return document.event_id if isinstance(document, Consumption) else getattr(document, "number", None)


def _enforce(sources: Sequence[Source], context: Context) -> None:
    """Refuse what comes with warnings that the channel does not put up with."""
    for source in sources:
        strict = [one for one in source.resource.findings.warnings if one.code in context.options.strict]
        source.resource.findings.add(Issue(one.code, one.where, one.text) for one in strict)


def _kebab(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
