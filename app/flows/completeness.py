"""The completeness statement of a day: what the source counts, what the ledger has, what Odoo has, and each difference.

The job ``completeness.state`` makes it of the day before; ``wardline completeness`` of any day, and recovers what can
be recovered. What is posted again goes the normal road, with the effect that was frozen when it was first posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app import ids
from app.errors import Unavailable
from app.flows.base import Job
from app.ledger.audit import Event
from app.ledger.completeness import Counts, Effect, Period
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.loading import external_id
from app.odoo.proof import Standing
from app.policy.control_numbers import gaps

What = Literal[
    "source_has_more", "source_has_less", "gap", "rejected", "unread", "held", "dead", "missing_in_odoo",
    "order_missing_in_odoo", "cancelled_in_odoo", "not_done_in_odoo", "without_key_in_odoo",
]  # fmt: skip
RECOVERABLE = ("held", "dead", "missing_in_odoo")
MISSING = ("missing_in_odoo", "order_missing_in_odoo")
EVERY_SECONDS = 86_400.0
STOCK = ("stock.consume", "stock.return")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that one side has and the next has not.

    ``count`` is how many documents or messages it concerns, ``command`` what recovers it, empty where only a person
    can; ``target`` is the batch or dead letter that it is about.
    """

    what: What
    subject: str
    count: int
    text: str
    command: str = ""
    target: UUID | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One channel's day, in the channel's own time zone.

    ``source`` is the sender's own count of documents, None where it did not tell; ``in_odoo`` is how many documents
    rest on records that Odoo has, None while Odoo is down; ``posted`` how many should.
    """

    day: date
    channel: str
    facility: str
    source: int | None
    messages: Mapping[str, int]
    documents: Mapping[str, int]
    postings: Mapping[str, int]
    posted: int
    in_odoo: int | None
    differences: tuple[Difference, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all three agree, as far as they could be asked."""
        return not self.differences and self.in_odoo is not None


