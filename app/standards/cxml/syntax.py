"""cXML as a tree: envelope, elements by name with their places, and the values in them.

Used by every reader of the package. A document type must be cXML's own; real senders name other ones or none, which is
noted. Shared secrets are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml import etree

from app.errors import Issue, Rejected
from app.model import gate, safe_xml
from app.model.channel import Profile
from app.model.findings import Findings
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.cxml.options import CxmlOptions
from app.standards.cxml.units import common_unit

BODIES = ("Request", "Message", "Response")
_DOCTYPE = re.compile(r"https?://xml\.cxml\.org/", re.IGNORECASE)
_ODD_TIME = "%a %b %d %H:%M:%S %z %Y"
"""``Mon May 19 18:29:48 +0000 2008``, as some supplier systems write it."""


@dataclass(slots=True)
class Context:
    """What holds for all elements of a message."""

    findings: Findings
    options: CxmlOptions
    profile: Profile


@dataclass(frozen=True, slots=True)
class Node:
    """An element; what is read out of it is clean, and what is not clean is noted with its place."""

    element: etree._Element
    context: Context

    @property
    def name(self) -> str:
        """The element's name."""
        return safe_xml.local(self.element)

    @property
    def place(self) -> str:
        """Where it stands: ``cXML/Request/OrderRequest/ItemOut[2]``."""
        return safe_xml.place(self.element)

    def first(self, *path: str) -> Node | None:
        """The first element down a path of names."""
        found = self.element.find("/".join(path))
        return None if found is None else Node(found, self.context)

    def all(self, *path: str) -> Iterator[Node]:
        """Every element down a path of names."""
        return (Node(found, self.context) for found in self.element.findall("/".join(path)))

    def children(self) -> Iterator[Node]:
        """Every element within."""
        return (Node(found, self.context) for found in self.element)

    def attribute(self, name: str, thing: str = "attribute", *, required: bool = False) -> str | None:
        """An attribute's text, None where it is empty."""
        value = self.element.get(name)
        return self.context.findings.text(thing, value, f"{self.place}/@{name}", required=required)

    def text(self, *path: str, thing: str = "text") -> str | None:
        """A code in an element down a path."""
        found = self.first(*path) if path else self
        if found is None:
            return None
        return self.context.findings.text(thing, "".join(found.element.itertext()), found.place)

    def prose(self, *path: str) -> str | None:
        """Text for people in an element down a path."""
        found = self.first(*path) if path else self
        if found is None:
            return None
        try:
            return gate.prose("".join(found.element.itertext()))
        except gate.Unfit as fault:
            self.context.findings.unfit("text", found.place, fault)
            return None

    def number(self, value: str | None, where: str, thing: str, *, required: bool = False) -> Decimal | None:
        """An exact number out of its text."""
        value = (value or "").strip() or None
        if value is None:
            if required:
                self.context.findings.reject(f"{thing}.missing", where, "a number is required")
            return None
        try:
            return gate.amount(gate.number(value))
        except gate.Unfit as fault:
            self.context.findings.unfit(thing, where, fault)
            return None

    def amount(self, name: str, thing: str, *, required: bool = False) -> Decimal | None:
        """An attribute that is a number."""
        return self.number(self.element.get(name), f"{self.place}/@{name}", thing, required=required)

    def money(self, *path: str, thing: str = "amount") -> Decimal | None:
        """The amount in ``Money`` down a path; an empty one is none."""
        found = self.first(*path, "Money")
        return found.number(found.element.text, found.place, thing) if found else None

    def currency(self, *path: str) -> str | None:
        """The currency of ``Money`` down a path."""
        found = self.first(*path, "Money")
        return found.attribute("currency", "currency") if found else None

    def quantity(self, name: str = "quantity", unit: str | None = None, *, required: bool = False) -> Quantity | None:
        """The quantity in an attribute, in the unit of ``UnitOfMeasure`` within, else in the one given."""
        value = self.amount(name, "quantity", required=required)
        if value is None:
            return None
        return self.measured(value, self.text("UnitOfMeasure", thing="unit") or unit)

    def measured(self, value: Decimal, unit: str | None) -> Quantity:
        """A quantity in a unit; one without a clear meaning is kept as it is."""
        common = common_unit(unit, self.context.options)
        if unit and common is None:
            text = "the unit is in no list, or means different things in two of them; it is kept as it is"
            self.context.findings.warn("unit.unknown", self.place, text)
        return Quantity(value, unit, common)

    def price(self, unit: str | None) -> Price | None:
        """``UnitPrice`` with its currency, and ``PriceBasisQuantity`` beside it."""
        amount = self.money("UnitPrice", thing="price")
        if amount is None:
            return None
        basis, told = None, self.first("PriceBasisQuantity")
        if told is not None:
            basis = told.quantity(unit=unit)
        return Price(amount, self.currency("UnitPrice"), basis)

    def when(self, name: str) -> When | None:
        """An attribute that is a date or a moment."""
        return self.moment(self.element.get(name), f"{self.place}/@{name}")

    def moment(self, value: str | None, where: str) -> When | None:
        """A date or a moment (ISO 8601); what is none is left out with a warning."""
        value = (value or "").strip()
        if not value:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return gate.day(*(int(part) for part in value.split("-")))
            iso = re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?\s*(Z|[+-]\d\d:?\d\d)?", value)
            found = datetime.fromisoformat(value.replace(",", ".").replace(" ", "T", 1) if iso else "")
        except (ValueError, gate.Unfit):
            return self._odd(value, where)
        return gate.moment(found, self.context.profile.channel.time_zone)

    def _odd(self, value: str, where: str) -> When | None:
        try:
            found = gate.moment(datetime.strptime(value, _ODD_TIME))  # noqa: DTZ007 - the format has %z
            self.context.findings.warn("date.format", where, "an ISO 8601 date is expected")
        except (ValueError, gate.Unfit):
            self.context.findings.warn("date.invalid", where, "an ISO 8601 date is expected; it was left out")
            return None
        return found


