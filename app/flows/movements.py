"""Postings to stock movements: what Odoo must be asked, who is admitted, and the frozen lines of a batch.

Used by the posting stage. Events of one item and lot are summed into one line, since Odoo's cost is per line and not
per event; each event keeps its own posting in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from app.flows.consumption import CONSUME, RETURN
from app.model.stock import Line, Location
from app.odoo.gateway import Direction, Movement, OdooGateway
from app.policy.stock import Admission, Facts, Wish, admit

Member = tuple[Row[Any], Line]
"""A posting and the line it asks for."""

OPERATIONS = (RETURN, CONSUME)
"""In the order they are posted: what comes back may be used again at once."""

_DIRECTION: Mapping[str, Direction] = {CONSUME: "out", RETURN: "in"}


def alike(postings: Iterable[Row[Any]]) -> Iterator[tuple[str, list[Row[Any]]]]:
    """Postings that may travel together, with their operation: the same way between the same two locations.

    One partition may hold several stock locations that share a consumption location.
    """
    sets: dict[tuple[int, str, str], list[Row[Any]]] = defaultdict(list)
    for posting in (posting for posting in postings if posting.operation in OPERATIONS):
        way = posting.effect["stock_location"], posting.effect["consumption_location"]
        sets[OPERATIONS.index(posting.operation), *way].append(posting)
    for (order, _, _), together in sorted(sets.items(), key=lambda entry: entry[0][0]):
        yield OPERATIONS[order], together


def admission(odoo: OdooGateway, operation: str, postings: Sequence[Row[Any]]) -> Admission[Row[Any]]:
    """Ask Odoo for the facts about postings that are alike, and decide which may go."""
    place = postings[0].effect["stock_location"]
    wishes = [_wish(posting) for posting in postings]
    return admit(wishes, _facts(odoo, operation, postings[0].effect, wishes), place)


def locations(odoo: OdooGateway, posting: Row[Any]) -> tuple[Location, Location]:
    """The stock location and the consumption location of an admitted posting."""
    names = posting.effect["stock_location"], posting.effect["consumption_location"]
    found = odoo.locations(names)
    return found[names[0]], found[names[1]]


def movement(batch_id: UUID, places: tuple[Location, Location], members: Sequence[Member]) -> Movement:
    """The frozen movement of a batch, its members' lines summed by item and lot."""
    return Movement(
        key=f"batch_{batch_id.hex}",
        direction=_DIRECTION[members[0][0].operation],
        stock_location=places[0],
        consumption_location=places[1],
        lines=summed([line for _, line in members]),
        origin=f"Wardline {batch_id.hex[-12:]}",
        events=tuple(mark for posting, _ in members if (mark := mark_of(posting))),
    )


def mark_of(posting: Row[Any]) -> str | None:
    """The mark of the posting's event; the same whenever the event is received, so that a resending bears it too."""
    mark: str | None = posting.effect.get("event")
    return mark


def summed(lines: Sequence[Line]) -> tuple[Line, ...]:
    """One line for each item and lot, in the order they first appear."""
    sums: dict[tuple[int, int | None], Line] = {}
    for line in lines:
        known = sums.get((line.item_id, line.lot_id))
        sums[line.item_id, line.lot_id] = replace(line, quantity=line.quantity + known.quantity) if known else line
    return tuple(sums.values())


def fitting(members: Sequence[Member], most: int) -> tuple[list[Member], list[Member]]:
    """Everything for the first items and lots, at most so many, and what is left: an item is in one batch alone."""
    things = dict.fromkeys((line.item_id, line.lot_id) for _, line in members)
    first = set(islice(things, max(1, most)))
    sides: tuple[list[Member], list[Member]] = ([], [])
    for member in members:
        sides[(member[1].item_id, member[1].lot_id) not in first].append(member)
    return sides


def to_json(frozen: Movement) -> dict[str, Any]:
    """The movement as the ledger keeps it."""
    return asdict(frozen) | {"lines": [asdict(line) | {"quantity": str(line.quantity)} for line in frozen.lines]}


def from_json(kept: Mapping[str, Any]) -> Movement:
    """The movement as it was frozen."""
    return Movement(
        key=kept["key"],
        direction=kept["direction"],
        stock_location=Location(**kept["stock_location"]),
        consumption_location=Location(**kept["consumption_location"]),
        lines=tuple(Line(**line | {"quantity": Decimal(line["quantity"])}) for line in kept["lines"]),
        origin=kept["origin"],
        events=tuple(kept.get("events", ())),
    )


def _wish(posting: Row[Any]) -> Wish[Row[Any]]:
    effect = posting.effect
    return Wish(posting, effect["item"], Decimal(effect["quantity"]), effect["lot"])


def _facts(odoo: OdooGateway, operation: str, effect: Mapping[str, Any], wishes: Sequence[Wish[Any]]) -> Facts:
    items = odoo.items({wish.item for wish in wishes})
    found = odoo.locations({effect["stock_location"], effect["consumption_location"]})
    stock = found.get(effect["stock_location"])
    item_ids = {item.id for same in items.values() for item in same}
    lots = {wish.lot for wish in wishes if wish.lot}
    on_hand = None
    if operation == CONSUME:
        on_hand = odoo.on_hand(stock.id, item_ids) if stock and item_ids else {}
    return Facts(
        items=items,
        lots=odoo.lots(item_ids, lots) if item_ids and lots else {},
        stock_location=stock,
        consumption_location=found.get(effect["consumption_location"]),
        on_hand=on_hand,
        digits=odoo.quantity_digits(),
    )
