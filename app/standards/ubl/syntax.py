"""UBL as a tree: elements by their local names, with places that can be told, and the values in them.

Used by the readers of this standard. Namespaces are not looked at: national and older editions differ in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from app.errors import Issue, Rejected
from app.model import gate, safe_xml
from app.model.channel import Profile
from app.model.findings import Findings
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.ubl.options import UblOptions
from app.standards.ubl.units import common_unit

Value = TypeVar("Value")

UBL_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
ENVELOPE = "StandardBusinessDocument"
MAX_COMPARED = 20
"""Elements that should be one and are compared; more than these are no slip but a mess."""
NOT_TOLD = frozenset({"NA", "N/A"})
"""What Peppol tells its members to write where the schema wants a value and there is none."""

_NONE: tuple[etree._Element, ...] = ()
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_VITAL = frozenset({
    "ID",
    "LineID",
    "Quantity",
    "DeliveredQuantity",
    "ReceivedQuantity",
    "InvoicedQuantity",
    "CreditedQuantity",
    "DebitedQuantity",
    "RejectedQuantity",
    "ShortQuantity",
    "OversupplyQuantity",
    "OutstandingQuantity",
    "PriceAmount",
    "BaseQuantity",
    "Price",
    "Item",
    "LineItem",
    "LotNumberID",
    "SerialID",
    "ExpiryDate",
    "PayableAmount",
})
"""Elements that decide about quantity, price, item or identity; two of them that differ are an ambiguity."""


@dataclass(slots=True)
class Context:
    """What holds for all elements of a document: where faults are noted, and what the partner is like."""

    findings: Findings
    options: UblOptions
    zone: tzinfo
    currency: str | None = None

    @classmethod
    def of(cls, profile: Profile) -> Context:
        """The context of a message on a channel."""
        return cls(Findings(), profile.options(UblOptions), profile.channel.time_zone)


@dataclass(frozen=True, slots=True)
class Message:
    """A UBL document in its envelope, if it has one (SBDH); ``name`` is the root element's (``OrderResponse``)."""

    root: etree._Element
    name: str
    header: etree._Element | None = None


def parse(body: bytes) -> Message:
    """The document in a body. Raises Rejected where there is none."""
    root = safe_xml.parse(body)
    name = safe_xml.local(root)
    if name != ENVELOPE:
        _check_namespace(root)
        return Message(root, name)
    parts = {safe_xml.local(child): child for child in root}
    header = parts.pop("StandardBusinessDocumentHeader", None)
    if len(parts) != 1:
        raise Rejected([Issue("document.ambiguous", ENVELOPE, "a header and one document are expected")])
    (name, document), *_ = parts.items()
    _check_namespace(document)
    return Message(document, name, header)


def _check_namespace(root: etree._Element) -> None:
    if not (etree.QName(root).namespace or "").startswith(UBL_NAMESPACE):
        text = "a document in a namespace of UBL 2 is expected"
        raise Rejected([Issue("document.unsupported", safe_xml.local(root), text)])


