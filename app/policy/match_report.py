"""What a match found: a verdict, the smallest set of reasons, and every comparison with its figures.

Made by ``app.policy.match``; shown by ``wardline invoices explain`` and by the API, kept with the invoice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

from app import ids
from app.policy.claims import OrderedLine

Verdict = Literal["matched", "awaiting_receipt", "mismatch"]
ReasonKind = Literal[
    "receipt", "quantity", "price", "unit", "amount", "item", "credit", "tax", "freight", "charge", "total",
    "currency", "supplier", "order", "duplicate", "period",
]  # fmt: skip
Outcome = Literal["equal", "tolerated", "off"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause for which an invoice is not paid as it is.

    ``effect`` is how much of the difference to be paid it explains, in the invoice's currency. ``stated`` and
    ``expected`` are the figures that differ; together with ``kind`` and the place they are what a person accepts.
    """

    kind: ReasonKind
    text: str
    effect: Decimal = Decimal(0)
    line: str | None = None
    order: str | None = None
    item: str | None = None
    stated: str = ""
    expected: str = ""

    @property
    def digest(self) -> str:
        """What a person accepts: this difference with just these figures."""
        figures = [self.kind, self.line, self.order, self.item, self.stated, self.expected]
        return ids.digest(ids.canonical_json(figures))[:32]

    def to_json(self) -> dict[str, Any]:
        """For the ledger and the API."""
        return {**asdict(self), "effect": str(self.effect), "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was compared: on ``subject``, ``what`` in which ``unit``, both figures, verdict and tolerance."""

    subject: str
    what: str
    unit: str
    stated: str
    expected: str
    outcome: Outcome
    tolerance: str = "none"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Billed:
    """What the bill says of one line: ``quantity`` in base units, ``amount`` without tax, and where it belongs.

    ``ordered`` is the order line, None for a charge that was not ordered; ``taxes`` are ids in Odoo.
    """

    label: str
    quantity: Fraction
    amount: Decimal
    ordered: OrderedLine | None = None
    taxes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The whole result. ``difference`` is what is claimed less what is owed by order and receipt."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    comparisons: tuple[Comparison, ...]
    billed: tuple[Billed, ...]
    currency: str
    claimed: Decimal
    difference: Decimal

    @property
    def fingerprint(self) -> str:
        """The digest of all differences with their figures."""
        digests = sorted(reason.digest for reason in self.reasons)
        return ids.digest(ids.canonical_json([self.currency, str(self.claimed), *digests]))[:32]

    def left(self, accepted: Collection[str]) -> tuple[Reason, ...]:
        """The reasons that nobody accepted, by the digests of those that somebody did."""
        return tuple(reason for reason in self.reasons if reason.digest not in accepted)

    def to_json(self) -> dict[str, Any]:
        """For the ledger and the API."""
        return {
            "verdict": self.verdict,
            "currency": self.currency,
            "claimed": str(self.claimed),
            "difference": str(self.difference),
            "fingerprint": self.fingerprint,
            "reasons": [reason.to_json() for reason in self.reasons],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }


def shown(number: Fraction | Decimal, digits: int = 6) -> str:
    """A figure for people: exact up to ``digits`` decimals, without idle zeros."""
    exact = Fraction(number)
    value = Decimal(exact.numerator) / Decimal(exact.denominator)
    text = format(round(value, digits).normalize(), "f")
    return "0" if text == "-0" else text


def money(number: Fraction | Decimal, decimals: int) -> Decimal:
    """An amount rounded half up to the decimals of its currency."""
    exact = Fraction(number)
    unit = Decimal(1).scaleb(-decimals)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(unit, ROUND_HALF_UP)


def total(reasons: Sequence[Reason]) -> Decimal:
    """What the reasons explain together."""
    return sum((reason.effect for reason in reasons), Decimal(0))
