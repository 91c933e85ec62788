"""The section ``receipt`` of the rule book: how much too much is taken in, and how long goods must keep.

Read by ``app.policy.book``; used by ``app.policy.receipt``. An empty section takes nothing beyond the order and asks
for no shelf life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import Issue, Rejected

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
        issues = [*_unknown(data, cls, "receipt"), *_bad_days(data.get("suspect_days", 3), "receipt.suspect_days")]
        for name, model in _LISTS.items():
            for place, entry in enumerate(data.get(name) or []):
                issues += _faults(entry, model, f"receipt.{name}[{place}]")
        if issues:
            raise Rejected(issues, code="policy.receipt")
        tolerances = (
            ReceiptTolerance(str(entry.get("supplier", ANY)), Decimal(str(entry.get("over_percent", 0))))
            for entry in data.get("tolerances") or []
        )
        lives = (
            ShelfLife(str(entry.get("item", ANY)), int(entry.get("days", 0))) for entry in data.get("shelf_life") or []
        )
        return cls(tuple(tolerances), tuple(lives), int(data.get("suspect_days", 3)))

    def to_data(self) -> dict[str, Any]:
        """The section as JSON, to be frozen with an effect."""
        return {
            "tolerances": [asdict(one) | {"over_percent": str(one.over_percent)} for one in self.tolerances],
            "shelf_life": [asdict(one) for one in self.shelf_life],
            "suspect_days": self.suspect_days,
        }


_LISTS: Mapping[str, type[Any]] = {"tolerances": ReceiptTolerance, "shelf_life": ShelfLife}


def _faults(entry: Any, model: type[Any], where: str) -> Iterator[Issue]:
    if not isinstance(entry, Mapping):
        yield Issue("receipt.entry", where, "must be a table of settings")
        return
    yield from _unknown(entry, model, where)
    yield from _bad_number(entry.get("over_percent", 0), f"{where}.over_percent")
    yield from _bad_days(entry.get("days", 0), f"{where}.days")


def _unknown(entry: Mapping[str, Any], model: type[Any], where: str) -> Iterator[Issue]:
    known = {item.name for item in fields(model)}
    yield from (Issue("receipt.unknown", f"{where}.{name}", "is not known") for name in entry if name not in known)


def _bad_number(value: Any, where: str) -> Iterator[Issue]:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(-1)
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        yield Issue("receipt.number", where, "must be a number of 0 or more")


def _bad_days(value: Any, where: str) -> Iterator[Issue]:
    if isinstance(value, bool) or not str(value).isdecimal():
        yield Issue("receipt.days", where, "must be a whole number of days")
