"""Whether an order can be placed as it was asked for, and whether Odoo then has what was sent.

Pure: ``app.odoo.purchasing`` gathers the facts and carries out what is decided here. Odoo itself would take archived
items, another item's unit and its own price without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from app.errors import Held
from app.model.order import OrderLine
from app.model.order_request import OrderRequest, RequestedLine

NOON = time(12, tzinfo=UTC)
"""A day as a moment: noon in UTC is the same day nearly everywhere."""


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item in Odoo: its base unit, and the taxes on its purchases in the company that buys."""

    id: int
    active: bool
    purchasable: bool
    unit_id: int
    taxes: tuple[int, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit in Odoo; ``factor`` is against the root of its family."""

    id: int
    factor: Decimal
    active: bool = True


@dataclass(frozen=True, slots=True)
class KnownSupplier:
    """A partner in Odoo; ``fiscal_position`` maps the taxes of its orders, 0 where it has none."""

    id: int
    active: bool
    fiscal_position: int = 0


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A place where stock is kept, and the warehouse that it belongs to, 0 for none."""

    id: int
    warehouse_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse with its type of incoming transfers, and its company."""

    warehouse_id: int
    receipts: int
    company_id: int
    company: str


@dataclass(frozen=True, slots=True)
class OrderingFacts:
    """What Odoo has of the names in a request; several of one name cannot be told apart."""

    suppliers: Sequence[KnownSupplier]
    items: Mapping[str, Sequence[KnownItem]]
    units: Mapping[str, Sequence[KnownUnit]]
    bases: Mapping[int, KnownUnit]
    currencies: Mapping[str, int]
    places: Sequence[Place]
    accounts: Mapping[str, Sequence[int]]
    locations: Mapping[str, KnownLocation]
    tax_map: Mapping[int, Sequence[int]] = field(default_factory=dict)
    digits: int = 2


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line in Odoo's ids; ``location`` is where its goods are to land, None for the warehouse's own place."""

    number: str
    item_id: int
    unit_id: int
    quantity: Decimal
    price: Decimal
    taxes: tuple[int, ...]
    planned_on: datetime | None
    account: int | None
    location: int | None = None

    def differs(self, line: OrderLine) -> bool:
        """Whether Odoo has something else than what was sent."""
        ours = (self.item_id, self.unit_id, self.quantity, self.price, Decimal(0), set(self.taxes))
        theirs = (line.item_id, line.unit_id, line.quantity, line.price, line.discount, set(line.taxes))
        late = self.planned_on is not None and self.planned_on != line.planned_on
        return ours != theirs or late


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order in Odoo's ids, with the names that tell them: of the supplier, the currency and the warehouse."""

    supplier_id: int
    supplier: str
    currency_id: int
    currency: str
    place: Place
    warehouse: str
    origin: str
    urgent: bool
    note: str
    lines: tuple[NewLine, ...]


def admit(request: OrderRequest, facts: OrderingFacts) -> NewOrder:
    """The order as Odoo can take it. Raises Held, with a cause of its own for whatever is missing."""
    supplier = _supplier(request, facts)
    place = _place(request, facts)
    if (currency := facts.currencies.get(request.currency)) is None:
        hint = "Activate the currency in Odoo, or correct the price list, and release."
        raise Held("currency_not_in_odoo", f"currency {request.currency}", hint)
    lines = tuple(new_line(line, request.needed_by, facts) for line in request.lines)
    return NewOrder(
        supplier_id=supplier.id,
        supplier=request.supplier,
        currency_id=currency,
        currency=request.currency,
        place=place,
        warehouse=request.warehouse,
        origin=request.requisition,
        urgent=request.urgent,
        note=request.note or "",
        lines=lines,
    )


def new_line(line: RequestedLine, needed_by: date | None, facts: OrderingFacts) -> NewLine:
    """A line as Odoo can take it. Raises Held."""
    item = _item(line, facts)
    if line.quantity != round(line.quantity, facts.digits):
        hint = f"Odoo keeps {facts.digits} decimals of a quantity; correct the pack factor or Odoo's precision."
        raise Held("quantity_too_fine", f"item {line.item}", hint)
    day = line.needed_by or needed_by
    return NewLine(
        number=line.number,
        item_id=item.id,
        unit_id=_unit(line, item, facts),
        quantity=line.quantity,
        price=line.price,
        taxes=tuple(tax for own in item.taxes for tax in facts.tax_map.get(own, (own,))),
        planned_on=at_noon(day) if day else None,
        account=_account(line, facts),
        location=_location(line, facts),
    )


def at_noon(day: date) -> datetime:
    """A day as the moment that Odoo plans for."""
    return datetime.combine(day, NOON)


def _supplier(request: OrderRequest, facts: OrderingFacts) -> KnownSupplier:
    subject, found = f"supplier {request.supplier}", facts.suppliers
    if not found:
        hint = "Make the supplier in Odoo with this reference, or correct the catalogue, and release."
        raise Held("supplier_not_in_odoo", subject, hint)
    active = [supplier for supplier in found if supplier.active]
    if not active:
        raise Held("supplier_archived", subject, "Unarchive the supplier in Odoo, or choose another, and release.")
    if len(active) > 1:
        raise Held("supplier_ambiguous_in_odoo", subject, "Several partners in Odoo have this reference; mend it.")
    return active[0]


def _place(request: OrderRequest, facts: OrderingFacts) -> Place:
    fits = [place for place in facts.places if not request.company or place.company == request.company]
    if len(fits) == 1:
        return fits[0]
    of_company = f" of {request.company}" if request.company else ""
    subject = f"warehouse {request.warehouse}{of_company}"
    if not fits:
        hint = "Make the warehouse in Odoo, or correct the facility in the channels file, and release."
        raise Held("warehouse_not_in_odoo", subject, hint)
    raise Held("warehouse_ambiguous_in_odoo", subject, "Several companies use this code; set the facility's company.")


def _item(line: RequestedLine, facts: OrderingFacts) -> KnownItem:
    found, subject = facts.items.get(line.item, ()), f"item {line.item}"
    if not found:
        raise Held("item_not_in_odoo", subject, "Make the item in Odoo, or correct the crosswalk, and release.")
    if len(found) > 1:
        raise Held("item_ambiguous_in_odoo", subject, "Several items in Odoo have this internal reference; mend it.")
    if not found[0].active:
        raise Held("item_archived", subject, "Unarchive the item in Odoo, or point the crosswalk to its successor.")
    if not found[0].purchasable:
        raise Held("item_not_purchasable", subject, "Let the item be purchased in Odoo, or order another, and release.")
    return found[0]


def _unit(line: RequestedLine, item: KnownItem, facts: OrderingFacts) -> int:
    """The unit's id. A unit that holds another number of base units than was reckoned with would change the amount."""
    base = facts.bases[item.unit_id]
    if not line.unit:
        return base.id
    subject = f"unit {line.unit} of {line.item}"
    found = [unit for unit in facts.units.get(line.unit, ()) if unit.active]
    if not found:
        raise Held("unit_not_in_odoo", subject, "Make the unit in Odoo, or correct the catalogue, and release.")
    fits = [unit for unit in found if round(unit.factor / base.factor, 6) == round(line.factor, 6)]
    if not fits:
        hint = f"Odoo's unit does not hold {line.factor:f} base units as the catalogue says; correct one of them."
        raise Held("unit_factor_differs", subject, hint)
    return base.id if base in fits else fits[0].id


def _location(line: RequestedLine, facts: OrderingFacts) -> int | None:
    """Where the goods are to land, if that is a place of the warehouse that receives them."""
    if not line.deliver_to:
        return None
    if (found := facts.locations.get(line.deliver_to)) is None:
        hint = "Make or unarchive the stock location in Odoo, or correct the crosswalk, and release."
        raise Held("location_not_in_odoo", f"location {line.deliver_to}", hint)
    return found.id if found.warehouse_id in {place.warehouse_id for place in facts.places} else None


def _account(line: RequestedLine, facts: OrderingFacts) -> int | None:
    if not line.cost_centre:
        return None
    found, subject = facts.accounts.get(line.cost_centre, ()), f"cost centre {line.cost_centre}"
    if not found:
        hint = "Make an analytic account with this code in Odoo, or correct the crosswalk, and release."
        raise Held("cost_centre_not_in_odoo", subject, hint)
    if len(found) > 1:
        raise Held("cost_centre_ambiguous_in_odoo", subject, "Several analytic accounts have this code; mend it.")
    return found[0]
