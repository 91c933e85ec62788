"""What FHIR has no element for, told in extensions of our own (FHIR R4, 2.5).

Used by readers and writers alike, so that what one writes the other reads; a partner may send them too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.model.findings import Findings
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.fhir import amounts, times
from app.standards.fhir.context import MAX_EXTENSIONS, Context
from app.standards.fhir.syntax import Element
from app.standards.fhir.systems import OWN


@dataclass(frozen=True, slots=True)
class Extensions:
    """Our extensions of one element, by the name of what they tell."""

    context: Context
    found: Mapping[str, tuple[Element, ...]]
    findings: Findings
    path: str

    @classmethod
    def of(cls, element: Element, context: Context) -> Extensions:
        """Those of an element; others are not looked at."""
        found: dict[str, tuple[Element, ...]] = {}
        for extension in element.each("extension", MAX_EXTENSIONS):
            url = extension.get("url").string() or ""
            if url.startswith(OWN):
                name = url.removeprefix(OWN).replace("-", "_")
                found[name] = (*found.get(name, ()), extension)
        return cls(context, found, element.findings, element.path)

    def all(self, name: str) -> tuple[Element, ...]:
        """Every extension of that name."""
        return self.found.get(name, ())

    def first(self, name: str, kind: str) -> Element:
        """The value of that type of the first extension of that name, present or not."""
        held = self.all(name)
        return held[0].get(f"value{kind}") if held else Element(None, f"{self.path}.extension", self.findings)

    def text(self, name: str) -> str | None:
        """A code or number."""
        return self.first(name, "String").text(name) if name in self.found else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Codes or numbers."""
        return tuple(text for one in self.all(name) if (text := one.get("valueString").text(name)))

    def prose(self, name: str) -> str | None:
        """Text for people."""
        return self.first(name, "String").prose(name) if name in self.found else None

    def flag(self, name: str) -> bool | None:
        """A truth value."""
        return self.first(name, "Boolean").flag() if name in self.found else None

    def number(self, name: str) -> Decimal | None:
        """An exact number."""
        return amounts.number(self.first(name, "Decimal"), name) if self.all(name) else None

    def quantity(self, name: str) -> Quantity | None:
        """A quantity."""
        return amounts.quantity(self.first(name, "Quantity"), self.context, name) if self.all(name) else None

    def when(self, name: str) -> When | None:
        """A day or a moment."""
        return times.when(self.first(name, "DateTime"), name, self.context.zone) if name in self.found else None

    def price(self, name: str) -> Price | None:
        """A price with its basis: what so much of the item costs."""
        if not self.all(name):
            return None
        parts = Extensions.of(self.all(name)[0], self.context)
        amount, basis = parts.number("amount"), parts.quantity("basis")
        return None if amount is None else Price(amount, parts.text("currency"), basis)


def extension(name: str, value: Any) -> dict[str, Any]:
    """An extension that tells a value; a list holds extensions in their turn."""
    url = OWN + name.replace("_", "-")
    if isinstance(value, list):
        return {"url": url, "extension": value}
    kind, written = _typed(value)
    return {"url": url, f"value{kind}": written}


def extensions(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An extension for each value that is told; of a tuple one for each of its members."""
    for name, value in values.items():
        members = value if isinstance(value, tuple) else (value,)
        yield from (extension(name, member) for member in members if member is not None)


def _typed(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "Boolean", value
    if isinstance(value, Decimal):
        return "Decimal", value
    if isinstance(value, date | datetime):
        return "DateTime", value.isoformat()
    if isinstance(value, dict):
        return ("Reference" if "reference" in value else "Quantity"), value
    return "String", value
