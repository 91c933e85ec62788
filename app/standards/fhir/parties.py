"""Organisations: who supplies, who asks, who is recorded (FHIR R4, 8.7; R5, 8.7 with ExtendedContactDetail).

Called by the readers. Names of persons at an organisation are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.model.party import Address, Contact, Party, PartyIdentifier
from app.standards.fhir import systems
from app.standards.fhir.context import Context
from app.standards.fhir.references import code_of, kinds_of
from app.standards.fhir.syntax import Element

PERSONS = frozenset({"Patient", "RelatedPerson"})
STAFF = frozenset({"Practitioner", "PractitionerRole"})


def referred(reference: Element, home: Element, context: Context, *, named: bool = True) -> Party | None:
    """The party a Reference points to; what the message does not hold of it is known by id and name alone.

    ``named`` says that it cannot be a person where the Reference does not tell what it is.
    """
    kinds = kinds_of(reference)
    if not reference or kinds & PERSONS:
        return None
    resource = context.references.resolve(reference, home)
    if resource is not None and resource.kind == "Organization":
        return organization(resource, context)
    found = [identifier for identifier in [_identifier(reference.get("identifier"), context)] if identifier]
    if not found and (code := home.findings.text("party", code_of(reference), f"{reference.path}.reference")):
        found = [PartyIdentifier("internal", code)]
    shown = named if not kinds else not kinds & STAFF
    name = reference.get("display").prose("party_name") if shown else None
    return Party(tuple(found), name) if found or name else None


def organization(resource: Element, context: Context) -> Party:
    """The party that an Organization describes."""
    told = (_identifier(identifier, context) for identifier in resource.each("identifier"))
    addresses = [*resource.each("address"), *(one.get("address") for one in resource.each("contact"))]
    return Party(
        tuple(dict.fromkeys(filter(None, told))),
        resource.get("name").prose("party_name"),
        next((found for one in addresses if (found := address(one))), None),
        _contact(resource),
    )


def address(element: Element) -> Address | None:
    """An Address; None where it says nothing that we keep."""
    lines = (line.prose("address") for line in element.each("line"))
    found = Address(
        tuple(line for line in lines if line),
        element.get("city").prose("address"),
        element.get("state").prose("address"),
        element.get("postalCode").text("postal_code"),
        element.get("country").text("country"),
    )
    return found if found != Address() else None


def _identifier(identifier: Element, context: Context) -> PartyIdentifier | None:
    value = identifier.get("value").text("party")
    scheme = systems.party_scheme(identifier.get("system").string(), context.options)
    return PartyIdentifier(scheme, value) if value else None


def _contact(resource: Element) -> Contact | None:
    """The first phone number and address for mail of the organisation, not those of a person there."""
    found: dict[str, str | None] = {}
    for point in _contact_points(resource):
        system = point.get("system").string()
        if system in {"phone", "email"}:
            found.setdefault(system, point.get("value").text(system))
    return Contact(phone=found.get("phone"), email=found.get("email")) if any(found.values()) else None


def _contact_points(resource: Element) -> Iterator[Element]:
    yield from resource.each("telecom")
    for detail in resource.each("contact"):
        if not detail.get("name"):
            yield from detail.each("telecom")
