"""Bytes and elements: FHIR JSON walked safely, every element with its path (FHIR R4, 2.6.2 and FHIRPath).

Called by everything else of this standard. The sender's JSON may hold anything anywhere; an element of the wrong type
is noted and then counts as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.model import exact_json, gate
from app.model.findings import Findings

MAX_REPETITIONS = 10
"""Repetitions of an element. A Device that many entries refer to is read for each of them, so this must stay small."""


@dataclass(slots=True)
class Element:
    """An element of a resource, present or not; false where it is missing.

    Nobody changes one; it is not frozen because freezing would double what making the many of them costs.
    """

    value: Any
    path: str
    findings: Findings

    def __bool__(self) -> bool:
        value = self.value
        return value is not None and value not in ("", [], {})

    @property
    def kind(self) -> str | None:
        """The resourceType of a resource."""
        found = self.value.get("resourceType") if isinstance(self.value, dict) else None
        return found if isinstance(found, str) else None

    def get(self, *names: str) -> Element:
        """The element below, and so on down."""
        element = self
        for name in names:
            content = element.value if type(element.value) is dict else element.typed(dict, "an object")
            element = Element(content.get(name) if content else None, f"{element.path}.{name}", self.findings)
        return element

    def each(self, name: str, limit: int = MAX_REPETITIONS) -> Iterator[Element]:
        """The elements of a repeating element; more than ``limit`` are a fault, and none is given.

        An object where a list of objects is expected counts as its only one, with a warning.
        """
        element = self.get(name)
        if isinstance(element.value, dict):
            self.findings.warn("structure.list", element.path, "a list is expected; the one object is taken")
            yield element
            return
        values = element.typed(list, "a list") or ()
        if len(values) > limit:
            self.findings.reject("structure.too_many", element.path, f"at most {limit} elements are allowed")
            return
        for place, value in enumerate(values):
            yield Element(value, f"{element.path}[{place}]", self.findings)

    def some(self, name: str, limit: int = MAX_REPETITIONS) -> Iterator[Element]:
        """The elements of one that repeats in one release and stands alone in the other."""
        element = self.get(name)
        if isinstance(element.value, list):
            yield from self.each(name, limit)
        elif element:
            yield element

    def typed(self, kind: type, expected: str) -> Any:
        """Its value if it is of that kind, else None; anything else than a missing value is noted."""
        if self.value is None or isinstance(self.value, kind):
            return self.value
        self.findings.reject("structure.invalid", self.path, f"{expected} is expected")
        return None

    def text(self, thing: str, *, required: bool = False, allowed: str = "") -> str | None:
        """Its text, if it passes the gate; faults are noted under ``thing``."""
        return self.findings.text(thing, self.string(), self.path, required=required, allowed=allowed)

    def prose(self, thing: str) -> str | None:
        """Its text for people; one that is too long is left out with a warning."""
        try:
            return gate.prose(self.string())
        except gate.Unfit as fault:
            self.findings.warn(f"{thing}.{fault.reason}", self.path, f"{fault}; it was left out")
            return None

    def string(self) -> str | None:
        """Its text as it is."""
        found: str | None = self.typed(str, "a string")
        return found

    def number(self) -> Decimal | None:
        """Its number."""
        found: Decimal | None = self.typed(Decimal, "a number")
        return found

    def flag(self) -> bool | None:
        """Its truth value."""
        found: bool | None = self.typed(bool, "true or false")
        return found

    def with_findings(self, findings: Findings) -> Element:
        """The same element, whose faults are noted elsewhere."""
        return Element(self.value, self.path, findings)


def parse(body: bytes, findings: Findings) -> Element:
    """The resource in the body. Raises Rejected where it is no JSON object with a resourceType."""
    value = exact_json.loads(body)
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not kind.isalpha():
        findings.reject("structure.invalid", "resourceType", "a FHIR resource is expected")
        findings.settle()
    return Element(value, str(kind)[:64], findings)


def serialize(resource: dict[str, Any]) -> bytes:
    """The resource as JSON, every Decimal with all its digits."""
    return _encode(resource).encode()


def _encode(value: Any) -> str:
    """JSON whose numbers are what they were: the library would turn a Decimal into a float or refuse it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_encode(below)}" for name, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_encode, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)
