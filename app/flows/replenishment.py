"""The replenishment plan: what the places of all sites lack is asked for, once, as requisitions and transfers.

The job ``replenishment.plan``. What was asked is read before Odoo is, and Odoo's expectations before its stock: what
moves on meanwhile is then counted twice, which asks for too little for one round, and never not at all, which would
order it twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection, Row

from app import ids
from app.crosswalk.rows import ANY, CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.flows.intake import Intake, Sending
from app.flows.ordering import hasten
from app.flows.stock_watch import StockWatch, level_of
from app.flows.supply_facts import Afoot, Facts, low_orderpoints, with_forecast
from app.ledger.asks import REFUSED, Course
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.master import ItemFacts, Offer
from app.model.setup import Setup
from app.model.supply import Expected, Figure, Level, Rate
from app.odoo.erp import Erp
from app.policy.replenishment import Need, is_urgent, plan
from app.policy.supply_rules import Replenishment

JOB, EVERY_SECONDS = "replenishment.plan", 3600.0
CHANNEL = "replenishment"
"""The channel that the plan's requisitions come in on; where it is not set up, nothing is planned."""
REQUESTER = "replenishment"
NOTE = 500

log = structlog.get_logger()

Rules = Callable[[Connection], Replenishment]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan would ask for, the asks that have come to their end, and requisitions that have become urgent.

    ``pressing`` are requisitions that were asked for in time, and whose place runs out before they would be ordered.
    """

    needs: tuple[Need, ...]
    ended: Mapping[UUID, str]
    pressing: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans and asks. ``rules`` reads the section ``replenishment`` of the rule book that holds."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    crosswalk: CrosswalkStore
    intake: Intake
    watch: StockWatch
    rules: Rules

    def run(self) -> int:
        """Ask for what is lacking; how many requisitions were sent in. Raises Unavailable while Odoo is down."""
        if (channel := self.setup.channels.get(CHANNEL)) is None:
            return 0
        sent = self._send(channel)
        proposal = self.propose()
        with self.ledger.transaction() as tx:
            rules = self.rules(tx)
            self.ledger.asks.close(tx, proposal.ended)
            hasten(tx, self.ledger, proposal.pressing)
            spoken = self.crosswalk.rows(tx) if proposal.needs else []
            self.ledger.asks.add(tx, [_ask(need, rules, spoken, channel) for need in proposal.needs])
        return sent + self._send(channel)

    def propose(self) -> Proposal:
        """What is lacking now; changes nothing but the ledger's picture of Odoo's stock and rules."""
        with self.ledger.reading() as tx:
            rules = self.rules(tx)
            asks = self.ledger.asks.open(tx)
            courses = self.ledger.asks.courses(tx, asks)
            refused = self.ledger.asks.given_up(tx, ids.now() - timedelta(days=float(rules.pause_days)))
        levels, rates = self._levels(rules)
        sites = {place.name: self.watch.facility_of(place.warehouse) for place in self.erp.supply.places()}
        items = {thing.item for things in (levels, rates, asks) for thing in things}
        expected, active = self.erp.supply.expected(items), self._active(items)
        self.watch.poll()
        held, levels = self._known(items, levels, active)
        ended, afoot = _sorted(asks, courses, expected)
        facts = Facts(rules, self.setup, sites, levels, rates, expected, held, afoot)
        standings = facts.standings()
        pressed = {(one.level.item, one.level.location) for one in standings if is_urgent(rules, one)}
        pressing = [ask for ask in asks if ask.id not in ended and (ask.item, ask.location) in pressed]
        forecasts = self.erp.supply.forecasts(low_orderpoints(standings))
        needs = plan(rules, [with_forecast(one, forecasts) for one in standings], facts.stocks())
        if rules.pause_days:
            refused |= {(a.item, a.location) for a in asks if ended.get(a.id) in REFUSED and not a.source}
        return Proposal(
            needs=tuple(n for n in needs if n.source or (n.item, n.location) not in refused),
            ended=ended,
            pressing=tuple(document for ask in pressing for document in courses[ask.id].documents),
        )

    def _levels(self, rules: Replenishment) -> tuple[list[Level], list[Rate]]:
        """The levels that hold, with Odoo's rules as they are now, and what is used a day."""
        orderpoints = self.erp.supply.orderpoints()
        with self.ledger.transaction() as tx:
            self.ledger.levels.put(tx, map(level_of, orderpoints), "odoo", "wardline")
            return self.ledger.levels.holding(tx), self.ledger.usage.rates(tx, window=int(rules.window_days))

    def _known(
        self, items: Collection[str], levels: Sequence[Level], active: Collection[str]
    ) -> tuple[list[Figure], list[Level]]:
        """What is held of the items, and the levels with what master data knows better."""
        with self.ledger.reading() as tx:
            held = self.ledger.levels.held(tx, items)
            facts, offers = self.ledger.registry.items(tx, items), self.ledger.registry.offers(tx, items)
        return held, [_as_known(one, active, facts.get(one.item), offers.get(one.item, ())) for one in levels]

    def _active(self, items: Collection[str]) -> set[str]:
        """The items that may be asked for: of which Odoo has exactly one, keeps stock, and has not archived it."""
        found = self.erp.stock.items(items) if items else {}
        fit = ((reference, same[0]) for reference, same in found.items() if len(same) == 1)
        return {reference for reference, item in fit if item.active and item.storable}

    def _send(self, channel: Channel) -> int:
        """Take in the requisitions that are not in the house yet, those of a plan that died first."""
        with self.ledger.reading() as tx:
            unsent = self.ledger.asks.unsent(tx)
        for ask in unsent:
            own = _of_site(channel, ask.facility)
            body = json.dumps(ask.content["document"]).encode()
            sending = Sending(own, body, "application/json", REQUESTER, ids.new_id().hex, ask.number)
            receipt, _ = self.intake.take_in(sending)
            if receipt.message_id is None:
                log.error("replenishment.not_taken_in", outcome=receipt.outcome, number=ask.number)
                continue
            with self.ledger.transaction() as tx:
                self.ledger.asks.sent(tx, ask.id, receipt.message_id)
        return len(unsent)


