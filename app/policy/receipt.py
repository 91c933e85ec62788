"""What of a receipt is taken in: its lines found on the order, in base units, with lots, within what is tolerated.

Pure: ``app.flows.receiving`` reads order and transfers anew and carries out what is decided here. What a person must
decide raises Held; what somebody let pass by releasing it (``accepted``, causes of holds) is not asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.errors import Held
from app.model.order import Order, OrderLine
from app.policy.receipt_rules import ReceiptRules

ACCEPTABLE = frozenset({"over_received", "expiry_too_near", "expiry_differs", "receipt_differs"})
"""Causes that a person lets pass by releasing the document."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods as a receipt tells them, in our names.

    ``line`` is the order's line number; where none was told, ``item`` is our item. ``quantity`` is in a unit of
    ``factor`` base units, None: the order line's own.
    """

    quantity: Decimal
    line: str | None = None
    item: str | None = None
    factor: Decimal | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Goods of one line of the order, in base units; ``lot`` is the lot or serial number, as the item is tracked."""

    line: OrderLine
    quantity: Decimal
    lot: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """An open move: how many base units of an order's line are still to come with it."""

    move: int
    line: int
    quantity: Decimal


def find(order: Order, arrival: Arrival) -> list[OrderLine]:
    """The lines of the order that goods may be for. Raises Held where there is none."""
    if arrival.line:
        line = order.line(arrival.line) or order.line(arrival.line.lstrip("0"))
        if line is not None:
            if arrival.item and line.item != arrival.item:
                hint = f"The line is for {line.item}, and {arrival.item} came; settle it with the supplier."
                raise Held("item_differs", f"order {order.number} line {line.number}", hint)
            return [line]
    found = [line for line in order.lines if arrival.item and line.item == arrival.item]
    if not found:
        what = f"item {arrival.item}" if arrival.item else f"line {arrival.line}"
        hint = f"The order has no such line; add it to order {order.number} in Odoo and release, or cancel this."
        raise Held("not_ordered", f"order {order.number} {what}", hint)
    return found


def parts_of(order: Order, arrivals: Sequence[Arrival], digits: int) -> tuple[Part, ...]:
    """The goods by line and lot, in base units with at most ``digits`` decimals.

    Raises Held for goods that are not on the order, and for quantities that Odoo would round.
    """
    found: dict[tuple[int, str | None], Part] = {}
    for part in (part for arrival in arrivals for part in _parts(order, arrival, digits)):
        key = (part.line.id, part.lot)
        known = found.get(key)
        found[key] = replace(known, quantity=known.quantity + part.quantity) if known else part
    return tuple(found.values())


def admit(order: Order, parts: Sequence[Part], rules: ReceiptRules, on: date, accepted: Collection[str] = ()) -> None:
    """Raise Held for what a person must decide before the goods are taken in."""
    for part in parts:
        _check_lot(order, part)
        _check_serial(order, part)
        if "expiry_too_near" not in accepted:
            _check_shelf_life(order, part, rules, on)
    if "over_received" not in accepted:
        _check_quantities(order, parts, rules)


def left(wanted: Sequence[Part], done: Sequence[Part]) -> tuple[Part, ...]:
    """What of the goods is not taken in yet."""
    theirs = _sums(done)
    rests = (replace(p, quantity=p.quantity - theirs.get((p.line.number, p.lot), Decimal(0))) for p in wanted)
    return tuple(part for part in rests if part.quantity > 0)


def fill(order: Order, parts: Sequence[Part], rooms: Sequence[Room]) -> dict[int, list[Part]]:
    """By move, what it takes in: as much as is to come with it, and the last one of a line whatever is left.

    Raises Held where nothing is to come for a line.
    """
    filled: dict[int, list[Part]] = defaultdict(list)
    space = {room.move: room.quantity for room in rooms}
    for part in parts:
        moves = [room.move for room in rooms if room.line == part.line.id]
        if not moves:
            hint = "Nothing of it is to come any more; look at the order's transfers in Odoo, then release or cancel."
            raise Held("nothing_to_receive", f"order {order.number} line {part.line.number}", hint)
        rest = part.quantity
        for move in moves:
            taken = rest if move == moves[-1] else min(rest, space[move])
            if taken > 0:
                filled[move].append(replace(part, quantity=taken))
                space[move] -= taken
                rest -= taken
    return dict(filled)


