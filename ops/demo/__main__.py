"""The demonstration: a day of a small hospital, from its systems' messages to its ERP's stock, watched live.

Run by ``make demo`` and ``make demo ODOO=real``. On a terminal everything stays up until Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import time
from decimal import Decimal
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from app.errors import WardlineError
from app.ledger.ledger import Ledger
from app.ledger.search import MessageFilter
from app.odoo.stock import StockGateway
from ops.demo.hospital import SITE
from ops.demo.senders import Sent, send_all
from ops.demo.surroundings import Surroundings

PATIENCE = 60.0

console = Console()


def main() -> int:
    """Run the demo; 0 where every message came to its end."""
    parser = argparse.ArgumentParser(prog="python -m ops.demo", description=__doc__)
    parser.add_argument("--real", action="store_true", help="PostgreSQL, RabbitMQ and a real Odoo 19")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="where the demo keeps its files")
    parser.add_argument("--once", action="store_true", help="end after the report, also on a terminal")
    options = parser.parse_args()
    began = time.monotonic()
    surroundings = Surroundings(options.folder.resolve(), options.real)
    try:
        _play(surroundings, began)
        if console.is_terminal and not options.once:
            _stay()
    except WardlineError as error:
        console.print(f"[red]{error.code}[/]: {error.message} {error.hint}")
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        surroundings.fleet.stop()
    return 0


def _play(surroundings: Surroundings, began: float) -> None:
    console.print("Preparing the hospital's ERP, ledger and crosswalk …")
    ledger, odoo, key = surroundings.prepare()
    before = _stock(odoo)
    console.print("Starting Wardline's processes …")
    surroundings.start()
    sent = send_all(surroundings.url, surroundings.mllp_port, key)
    _watch(ledger)
    console.print(_sendings(sent), _effects(before, _stock(odoo)), _repeated(ledger), _holds(ledger))
    _pointers(surroundings, key, time.monotonic() - began)


def _watch(ledger: Ledger) -> None:
    """Show the work going through until nothing is left. Raises WardlineError where it takes too long."""
    deadline = time.monotonic() + PATIENCE
    with Live(_progress(ledger), console=console, refresh_per_second=10, transient=not console.is_terminal) as live:
        while not _quiet(ledger):
            if time.monotonic() > deadline:
                raise WardlineError("not everything was settled in time; see the logs in the demo's folder")
            time.sleep(0.1)
            live.update(_progress(ledger))
        live.update(_progress(ledger))


def _quiet(ledger: Ledger) -> bool:
    with ledger.reading() as tx:
        return not ledger.figures.backlogs(tx)


def _progress(ledger: Ledger) -> Group:
    with ledger.reading() as tx:
        states, backlogs = ledger.figures.states(tx), ledger.figures.backlogs(tx)
    table = Table("", "states", title="the ledger")
    for kind, counts in states.items():
        table.add_row(kind, ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "-")
    waiting = ", ".join(f"{b.waiting} {b.stage}/{b.lane}" for b in backlogs)
    table.add_row("waiting", waiting or "nothing")
    return Group(table)


def _stock(odoo: StockGateway) -> dict[tuple[str, str, str], Decimal]:
    """What every location holds, by (location, item, lot)."""
    places = odoo.locations({count.location for count in SITE.counts})
    items = {item.reference: odoo.items([item.reference])[item.reference][0].id for item in SITE.items}
    lots = odoo.lots(items.values(), {lot.name for lot in SITE.lots})
    held = {place.name: odoo.on_hand(place.id, items.values()) for place in places.values()}
    return {
        (count.location, count.reference, count.lot or ""): held[count.location].get(
            (items[count.reference], lots[items[count.reference], count.lot] if count.lot else None), Decimal(0)
        )
        for count in SITE.counts
    }


def _sendings(sent: list[Sent]) -> Table:
    table = Table("channel", "message", "over", "answer", title="what the clinical systems sent")
    for sending in sent:
        table.add_row(sending.channel, sending.file, sending.transport, sending.answer)
    return table


def _effects(before: dict[tuple[str, str, str], Decimal], after: dict[tuple[str, str, str], Decimal]) -> Table:
    table = Table("location", "item", "lot", "before", "after", title="what is now in the ERP")
    for place, quantity in after.items():
        if quantity != before[place]:
            table.add_row(*place, f"{before[place].normalize():f}", f"{quantity.normalize():f}")
    return table


def _repeated(ledger: Ledger) -> Table:
    """Messages that came more than once, and how many effects each of their events has."""
    table = Table("message", "sent", "events", "effects", title="what was sent twice")
    with ledger.reading() as tx:
        for row in ledger.search.messages(tx, MessageFilter()):
            story = ledger.search.story(tx, row.id)
            sent = 1 + sum(event.action == "message.repeated" for event in story.events) if story else 0
            if story and sent > 1:
                posted = sum(posting.state == "posted" for posting in story.postings)
                table.add_row(row.control_id, str(sent), str(len(story.documents)), str(posted))
    return table


def _holds(ledger: Ledger) -> Table:
    with ledger.reading() as tx:
        groups = ledger.holds.groups(tx)
    table = Table("held because", "about", "documents", "what to do", title="what waits for a person")
    for group in groups:
        table.add_row(group.cause, group.subject, str(group.documents), group.hint)
    return table


def _pointers(surroundings: Surroundings, key: str, seconds: float) -> None:
    folder = surroundings.folder
    flower = surroundings.environment
    console.print(
        f"""
To release what is held, in another terminal:
  . {folder}/environment
  .venv/bin/wardline crosswalk import ops/demo/missing-item.csv
  .venv/bin/wardline holds release --cause item_unknown --all --yes
  .venv/bin/wardline messages trace CL-100007

To open:
  {surroundings.url}/docs        the API; key: {key}
  {surroundings.flower_url}            Flower; user wardline, password {flower["WARDLINE_FLOWER_PASSWORD"]}

{seconds:.0f} seconds in all.""",
        highlight=False,
        soft_wrap=True,
    )


def _stay() -> None:
    console.print("Everything stays up until Ctrl-C.")
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
