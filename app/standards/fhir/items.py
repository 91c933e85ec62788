"""Which item is meant and what is marked on it: a concept, or a resource that describes it (FHIR R4, 8.14, 11.1).

Called by the readers. ``app.standards.fhir.products`` reads the resources that a Reference leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from app.model import gate, gtin
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.standards.fhir import systems, times
from app.standards.fhir.context import Context
from app.standards.fhir.syntax import Element


@dataclass(slots=True)
class NamedItem:
    """What is known of an item; filled as the message is walked.

    Where nothing else does, ``foreign`` names the item, a code in a system that nobody told us about, or ``referred``,
    the id in a Reference to a sort of item, with its place. ``piece`` says that it is one piece and no sort of item.
    """

    context: Context
    findings: Findings
    markings: Markings
    identifiers: list[Identifier] = field(default_factory=list)
    description: str | None = None
    foreign: Identifier | None = None
    referred: tuple[Identifier, str] | None = None
    piece: bool = False
    seen: set[str] = field(default_factory=set)
    """The resources that were read for it: references may run in circles."""

    @classmethod
    def within(cls, resource: Element, context: Context) -> NamedItem:
        """Nothing is known yet."""
        return cls(context, resource.findings, Markings(resource.findings))

    @property
    def expiry(self) -> date | None:
        """The last day it may be used."""
        return self.markings.expiry

    def names(self) -> tuple[Identifier, ...]:
        """Its identifiers; a GTIN known from a carrier alone goes first."""
        marked = self.markings.gtin
        if marked and Identifier("gtin", marked) not in self.identifiers:
            return (Identifier("gtin", marked), *self.identifiers)
        if self.identifiers or self.foreign or self.referred is None:
            return tuple(self.identifiers) or ((self.foreign,) if self.foreign else ())
        name, where = self.referred
        text = "the message does not hold the item; the id of its resource is taken as the hospital's own number"
        self.findings.warn("item.reference", where, text)
        return (name,)

    def add(self, scheme: str, value: str | None) -> None:
        """Another name of the item."""
        if value and (identifier := Identifier(scheme, value)) not in self.identifiers:
            self.identifiers.append(identifier)

    def describe(self, *texts: str | None) -> None:
        """Words for the item; the first ones stay."""
        found = (gate.description(text) for text in texts)
        self.description = self.description or next(filter(None, found), None)

    def say_expiry(self, element: Element) -> None:
        """The expiry date that an element tells."""
        text = element.text("expiry")
        try:
            self.markings.say_expiry(times.day(text) if text else None, element.path)
        except gate.Unfit as fault:
            self.findings.unfit("expiry", element.path, fault)

    def read_concept(self, concept: Element, *, category: bool = False) -> None:
        """The codings of a concept. Those of a ``category`` name the item only in systems of item identifiers."""
        texts = [concept.get("text").string()]
        for coding in concept.each("coding"):
            texts.append(coding.get("display").string())
            self.read_code(coding.get("system"), coding.get("code"), assume_internal=not category)
        self.describe(*texts)

    def read_identifier(self, identifier: Element) -> None:
        """An Identifier names the item only in a known system: the same list holds serial and asset numbers."""
        self.read_code(identifier.get("system"), identifier.get("value"), assume_internal=False)

    def read_code(self, system: Element, code: Element, *, assume_internal: bool) -> None:
        """A code, which without a system is the hospital's own where ``assume_internal`` says so."""
        value, name = code.text("item"), system.string()
        if value is None:
            return
        scheme = systems.item_scheme(name, self.context.channel)
        if scheme is None and assume_internal and name:
            self._keep_foreign(name, value, system)
        elif scheme is None and assume_internal:
            self.findings.warn("item.coding_system", system.path, "no system is told; the hospital's own is taken")
            scheme = "internal"
        if scheme:
            self.add(scheme, gtin.read(value, code.path, self.findings) if scheme == "gtin" else value)

    def _keep_foreign(self, system: str, value: str, where: Element) -> None:
        self.findings.warn("item.coding_system", where.path, "the system is not known to the channel")
        code = f"{system}|{value}"
        if self.foreign is None and len(code) <= gate.MAX_TEXT:
            self.foreign = Identifier("internal", code)
