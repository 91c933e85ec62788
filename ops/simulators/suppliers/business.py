"""A supplier's office: what it confirms, ships and bills for an order, as canonical documents.

Used by the suppliers of this package, which write these documents in their own standards. Everything follows from the
order and the behaviour, so the same order is always treated the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from app.model.invoice import Invoice, InvoiceLine
from app.model.item import Identifier
from app.model.order_confirmation import ConfirmationLine, ConfirmationStatus, OrderConfirmation
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.ship_notice import ShipNotice, ShipNoticeLine
from ops.simulators.suppliers.behaviour import Behaviour

CENT = Decimal("0.01")
LATER = timedelta(days=2)
"""From the order to the delivery."""
KEEPS = timedelta(days=730)
"""From the delivery to the end of what a lot may be used."""


@dataclass
class Account:
    """One order as the supplier sees it: what was asked for, and what was shipped and billed of it by line."""

    order: PurchaseOrder
    shipped: dict[str, Decimal] = field(default_factory=dict)
    billed: dict[str, Decimal] = field(default_factory=dict)
    confirmations: int = 0
    shipments: int = 0
    invoices: list[Invoice] = field(default_factory=list)
    credits: int = 0

    @property
    def day(self) -> date:
        """The day of the order."""
        at = self.order.ordered_at
        if at is None:
            return date(2026, 11, 23)
        return at.date() if isinstance(at, datetime) else at


@dataclass
class Office:
    """What the supplier ``name`` does, by the numbers of orders."""

    name: str
    behaviour: Behaviour
    accounts: dict[str, Account] = field(default_factory=dict)

    def take(self, order: PurchaseOrder) -> None:
        """Enter an order or its change; a copy changes nothing."""
        known = self.accounts.get(order.number)
        if known is None:
            self.accounts[order.number] = Account(order)
        elif order.action in ("change", "cancel"):
            known.order = _changed(known.order, order)

    def confirm(self, number: str) -> OrderConfirmation:
        """The answer to an order as it stands."""
        account = self.accounts[number]
        account.confirmations += 1
        if account.order.action == "cancel":
            lines: tuple[ConfirmationLine, ...] = ()
            status: ConfirmationStatus = "accepted"
        else:
            lines = tuple(self._confirmed(line, account) for line in account.order.lines)
            status = _overall(lines)
        return OrderConfirmation(
            order_number=number,
            status=status,
            lines=lines,
            number=f"C-{number}-{account.confirmations}",
            confirmed_at=account.day,
            ordered_at=account.day,
            order_revision=account.order.revision,
            supplier_order_number=f"SO-{number}",
            currency=account.order.currency,
        )

    def ship(self, number: str) -> ShipNotice:
        """The next shipment: at first the share that the behaviour says, then the rest."""
        account = self.accounts[number]
        account.shipments += 1
        first = account.shipments == 1
        lines: list[ShipNoticeLine] = []
        for line in account.order.lines:
            if (quantity := self._to_ship(line, account, first=first)) > 0:
                account.shipped[line.number] = account.shipped.get(line.number, Decimal(0)) + quantity
                lines += self._pieces(line, quantity, account)
        day = account.day + LATER * account.shipments
        return ShipNotice(
            number=f"SH-{number}-{account.shipments}",
            lines=tuple(replace(one, number=str(place)) for place, one in enumerate(lines, 1)),
            orders=(number,),
            noticed_at=day - timedelta(days=1),
            shipped_at=day - timedelta(days=1),
            expected_at=day,
            carrier="UPSN",
            tracking=(f"1Z{number}{account.shipments}".replace("-", ""),),
        )

    def bill(self, number: str) -> Invoice:
        """An invoice over what was shipped and not billed yet, or over what was ordered."""
        account = self.accounts[number]
        billed = []
        for line in account.order.lines:
            wanted = (
                line.quantity.value if self.behaviour.bill_ordered else account.shipped.get(line.number, Decimal(0))
            )
            quantity = wanted - account.billed.get(line.number, Decimal(0))
            if quantity > 0:
                account.billed[line.number] = wanted
                billed.append((line, quantity))
        invoice = self._invoice(account, f"INV-{number}-{len(account.invoices) + 1}", billed)
        account.invoices.append(invoice)
        return invoice

    def copy(self, invoice: Invoice, time: int) -> Invoice:
        """The same invoice once more, under another number where the behaviour says so."""
        return replace(invoice, number=f"{invoice.number}-{time}") if self.behaviour.new_numbers else invoice

    def credit(self, number: str, share: Decimal = Decimal(1)) -> Invoice:
        """A credit note over a share of the last invoice."""
        account = self.accounts[number]
        account.credits += 1
        last = account.invoices[-1]
        lines = tuple(
            replace(one, quantity=replace(one.quantity, value=_share(one.quantity.value, share)), net=net)
            for one in last.lines
            if one.quantity and one.price
            for net in [(_share(one.quantity.value, share) * one.price.amount).quantize(CENT)]
        )
        total = sum((one.net for one in lines if one.net is not None), Decimal(0))
        return replace(
            last,
            number=f"CN-{number}-{account.credits}",
            type="credit_note",
            lines=lines,
            corrects=last.number,
            net_total=total,
            total=total,
        )

    def _confirmed(self, line: PurchaseOrderLine, account: Account) -> ConfirmationLine:
        at = account.day + LATER
        said = ConfirmationLine(
            "accepted",
            order_line=line.number,
            identifiers=line.identifiers,
            ordered=line.quantity,
            quantity=line.quantity,
            price=self._price(line, Decimal(1)),
            deliver_on=at,
        )
        if line.action == "cancel" or line.number in self.behaviour.reject:
            return replace(said, outcome="rejected", quantity=None, deliver_on=None)
        if line.number in self.behaviour.backorder:
            later = account.day + timedelta(days=self.behaviour.backorder_days)
            return replace(said, outcome="backordered", deliver_on=later)
        if (other := self.behaviour.substitutes.get(line.number)) is not None:
            return replace(said, outcome="substituted", substitute=(Identifier("supplier", other),))
        return replace(said, outcome="changed") if self.behaviour.price_factor != 1 else said

    def _to_ship(self, line: PurchaseOrderLine, account: Account, *, first: bool) -> Decimal:
        if line.action == "cancel" or account.order.action == "cancel" or line.number in self.behaviour.reject:
            return Decimal(0)
        if first and line.number in self.behaviour.backorder:
            return Decimal(0)
        if first:
            return _share(line.quantity.value, self.behaviour.ship)
        return line.quantity.value - account.shipped.get(line.number, Decimal(0))

    def _pieces(self, line: PurchaseOrderLine, quantity: Decimal, account: Account) -> list[ShipNoticeLine]:
        names = self._names(line)
        sent = ShipNoticeLine(
            quantity=replace(line.quantity, value=quantity),
            order_number=account.order.number,
            order_line=line.number,
            identifiers=names,
            ordered=line.quantity,
        )
        article = next((one.value for one in names if one.scheme == "supplier"), line.number)
        mark = f"{account.order.number}{line.number}".replace("-", "")
        if article in self.behaviour.serials:
            one, begun = (
                Quantity(Decimal(1), line.quantity.unit, line.quantity.common_unit),
                account.shipped[line.number],
            )
            numbers = range(int(begun - quantity) + 1, int(begun) + 1)
            return [replace(sent, quantity=one, serial=f"SN{mark}{number:03}") for number in numbers]
        return [replace(sent, lot=f"L{mark}", expiry=account.day + KEEPS)]

    def _names(self, line: PurchaseOrderLine) -> tuple[Identifier, ...]:
        other = self.behaviour.substitutes.get(line.number)
        return (Identifier("supplier", other),) if other else line.identifiers

    def _price(self, line: PurchaseOrderLine, more: Decimal) -> Price | None:
        if line.price is None:
            return None
        factor = self.behaviour.price_factor * more
        return line.price if factor == 1 else replace(line.price, amount=(line.price.amount * factor).quantize(CENT))

    def _invoice(self, account: Account, number: str, billed: list[tuple[PurchaseOrderLine, Decimal]]) -> Invoice:
        lines = tuple(
            InvoiceLine(
                number=str(place),
                quantity=replace(line.quantity, value=quantity),
                order_number=account.order.number,
                order_line=line.number,
                identifiers=self._names(line),
                price=price,
                net=_net(quantity, price),
            )
            for place, (line, quantity) in enumerate(billed, 1)
            for price in [self._price(line, self.behaviour.billed_factor)]
        )
        total = sum((one.net for one in lines if one.net is not None), Decimal(0))
        day = account.day + LATER
        return Invoice(
            number=number,
            lines=lines,
            issued_at=day,
            due_on=day + timedelta(days=30),
            currency=account.order.currency,
            order_number=account.order.number,
            ordered_at=account.day,
            seller=account.order.seller or Party((PartyIdentifier("name", self.name),), self.name),
            bill_to=account.order.bill_to,
            net_total=total,
            total=total,
        )


def _net(quantity: Decimal, price: Price | None) -> Decimal | None:
    if price is None:
        return None
    basis = price.basis.value if price.basis else Decimal(1)
    return (quantity * price.amount / basis).quantize(CENT)


def _share(quantity: Decimal, share: Decimal) -> Decimal:
    """A part of a quantity, in whole units where the quantity has whole ones."""
    part = quantity * share
    return part.quantize(Decimal(1), ROUND_DOWN) if quantity == quantity.to_integral_value() else part


def _overall(lines: tuple[ConfirmationLine, ...]) -> ConfirmationStatus:
    outcomes = {line.outcome for line in lines}
    if outcomes <= {"accepted"}:
        return "accepted"
    return "rejected" if outcomes == {"rejected"} else "changed"


def _changed(known: PurchaseOrder, told: PurchaseOrder) -> PurchaseOrder:
    """What a change leaves of an order: lines that it does not name stay as they were."""
    if told.action == "cancel":
        return replace(known, action="cancel", revision=told.revision)
    lines = {line.number: line for line in known.lines} | {line.number: line for line in told.lines}
    return replace(known, action="change", revision=told.revision, lines=tuple(lines.values()))
