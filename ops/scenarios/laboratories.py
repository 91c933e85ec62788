"""The laboratories of the scenario ``laboratory-network``: what they keep, buy and use, and how they tell of their use.

Everything follows from an item's number, so that every run is the same.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.crosswalk.rows import CrosswalkRow
from ops.provision import Count, Hospital, Item, Site
from ops.provision_procurement import CostCentre, Pack, Price, Procurement, Supplier

SITES = {"CEN": "Central laboratory", "NOR": "North", "SOU": "South", "EAS": "East", "WES": "West"}
OWN = 40
"""Items that each laboratory has for itself; every fourth of them the next one uses too."""
BENCH = "LAB"
SUPPLIERS = ("S-MER", "S-HAR", "S-NOR")
LEAD_DAYS = {"S-MER": 2, "S-HAR": 1, "S-NOR": 4}
PACKS = {"": 1, "Box of 10": 10, "Box of 100": 100}
LAPSED = (85, 86)
"""Items whose contract price has run out."""
UNLISTED = 87
"""The item that no supplier has in its catalogue."""
OUTBREAK = 123
"""The test kit that the eastern laboratory suddenly uses five times as much of, before anybody ordered it."""
SURGE = 93
"""The one that the southern laboratory uses three times as much of, while an order for it waits for the week's end."""
EARLY = {SURGE: 16, UNLISTED: 18} | dict.fromkeys(LAPSED, 18)
"""Items that are asked for in the first week: the days of use that are there."""
EXPIRED = "2026-01-31"


