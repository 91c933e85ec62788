"""The benchmark's own books: what Odoo must hold when everything is posted. A figure of wrong work is worthless.

Every measurement enters what it used; ``ops.bench.__main__`` has the books checked at the end, before it reports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.errors import WardlineError
from app.odoo.gateway import OdooGateway
from ops.bench.events import Use
from ops.bench.site import HOSPITAL
from ops.provision import Count, Site

Key = tuple[str, str, str | None]
"""A department or a location's complete name, an item's reference, and a lot."""


class WrongWork(WardlineError):
    """What was measured is not what should have been done."""

    code = "bench.wrong_work"
    hint = "None of this run's figures counts; its folder has the logs of every process."


class Accounts:
    """What was used, by location, item and lot."""

    def __init__(self) -> None:
        self.events = 0
        self._used: dict[Key, Decimal] = defaultdict(Decimal)

    def used(self, uses: Iterable[Use]) -> None:
        """Enter events that were, or are just being, posted."""
        for use in uses:
            self.events += 1
            self._used[use.department, use.item, use.lot] += use.quantity

    def expected(self, counts: Iterable[Count]) -> dict[Key, Decimal]:
        """What every stock location and every consumption location must hold, by what was counted at first."""
        held: dict[Key, Decimal] = {(c.location, c.reference, c.lot): c.quantity for c in counts}
        for (department, item, lot), quantity in self._used.items():
            held[HOSPITAL.stock(department), item, lot] -= quantity
            held[HOSPITAL.consumption(department), item, lot] = quantity
        return {key: quantity for key, quantity in held.items() if quantity}

    def check(self, odoo: OdooGateway, site: Site) -> int:
        """Compare with Odoo; how many quantities were compared. Raises WrongWork naming the first that differ."""
        expected, found = self.expected(site.counts), stock(odoo, site)
        wrong = differences(expected, found)
        if wrong:
            raise WrongWork(f"{len(wrong)} quantities in Odoo are wrong: {'; '.join(wrong[:5])}")
        return len(expected)


def stock(odoo: OdooGateway, site: Site) -> dict[Key, Decimal]:
    """What Odoo's locations hold of the site's items."""
    items = {same[0].id: reference for reference, same in odoo.items({i.reference for i in site.items}).items()}
    lots = {lot_id: name for (_, name), lot_id in odoo.lots(items, {lot.name for lot in site.lots}).items()}
    places = [
        name(department) for department in HOSPITAL.departments for name in (HOSPITAL.stock, HOSPITAL.consumption)
    ]
    return {
        (place.name, items[item_id], lots[lot_id] if lot_id else None): quantity
        for place in odoo.locations(places).values()
        for (item_id, lot_id), quantity in odoo.on_hand(place.id, items).items()
    }


def differences(expected: Mapping[Key, Decimal], found: Mapping[Key, Decimal]) -> list[str]:
    """What is not as expected, in words."""
    return [
        f"{place} {item} {lot or 'without lot'}: {found.get((place, item, lot), Decimal(0))}"
        f" instead of {expected.get((place, item, lot), Decimal(0))}"
        for place, item, lot in sorted(expected.keys() | found.keys(), key=str)
        if expected.get((place, item, lot)) != found.get((place, item, lot))
    ]