@dataclass(slots=True)
class Node:
    """An element and where it stands; what is read out of it is clean, and what is not clean is noted."""

    element: etree._Element
    context: Context
    step: str
    parent: Node | None = None
    _children: dict[str, list[etree._Element]] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """``Invoice/InvoiceLine[2]/Price``."""
        return f"{self.parent.place}/{self.step}" if self.parent else self.step

    @property
    def raw(self) -> str | None:
        """The text as it stands; None where there is none."""
        text: str | None = self.element.text
        return text

    def attribute(self, name: str) -> str | None:
        """An attribute's clean text; one that is not is left out with a warning."""
        value = self.element.get(name)
        return self.clean(gate.text, value, name, vital=False) if value else None

    def children(self, name: str) -> Sequence[etree._Element]:
        """The elements of that name within this one."""
        known = self._children
        if known is None:
            known = self._children = {}
            for child in self.element:
                known.setdefault(child.tag.rpartition("}")[2], []).append(child)
        return known.get(name, _NONE)

    def all(self, name: str) -> Iterator[Node]:
        """Every element of that name within this one, in order."""
        found = self.children(name)
        for number, child in enumerate(found, 1):
            yield Node(child, self.context, f"{name}[{number}]" if len(found) > 1 else name, self)

    def first(self, *path: str) -> Node | None:
        """The first element on a path of names whose elements may be repeated."""
        node = self
        for name in path:
            found = node.children(name)
            if not found:
                return None
            node = Node(found[0], node.context, f"{name}[1]" if len(found) > 1 else name, node)
        return node

    def get(self, *path: str) -> Node | None:
        """The one element on a path of names. Where several differ, that is noted, and the first is taken."""
        node = self
        for name in path:
            found = node.children(name)
            if not found:
                return None
            if len(found) > 1:
                node.note_repetition(name, found)
            node = Node(found[0], node.context, name, node)
        return node

    def note_repetition(self, name: str, found: Sequence[etree._Element]) -> None:
        """Note that elements which should be one say different things."""
        if len(found) <= MAX_COMPARED and len({_signature(element) for element in found}) == 1:
            return
        note = self.context.findings.reject if name in _VITAL else self.context.findings.warn
        note("element.ambiguous", f"{self.place}/{name}", "one element is expected; there are several that differ")

    def clean(self, check: Callable[[str], Value], value: str, thing: str, *, vital: bool) -> Value | None:
        """What ``check`` makes of a value; where it refuses, that is noted."""
        try:
            return check(value)
        except gate.Unfit as fault:
            note = self.context.findings.reject if vital else self.context.findings.warn
            note(f"{thing}.{fault.reason}", self.place, str(fault))
            return None

    def code(self, *path: str, thing: str = "", required: bool = False, vital: bool = False) -> str | None:
        """A code or number; ``vital`` ones that do not fit reject the message, others are left out with a warning."""
        holder = self.get(*path[:-1])
        elements = holder.children(path[-1]) if holder and path else (self.element,) if holder else ()
        value = elements[0].text if elements else None
        found = value and _plain(value)
        if holder and value and (found is None or len(elements) > 1):
            node = holder.get(*path[-1:]) or holder
            found = node.clean(gate.text, value, thing or _thing(path), vital=vital or required)
        if not found and required:
            place = "/".join((self.place, *path))
            self.context.findings.reject(f"{thing or _thing(path)}.missing", place, "a value is required")
        return found or None

    def prose(self, *path: str) -> str | None:
        """Text for people."""
        holder = self.first(*path[:-1])
        elements = holder.children(path[-1]) if holder and path else (self.element,) if holder else ()
        value = elements[0].text if elements else None
        if holder is None or not value:
            return None
        if (found := _plain(value)) is None:
            node = holder.first(*path[-1:]) or holder
            found = node.clean(gate.prose, value, _thing(path), vital=False)
        return found or None

    def notes(self, name: str = "Note") -> str | None:
        """All texts of that name, one a line."""
        found = [text for node in self.all(name) if (text := node.prose())]
        return self.clean(gate.prose, "\n".join(found), "note", vital=False) if found else None

    def amount(self, *path: str, thing: str = "amount", vital: bool = False) -> Decimal | None:
        """A number; ``vital`` ones that are none reject the message."""
        node = self.get(*path)
        if node is None or node.raw is None or not (value := node.raw.strip()):
            return None
        return node.clean(_exact, value, thing, vital=vital)

    def money(self, *path: str, thing: str = "amount") -> Decimal | None:
        """An amount in the document's currency; one in another is left out with a warning."""
        node = self.get(*path)
        found = node.amount(thing=thing) if node else None
        currency = node.element.get("currencyID") if node else None
        if node and found is not None and currency and self.context.currency not in {None, currency}:
            text = "an amount in the document's currency is expected; it was left out"
            self.context.findings.warn("currency.conflict", node.place, text)
            return None
        return found

    def quantity(self, name: str, *, required: bool = False, signed: bool = False) -> Quantity | None:
        """A quantity with its unit."""
        node = self.get(name)
        if node is None or not (node.raw or "").strip():
            if required:
                self.context.findings.reject("quantity.missing", f"{self.place}/{name}", "a quantity is required")
            return None
        value = node.amount(thing="quantity", vital=True)
        if value is None:
            return None
        if value < 0 and not signed:
            self.context.findings.reject("quantity.invalid", node.place, "a quantity of zero or more is expected")
        unit = node.attribute("unitCode")
        return Quantity(value, unit, node.known_unit(unit))

    def known_unit(self, unit: str | None) -> str | None:
        """The common code for a unit told at this element."""
        found = common_unit(unit, self.context.options.units, self.element.get("unitCodeListID"))
        if unit is None:
            self.context.findings.warn("unit.missing", self.place, "a unitCode is expected")
        elif found is None:
            text = "a unit of UN/ECE Recommendation 20 or 21 is expected"
            self.context.findings.warn("unit.unknown", self.place, text)
        return found

    def day(self, *path: str) -> date | None:
        """A calendar day; an offset behind it is not looked at."""
        node = self.get(*path)
        value = (node.raw or "").strip() if node else ""
        return node.clean(_day, value, _thing(path), vital=False) if node and value else None

    def when(self, day: str, time: str = "") -> When | None:
        """A day, or with a time beside it a moment; without an offset it is the channel's time."""
        found = self.day(day)
        clock = self.get(time) if time else None
        if found is None or clock is None or not (told := (clock.raw or "").strip()):
            return found
        moment = clock.clean(lambda value: _moment(found, value, self.context.zone), told, "time", vital=False)
        return moment or found

    def flag(self, name: str) -> bool | None:
        """An indicator."""
        node = self.get(name)
        return {"true": True, "1": True, "false": False, "0": False}.get((node.raw or "").strip()) if node else None


def _plain(value: str) -> str | None:
    """The text without blanks around it; None where the gate has to look at it more closely."""
    return value.strip() if len(value) <= gate.MAX_TEXT and value.isprintable() else None


def _thing(path: tuple[str, ...]) -> str:
    """An issue's subject from an element's name: ``IssueDate`` is ``issue_date``."""
    return _WORD.sub("_", path[-1]).lower() if path else "text"


def _signature(element: etree._Element) -> bytes:
    return b"".join(etree.tostring(element, encoding="utf-8", with_tail=False).split())


def _exact(value: str) -> Decimal:
    return gate.amount(gate.number(value))


def _day(value: str) -> date:
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        raise gate.Unfit("invalid", "a calendar date is expected") from None
    return gate.day(found.year, found.month, found.day)


def _moment(day: date, value: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(f"{day.isoformat()}T{value}")
    except ValueError:
        raise gate.Unfit("invalid", "a time of day is expected; only the date was taken") from None
    return gate.moment(found, zone)
