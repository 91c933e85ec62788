"""The sections ``suppliers`` and ``prices`` of the rule book: how new suppliers and new prices are judged.

Read by ``app.policy.book``; used by ``app.policy.onboarding`` and ``app.policy.pricing``. Without them a new supplier
may not sell before somebody approves it, and no price may move by more than a quarter unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from app.policy.checks import Checks, numbers

ANY = "*"
SameName = Literal["hold", "pass"]
UnknownItems = Literal["hold", "leave_out"]


@dataclass(frozen=True, slots=True)
class SupplierRules:
    """``approved``: whether a new supplier may sell at once; ``same_name``: what one does whose name another has."""

    approved: bool = False
    same_name: SameName = "hold"

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SupplierRules:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks = Checks("suppliers")
        checks.table(data, cls)
        checks.switch(data.get("approved", False), "approved")
        checks.choice(data.get("same_name", "hold"), get_args(SameName), "same_name")
        checks.end()
        return cls(**data)


@dataclass(frozen=True, slots=True)
class PriceRules:
    """``max_change_percent``: by how much a supplier's price may move unseen; ``*`` is for all others.

    ``max_ended_percent``: which share of a supplier's prices a full list may end unseen. ``unknown_items``: whether a
    list waits for items that nobody knows, or goes without them.
    """

    max_change_percent: Mapping[str, Decimal] = field(default_factory=dict)
    max_ended_percent: Decimal = Decimal(30)
    unknown_items: UnknownItems = "hold"

    def change_percent(self, supplier: str) -> Decimal:
        """The supplier's own tolerance in per cent, else that of all others."""
        return self.max_change_percent.get(supplier, self.max_change_percent.get(ANY, Decimal(25)))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PriceRules:
        """The section as written in YAML, one tolerance for all or a table. Raises Rejected naming every fault."""
        checks, given = Checks("prices"), data.get("max_change_percent", {})
        table = given if isinstance(given, Mapping) else {ANY: given}
        checks.table(data, cls)
        for name, value in table.items():
            checks.number("" if value is None else value, f"max_change_percent.{name}")
        checks.number(data.get("max_ended_percent"), "max_ended_percent")
        checks.choice(data.get("unknown_items", "hold"), get_args(UnknownItems), "unknown_items")
        checks.end()
        changes = {str(name): Decimal(str(value)) for name, value in table.items()}
        return cls(changes, unknown_items=data.get("unknown_items", "hold"), **numbers(data, ["max_ended_percent"]))
