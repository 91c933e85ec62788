"""Laboratory network: thirty days of five laboratories that do not run out, and buy nothing that a sister can spare.

Each laboratory tells its use in its own way. Every evening the plan asks for what falls below its level: of Odoo's own
reorder rules in the centre, of imported levels in the north and south, of the rate of use in the east and west. Orders
to a supplier go out once a week, urgent ones at once. Two contracts have run out, and one item is in no catalogue.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app import ids
from app.errors import WardlineError
from app.model.order import Order
from app.model.supply import Level
from app.odoo import loading
from ops import provision_procurement
from ops.provision import MODULE
from ops.scenarios import laboratories
from ops.scenarios.laboratories import KEPT, KITS, LEAD_DAYS, OUTBREAK, PACKS, SITES, SURGE
from ops.scenarios.market import Market
from ops.scenarios.place import Place
from ops.scenarios.story import Story

DAYS = 30
MONDAY = 0
RENEWED_ON = 6
WEEK = 7 * 24 * 60
RULES = f"""
requisition:
  windows: {{"*": {WEEK}}}
replenishment:
  review_days: 28
  cover_days: 30
  complete_transfers: true
  safety_days: {{routine: 12, critical: 12}}
  urgent_days: {{routine: 1, critical: 4}}
  thresholds:
    - {{item: LAB-{OUTBREAK:03}, criticality: critical, by_rate: true}}
    - {{item: LAB-{SURGE:03}, criticality: critical}}
    - {{site: EAS, by_rate: true}}
    - {{site: WES, by_rate: true}}
  charges: [{", ".join(f"{{location: {code}/Stock, cost_centre: CC-{code}}}" for code in SITES)}]
confirmation:
  tolerances: [{{supplier: "*", days_late: 3650, days_early: 3650}}]
