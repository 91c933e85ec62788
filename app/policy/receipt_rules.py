"""The section ``receipt`` of the rule book: how much too much is taken in, and how long goods must keep.

Read by ``app.policy.book``; used by ``app.policy.receipt``. An empty section takes nothing beyond the order and asks
for no shelf life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.policy.checks import Checks, numbers, told

ANY = "*"


@dataclass(frozen=True, slots=True)
class ReceiptTolerance:
    """How much more than ordered is taken in from one supplier (``*``: every one), in per cent of the line."""

    supplier: str = ANY
    over_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """For how many days after their receipt goods of one item (``*``: every one) must keep."""

    item: str = ANY
    days: int = 0


@dataclass(frozen=True, slots=True)
class ReceiptRules:
    """How receipts are judged.

    ``suspect_days`` is how far apart a receipt and a transfer that somebody validated in Odoo may lie to be taken for
    one and the same delivery.
    """

    tolerances: tuple[ReceiptTolerance, ...] = ()
    shelf_life: tuple[ShelfLife, ...] = ()
    suspect_days: int = 3

    def over_percent(self, supplier: str) -> Decimal:
        """The supplier's own tolerance, else that for every one."""
        known = {entry.supplier: entry.over_percent for entry in self.tolerances}
        return known.get(supplier, known.get(ANY, Decimal(0)))

    def shelf_days(self, item: str) -> int:
        """The item's own days, else those for every one."""
        known = {entry.item: entry.days for entry in self.shelf_life}
        return known.get(item, known.get(ANY, 0))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ReceiptRules:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks = Checks("receipt")
        checks.table(data, cls)
        checks.days(data.get("suspect_days"), "suspect_days")
        for name, model in _LISTS.items():
            for place, entry in enumerate(data.get(name) or []):
                _check(checks, entry, model, f"{name}[{place}]")
        checks.end()
        return cls(
            tuple(
                ReceiptTolerance(str(entry.get("supplier", ANY)), **numbers(entry, ["over_percent"]))
                for entry in data.get("tolerances") or []
            ),
            tuple(
                ShelfLife(str(entry.get("item", ANY)), int(entry.get("days") or 0))
                for entry in data.get("shelf_life") or []
            ),
            int(data.get("suspect_days", 3)),
        )

    def to_data(self) -> dict[str, Any]:
        """The section as JSON, to be frozen with an effect."""
        return {
            "tolerances": [told(one) for one in self.tolerances],
            "shelf_life": [told(one) for one in self.shelf_life],
            "suspect_days": self.suspect_days,
        }


_LISTS: Mapping[str, type[Any]] = {"tolerances": ReceiptTolerance, "shelf_life": ShelfLife}


def _check(checks: Checks, entry: Any, model: type[Any], where: str) -> None:
    if checks.table(entry, model, where):
        checks.number(entry.get("over_percent"), f"{where}.over_percent")
        checks.days(entry.get("days"), f"{where}.days")
