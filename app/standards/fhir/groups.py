"""Resources that are lines of one document: FHIR has one resource for each item asked for or delivered.

Called by the readers of requisitions, receipts and ship notices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app import ids
from app.standards.fhir.context import MAX_EXTENSIONS, Source, document_number, identifiers, qualified
from app.standards.fhir.references import code_of
from app.standards.fhir.syntax import Element
from app.standards.fhir.systems import GROUP_NUMBER, LINE

GROUP_EXTENSIONS = ("groupidentifier", "group-identifier", "requisition", "requisition-id", "order-group")
"""Ends of the urls of extensions in which profiles put what FHIR's other requests call groupIdentifier."""


STAMPS = frozenset({"id", "meta", "text"})
"""What may differ between two resources that say the same."""


@dataclass(frozen=True, slots=True)
class Group:
    """The sources of one document, and its number; ``lines`` are their numbers within it."""

    number: str
    sources: tuple[Source, ...]
    lines: tuple[str, ...]


def groups(sources: Sequence[Source]) -> Iterator[Group]:
    """The groups in the order of their first members.

    What is in one is said by a group number, else by an identifier that several resources share; any other resource
    is a document of its own. One without any number is left out with a fault.
    """
    shared = _shared(sources)
    found: dict[tuple[str, bool], list[Source]] = {}
    for source in sources:
        if number := _group_number(source.resource, shared):
            found.setdefault((number, True), []).append(source)
        elif number := document_number(source):
            found.setdefault((number, False), []).append(source)
    for (number, grouped), members in found.items():
        if grouped:
            _refuse_doubles(members)
            yield Group(number, tuple(members), _lines(number, members))
        else:
            yield from (Group(number, (member,), _lines(number, [member])) for member in members)


def _group_number(resource: Element, shared: set[str]) -> str | None:
    """What the resource itself says it belongs to."""
    for identifier in identifiers(resource):
        if GROUP_NUMBER in {coding.get("code").string() for coding in identifier.get("type").each("coding")}:
            return identifier.get("value").text("number")
    for extension in resource.each("extension", MAX_EXTENSIONS):
        if (extension.get("url").string() or "").lower().rsplit("/", 1)[-1] in GROUP_EXTENSIONS:
            value = extension.get("valueIdentifier", "value") or extension.get("valueString")
            return value.text("number")
    for parent in resource.each("partOf"):
        if number := parent.get("identifier", "value").text("number") or code_of(parent):
            return number
    return next((one.get("value").text("number") for one in identifiers(resource) if qualified(one) in shared), None)


def _refuse_doubles(members: Sequence[Source]) -> None:
    """A resource that comes twice is no second line: whether it was meant twice nobody can tell."""
    seen: set[bytes] = set()
    for member in members:
        resource = member.resource
        content = {name: value for name, value in resource.value.items() if name not in STAMPS}
        key = ids.canonical_json(content)
        if key in seen:
            text = "another entry of the Bundle says the same; lines of one document differ"
            resource.findings.reject("line.duplicate", f"{resource.path}.identifier", text)
        seen.add(key)


def _shared(sources: Sequence[Source]) -> set[str]:
    counts = Counter(
        number for source in sources for number in {qualified(one) for one in identifiers(source.resource)} if number
    )
    return {number for number, count in counts.items() if count > 1}


def _lines(number: str, members: Sequence[Source]) -> tuple[str, ...]:
    """The numbers of the lines: as the members say, or by position where they say none or say one twice."""
    told = [_line(number, member.resource) for member in members]
    if len(set(told)) == len(told) and all(told):
        return tuple(line for line in told if line)
    return tuple(str(position) for position in range(1, len(members) + 1))


def _line(number: str, resource: Element) -> str | None:
    others = [one for one in identifiers(resource) if one.get("value").string() != number]
    own = [one for one in identifiers(resource) if one.get("system").string() == LINE]
    return next((one.get("value").text("line") for one in (own or others)), None)