@dataclass(frozen=True, slots=True)
class Message:
    """A cXML document: its root, and the one element that says what it is (``OrderRequest``, ``Index``)."""

    root: etree._Element
    content: etree._Element
    warnings: tuple[Issue, ...]

    @property
    def name(self) -> str:
        """The content's name."""
        return safe_xml.local(self.content)

    @property
    def sender(self) -> str:
        """Domain and identity of the first From credential that has both."""
        for credential in self.root.findall("Header/From/Credential"):
            identity, domain = (credential.findtext("Identity") or "").strip(), (credential.get("domain") or "").strip()
            if identity:
                return f"{domain.lower()}:{identity}" if domain else identity
        return ""


def parse(body: bytes) -> Message:
    """The document in a body. Raises Rejected where there is none."""
    root = safe_xml.parse(body, doctype=True)
    findings = Findings()
    system = root.getroottree().docinfo.system_url
    if system and not _DOCTYPE.match(system):
        findings.warn("doctype.unknown", "cXML", "the document type is not one of cXML's own")
    name = safe_xml.local(root)
    if name.lower() != "cxml":
        return Message(root, root, findings.warnings)
    body_element = next((child for child in root if safe_xml.local(child) in BODIES), None)
    content = body_element
    if body_element is not None and safe_xml.local(body_element) != "Response":
        content = next((child for child in body_element if safe_xml.local(child) != "Status"), None)
    if content is None:
        raise Rejected([Issue("content.missing", "cXML", "a Request, Message or Response with content is expected")])
    if not (root.get("payloadID") or "").strip():
        findings.warn("payload_id.missing", "cXML/@payloadID", "a payloadID is expected")
    return Message(root, content, findings.warnings)
