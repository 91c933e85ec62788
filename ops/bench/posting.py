"""Figures 1 to 3: consumption into the real Odoo through the posting stage, and the floor below it.

Called by ``ops.bench.__main__``. The stage is driven in this process, so that neither Celery nor the relay is in the
figure; what comes before it (translation, resolution) is done before the clock starts. The floor sends the same frozen
movements under new keys and does nothing else: no claim, no admission, no batch written down, no outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app import ids
from app.flows import movements
from app.flows.intake import Sending
from app.odoo.gateway import Movement
from app.services import Services, build
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.events import ITEMS, WARDS, Use, batches, distinct, message, mixed
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import FULL, LIMITS, Plan

LANE = "bulk"
UNHURRIED = 3600.0
DISTINCT = "1  posting to Odoo, every item and lot of a batch different"
MIX = "2  posting to Odoo, a hospital's mix: Zipf 1.1 over 100 items, 4 locations"
FLOOR = "3  the posting stage over a loop that calls the gateway and nothing else"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of posting: its events, and the most of them that a batch may take."""

    figure: str
    name: str
    uses: tuple[Use, ...]
    limit: int


def contenders(plan: Plan) -> Iterator[Contender]:
    """All ways of posting that are compared with one another."""
    for limit in LIMITS:
        # As many batches of 50 as give the clock something to measure.
        count = plan.singles if limit == 1 else max(limit, 100)
        yield Contender(DISTINCT, f"batches of {limit}", tuple(distinct(count)), limit)
    wards = WARDS[: plan.wards]
    yield Contender(MIX, "mix, batches of 1", tuple(mixed(plan.singles, wards)), 1)
    yield Contender(MIX, f"mix, batches of {FULL}", tuple(mixed(FULL * len(wards), wards)), FULL)


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return 2 * plan.rounds * len(list(contenders(plan)))


def measure(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Every contender and its floor in every round. Raises WrongWork."""
    stage = _Stage(place, accounts)
    ways = list(contenders(plan))
    rates = {figure: Rounds(figure, "events/s") for figure in (DISTINCT, MIX, FLOOR)}
    stage.warm_up()
    for number in range(plan.rounds):
        for way in ways:
            # From the second round on there are movements that the floor can go first with, in every other round.
            sides = [("stage", stage.post), ("floor", stage.replay)]
            for side, rate in reversed(sides) if number % 2 else sides:
                value = rate(way)
                rates[FLOOR].add(f"{way.name}, {side}", value)
                if side == "stage":
                    rates[way.figure].add(way.name, value)
                tick()
    stage.close()
    return list(_report(ways, rates))


def _report(ways: Sequence[Contender], rates: Mapping[str, Rounds]) -> Iterator[Line]:
    for way in ways:
        single = next(other.name for other in ways if other.figure == way.figure)
        yield rates[way.figure].line(way.name, None if way.name == single else single)
    for way in ways:
        yield rates[FLOOR].line(f"{way.name}, floor")
        yield rates[FLOOR].line(f"{way.name}, stage", f"{way.name}, floor")


class _Stage:
    """The posting stage in this process, once for each limit, over one ledger."""

    def __init__(self, place: Place, accounts: Accounts) -> None:
        chosen = place.ledger("posting")
        # However long a batch takes here, it is of the size that is compared.
        unhurried = replace(chosen, call_seconds=UNHURRIED)
        self._services = {limit: build(replace(unhurried, batch_bulk=limit)) for limit in LIMITS}
        self._accounts = accounts
        self._frozen: dict[str, list[Movement]] = {}

    def warm_up(self) -> None:
        """Let every gateway learn the items and every connection be made, before anything counts."""
        for limit, services in self._services.items():
            services.erp.stock.items(ITEMS)
            self.post(Contender("", "warm-up", tuple(mixed(len(WARDS))), limit))

    def post(self, way: Contender) -> float:
        """Events a second from due to posted."""
        services = self._services[way.limit]
        message_id = self._prepare(way.uses)
        self._accounts.used(way.uses)
        step = services.stages["post"].step
        begun = time.perf_counter()
        while step(LANE):
            pass
        seconds = time.perf_counter() - begun
        self._frozen[way.name] = self._check(way, services, message_id)
        return len(way.uses) / seconds

    def replay(self, way: Contender) -> float:
        """Events a second where the movements that the stage froze last are sent again under new keys."""
        move = self._services[way.limit].erp.stock.move
        fresh = [replace(movement, key=f"floor_{ids.new_id().hex}") for movement in self._frozen[way.name]]
        self._accounts.used(way.uses)
        begun = time.perf_counter()
        for movement in fresh:
            move(movement)
        return len(way.uses) / (time.perf_counter() - begun)

    def close(self) -> None:
        """Let go of the ledger."""
        for services in self._services.values():
            services.ledger.database.close()

    def _prepare(self, uses: Sequence[Use]) -> UUID:
        """Bring the uses so far that nothing but posting is left; the message they came in."""
        services = self._services[FULL]
        body = message(uses)
        sending = Sending(services.channels["cabinets"], body, "application/x-ndjson", "bench", ids.new_id().hex)
        receipt, _ = services.intake.take_in(sending)
        for stage in ("translate", "resolve"):
            while services.stages[stage].step(LANE):
                pass
        if receipt.message_id is None or receipt.outcome != "accepted":
            raise WrongWork(f"the events were not taken in but {receipt.outcome}")
        return receipt.message_id

    def _check(self, way: Contender, services: Services, message_id: UUID) -> list[Movement]:
        """The frozen movements. Raises WrongWork where they are not what this way of posting must make."""
        with services.ledger.reading() as tx:
            story = services.ledger.search.story(tx, message_id)
        assert story is not None
        frozen = [movements.from_json(batch.movement) for batch in story.batches]
        found = {
            "message": story.message.state,
            "postings posted": sum(posting.state == "posted" for posting in story.postings),
            "batches": len(frozen),
        }
        wanted = {
            "message": "settled",
            "postings posted": len(way.uses),
            "batches": batches(way.uses, way.limit),
        }
        if found != wanted:
            raise WrongWork(f"{way.name}: {found} instead of {wanted}")
        return frozen
