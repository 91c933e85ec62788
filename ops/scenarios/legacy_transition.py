"""Legacy transition: two hospitals leave their nightly files for an API, one after the other, and one has to go back.

Four days. The old way is a CSV file a night for each hospital, the new one an event at a time. Both run side by side;
only one is believed, and what each said is compared every night. The new cabinets of the second hospital first count
boxes as pieces, later lose events; neither costs an effect in Odoo.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app import ids
from app.crosswalk.files import NumberedRow
from app.crosswalk.rows import CrosswalkRow
from app.errors import WardlineError
from app.flows.cutover import Comparison, compare, recover
from ops.provision import Count, Hospital, Item, Site
from ops.scenarios.place import Place
from ops.scenarios.story import Story

HOSPITALS = (Hospital("GEN", "General Hospital", ("WARD3",)), Hospital("NOR", "Northern Clinic", ("WARD1",)))
ITEMS = ("GLOVE-M", "SUTURE-30", "MASK-2", "SYRINGE-5")
STOCK = Decimal(1000)
SITE = Site(
    hospitals=HOSPITALS,
    items=tuple(Item(reference, reference.title()) for reference in ITEMS),
    counts=tuple(Count(h.stock(h.departments[0]), item, STOCK) for h in HOSPITALS for item in ITEMS),
)
COLUMNS = {
    "EVENT": "event_id",
    "WHEN": "occurred_at",
    "ITEM": "identifiers.internal",
    "QTY": "quantity.value",
    "UNIT": "quantity.unit",
    "WARD": "location",
}
"""The headings of the old system's files, and what they mean."""
CHANNELS = "".join(
    f"""
[channels.{code}-files]
owner = "The night run of the old materials system"
standard = "tabular"
facility = "{code.upper()}"
[channels.{code}-files.options]
kind = "consumption"
columns = [{", ".join(f'{{ name = "{name}", field = "{field}" }}' for name, field in COLUMNS.items())}]

[channels.{code}-api]
owner = "The new cabinets"
standard = "canonical"
facility = "{code.upper()}"
"""
    for code in ("gen", "nor")
)


@dataclass(frozen=True, slots=True)
class Use:
    """What really happened: ``boxes`` of ten, or single pieces."""

    number: str
    at: datetime
    item: str
    quantity: int
    unit: str

    @property
    def pieces(self) -> int:
        """The amount in base units."""
        return self.quantity * (10 if self.unit == "BX" else 1)


def crosswalk() -> list[CrosswalkRow]:
    """Items, units and the two wards; the northern cabinets' word for a box is wrong at first."""
    rows = [CrosswalkRow("item", item, item) for item in ITEMS]
    rows += [
        CrosswalkRow("unit", "EA", "each", factor=Decimal(1)),
        CrosswalkRow("unit", "BX", "box", factor=Decimal(10)),
    ]
    rows += [CrosswalkRow("unit", "BOX", "box", facility="GEN", factor=Decimal(10)), _northern_box(1)]
    for hospital in HOSPITALS:
        ward = hospital.departments[0]
        places = hospital.stock(ward), hospital.consumption(ward)
        rows.append(CrosswalkRow("location", ward, places[0], hospital.code, consumption_location=places[1]))
    return rows


def _northern_box(factor: int) -> CrosswalkRow:
    return CrosswalkRow("unit", "BOX", "box", facility="NOR", factor=Decimal(factor))


