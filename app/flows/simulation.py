"""What a draft of the rules would have made of past requisitions, on the facts that each was judged by.

Used by ``wardline policy simulate``; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from app.ledger.ledger import Ledger
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.model.party import PartyIdentifier
from app.policy.requisition import Asked, Budget, Facts, decide
from app.policy.requisition_rules import RequisitionRules


@dataclass(frozen=True, slots=True)
class Change:
    """One requisition as it was judged and as the draft would judge it; ``why`` names what the draft found."""

    document_id: UUID
    requisition: str
    was: str
    would_be: str
    amount_was: str
    amount: str
    why: str


def simulate(tx: Connection, ledger: Ledger, rules: RequisitionRules, since: datetime) -> Iterator[Change]:
    """Judge every requisition since a moment anew."""
    rows = ledger.policies.since(tx, since)
    names = ledger.documents.numbers(tx, "requisition", [row.document_id for row in rows])
    for row in rows:
        verdict = decide(rules, facts_of(row.inputs))
        yield Change(
            document_id=row.document_id,
            requisition=names.get(row.document_id, ""),
            was=row.outcome,
            would_be=verdict.outcome,
            amount_was=str(row.inputs.get("amount", "")),
            amount=str(verdict.amount),
            why=", ".join(sorted({f"{one.rule}:{one.code}" for one in verdict.findings})),
        )


def facts_of(inputs: Mapping[str, Any]) -> Facts:
    """The facts as they were kept with a verdict."""
    return Facts(
        lines=tuple(_asked(line) for line in inputs["lines"]),
        on=date.fromisoformat(inputs["on"]),
        currency=inputs["currency"],
        facility=inputs["facility"],
        department=inputs["department"],
        requester=inputs["requester"],
        urgent=inputs["urgent"],
        items={name: _item(kept) for name, kept in inputs["items"].items()},
        suppliers={name: _supplier(kept) for name, kept in inputs["suppliers"].items()},
        offers={name: [_offer(one) for one in kept] for name, kept in inputs["offers"].items()},
        budgets={
            name: Budget(Decimal(kept["amount"]), Decimal(kept["committed"]))
            for name, kept in inputs["budgets"].items()
        },
    )


def _asked(kept: Mapping[str, Any]) -> Asked:
    return Asked(**_exact(kept, ("quantity", "factor", "stated_price"), ("needed_by",)))


def _offer(kept: Mapping[str, Any]) -> Offer:
    return Offer(**_exact(kept, ("price", "factor", "minimum"), ("valid_from", "valid_to")))


def _item(kept: Mapping[str, Any]) -> ItemFacts:
    return ItemFacts(**_exact(kept, ("standard_price",), ()))


def _supplier(kept: Mapping[str, Any]) -> SupplierFacts:
    return SupplierFacts(**{**kept, "identifiers": tuple(PartyIdentifier(**one) for one in kept["identifiers"])})


def _exact(kept: Mapping[str, Any], numbers: tuple[str, ...], days: tuple[str, ...]) -> dict[str, Any]:
    made = dict(kept)
    made |= {name: Decimal(kept[name]) for name in numbers if kept[name] is not None}
    return made | {name: date.fromisoformat(kept[name]) for name in days if kept[name] is not None}
