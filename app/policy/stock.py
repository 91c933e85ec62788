"""Whether stock movements may be posted: Odoo itself would let most of this through, so the checks are ours.

Pure: the posting stage gathers the facts, this decides, item by item in order, what goes and what a person must see.
Odoo Community lets stock go negative, takes archived items and rounds what its precision cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from app.errors import Held
from app.model.stock import Item, Line, Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wish(Generic[T]):
    """A quantity of an item to be moved; ``owner`` is whatever the caller knows it by."""

    owner: T
    item: str
    quantity: Decimal
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What Odoo knows about the wishes.

    ``stock_location`` and ``consumption_location`` are None where Odoo has no such location; ``on_hand`` is by
    (item id, lot id) in base units, or None where stock does not matter because it comes back; ``digits`` is how
    many decimals Odoo keeps of a quantity.
    """

    items: Mapping[str, Sequence[Item]]
    lots: Mapping[tuple[int, str], int]
    stock_location: Location | None
    consumption_location: Location | None
    on_hand: Mapping[tuple[int, int | None], Decimal] | None
    digits: int


@dataclass(frozen=True, slots=True)
class Admission(Generic[T]):
    """What may go, with the line it becomes, and what is held and why."""

    admitted: tuple[tuple[T, Line], ...]
    held: tuple[tuple[T, Held], ...]


def admit(wishes: Iterable[Wish[T]], facts: Facts, place: str) -> Admission[T]:
    """Decide wish by wish; an earlier wish takes its stock before a later one. ``place`` names the location."""
    left = None if facts.on_hand is None else dict(facts.on_hand)
    admitted: list[tuple[T, Line]] = []
    held: list[tuple[T, Held]] = []
    for wish in wishes:
        try:
            _check_locations(facts, place)
            line = _line(wish, facts)
            _take(left, line, wish, place)
        except Held as reason:
            held.append((wish.owner, reason))
        else:
            admitted.append((wish.owner, line))
    return Admission(tuple(admitted), tuple(held))


def _check_locations(facts: Facts, place: str) -> None:
    for location in (facts.stock_location, facts.consumption_location):
        if location is None or not location.active:
            hint = "Make or unarchive the stock location or its consumption location in Odoo, or correct the crosswalk."
            raise Held("location_not_in_odoo", f"location {place}", hint)


def _line(wish: Wish[T], facts: Facts) -> Line:
    item = _item(wish, facts)
    if wish.quantity != round(wish.quantity, facts.digits):
        hint = f"Odoo keeps {facts.digits} decimals of a quantity; correct the pack factor or Odoo's precision."
        raise Held("quantity_too_fine", f"item {wish.item}", hint)
    return Line(item.id, item.uom_id, wish.quantity, _lot(wish, item, facts))


def _item(wish: Wish[T], facts: Facts) -> Item:
    found = facts.items.get(wish.item, ())
    subject = f"item {wish.item}"
    if not found:
        raise Held("item_not_in_odoo", subject, "Make the item in Odoo, or correct the crosswalk, and release.")
    if len(found) > 1:
        raise Held("item_ambiguous_in_odoo", subject, "Several items in Odoo have this internal reference; mend it.")
    item = found[0]
    if not item.active:
        raise Held("item_archived", subject, "Unarchive the item in Odoo, or point the crosswalk to its successor.")
    if not item.storable:
        raise Held("item_not_storable", subject, "Odoo does not track this item's stock; mend it in Odoo.")
    return item


def _lot(wish: Wish[T], item: Item, facts: Facts) -> int | None:
    if item.tracking == "none":
        return None
    subject = f"item {wish.item}"
    if not wish.lot:
        raise Held("lot_missing", subject, "The item is tracked and the sender gave no lot; ask the sender.")
    if item.tracking == "serial" and wish.quantity != 1:
        raise Held("serial_quantity", subject, "A serial number stands for one piece; ask the sender.")
    if (lot := facts.lots.get((item.id, wish.lot))) is None:
        raise Held("lot_unknown", f"{subject} lot {wish.lot}", "Odoo has no such lot of the item; receive it or mend.")
    return lot


def _take(left: dict[tuple[int, int | None], Decimal] | None, line: Line, wish: Wish[T], place: str) -> None:
    if left is None:
        return
    key = (line.item_id, line.lot_id)
    if left.get(key, Decimal(0)) < line.quantity:
        about = f"item {wish.item}" + (f" lot {wish.lot}" if line.lot_id else "")
        hint = "Odoo has less on hand than was used; count or receive the stock in Odoo, then release the group."
        raise Held("stock_negative", f"{about} at {place}", hint)
    left[key] -= line.quantity