def differences(wanted: Sequence[Part], done: Sequence[Part]) -> tuple[str, ...]:
    """In words, by line and lot, where what Odoo has taken in is not what was received.

    The lots of lines for which the receipt tells none are Odoo's business.
    """
    unnamed = {part.line.id for part in wanted if part.line.tracking != "none" and not part.lot}
    ours, theirs = (
        _sums([replace(part, lot=None) if part.line.id in unnamed else part for part in parts])
        for parts in (wanted, done)
    )
    keys = sorted(ours.keys() | theirs.keys(), key=lambda key: (key[0], key[1] or ""))
    return tuple(
        f"line {number}{f' {lot}' if lot else ''}: {ours.get((number, lot), Decimal(0)):f} received, "
        f"{theirs.get((number, lot), Decimal(0)):f} in Odoo"
        for number, lot in keys
        if ours.get((number, lot)) != theirs.get((number, lot))
    )


def share_goods(wanted: Sequence[Part], done: Sequence[Part]) -> bool:
    """Whether some of the goods may be the same: of one line, and of one lot where both tell it."""
    return any(
        one.line.id == other.line.id and (one.lot == other.lot or not one.lot or not other.lot)
        for one in wanted
        for other in done
    )


def _sums(parts: Sequence[Part]) -> Mapping[tuple[int, str | None], Decimal]:
    found: dict[tuple[int, str | None], Decimal] = defaultdict(Decimal)
    for part in parts:
        found[part.line.number, part.lot] += part.quantity
    return {key: quantity.normalize() + 0 for key, quantity in found.items()}


def _parts(order: Order, arrival: Arrival, digits: int) -> Iterator[Part]:
    """The goods in base units, for several lines of one item first where most is open."""
    lines = find(order, arrival)
    for line, quantity in _spread(lines, arrival):
        if round(quantity, digits) != quantity:
            hint = f"Odoo keeps {digits} decimals; raise its precision, or have it counted in another unit."
            raise Held("quantity_too_fine", f"order {order.number} line {line.number}", hint)
        lot = {"serial": arrival.serial, "lot": arrival.lot}.get(line.tracking)
        yield Part(line, quantity, lot, arrival.expiry)


def _spread(lines: Sequence[OrderLine], arrival: Arrival) -> Iterator[tuple[OrderLine, Decimal]]:
    rest = arrival.quantity * (arrival.factor or lines[0].factor)
    for line in lines[:-1]:
        taken = min(rest, max((line.quantity - line.received) * line.factor, Decimal(0)))
        if taken:
            yield line, taken
            rest -= taken
    if rest:
        yield lines[-1], rest


def _check_lot(order: Order, part: Part) -> None:
    if part.line.tracking != "none" and not part.lot:
        what = "serial numbers" if part.line.tracking == "serial" else "lots"
        hint = (
            f"Line {part.line.number} ({part.line.item}) needs {what}, and neither the receipt nor a ship notice tells "
            "them; this goes on when the ship notice comes, or receive it in Odoo and cancel this."
        )
        raise Held("lot_missing", f"order {order.number}", hint)


def _check_serial(order: Order, part: Part) -> None:
    """One of each serial number."""
    if part.line.tracking == "serial" and part.quantity != 1:
        hint = "A serial number is told for more than one piece; correct the receipt and cancel this one."
        raise Held("serial_repeated", f"order {order.number}", hint)


def _check_shelf_life(order: Order, part: Part, rules: ReceiptRules, on: date) -> None:
    days = rules.shelf_days(part.line.item)
    if part.expiry and days and (part.expiry - on).days < days:
        hint = (
            f"{part.line.item} {part.lot or ''} of order {order.number} expires on {part.expiry}, within {days} days; "
            "release to take it in all the same, or return it and cancel this."
        )
        raise Held("expiry_too_near", f"item {part.line.item} lot {part.lot or '-'}", hint)


def _check_quantities(order: Order, parts: Sequence[Part], rules: ReceiptRules) -> None:
    """No more of a line than was ordered and is tolerated, together with what came before."""
    tolerance = 1 + rules.over_percent(order.supplier) / 100
    coming: dict[int, Decimal] = defaultdict(Decimal)
    for part in parts:
        coming[part.line.number] += part.quantity
    for number, quantity in coming.items():
        line = order.line(number)
        assert line is not None
        ordered, before = line.quantity * line.factor, line.received * line.factor
        if before + quantity > ordered * tolerance:
            hint = (
                f"{ordered.normalize():f} were ordered, {before.normalize():f} received before, and now "
                f"{quantity.normalize():f}; release to take all of them in, or return the surplus and cancel this."
            )
            raise Held("over_received", f"order {order.number} line {number}", hint)
