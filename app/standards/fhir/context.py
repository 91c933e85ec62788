"""What a reader of one kind of resource is given, and what all readers ask of a resource.

Used by the readers of this standard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.standards.fhir.options import FhirOptions
from app.standards.fhir.references import References, code_of, kinds_of
from app.standards.fhir.syntax import Element
from app.standards.fhir.versions import Version

UNDONE = "entered-in-error"
MAX_EXTENSIONS = 100


@dataclass(frozen=True, slots=True)
class Context:
    """Whose message it is, and what else it holds; ``sent_at`` is the Bundle's timestamp."""

    profile: Profile
    version: Version
    references: References = field(default_factory=References)
    sent_at: Element | None = None

    @property
    def channel(self) -> Channel:
        """The channel."""
        return self.profile.channel

    @property
    def options(self) -> FhirOptions:
        """The channel's options."""
        return self.profile.options(FhirOptions)

    @property
    def zone(self) -> tzinfo:
        """Where times without an offset are."""
        return self.profile.channel.time_zone


@dataclass(frozen=True, slots=True)
class Source:
    """A resource to be read, with findings of its own; ``place`` numbers it where it has no number itself."""

    resource: Element
    place: str | None = None


Found = tuple[tuple[Source, ...], Document]
"""A document and the resources that tell it, one for each of its lines."""
Read = Callable[[Sequence[Source], Context], Iterator[Found]]
"""Reads the resources of one type; what is wrong with one is left in its findings."""


def qualified(identifier: Element) -> str | None:
    """An Identifier as ``system|value``, or its value where it has no system."""
    system, value = identifier.get("system").string(), identifier.get("value").text("identifier")
    return f"{system}|{value}" if system and value else value


def identifiers(resource: Element) -> list[Element]:
    """The identifiers, the official ones first."""
    return sorted(resource.each("identifier"), key=lambda found: found.get("use").string() != "official")


def document_number(source: Source) -> str | None:
    """The number people know a document or a record by: its first identifier's value, else its id. A fault if none."""
    resource = source.resource
    values = (identifier.get("value").text("number") for identifier in identifiers(resource))
    number = next(filter(None, values), None) or resource.get("id").text("number") or source.place
    if number is None:
        resource.findings.reject("number.missing", f"{resource.path}.identifier", "an identifier or an id is required")
    return number


def location_code(reference: Element, home: Element, context: Context) -> str | None:
    """The code of a place: its identifier, else its id; its name only if there is nothing better."""
    place = context.references.resolve(reference, home)
    found = [reference.get("identifier", "value")]
    found += [identifier.get("value") for identifier in place.each("identifier")] if place else []
    for identifier in found:
        if code := identifier.text("location"):
            return code
    if code := home.findings.text("location", code_of(reference), f"{reference.path}.reference"):
        return code
    name = (place.get("name") if place else None) or reference.get("display")
    if code := name.text("location"):
        home.findings.warn("location.display", name.path, "the location is known by its name alone")
    return code


def reference_code(reference: Element, home: Element, context: Context, thing: str) -> str | None:
    """The code of what a Reference points to, never its name: an identifier, else the id."""
    resource = context.references.resolve(reference, home)
    found = [reference.get("identifier"), *(resource.each("identifier") if resource else ())]
    codes = (identifier.get("value").text(thing) for identifier in found)
    code = next(filter(None, codes), None) or (resource.get("id").text(thing) if resource else None)
    return code or home.findings.text(thing, code_of(reference), f"{reference.path}.reference")


def concept_code(concept: Element, thing: str) -> str | None:
    """The first code of a concept, else its words."""
    codes = (coding.get("code").text(thing) for coding in concept.each("coding"))
    return next(filter(None, codes), None) or concept.get("text").text(thing)


def choice(resource: Element, name: str) -> tuple[Element, Element]:
    """The concept and the Reference of an element that is told as either.

    R4 has a choice (``itemCodeableConcept``, ``itemReference``) or a Reference alone, R5 a CodeableReference.
    """
    told = list(resource.some(name))
    one = told[0] if told else resource.get(name)
    if len(told) > 1:
        resource.findings.reject("item.ambiguous", told[1].path, "one item is expected")
    value = one.value if isinstance(one.value, dict) else {}
    if value and (isinstance(value.get("reference"), str) or not {"concept", "reference"} & value.keys()):
        return Element(None, f"{one.path}.concept", one.findings), one
    concept = one.get("concept") or resource.get(f"{name}CodeableConcept")
    return concept, one.get("reference") or resource.get(f"{name}Reference")


def case_of(resource: Element, context: Context) -> str | None:
    """The pseudonym of the number of the Encounter, which profiles of R4 put into an extension."""
    for reference in (resource.get("encounter"), resource.get("context"), *extended(resource, "Encounter")):
        encounter = context.references.resolve(reference, resource)
        numbers = [one.get("value").string() for one in encounter.each("identifier")] if encounter else []
        numbers += [reference.get("identifier", "value").string(), code_of(reference)]
        if number := next(filter(None, numbers), None):
            return context.profile.pseudonym(number)
    return None


def extended(resource: Element, kind: str) -> Iterator[Element]:
    """References to a type of resource that profiles put into extensions."""
    for extension in resource.each("extension", MAX_EXTENSIONS):
        if kind in kinds_of(reference := extension.get("valueReference")):
            yield reference
