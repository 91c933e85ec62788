"""Terms of payment (ITD): a sentence for people, and the day that is told in it.

Used by the mapping of invoices. Several ITD segments are a ladder: the earlier the payment, the larger the discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.standards.x12.details import joined
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values, all_of, first

DUE = "814"
"""DTM-01 of the day that a payment is due."""


def read_terms(segments: Sequence[Segment], values: Values) -> str | None:
    """The rungs of the ladder, a line each; the sender's own words where there are any."""
    rungs = all_of(segments, "ITD")
    if len(rungs) == 1 and not any(rungs[0].text(number) for number in (3, 5, 7, 8, 12)):
        return None  # The one day that is due is told by itself.
    told = [_rung(itd, values) for itd in rungs]
    return joined(dict.fromkeys(text for text in told if text), segments, values)


def _rung(itd: Segment, values: Values) -> str | None:
    if words := values.prose(itd, 12, "terms"):
        return words
    discount = _until(itd, values, 4, 5)
    net = _until(itd, values, 6, 7)
    parts = []
    if percent := values.amount(itd, 3, "terms"):
        parts.append(f"{percent:f} % {discount}".strip())
    elif (saved := values.implied(itd, 8, "terms")) and discount:
        parts.append(f"{saved:f} off {discount}")
    if net:
        parts.append(f"net {net}")
    return ", ".join(parts) or None


def _until(itd: Segment, values: Values, day: int, days: int) -> str:
    count, last = values.text(itd, days, "terms"), values.day(itd.text(day), itd.place(day), "terms")
    parts = [f"within {count} days" if count else "", f"by {last:%Y-%m-%d}" if last else ""]
    return " or ".join(part for part in parts if part)


def due_on(segments: Sequence[Segment], values: Values) -> date | None:
    """The day that the whole sum is due, where the message names one; several are told in the terms alone."""
    named = {values.day(itd.text(6), itd.place(6), "due_on"): itd for itd in all_of(segments, "ITD") if itd.text(6)}
    if dtm := first(segments, "DTM", DUE):
        named[values.day(dtm.text(2), dtm.place(2), "due_on")] = dtm
    named.pop(None, None)
    if len(named) > 1:
        place = next(iter(named.values())).place(6)
        values.findings.warn("due_on.ambiguous", place, "several days are named; the terms tell them all")
    return next(iter(named)) if len(named) == 1 else None
