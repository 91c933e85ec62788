"""An Odoo in memory for tests of interleavings: one call is one step, keys are kept, stock is exact.

It has the semantics of ``app.odoo.gateway.OdooGateway``; what a call meets on its way is decided by ``fate``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.model.stock import Item, Location
from app.odoo.gateway import Movement, Refused, RefusedLine, Transfer

Fate = Callable[[str], None]
"""Told the step that is about to be made (``find``, ``load``, ``validate``, ``validated``); may raise or do things."""

ITEMS = ("SUTURE-30", "GLOVE-M", "CATH-77", "STENT-35")
PLACES = ("GEN/Stock/OR1", "GEN/Stock/OR1B", "GEN/Stock/CATHLAB", "Consumption/GEN OR1", "Consumption/GEN CATHLAB")


@dataclass
class Warehouse:
    """Stock by (location id, item id), and transfers with their movements by key."""

    fate: Fate = lambda step: None
    stock: dict[tuple[int, int], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    transfers: dict[str, Transfer] = field(default_factory=dict)
    moved: dict[str, Movement] = field(default_factory=dict)
    unwanted: set[str] = field(default_factory=set)
    places: dict[str, Location] = field(
        default_factory=lambda: {name: Location(n, name, True, "internal", 1) for n, name in enumerate(PLACES, 1)}
    )
    goods: dict[str, Item] = field(
        default_factory=lambda: {name: Item(n, name, True, True, "none", 1) for n, name in enumerate(ITEMS, 101)}
    )

    def count(self, place: str, item: str, quantity: int) -> None:
        """Bring stock in from outside."""
        self.stock[self.places[place].id, self.goods[item].id] += quantity

    def held(self, place: str, item: str) -> Decimal:
        """What a place holds of an item."""
        return self.stock[self.places[place].id, self.goods[item].id]

    def ping(self) -> str:
        self.fate("ping")
        return "19.0"

    def items(self, references: Collection[str]) -> Mapping[str, list[Item]]:
        self.fate("items")
        return {name: [self.goods[name]] for name in references if name in self.goods}

    def locations(self, names: Collection[str]) -> Mapping[str, Location]:
        return {name: self.places[name] for name in names if name in self.places}

    def lots(self, item_ids: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], int]:
        return {}

    def on_hand(self, location_id: int, item_ids: Collection[int]) -> Mapping[tuple[int, int | None], Decimal]:
        self.fate("on_hand")
        return {(item, None): self.stock[location_id, item] for item in item_ids}

    def quantity_digits(self) -> int:
        return 4

    def move(self, movement: Movement) -> Transfer:
        self.fate("load")
        transfer = self.transfers.setdefault(movement.key, self._made(movement.key, "assigned"))
        self.fate("validate")
        refused = [n for n, line in enumerate(movement.lines) if self._unwanted(line.item_id)]
        # Somebody else may have completed or revoked it since it was loaded.
        transfer = self.transfers[movement.key]
        if transfer.state == "assigned" and refused:
            self.transfers[movement.key] = replace(transfer, state="cancel")
            raise Refused([RefusedLine(refused[0], "unwanted")])
        if transfer.state == "cancel":
            raise Refused([RefusedLine(None, "cancelled")])
        if transfer.state == "assigned":
            self._complete(movement, transfer)
        self.fate("validated")
        return self.transfers[movement.key]

    def find(self, key: str) -> Transfer | None:
        self.fate("find")
        return self.transfers.get(key)

    def revoke(self, key: str) -> Transfer:
        self.fate("revoke")
        transfer = self.transfers.setdefault(key, self._made(key, "cancel"))
        if transfer.state == "assigned":
            self.transfers[key] = replace(transfer, state="cancel")
        self.fate("revoked")
        return self.transfers[key]

    def _made(self, key: str, state: str) -> Transfer:
        return Transfer(len(self.transfers) + 1, f"GEN/CONS/{len(self.transfers) + 1:05}", state)

    def _unwanted(self, item_id: int) -> bool:
        return any(self.goods[name].id == item_id for name in self.unwanted)

    def _complete(self, movement: Movement, transfer: Transfer) -> None:
        self.transfers[movement.key] = replace(transfer, state="done")
        self.moved[movement.key] = movement
        sign = -1 if movement.direction == "out" else 1
        for line in movement.lines:
            self.stock[movement.stock_location.id, line.item_id] += sign * line.quantity
            self.stock[movement.consumption_location.id, line.item_id] -= sign * line.quantity
