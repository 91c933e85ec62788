"""The port to Odoo in our own verbs; the posting stage calls it, ``app.odoo.stock`` implements it.

Facts about Odoo 19 that shape it: one call is one transaction, committed before the answer is written, so every
write must be repeatable; the external id is the idempotency key, because an insert-only ``load`` makes record and key
in one transaction and does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from app.model.stock import Item, Line, Location, Tracking

__all__ = [
    "Direction",
    "Item",
    "Line",
    "Location",
    "Movement",
    "OdooGateway",
    "Refused",
    "RefusedLine",
    "Tracking",
    "Transfer",
]

Direction = Literal["out", "in"]


@dataclass(frozen=True, slots=True)
class Movement:
    """A frozen batch: what leaves (``out``) or comes back to (``in``) one stock location, under one key.

    ``key`` becomes the external id of the transfer (``stock.picking``) in Odoo; the same key always carries the same
    lines. ``origin`` is what a person sees on the transfer. ``events`` are marks of what it is made of, by which a
    ledger that was restored from a backup knows it again.
    """

    key: str
    direction: Direction
    stock_location: Location
    consumption_location: Location
    lines: tuple[Line, ...]
    origin: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as Odoo has it: its id, name (``GEN/CONS/00012``) and state (``assigned``, ``done``, ``cancel``)."""

    id: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """Why Odoo refused a batch: ``index`` is the line's position, or None where Odoo does not tell which line."""

    index: int | None
    reason: str


class Refused(Exception):
    """Odoo refused the movement and nothing of it remains; ``lines`` says which lines it named."""

    def __init__(self, lines: Sequence[RefusedLine]) -> None:
        super().__init__(f"refused, {len(lines)} line(s) named")
        self.lines = tuple(lines)


class OdooGateway(Protocol):
    """Everything Wardline asks of Odoo.

    Every verb raises Unavailable (certainly no effect: refused connection, circuit), Transient (certainly no effect,
    try again: serialization failure, 502 or 503 of a proxy before the call), InDoubt (a write that may have taken
    effect: time-out, dropped connection, 5xx without an Odoo error body), Permanent (rights, unknown model, bad key).
    """

    def ping(self) -> str:
        """Odoo's version (``19.0``); cheap, needs no rights."""

    def items(self, references: Collection[str]) -> Mapping[str, Sequence[Item]]:
        """The items with these internal references, archived ones included; a reference may name several."""

    def locations(self, names: Collection[str]) -> Mapping[str, Location]:
        """The locations with these complete names, archived ones included."""

    def lots(self, item_ids: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], int]:
        """Lot and serial numbers: (item id, name) to lot id."""

    def on_hand(self, location_id: int, item_ids: Collection[int]) -> Mapping[tuple[int, int | None], Decimal]:
        """What the location itself holds, in base units, by (item id, lot id)."""

    def quantity_digits(self) -> int:
        """How many decimals of a quantity Odoo keeps; it would round the rest away without a word."""

    def move(self, movement: Movement) -> Transfer:
        """Make the movement once and complete it; the same key again changes nothing and returns the same transfer.

        Raises Refused where Odoo will not have it; then no transfer and no reservation remain.
        """

    def find(self, key: str) -> Transfer | None:
        """The transfer that carries the key, whatever its state, or None."""

    def revoke(self, key: str) -> Transfer:
        """Make sure that the key can never take effect any more.

        Returns the transfer that holds the key: a done one where the movement did take effect (then it stands), else
        a cancelled one, empty where none had been made. A late call with the same key then finds it and does nothing.
        """