@dataclass(frozen=True, slots=True)
class Completeness:
    """States and recovers."""

    ledger: Ledger
    erp: Erp
    setup: Setup

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does of it."""
        return (Job("completeness.state", EVERY_SECONDS, self.state_yesterday),)

    def state_yesterday(self) -> int:
        """Make and keep the statements of the day before; how many differences there are."""
        day = ids.now().date() - timedelta(days=1)
        statements = self.of_day(day)
        kept = [(one.channel, _figures(one), len(one.differences)) for one in statements]
        with self.ledger.transaction() as tx:
            self.ledger.completeness.keep(tx, day, kept)
        if differences := sum(len(one.differences) for one in statements):
            log.warning("completeness.differences", day=day.isoformat(), differences=differences)
        return differences

    def of_day(self, day: date, channel: str | None = None) -> list[Statement]:
        """The statements of a day, of one channel or of all that are set up or that anything came on."""
        with self.ledger.reading() as tx:
            came = self.ledger.completeness.channels(tx, _period(day, ZoneInfo("UTC"), slack=timedelta(hours=14)))
        names = [channel] if channel else sorted({*came, *self.setup.channels})
        return [self._statement(day, name) for name in names]

    def recover(self, statements: Iterable[Statement], actor: str, *, orders: bool = False) -> int:
        """Release, requeue and post again what is recoverable; how many differences were dealt with.

        Orders, bills and the like that Odoo does not have any more are made anew only with ``orders``: a person may
        have deleted them on purpose.
        """
        done, chosen = 0, {*RECOVERABLE, *(MISSING if orders else ())}
        for difference in (d for one in statements for d in one.differences if d.what in chosen):
            if difference.what == "held":
                cause, _, subject = difference.subject.partition(": ")
                self.ledger.holds.release(cause, subject, actor)
            elif difference.what == "dead":
                self.ledger.dead_letters.requeue(Filter(dead_letter_id=difference.target), actor)
            elif difference.target:
                self._post_again(difference.target, actor)
            done += 1
        return done

    def _statement(self, day: date, name: str) -> Statement:
        channel = self.setup.channels.get(name)
        period = _period(day, channel.time_zone if channel else ZoneInfo("UTC"))
        books = self.ledger.completeness
        with self.ledger.reading() as tx:
            source, counts = books.told(tx, name, day), books.counts(tx, name, period)
            effects = books.effects(tx, name, period)
            local = [*_of_source(source, counts), *self._gaps(tx, name, period, source), *_of_messages(counts)]
            local += [*self._held(tx, name, period), *self._dead(tx, name, period)]
        standings = self._standings(effects)
        missing = list(_of_odoo(effects, standings)) if standings is not None else []
        lost = sum(d.count for d in missing if d.what in (*MISSING, "cancelled_in_odoo"))
        posted = sum(effect.documents for effect in effects)
        return Statement(
            day=day,
            channel=name,
            facility=channel.facility if channel else "",
            source=source,
            messages=counts.messages,
            documents=counts.documents,
            postings=counts.postings,
            posted=posted,
            in_odoo=None if standings is None else posted - lost,
            differences=(*local, *missing),
        )

    def _standings(self, effects: Iterable[Effect]) -> dict[tuple[str, int], Standing] | None:
        """How the records of effects stand in Odoo; None while it is down."""
        by_model: dict[str, list[int]] = {}
        for effect in effects:
            by_model.setdefault(effect.model, []).append(effect.record_id)
        found: dict[tuple[str, int], Standing] = {}
        try:
            for model, record_ids in sorted(by_model.items()):
                standings = self.erp.proof.standings(model, sorted(set(record_ids)))
                found |= {(model, key): standing for key, standing in standings.items()}
        except Unavailable:
            return None
        return found

    def _gaps(self, tx: Any, name: str, period: Period, source: int | None) -> Iterator[Difference]:
        """Where the sender does not count, its control ids may tell what did not come."""
        if source is not None:
            return
        for sender, control_ids in sorted(self.ledger.completeness.control_ids(tx, name, period).items()):
            for gap in gaps(control_ids):
                numbers = gap.first if gap.count == 1 else f"{gap.first} to {gap.last}"
                text = f"Ask {sender} to send {numbers} again; a repetition does no harm."
                yield Difference("gap", numbers, gap.count, text)

    def _held(self, tx: Any, name: str, period: Period) -> Iterator[Difference]:
        for row in self.ledger.completeness.holds(tx, name, period):
            command = f'wardline holds release --cause {row.cause} --subject "{row.subject}"'
            text = "Mend the cause, then release; while it is not mended they are held again."
            yield Difference("held", f"{row.cause}: {row.subject}", row.documents, text, command)

    def _dead(self, tx: Any, name: str, period: Period) -> Iterator[Difference]:
        for row in self.ledger.completeness.dead(tx, name, period):
            text = f"It died at {row.stage} of {row.error_code}; mend that, then requeue."
            yield Difference("dead", f"{row.stage} {row.id}", 1, text, f"wardline dlq requeue --id {row.id}", row.id)

    def _post_again(self, batch_id: UUID, actor: str) -> None:
        """Free the postings of a batch whose record is gone, and let them be posted under a new key."""
        with self.ledger.transaction() as tx:
            batch = self.ledger.completeness.batch(tx, batch_id)
            if batch.state != "posted":
                return
            postings = self.ledger.postings.of_batch(tx, batch_id)
            documents = self.ledger.documents.load(tx, [posting.document_id for posting in postings])
            self.ledger.usage.add(tx, postings, undone=True)
            self.ledger.postings.dissolve(tx, batch_id, "lost", "odoo.record_missing", alone=False)
            self.ledger.documents.set_state(tx, list(documents), "open")
            for message_id in {document.message_id for document in documents.values()}:
                self.ledger.messages.revive(tx, message_id, "translated")
            work = [NewWork(posting.id, posting.lane, posting.partition) for posting in postings]
            self.ledger.work.add(tx, "post", work)
            detail = {"batch": str(batch_id), "record_name": batch.record_name}
            events = [Event("posting.lost", actor, d.message_id, d.id, detail) for d in documents.values()]
            self.ledger.audit.append(tx, events)


def _of_source(source: int | None, counts: Counts) -> Iterator[Difference]:
    if source is None:
        return
    has = sum(counts.documents.values()) + counts.messages.get("rejected", 0) + counts.messages.get("accepted", 0)
    if source > has:
        text = "The sender counts more than came; let it send the day again, what is known does no harm."
        yield Difference("source_has_more", f"{source} against {has}", source - has, text)
    elif source < has:
        text = "More came than the sender counts; ask what it counts, and look for events sent under two numbers."
        yield Difference("source_has_less", f"{source} against {has}", has - source, text)


def _of_messages(counts: Counts) -> Iterator[Difference]:
    if rejected := counts.messages.get("rejected", 0):
        text = "The sender must correct and send them again: `wardline messages list --state rejected`."
        yield Difference("rejected", "messages", rejected, text)
    if unread := counts.messages.get("accepted", 0):
        yield Difference("unread", "messages", unread, "Nobody has read them yet: are workers and relay running?")


def _of_odoo(effects: Iterable[Effect], standings: Mapping[tuple[str, int], Standing]) -> Iterator[Difference]:
    for effect in effects:
        standing = standings.get((effect.model, effect.record_id))
        name = f"{effect.model} {effect.record_name}"
        if standing is None and effect.operation in STOCK:
            text = "Odoo does not have it any more: was a backup restored? Posting again makes it anew."
            command = "wardline completeness recover"
            yield Difference("missing_in_odoo", name, effect.documents, text, command, effect.batch_id)
        elif standing is None:
            text = "Odoo does not have it any more: was it deleted on purpose, or a backup restored?"
            command = "wardline completeness recover --orders"
            yield Difference("order_missing_in_odoo", name, effect.documents, text, command, effect.batch_id)
        elif standing.state == "cancel":
            text = "Somebody cancelled it in Odoo; what it did is undone there and stands here."
            yield Difference("cancelled_in_odoo", name, effect.documents, text)
        elif effect.operation in STOCK and standing.state != "done":
            text = f"It is {standing.state} in Odoo; find out who opened it again, and complete it there."
            yield Difference("not_done_in_odoo", name, effect.documents, text)
        elif effect.operation in STOCK and standing.external_id != external_id(effect.key):
            text = "The record is there, and has lost our key; do not let it be posted again."
            yield Difference("without_key_in_odoo", name, effect.documents, text)


def _period(day: date, zone: ZoneInfo, slack: timedelta = timedelta(0)) -> tuple[datetime, datetime]:
    begin, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return begin - slack, end + slack


def _figures(statement: Statement) -> dict[str, Any]:
    """The statement as JSON."""
    told = asdict(statement) | {"day": statement.day.isoformat()}
    kept = [{"what": d.what, "subject": d.subject, "count": d.count} for d in statement.differences]
    return told | {"differences": kept}