def _sorted(
    asks: Sequence[Row[Any]], courses: Mapping[UUID, Course], expected: Sequence[Expected]
) -> tuple[dict[UUID, str], list[Afoot]]:
    """The asks that have come to their end, and those that are afoot with what Odoo expects of them."""
    ended, afoot = {}, []
    for ask in asks:
        course = courses[ask.id]
        carried = [e for e in expected if e.item == ask.item and e.order in course.orders]
        if outcome := course.ended or ("arrived" if course.settled and not carried else None):
            ended[ask.id] = outcome
        else:
            # A draft that waits for the end of its window counts too: Odoo expects its goods already.
            afoot.append(Afoot(ask.item, ask.location, ask.source, ask.quantity, tuple(carried)))
    return ended, afoot


def _as_known(level: Level, active: Collection[str], facts: ItemFacts | None, offers: Sequence[Offer]) -> Level:
    """The level with what master data knows better: archived items, criticality, and what it leaves open of orders.

    Lead time and pack are those of the preferred supplier's offer, else of the one that delivers soonest.
    """
    criticality = facts.criticality if facts and facts.criticality == "critical" else level.criticality
    level = replace(level, planned=level.planned and level.item in active, criticality=criticality)
    valid = [offer for offer in offers if offer.holds_on(ids.now().date())]
    if not valid:
        return level
    offer = min(valid, key=lambda one: (not one.preferred, one.lead_days, one.factor))
    lead_days = Decimal(offer.lead_days) if level.lead_days is None else level.lead_days
    return replace(level, lead_days=lead_days, pack=offer.factor if level.pack in (0, 1) else level.pack)


def _of_site(channel: Channel, facility: str) -> Channel:
    """The plan's channel as if it were the site's own: one channel serves them all."""
    return replace(channel, facility=facility)


def _ask(need: Need, rules: Replenishment, spoken: Sequence[CrosswalkRow], channel: Channel) -> dict[str, Any]:
    """A need as it is written down, with the requisition that says it."""
    number = f"REP-{ids.now():%y%m%d}-{ids.new_id().hex[-8:].upper()}"
    codes = Codes(spoken, need.site)
    charge = rules.charge(need.location)
    line = {
        "number": "1",
        "identifiers": [{"scheme": "internal", "value": codes.item(need.item)}],
        "quantity": {"value": format(need.quantity, "f"), "unit": codes.unit(need.item, channel.default_unit)},
    }
    document = {
        "document": "requisition",
        "number": number,
        "requested_at": ids.now().isoformat(),
        "priority": "urgent" if need.urgent else "routine",
        "requester": REQUESTER,
        "deliver_to": codes.location(need.location),
        "deliver_from": codes.location(need.source) if need.source else None,
        "department": charge.department,
        "cost_centre": charge.cost_centre,
        "note": "; ".join(need.reasons)[:NOTE],
        "lines": [line],
    }
    known = {name: value for name, value in document.items() if value is not None}
    return {
        "number": number,
        "facility": need.site,
        "item": need.item,
        "location": need.location,
        "source": need.source,
        "quantity": need.quantity,
        "urgent": need.urgent,
        "reasons": list(need.reasons),
        "content": {"document": known, "complete": rules.complete_transfers, "writer": codes.writer(need.source)},
    }


class Codes:
    """The outside codes that a site's crosswalk turns into our names: what a requisition must speak."""

    def __init__(self, rows: Sequence[CrosswalkRow], facility: str) -> None:
        day = ids.now().date()
        self._rows = [row for row in rows if row.facility in (facility, ANY) and row.holds_on(day)]

    def item(self, reference: str) -> str:
        """A code of the item, its reference where there is none."""
        return self._code("item", lambda row: row.target == reference and row.scheme in ("internal", ANY)) or reference

    def location(self, name: str) -> str:
        """A code of the place, its name where there is none."""
        return self._code("location", lambda row: row.target == name) or name

    def writer(self, source: str) -> str:
        """Whose stock a transfer takes from: the consumption location, if any, so that both have one writer."""
        rows = [row for row in self._rows if row.kind == "location" and row.target == source]
        return next((row.consumption_location for row in rows if row.consumption_location), "") or source

    def unit(self, item: str, default: str) -> str:
        """A code of the item's base unit."""
        return self._code("unit", lambda row: row.factor == 1 and row.item in (item, "")) or default

    def _code(self, kind: str, fits: Callable[[CrosswalkRow], bool]) -> str | None:
        return next((row.code for row in self._rows if row.kind == kind and fits(row)), None)
