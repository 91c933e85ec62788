"""Looking outside codes up: the most specific row that is valid on the day wins, a tie between targets is held.

Pure, over rows loaded before; called by the flows. Never guesses: an unknown or ambiguous code raises Held with a
subject that groups all documents waiting for the same row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from app.crosswalk.rows import ANY, CrosswalkRow
from app.errors import Held
from app.model.item import SCHEMES, Identifier


class Names:
    """The rows that matter for one document: of its facility, valid on its day."""

    def __init__(self, rows: Iterable[CrosswalkRow], facility: str, day: date) -> None:
        self._facility = facility
        self._rows = [row for row in rows if row.facility in (facility, ANY) and row.holds_on(day)]

    def item(self, identifiers: Sequence[Identifier]) -> list[CrosswalkRow]:
        """The rows that name the item, all with one target. Raises Held (item_unknown, item_ambiguous)."""
        ranked = sorted(identifiers, key=_rank)
        found = [row for identifier in ranked for row in self._best("item", identifier.value, _by_scheme(identifier))]
        subject = f"item {ranked[0].scheme}:{ranked[0].value}"
        if not found:
            raise Held("item_unknown", subject, "Add the item to the crosswalk, import it and release the group.")
        if len({row.target for row in found}) > 1:
            raise Held("item_ambiguous", subject, "Its identifiers name different items; correct the crosswalk.")
        return found

    def unit(self, code: str, item: str) -> CrosswalkRow:
        """How many base units of the item the unit holds. Raises Held (unit_unknown, unit_ambiguous)."""
        found = self._best("unit", code, lambda row: _fits(row.item, item, ""))
        subject = f"unit {code} of {item}"
        if not found:
            raise Held("unit_unknown", subject, "Add the unit with its pack factor to the crosswalk and release.")
        if len({row.factor for row in found}) > 1:
            raise Held("unit_ambiguous", subject, "The crosswalk has several pack factors; correct it and release.")
        return found[0]

    def location(self, code: str) -> CrosswalkRow:
        """The stock location and its consumption location. Raises Held (location_unknown, location_ambiguous)."""
        found = self._best("location", code, lambda _: 0)
        subject = f"location {self._facility}:{code}"
        if not found:
            raise Held("location_unknown", subject, "Add the location to the crosswalk, import it and release.")
        if len({(row.target, row.consumption_location) for row in found}) > 1:
            raise Held("location_ambiguous", subject, "The crosswalk has several targets; correct it and release.")
        return found[0]

    def code(self, kind: str, code: str) -> str:
        """Our code for a department or cost centre; where the crosswalk does not know it, the code is ours already.

        Raises Held (``<kind>_ambiguous``).
        """
        found = self._best(kind, code, lambda _: 0)
        if len({row.target for row in found}) > 1:
            hint = "The crosswalk has several targets; correct it and release."
            raise Held(f"{kind}_ambiguous", f"{kind} {code}", hint)
        return found[0].target if found else code

    def _best(self, kind: str, code: str, fit: Callable[[CrosswalkRow], int | None]) -> list[CrosswalkRow]:
        """The rows of the highest specificity; the facility counts more than scheme or item."""
        scored = [
            ((row.facility != ANY, score), row)
            for row in self._rows
            if row.kind == kind and row.code == code and (score := fit(row)) is not None
        ]
        top = max((score for score, _ in scored), default=None)
        return [row for score, row in scored if score == top]


def base_quantity(value: Decimal, unit: CrosswalkRow) -> Decimal:
    """The amount in base units, exactly."""
    assert unit.factor is not None
    return value * unit.factor


def _fits(given: str, wanted: str, anything: str) -> int | None:
    """1 where the row is about just this, 0 where it is about anything, None where it is about something else."""
    if given == wanted:
        return 1
    return 0 if given == anything else None


def _by_scheme(identifier: Identifier) -> Callable[[CrosswalkRow], int | None]:
    return lambda row: _fits(row.scheme, identifier.scheme, ANY)


def _rank(identifier: Identifier) -> int:
    return SCHEMES.index(identifier.scheme) if identifier.scheme in SCHEMES else len(SCHEMES)