@dataclass(frozen=True, slots=True)
class Kit:
    """What laboratories use up: reagents, tips, tubes. ``rate`` is a laboratory's use a day."""

    number: int

    @property
    def reference(self) -> str:
        """The item's reference in Odoo."""
        return f"LAB-{self.number:03}"

    @property
    def sites(self) -> tuple[str, ...]:
        """The laboratories that use it; its own is the first."""
        codes, home = list(SITES), self.number // OWN
        return (codes[home], codes[(home + 1) % len(codes)]) if self.number % 4 == 0 else (codes[home],)

    @property
    def rate(self) -> int:
        """Base units that a laboratory uses a day."""
        return 2 + self.number * 7 % 9

    @property
    def supplier(self) -> str:
        """Who has it in the catalogue."""
        return SUPPLIERS[self.number % len(SUPPLIERS)]

    @property
    def pack(self) -> str:
        """The unit it is bought in."""
        return list(PACKS)[self.number // 3 % len(PACKS)]

    @property
    def price(self) -> Decimal:
        """The contract's price of one unit of those it is bought in."""
        return Decimal(90 + self.number * 13 % 400) * PACKS[self.pack] / 100

    def at_first(self, site: str) -> int:
        """What is there on the first day; the central laboratory has far too much of what it shares."""
        plenty = 5 if site == "CEN" and len(self.sites) > 1 else 1
        days = EARLY.get(self.number, 15 + self.number * 11 % 61)
        return self.rate * days * plenty

    def used(self, site: str, day: int) -> int:
        """What a laboratory uses on a day: the use of three days on every third."""
        if (self.number + day) % 3:
            return 0
        usual = self.rate * 3 + self.number * day % 5 - 2
        more = {OUTBREAK: 5, SURGE: 3}.get(self.number, 1) if site == self.sites[0] and 3 <= day <= 6 else 1
        return usual * more


KITS = tuple(Kit(number) for number in range(OWN * len(SITES)))
KEPT = tuple((site, kit) for kit in KITS for site in kit.sites)
HOSPITALS = tuple(Hospital(code, name, (BENCH,)) for code, name in SITES.items())
NETWORK = Site(
    hospitals=HOSPITALS,
    items=tuple(Item(kit.reference, f"Laboratory item {kit.number}") for kit in KITS),
    counts=tuple(Count(f"{site}/Stock", kit.reference, Decimal(kit.at_first(site))) for site, kit in KEPT),
)


def market(*, renewed: bool = False) -> Procurement:
    """The suppliers and their catalogues; ``renewed`` with the contracts that had run out."""
    listed = [kit for kit in KITS if kit.number != UNLISTED]
    return Procurement(
        suppliers=(
            Supplier("S-MER", "Meridian Diagnostics"),
            Supplier("S-HAR", "Harbor Reagents"),
            Supplier("S-NOR", "Nordic Plastics"),
        ),
        packs=tuple(Pack(name, Decimal(size)) for name, size in PACKS.items() if name),
        cost_centres=tuple(CostCentre(f"CC-{code}", f"Laboratory {name}") for code, name in SITES.items()),
        prices=tuple(
            Price(
                kit.supplier, kit.reference, kit.price, kit.pack, code=f"{kit.supplier[2:]}-{kit.number:03}",
                lead_days=LEAD_DAYS[kit.supplier], until=EXPIRED if kit.number in LAPSED and not renewed else "",
            )
            for kit in listed
        ),
        untaxed=True,
        currencies=("EUR",),
    )  # fmt: skip


def crosswalk() -> Iterator[CrosswalkRow]:
    """The laboratories' words: one place each, pieces, and a box of whatever size the item comes in."""
    yield CrosswalkRow("unit", "EA", "Units", factor=Decimal(1))
    for hospital in HOSPITALS:
        code = hospital.code
        yield CrosswalkRow("location", BENCH, f"{code}/Stock", code, consumption_location=hospital.consumption(BENCH))
    for kit in KITS:
        for code in ("BX", "XBX") if kit.pack else ():  # X12's and the laboratories' code, and UBL's
            yield CrosswalkRow("unit", code, "Box", item=kit.reference, factor=Decimal(PACKS[kit.pack]))


def channels() -> str:
    """The channels of the laboratories, as the channels file has them; each tells its use in its own way."""
    standards = {"CEN": "canonical", "NOR": "tabular", "SOU": "tabular", "EAS": "hl7v2", "WES": "hl7v2"}
    text = '[channels.odoo]\nstandard = "canonical"\nfacility = "CEN"\n'
    text += '[channels.replenishment]\nstandard = "canonical"\nfacility = "CEN"\nlane = "approvals"\n'
    for code, name in SITES.items():
        text += f'[facilities.{code}]\nname = "{name}"\nwarehouse = "{code}"\ncurrency = "EUR"\n'
        text += f'[channels.{code.lower()}-use]\nstandard = "{standards[code]}"\nfacility = "{code}"\n'
        text += f'[channels.{code.lower()}-use.options]\nkind = "consumption"\n' * (code in ("NOR", "SOU"))
        text += f'[channels.{code.lower()}-dock]\nstandard = "canonical"\nfacility = "{code}"\n'
    return text


Use = tuple[str, str, Decimal]
"""Number, item and quantity of one use."""


def message(site: str, at: datetime, told: Sequence[Use]) -> tuple[bytes, str]:
    """A day's use in the words of the laboratory's system, and its content type."""
    if site == "CEN":
        return "\n".join(_events(at, told)).encode(), "application/x-ndjson"
    if site in ("NOR", "SOU"):
        return _table(at, told).encode(), "text/csv"
    return _charges(site, at, told).encode(), "application/hl7-v2"


def _events(at: datetime, told: Iterable[Use]) -> Iterator[str]:
    for number, item, quantity in told:
        yield json.dumps({
            "event_id": number, "kind": "use", "occurred_at": at.isoformat(), "location": BENCH,
            "identifiers": [{"scheme": "internal", "value": item}], "quantity": {"value": str(quantity), "unit": "EA"},
        })  # fmt: skip


def _table(at: datetime, told: Iterable[Use]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Usage ID", "Used at", "Item number", "Quantity used", "Unit", "Location"))
    writer.writerows((number, at.isoformat(), item, quantity, "EA", BENCH) for number, item, quantity in told)
    return text.getvalue()


def _charges(site: str, at: datetime, told: Iterable[Use]) -> str:
    """DFT^P03 with one FT1 a use."""
    moment = f"{at:%Y%m%d%H%M%S}+0000"
    head = (
        f"MSH|^~\\&|LIS|{site}|WARDLINE|HUB|{moment}||DFT^P03^DFT_P03|{site}{at:%y%m%d}|P|2.5.1\rEVN||{moment}\r"
        "PID|1||CONTROL^^^LAB^MR||QUALITY^CONTROL\r"
    )
    return head + "".join(
        f"FT1|{n}|{number}||{moment}||CG|{item}^^L|||{quantity}||||||{BENCH}\r"
        for n, (number, item, quantity) in enumerate(told, 1)
    )
