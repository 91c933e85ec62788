"""Bytes and elements: FHIR JSON walked safely, every element with its path (FHIR R4, 2.6.2 and FHIRPath).

Called by the mapping, the Bundle and the acknowledgement. The sender's JSON may hold anything anywhere; an element of
the wrong type is noted and then counts as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.model import exact_json
from app.model.findings import Findings

MAX_REPETITIONS = 10
"""Repetitions of an element. A Device that many entries refer to is read for each of them, so this must stay small."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a resource, present or not; false where it is missing."""

    value: Any
    path: str
    findings: Findings

    def __bool__(self) -> bool:
        return self.value not in (None, "", [], {})

    def get(self, *names: str) -> Element:
        """The element below, and so on down."""
        element = self
        for name in names:
            content = element.typed(dict, "an object")
            element = Element(content.get(name) if content else None, f"{element.path}.{name}", self.findings)
        return element

    def each(self, name: str, limit: int = MAX_REPETITIONS) -> Iterator[Element]:
        """The elements of a repeating element; more than ``limit`` are a fault, and none is given."""
        element = self.get(name)
        values = element.typed(list, "a list") or ()
        if len(values) > limit:
            self.findings.reject("structure.too_many", element.path, f"at most {limit} elements are allowed")
            return
        for place, value in enumerate(values):
            yield Element(value, f"{element.path}[{place}]", self.findings)

    def typed(self, kind: type, expected: str) -> Any:
        """Its value if it is of that kind, else None; anything else than a missing value is noted."""
        if self.value is None or isinstance(self.value, kind):
            return self.value
        self.findings.reject("structure.invalid", self.path, f"{expected} is expected")
        return None

    def text(self, thing: str, *, required: bool = False, allowed: str = "") -> str | None:
        """Its text, if it passes the gate; faults are noted under ``thing``."""
        return self.findings.text(thing, self.string(), self.path, required=required, allowed=allowed)

    def string(self) -> str | None:
        """Its text as it is."""
        found: str | None = self.typed(str, "a string")
        return found

    def number(self) -> Decimal | None:
        """Its number."""
        found: Decimal | None = self.typed(Decimal, "a number")
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
    """The resource as JSON."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