"""


class LaboratoryNetwork:
    """The thirty days; ``_shelf`` is what really lies there, counted by the laboratories themselves."""

    def __init__(self, place: Place, story: Story, days: int = DAYS) -> None:
        self._place = place
        self._story = story
        self._days = days
        self._shelf = {(site, kit.reference): Decimal(kit.at_first(site)) for site, kit in KEPT}
        self._sizes = {kit.reference: Decimal(PACKS[kit.pack]) for kit in KITS}
        self._taken: set[str] = set()
        self._due: dict[date, list[str]] = defaultdict(list)
        self._moved: set[int] = set()
        self._lacked: set[tuple[str, str]] = set()
        self._counts: dict[str, int] = defaultdict(int)

    def play(self) -> None:
        """Play it all. Raises WardlineError where the story does not go as it is told."""
        ours = laboratories.channels()
        with Market(self._place, ours=ours, facility="CEN") as market:
            self._market = market
            self._prepare()
            for day in range(self._days):
                if day == RENEWED_ON:
                    self._renew()
                self._day(day)
            self._check()

    def _prepare(self) -> None:
        self._story.chapter("Five laboratories, 200 items, three suppliers")
        rows = list(laboratories.crosswalk())
        services = self._place.open(laboratories.NETWORK, self._market.channels(), rows, laboratories.market())
        self._market.open(self._place.key)
        self._reorder_rules()
        with services.ledger.transaction() as tx:
            services.ledger.policies.import_(tx, RULES, "scenario")
            own = (Level(kit.reference, f"{s}/Stock", *_bounds(kit.rate)) for s, kit in KEPT if s in ("NOR", "SOU"))
            levels = services.ledger.levels.put(tx, own, "own", "scenario")
        self._place.pass_time(timedelta(days=6 - ids.now().weekday()))
        self._place.run("master.sync", "stock.reconcile")
        self._story.tell(f"The centre has reorder rules in Odoo, north and south {levels} imported levels;")
        self._story.tell("east and west are supplied by their rate of use, which nobody typed in.")

    def _reorder_rules(self) -> None:
        """Odoo's own rules for the central laboratory, for people to carry out."""
        connection = self._place.connection()
        products = connection.get_model("product.product").search_read(domain=[], fields=["default_code"], order="id")
        known = {row["default_code"]: row["id"] for row in products}
        [place] = self._place.services.erp.stock.locations(["CEN/Stock"]).values()
        fields = ["id", "product_id/.id", "location_id/.id", "product_min_qty", "product_max_qty", "trigger"]
        rows = [
            [
                f"{MODULE}.rule_{kit.number}",
                str(known[kit.reference]),
                str(place.id),
                *map(str, _bounds(kit.rate)),
                "manual",
            ]
            for site, kit in KEPT
            if site == "CEN"
        ]
        loading.load(connection, "stock.warehouse.orderpoint", fields, rows, insert_only=False)

    def _day(self, day: int) -> None:
        """From one morning to the next."""
        self._place.pass_time(_morning(ids.now()) - ids.now())
        self._place.settle()
        self._suppliers_work()
        for site in SITES:
            self._use(site, day)
        self._place.settle()
        self._counts["asked"] += self._place.run("replenishment.plan")
        self._carry()
        if (day + 1) % 10 == 0:
            self._look_back(day + 1)

    def _look_back(self, days: int) -> None:
        """What ten days brought."""
        told = self._counts
        self._story.tell(
            f"Day {days}: {told['uses']} uses told; {told['asked']} needs found, {len(self._moved)} met by a sister"
        )
        self._story.tell(
            f"laboratory; {len(self._taken)} orders are with the suppliers, {told['urgent']} went out at once."
        )

    def _use(self, site: str, day: int) -> None:
        told = []
        for kit in (kit for where, kit in KEPT if where == site and kit.used(site, day)):
            wanted, there = Decimal(kit.used(site, day)), self._shelf[site, kit.reference]
            if wanted > there:
                self._lacked.add((site, kit.reference))
            if used := min(wanted, there):
                told.append((f"{site}-{day:02}-{kit.number:03}", kit.reference, used))
            self._shelf[site, kit.reference] -= used
        self._counts["uses"] += len(told)
        body, kind = laboratories.message(site, ids.now(), told)
        answer = self._place.send(f"{site.lower()}-use", body, kind)
        self._expect(f"{site}'s use of day {day} is taken in (HTTP {answer.status_code})", answer.is_success)

    def _suppliers_work(self) -> None:
        """Suppliers confirm what is new, deliver what is due, and bill it."""
        orders = self._orders()
        for number in (number for number in orders if number not in self._taken):
            supplier = self._market.suppliers[orders[number].supplier]
            supplier.wait_for(number)
            supplier.confirm(number)
            self._taken.add(number)
            self._counts["urgent"] += ids.now().weekday() != MONDAY
            self._due[ids.now().date() + timedelta(days=LEAD_DAYS[orders[number].supplier])].append(number)
        self._collect()
        due = self._due.pop(ids.now().date(), [])
        for number in due:
            self._market.suppliers[orders[number].supplier].ship(number)
        self._collect()
        for number in due:
            self._receive(orders[number])
        self._place.settle()
        for number in due:
            self._market.suppliers[orders[number].supplier].bill(number)
        self._collect()

    def _receive(self, order: Order) -> None:
        """The dock counts what came and says so."""
        account = self._market.suppliers[order.supplier].office.accounts[order.number]
        units = {line.number: line.quantity.unit for line in account.order.lines}
        lines = []
        for line in order.lines:
            shipped = account.shipped[str(line.number)]
            self._shelf[order.warehouse, line.item] += shipped * self._sizes[line.item]
            received = {"value": format(shipped, "f"), "unit": units[str(line.number)]}
            lines.append({"number": str(line.number), "order_line": str(line.number), "received": received})
        document = {"document": "goods_receipt", "number": f"GR-{order.number}", "order_number": order.number}
        body = json.dumps(document | {"lines": lines}).encode()
        answer = self._place.send(f"{order.warehouse.lower()}-dock", body, "application/json")
        self._expect(f"the receipt is taken in (HTTP {answer.status_code})", answer.is_success)

    def _carry(self) -> None:
        """What goes from one laboratory to another, as Odoo has it booked."""
        for move, item, source, target, quantity in self._transfers():
            if move not in self._moved:
                self._moved.add(move)
                self._shelf[source, item] -= quantity
                self._shelf[target, item] += quantity

    def _transfers(self) -> Iterator[tuple[int, str, str, str, Decimal]]:
        connection = self._place.connection()
        places = self._place.services.erp.stock.locations([f"{code}/Stock" for code in SITES])
        sites = {place.id: name.split("/")[0] for name, place in places.items()}
        within = [["location_id", "in", list(sites)], ["location_dest_id", "in", list(sites)], ["state", "=", "done"]]
        fields = ["product_id", "location_id", "location_dest_id", "quantity"]
        rows = connection.get_model("stock.move").search_read(domain=within, fields=fields, order="id", load="")
        products = connection.get_model("product.product").search_read(domain=[], fields=["default_code"], order="id")
        names = {row["id"]: row["default_code"] for row in products}
        for row in rows:
            source, target = sites[row["location_id"]], sites[row["location_dest_id"]]
            yield row["id"], names[row["product_id"]], source, target, Decimal(row["quantity"])

    def _renew(self) -> None:
        held = self._held()
        self._expect("what has no valid contract is held", {"contract_expired", "no_offer"} <= {c for c, _ in held})
        self._story.tell(f"Day {RENEWED_ON}: {len(held)} causes hold requisitions; purchasing renews two contracts in")
        self._story.tell("Odoo. One release lets everything go on that waited for them.")
        provision_procurement.provision(self._place.connection(), laboratories.market(renewed=True))
        self._place.run("master.sync")
        ledger = self._place.services.ledger
        with ledger.transaction() as tx:
            for cause, subject in held:
                ledger.holds.release_in(tx, cause, subject, "scenario")
        self._place.settle()

    def _check(self) -> None:
        self._story.chapter(f"What Odoo says after {self._days} days")
        wrong = list(self._differences())
        self._story.table("differences", ("place", "item", "on the shelf", "in Odoo"), wrong)
        self._expect("every quantity is exact", not wrong)
        orders = self._orders().values()
        lines = [line for order in orders for line in order.lines]
        self._story.end(
            f"{self._days} days, five laboratories, 200 items",
            {
                "uses": self._counts["uses"],
                "needs": self._counts["asked"],
                "transfers": len(self._moved),
                "orders": len(orders),
                "order_lines": len(lines),
                "ordered_eur": _euros(sum((line.quantity * line.price for line in lines), Decimal(0))),
                "received_eur": _euros(sum((line.received * line.price for line in lines), Decimal(0))),
                "billed_eur": _euros(sum((line.invoiced * line.price for line in lines), Decimal(0))),
                "urgent_orders": self._counts["urgent"],
                "ran_out": sorted(f"{item} at {site}" for site, item in self._lacked),
                "held": sorted({cause for cause, _ in self._held()}),
                "wrong_quantities": len(wrong),
            },
        )

    def _differences(self) -> Iterator[tuple[str, str, Decimal, Decimal]]:
        stock = self._place.services.erp.stock
        items = {kit.reference: stock.items([kit.reference])[kit.reference][0].id for kit in KITS}
        for site in SITES:
            name = f"{site}/Stock"
            held = stock.on_hand(stock.locations([name])[name].id, items.values())
            for where, kit in KEPT:
                if (
                    where == site
                    and (found := held.get((items[kit.reference], None), Decimal(0)))
                    != self._shelf[site, kit.reference]
                ):
                    yield site, kit.reference, self._shelf[site, kit.reference], found

    def _orders(self) -> dict[str, Order]:
        """The orders that suppliers have, by number."""
        found = self._place.connection().get_model("purchase.order")
        rows = found.search_read(domain=[["state", "=", "purchase"]], fields=["name"], order="id")
        return dict(sorted(self._place.services.erp.purchasing.read([row["name"] for row in rows]).items()))

    def _held(self) -> list[tuple[str, str]]:
        with self._place.services.ledger.reading() as tx:
            return [(group.cause, group.subject) for group in self._place.services.ledger.holds.groups(tx)]

    def _collect(self) -> None:
        """Work off what suppliers posted, and fetch what they left on their servers."""
        self._place.settle()
        self._place.run("partners.collect")

    def _expect(self, what: str, holds: bool) -> None:
        if not holds:
            raise WardlineError(f"the scenario expected that {what}; held are {self._held()}", code="scenario.failed")


def _bounds(rate: int) -> tuple[Decimal, Decimal]:
    """Minimum and maximum of a place: two weeks of use until new goods come, and four weeks more."""
    return Decimal(rate * 14), Decimal(rate * 42)


def _euros(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def _morning(now: datetime) -> datetime:
    """Eight o'clock of the next day."""
    return datetime(now.year, now.month, now.day, 8, tzinfo=UTC) + timedelta(days=1)


def play(place: Place, story: Story, days: int = DAYS) -> None:
    """Play the scenario in a place."""
    LaboratoryNetwork(place, story, days).play()
