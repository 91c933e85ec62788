"""The section ``requisition`` of the rule book: what may be asked for, from whom, at what price, and who must agree.

Read by ``app.policy.book``; used by ``app.policy.requisition``. An empty section takes contract prices to the cent and
lets any amount through without approval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from app.errors import Issue, Rejected
from app.model.approval import Step
from app.policy.approval import Tier
from app.policy.checks import number
from app.policy.expressions import Condition

Action = Literal["warn", "approve", "hold", "block"]
FACTS = (
    "item", "category", "criticality", "clinical", "supplier", "contract", "amount", "line_amount", "quantity", "unit",
    "facility", "department", "cost_centre", "requester", "urgent", "weekday", "substitutes_allowed",
)  # fmt: skip
"""What a condition may ask for; amounts are in the facility's currency, quantities in base units."""
A_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the hospital's own: where its condition holds for a line, ``then`` happens, for the given ``reason``.

    ``role`` is who must agree where it asks for an approval.
    """

    id: str
    when: Condition
    then: Action
    reason: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class RequisitionRules:
    """How requisitions are decided.

    ``price_percent`` is how far a price that the requester states may lie from the contract's; ``pack_percent`` how
    close to a whole pack's price it must be to look like a mistaken unit. ``most_units`` bounds the base units of a
    line by category (``*``: any). ``tiers`` are the approvals by amount. ``preferred`` names the supplier of an item or
    a category. ``over_budget`` says what happens then; ``windows`` are the minutes that orders to a supplier are
    collected for (``*``: any).
    """

    price_percent: Decimal = Decimal(0)
    pack_percent: Decimal = Decimal(10)
    most_units: Mapping[str, Decimal] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    rules: tuple[Rule, ...] = ()
    preferred: Mapping[str, str] = field(default_factory=dict)
    over_budget: Action = "hold"
    over_budget_role: str = ""
    windows: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> RequisitionRules:
        """The section as written in YAML. Raises Rejected naming every fault."""
        reader = _Reader(data)
        made = cls(
            price_percent=reader.number("price_percent", Decimal(0)),
            pack_percent=reader.number("pack_percent", Decimal(10)),
            most_units=reader.numbers("most_units"),
            tiers=tuple(reader.tiers()),
            rules=tuple(reader.rules()),
            preferred={str(name): str(value) for name, value in (data.get("preferred") or {}).items()},
            over_budget=reader.action("over_budget", "hold"),
            over_budget_role=str(data.get("over_budget_role", "")),
            windows=reader.numbers("windows"),
        )
        if reader.issues:
            raise Rejected(reader.issues, code="policy.requisition")
        return made

    def window_end(self, supplier: str, now: datetime) -> datetime | None:
        """When what is ordered from a supplier now is sent together with the rest; None: each order at once.

        Windows follow each other without gaps, counted from midnight of UTC; those longer than a day from a Monday.
        """
        minutes = self.windows.get(supplier, self.windows.get("*", Decimal(0)))
        if not minutes:
            return None
        length = timedelta(minutes=float(minutes))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begin = midnight if length <= timedelta(days=1) else A_MONDAY
        return begin + length * ((now - begin) // length + 1)


class _Reader:
    """Reads the section and collects its faults."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        known = {*RequisitionRules.__dataclass_fields__}
        self.data = data
        self.issues = [self._issue(name, "there is no such setting") for name in data if name not in known]

    def number(self, name: str, default: Decimal) -> Decimal:
        """An amount that is not negative."""
        return self._number(name, self.data.get(name, default))

    def numbers(self, name: str) -> dict[str, Decimal]:
        """Amounts by name."""
        given = self.data.get(name) or {}
        return {str(key): self._number(f"{name}.{key}", value) for key, value in given.items()}

    def action(self, name: str, default: Action) -> Action:
        """One of the four actions."""
        given = self.data.get(name, default)
        if given not in get_args(Action):
            self.issues.append(self._issue(name, f"must be one of {', '.join(get_args(Action))}"))
            return default
        return given  # type: ignore[no-any-return]

    def tiers(self) -> Iterator[Tier]:
        """Tiers in ascending order; only the last one has no bound."""
        given, last = self.data.get("tiers") or [], Decimal(-1)
        for place, entry in enumerate(given):
            where = f"tiers[{place}]"
            bound = self._number(f"{where}.up_to", entry["up_to"]) if entry.get("up_to") is not None else None
            if (bound is None) != (place == len(given) - 1):
                self.issues.append(self._issue(where, "every tier but the last needs up_to"))
            elif bound is not None and bound <= last:
                self.issues.append(self._issue(where, "up_to must be more than that of the tier before"))
            last = last if bound is None else bound
            yield Tier(tuple(self._steps(where, entry.get("steps") or [])), bound)

    def rules(self) -> Iterator[Rule]:
        """The hospital's own rules, each with its condition compiled."""
        seen: set[str] = set()
        for place, entry in enumerate(self.data.get("rules") or []):
            where, rule_id = f"rules[{place}]", str(entry.get("id", ""))
            if not rule_id or rule_id in seen:
                self.issues.append(self._issue(f"{where}.id", "must be there, and be no other rule's"))
            seen.add(rule_id)
            if entry.get("then") not in get_args(Action):
                self.issues.append(self._issue(f"{where}.then", f"must be one of {', '.join(get_args(Action))}"))
            if entry.get("then") == "approve" and not entry.get("role"):
                self.issues.append(self._issue(f"{where}.role", "says who must agree"))
            try:
                condition = Condition.of(str(entry.get("when", "")), FACTS)
            except ValueError as error:
                self.issues.append(self._issue(f"{where}.when", str(error)))
                continue
            yield Rule(rule_id, condition, entry.get("then"), str(entry.get("reason", rule_id)), entry.get("role", ""))

    def _steps(self, where: str, entries: list[Mapping[str, Any]]) -> Iterator[Step]:
        for place, entry in enumerate(entries):
            if not entry.get("role"):
                self.issues.append(self._issue(f"{where}.steps[{place}].role", "says who must agree"))
                continue
            name = str(entry.get("name", entry["role"]))
            yield Step(name, entry["role"], bool(entry.get("four_eyes")), str(entry.get("reason", where)))

    def _number(self, where: str, value: Any) -> Decimal:
        found = number(value)
        if found is None:
            self.issues.append(self._issue(where, "must be a number of 0 or more"))
        return found or Decimal(0)

    @staticmethod
    def _issue(where: str, text: str) -> Issue:
        return Issue("policy.requisition", f"requisition.{where}", text)
