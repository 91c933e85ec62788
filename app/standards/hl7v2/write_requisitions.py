"""A requisition written as OMS^O05 (HL7 v2 chapter 4.10.1): ORC, RQD and RQ1 for every line.

Called by ``app.standards.hl7v2.standard``. The requisition's number is the placer group number (ORC-4); every line is
an order of its own, whose number (ORC-2) is that number and the line's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.channel import Profile
from app.model.interchange import Interchange, Written
from app.model.party import Party
from app.model.requisition import Requisition, RequisitionLine
from app.standards.hl7v2 import codes, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.segments import Builder, Value, components, not_carried, refuse, text

CONTROLS: Mapping[str, str] = {"add": "NW", "change": "XO", "cancel": "CA"}
OF_ACTION: Mapping[str, frozenset[str]] = {"new": frozenset({"add"}), "cancel": frozenset({"cancel"})}
"""What all lines of such a requisition do."""
PRIORITIES: Mapping[str, str] = {"urgent": "A", "stat": "S"}
MAX_SET_ID = 9999


def write(document: Requisition, profile: Profile, interchange: Interchange) -> Written:
    """The message. Raises Permanent where something that matters has no place in it."""
    options = profile.options(Hl7Options)
    _check(document, options)
    builder = Builder("OMS", "O05", interchange, options)
    if document.note:
        builder.add("NTE", {1: "1", 3: text(document.note)})
    for ordinal, line in enumerate(document.lines, 1):
        _Line(document, line, ordinal, options).add_to(builder)
    return builder.written()


def _check(document: Requisition, options: Hl7Options) -> None:
    """What the message cannot say at all."""
    actions = {line.action for line in document.lines}
    if document.action == "duplicate" or not actions:
        raise not_carried("a duplicate, or a requisition without lines")
    expected = OF_ACTION.get(document.action)
    if (expected and actions != expected) or (document.action == "change" and actions in OF_ACTION.values()):
        raise not_carried("lines whose action is not that of the requisition")
    if document.currency != options.currency:
        raise not_carried("a currency other than the option's")
    if len(document.lines) > MAX_SET_ID or len({line.number for line in document.lines}) < len(document.lines):
        raise not_carried("more than 9999 lines, or two with one number")


@dataclass(frozen=True, slots=True)
class _Line:
    document: Requisition
    line: RequisitionLine
    ordinal: int
    options: Hl7Options

    def add_to(self, builder: Builder) -> None:
        builder.add("ORC", self._order())
        if priority := PRIORITIES.get(self.document.priority):
            builder.add("TQ1", {1: "1", 9: priority})
        builder.add("RQD", self._detail())
        if first := self._first():
            builder.add("RQ1", first)
        if self.line.note:
            builder.add("NTE", {1: "1", 3: text(self.line.note)})
        own = self._own()
        placed = builder.add_own(own)
        refuse(thing for thing, value in own.items() if value is not None and thing not in placed)

    def _order(self) -> dict[int, str]:
        document = self.document
        return {
            1: CONTROLS[self.line.action],
            2: text(f"{document.number}-{self.line.number}"),
            4: text(document.number),
            9: text(document.requested_at),
            10: text(document.requester),
            17: text(document.department),
        }

    def _detail(self) -> dict[int, str]:
        line, quantity = self.line, self.line.quantity
        unit = units.written(quantity, self.options)
        if quantity.pack_factor is not None or (unit is None and quantity.unit is not None) or quantity.value <= 0:
            raise not_carried("a pack factor, an unknown unit, or a quantity that is not positive")
        return {
            1: str(self.ordinal),
            **self._codes(),
            5: text(quantity.value),
            6: text(unit),
            7: text(line.cost_centre or self.document.cost_centre),
            8: text(line.account),
            9: text(self.document.deliver_to),
            10: text(line.needed_by or self.document.needed_by),
        }

    def _codes(self) -> dict[int, str]:
        """RQD-2, -3 and -4: the buyer's, another's, the hospital's number, with the words beside the first of them."""
        found = {identifier.scheme: identifier.value for identifier in self.line.identifiers}
        if len(found) < len(self.line.identifiers):
            raise not_carried("two item numbers of one scheme")
        fields: dict[int, list[Value]] = {}
        if "internal" in found:
            fields[4] = [found["internal"], None]
        if "buyer" in found:
            fields[2] = [found["buyer"], None, codes.WRITTEN_SYSTEMS["buyer"]]
        others = [scheme for scheme in found if scheme in self._coded_elsewhere()]
        if others:
            fields[3] = [found[others[0]], None, codes.WRITTEN_SYSTEMS[others[0]]]
        if len(others) > 1:
            fields[3] += [found[others[1]], None, codes.WRITTEN_SYSTEMS[others[1]]]
        first = next((field for field in (4, 2, 3) if field in fields), 3)
        fields.setdefault(first, [None, None])[1] = self.line.description
        return {field: components(*values) for field, values in fields.items()}

    def _coded_elsewhere(self) -> list[str]:
        """Schemes that go into RQD-3; a supplier's or manufacturer's number does only where nothing else is there."""
        names = [identifier.scheme for identifier in self.line.identifiers]
        general = [name for name in names if name not in {"internal", "buyer", "supplier", "manufacturer"}]
        if general or {"internal", "buyer"} & set(names):
            return general[:2]
        return names[:2]

    def _first(self) -> dict[int, str]:
        """RQ1."""
        found = {identifier.scheme: identifier.value for identifier in self.line.identifiers}
        price = self.line.price
        if price and (price.basis or price.currency):
            raise not_carried("a price with a basis or a currency of its own")
        fields = {
            1: text(price.amount if price else None),
            3: text(found.get("manufacturer")),
            4: _party(self.line.supplier) if self.line.supplier else "",
            5: text(found.get("supplier")),
            7: text(self.line.substitutes_allowed),
        }
        return fields if any(fields.values()) else {}

    def _own(self) -> dict[str, Value]:
        """What only the option's segments can tell."""
        placed = {"internal", "buyer", "supplier", "manufacturer", *self._coded_elsewhere()}
        others: dict[str, Value] = {
            identifier.scheme: identifier.value
            for identifier in self.line.identifiers
            if identifier.scheme not in placed
        }
        own = {"lot": self.line.lot, "serial": self.line.serial, "deliver_from": self.document.deliver_from}
        return {**others, **own}


def _party(party: Party) -> str:
    """A coded field with up to two numbers of the party and its name."""
    values: list[Value] = [None, party.name]
    if len(party.identifiers) > 2:
        raise not_carried("more than two numbers of a supplier")
    for place, identifier in enumerate(party.identifiers):
        system = codes.PARTY_CODES.get(identifier.scheme)
        values[3 * place : 3 * place + 3] = [identifier.value, party.name if place == 0 else None, system]
    return components(*values)