def day_of(hospital: Hospital, day: datetime, events: int) -> list[Use]:
    """A day's uses, the same in every run: pieces mostly, and a box now and then."""
    return [
        Use(
            f"{hospital.code}-{day:%d}-{n:03}",
            day + timedelta(minutes=5 + 1400 * n // events),
            ITEMS[(n * n + n // 4) % len(ITEMS)],
            1 + n * n % 7 if n % 5 else 1,
            "EA" if n % 5 else "BX",
        )
        for n in range(events)
    ]


class Transition:
    """The four days; ``events`` are a hospital's uses a day."""

    def __init__(self, place: Place, story: Story, events: int = 30) -> None:
        self._place = place
        self._story = story
        self._events = events
        self._used: dict[tuple[str, str], int] = {}
        self._day = ids.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def play(self) -> None:
        """Play it all. Raises WardlineError where the story does not go as it is told."""
        self._prepare()
        self._first_day()
        self._second_day()
        self._third_day()
        self._fourth_day()
        self._check()

    def _prepare(self) -> None:
        self._place.open(SITE, CHANNELS, crosswalk())
        for code in ("GEN", "NOR"):
            self._switch(code, "files", datetime(2000, 1, 1, tzinfo=UTC), first=True)
        self._story.chapter("The old way")
        self._story.tell("Two hospitals tell their consumption in a file a night. The files are believed.")

    def _first_day(self) -> None:
        self._story.chapter("Day 1: the new cabinets tell the same, and are only compared")
        found = self._run_day()
        self._expect("GEN agrees", not found["GEN"].differences)
        self._expect(
            "NOR counts boxes as pieces", {d.what for d in found["NOR"].differences} == {"only_old", "only_new"}
        )
        example = next(d for d in found["NOR"].differences if d.what == "only_old")
        self._story.tell(f"NOR: the files say [b]{example.old}[/b]; the cabinets call a box one piece.")
        self._story.tell("GEN goes over at midnight. NOR's unit is corrected in the crosswalk, once, for all messages.")
        self._switch("GEN", "api", self._day)
        self._place.services.crosswalk.import_rows([NumberedRow(2, _northern_box(10))], "scenario")

    def _second_day(self) -> None:
        self._story.chapter("Day 2: GEN is told by its cabinets, NOR still by its files")
        found = self._run_day()
        self._expect("both agree now", not (found["GEN"].differences or found["NOR"].differences))
        self._story.tell("Both agree to the piece. NOR goes over at midnight too.")
        self._switch("NOR", "api", self._day)

    def _third_day(self) -> None:
        self._story.chapter("Day 3: the northern cabinets lose every third event")
        night = self._day
        found = self._run_day(lost={"NOR"})
        lost = [d for d in found["NOR"].differences if d.what == "only_old"]
        self._expect("what was lost is named", len(lost) == len(range(0, self._events, 3)))
        self._story.tell(
            f"The files know of {len(lost)} uses that the cabinets never told. NOR goes back to its files."
        )
        self._switch("NOR", "files", self._day)
        recovered = recover(self._place.services.ledger, found["NOR"], "old", "scenario")
        self._place.settle()
        self._story.tell(
            f"{recovered} uses of {night:%d %b} are carried out from the files; nothing is typed in twice."
        )
        self._story.note("recovered", recovered)

    def _fourth_day(self) -> None:
        self._story.chapter("Day 4: GEN by its cabinets, NOR by its files again")
        found = self._run_day()
        self._expect("GEN agrees", not found["GEN"].differences)
        self._expect("NOR agrees", not found["NOR"].differences)

    def _run_day(self, lost: Iterable[str] = ()) -> dict[str, Comparison]:
        """A day passes: events as they happen, files at night, then both are compared."""
        day, found = self._day, {}
        self._day = day + timedelta(days=1)
        self._place.pass_time(self._day + timedelta(minutes=-1) - ids.now())
        for hospital in HOSPITALS:
            uses = day_of(hospital, day, self._events)
            for use in uses:
                self._used[hospital.code, use.item] = self._used.get((hospital.code, use.item), 0) + use.pieces
            told = [use for n, use in enumerate(uses) if hospital.code not in lost or n % 3]
            self._send_events(hospital, told)
            self._send_file(hospital, uses)
            self._place.settle()
            found[hospital.code] = self._compare(hospital.code, day)
        self._story.table(
            f"the night of {day:%d %b}", ("hospital", "files", "cabinets", "agreed", "differences"),
            ((code, one.old, one.new, one.agreed, len(one.differences)) for code, one in found.items()),
        )  # fmt: skip
        return found

    def _send_events(self, hospital: Hospital, uses: Iterable[Use]) -> None:
        body = "\n".join(json.dumps(event) for event in _events(hospital, uses))
        self._accepted(self._place.send(f"{hospital.code.lower()}-api", body.encode(), "application/x-ndjson"))

    def _send_file(self, hospital: Hospital, uses: Iterable[Use]) -> None:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for n, use in enumerate(uses):
            # The old system numbers its lines by itself; nothing but the meaning ties the two ways together.
            row = (f"F{use.at:%y%m%d}{n:04}", use.at.isoformat(), use.item, use.quantity, use.unit)
            writer.writerow((*row, hospital.departments[0]))
        self._accepted(self._place.send(f"{hospital.code.lower()}-files", text.getvalue().encode(), "text/csv"))

    def _accepted(self, answer: object) -> None:
        status = getattr(answer, "status_code", 0)
        self._expect(f"the intake takes it (HTTP {status})", status == 202)

    def _compare(self, code: str, day: datetime) -> Comparison:
        services, names = self._place.services, (f"{code.lower()}-files", f"{code.lower()}-api")
        with services.ledger.reading() as tx:
            period = day, day + timedelta(days=1)
            return compare(tx, services.ledger, services.crosswalk, "consumption", names, period)

    def _switch(self, code: str, way: str, from_at: datetime, *, first: bool = False) -> None:
        ledger, channel = self._place.services.ledger, f"{code.lower()}-{way}"
        with ledger.transaction() as tx:
            ledger.authorities.switch(tx, code, "consumption", channel, from_at, "scenario", first=first)

    def _check(self) -> None:
        """What Odoo holds is what was there less what was really used, to the piece."""
        self._story.chapter("What Odoo says")
        rows = list(self._stock())
        self._story.table("stock", ("hospital", "item", "used", "in Odoo", "expected"), rows)
        wrong = [row for row in rows if row[3] != row[4]]
        self._expect("every quantity is exact", not wrong)
        uses = 4 * 2 * self._events
        self._story.end("four days, two hospitals", {"uses": uses, "told": 2 * uses, "wrong_quantities": len(wrong)})

    def _stock(self) -> Iterator[tuple[str, str, int, Decimal, Decimal]]:
        stock = self._place.services.erp.stock
        items = {item: stock.items([item])[item][0].id for item in ITEMS}
        for hospital in HOSPITALS:
            name = hospital.stock(hospital.departments[0])
            held = stock.on_hand(stock.locations([name])[name].id, items.values())
            for item, item_id in items.items():
                used = self._used[hospital.code, item]
                yield hospital.code, item, used, held[item_id, None].normalize() + 0, STOCK - used

    def _expect(self, what: str, holds: bool) -> None:
        if not holds:
            raise WardlineError(f"the scenario expected that {what}", code="scenario.failed")


def _events(hospital: Hospital, uses: Iterable[Use]) -> Iterator[dict[str, object]]:
    for use in uses:
        yield {
            "event_id": use.number,
            "kind": "use",
            "occurred_at": use.at.isoformat(),
            "identifiers": [{"scheme": "internal", "value": use.item}],
            "quantity": {"value": str(use.quantity), "unit": "BOX" if use.unit == "BX" else use.unit},
            "location": hospital.departments[0],
        }


def play(place: Place, story: Story) -> None:
    """Play the scenario in a place."""
    Transition(place, story).play()
