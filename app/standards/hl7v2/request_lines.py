"""One line of a request: the RQD segment with its ORC, RQ1, NTE and Z segments (HL7 v2 chapter 4).

Called by the readers of requisitions and of depletions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.model.channel import Profile
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.requisition import RequisitionLine
from app.model.trade import LineAction
from app.model.when import When
from app.standards.hl7v2 import codes, times, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.orders import OrderedItem
from app.standards.hl7v2.positions import Extras

LINE_ACTIONS: Mapping[str, LineAction] = {"new": "add", "change": "change", "cancel": "cancel"}


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads one RQD segment and what belongs to it; what it cannot read it leaves in the findings."""

    item: OrderedItem
    profile: Profile
    findings: Findings

    @property
    def options(self) -> Hl7Options:
        """The channel's options."""
        return self.profile.options(Hl7Options)

    def extras(self) -> Extras:
        """What the options' places hold."""
        return Extras(self.item.group, self.options, self.findings)

    def line(self, control: str) -> RequisitionLine | None:
        """The line, None where it has neither a quantity nor an item."""
        extras, detail = self.extras(), self.item.detail
        quantity, identifiers, description = self.quantity(extras), self.identifiers(extras), self.description(extras)
        if not identifiers and not description:
            self.findings.reject("item.missing", detail.place(2), "an item code is required here, in RQD-3 or in RQD-4")
        if quantity is None or not (identifiers or description):
            return None
        return RequisitionLine(
            number=self.number(),
            quantity=quantity,
            identifiers=identifiers,
            description=description,
            action=LINE_ACTIONS[control],
            price=self.price(),
            supplier=self.supplier(),
            needed_by=self.when("needed_by", 10),
            lot=extras.text("lot"),
            serial=extras.text("serial"),
            cost_centre=extras.text("cost_centre") or codes.code(self.findings, "cost_centre", detail, 7),
            substitutes_allowed=self.substitutes(extras),
            note=self.note(extras),
            account=extras.text("account") or codes.code(self.findings, "account", detail, 8),
        )

    def number(self) -> str:
        """The line's number: what follows the group's number in the order's, else RQD-1."""
        group, order = self.item.order.text(4), codes.code(self.findings, "order", self.item.order, 2)
        if group and order and order.startswith(f"{group}-") and len(order) > len(group) + 1:
            return order[len(group) + 1 :]
        detail = self.item.detail
        if told := codes.code(self.findings, "line", detail, 1):
            return told
        self.findings.warn("line.missing", detail.place(1), "a line number is expected; its position is taken")
        return str(detail.ordinal)

    def quantity(self, extras: Extras) -> Quantity | None:
        """RQD-5 and RQD-6, which holds a code or words."""
        detail = self.item.detail
        amount = codes.number_in(self.findings, "quantity", detail, 5)
        if amount is None and detail.text(5) is None:
            self.findings.reject("quantity.missing", detail.place(5), "a quantity is required")
        if amount is not None and amount <= 0:
            self.findings.reject("quantity.invalid", detail.place(5), "a quantity greater than zero is expected")
            return None
        unit, where = extras.text("unit") or units.of(detail, 6, self.findings), detail.place(6)
        if unit is None:
            self.findings.warn("unit.missing", where, "a unit is expected")
        common = units.named(unit, where, self.options, self.findings)
        return Quantity(amount, unit, common) if amount is not None else None

    def identifiers(self, extras: Extras) -> tuple[Identifier, ...]:
        """RQD-2, -3 and -4 are whose number they are by their place; any of them may be blank."""
        detail, first = self.item.detail, self.item.first("RQ1")
        hospital = detail.text(4) and detail.text(4) != detail.text(2)
        defaults = {2: "buyer" if hospital else "internal", 3: "supplier", 4: "internal"}
        found = list(extras.identifiers())
        for field, default in defaults.items():
            scheme = self.options.item_schemes.get(f"RQD-{field}", default)
            told = codes.item_codes(self.findings, detail, field, scheme, self.profile.channel)
            # Beside the hospital's number the requester's own one is another one, though both call it local.
            found += [
                Identifier("buyer", one.value) if scheme == "buyer" and one.scheme == "internal" else one
                for one in told
            ]
        for field, scheme in ((3, "manufacturer"), (5, "supplier")):
            if first and (code := codes.code(self.findings, "item", first, field)):
                found.append(Identifier(scheme, code))
        return codes.ordered(found)

    def description(self, extras: Extras) -> str | None:
        """The words beside the codes; the hospital's own come first."""
        detail = self.item.detail
        told = extras.prose("description")
        words = ((detail.prose(field, 2), detail.place(field, 2)) for field in (4, 2, 3))
        found = (codes.prose(self.findings, "description", text, where) for text, where in words)
        return told or next((text for text in found if text), None)

    def price(self) -> Price | None:
        """RQ1-1: what the requester expects one unit to cost."""
        first = self.item.first("RQ1")
        found = codes.price(self.findings, first, 1, None) if first else None
        return replace(found, currency=None) if found and found.currency == self.options.currency else found

    def supplier(self) -> Party | None:
        """RQ1-4, a suggestion."""
        first = self.item.first("RQ1")
        return codes.party(self.findings, first, 4) if first else None

    def substitutes(self, extras: Extras) -> bool | None:
        """RQ1-7."""
        first = self.item.first("RQ1")
        told = extras.flag("substitutes_allowed")
        return told if told is not None else codes.flag(self.findings, "substitutes", first, 7) if first else None

    def note(self, extras: Extras) -> str | None:
        """The notes below the order and the line."""
        notes = self.item.all("NTE")
        found = "\n".join(text for segment in notes if (text := segment.prose(3)))
        return codes.prose(self.findings, "note", found, notes[0].place(3)) if found else extras.prose("note")

    def when(self, thing: str, field: int) -> When | None:
        """A day or a moment in a field of RQD."""
        detail = self.item.detail
        return times.when(detail.text(field), detail.place(field), thing, self.profile.channel.time_zone, self.findings)

    def requested_at(self) -> When | None:
        """ORC-9."""
        order = self.item.order
        return times.when(order.text(9), order.place(9), "requested_at", self.profile.channel.time_zone, self.findings)

    def requester(self) -> str | None:
        """Who entered, asked for or verified the order (ORC-10, -12, -11): a staff number, else a name."""
        order = self.item.order
        for component in (1, 2):
            for field in (10, 12, 11):
                if who := codes.code(self.findings, "requester", order, field, component):
                    return who
        return None
