"""Odoo's items to the systems that keep items of their own: the clock's job ``master.publish``.

A channel that ``sends`` items is told what changed since it was told last; what it told us itself is no news to it, so
that nothing goes round in circles. Items enter over the channel ``odoo``, as all that is picked up there, and take the
way of every document that leaves the house.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.engine import Connection

from app import ids
from app.crosswalk.store import CrosswalkStore
from app.errors import Misconfigured
from app.flows import item_records
from app.flows.base import Case, Effects, Flow, Job, NoEffect, Verdict
from app.flows.intake import Intake, Sending
from app.flows.sending import ODOO, is_ours, sendings
from app.ledger.ledger import Ledger
from app.ledger.publications import Publication
from app.model.channel import Channel
from app.model.item_record import ItemRecord
from app.model.schema import document_from_json, document_to_json
from app.model.setup import Setup
from app.odoo.erp import Erp

JOB, EVERY_SECONDS = "master.publish", 900.0
KIND = ItemRecord.document_kind

log = structlog.get_logger()


class PublishedItems:
    """The flow of items: those of the house go to the channels that are still to be told; others are ``others``'s."""

    kind = KIND

    def __init__(self, others: Flow[Any]) -> None:
        self._others = others

    def identity(self, document: ItemRecord, facility: str, sender: str) -> str:
        """As of the other items."""
        return self._others.identity(document, facility, sender)

    def codes(self, document: ItemRecord) -> Iterable[str]:
        """As of the other items."""
        return self._others.codes(document)

    def awaited(self, document: ItemRecord) -> str | None:
        """As of the other items."""
        return self._others.awaited(document)

    def decide(self, tx: Connection, ledger: Ledger, case: Case[ItemRecord]) -> Verdict:
        """Send the house's own items to whom they are news."""
        if not is_ours(case):
            return self._others.decide(tx, ledger, case)
        told = sendings(case.setup, case, case.document)
        names = {posting.effect["channel"] for posting in told}
        due = ledger.publications.due(tx, case.document.number, names)
        ledger.publications.sent(tx, case.document.number, due)
        new = tuple(posting for posting in told if posting.effect["channel"] in due)
        return Effects(new, case.row.lane) if new else NoEffect("recorded")


@dataclass(frozen=True, slots=True)
class Publishing:
    """Finds out what is news to whom, and lets it go out."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    intake: Intake
    crosswalk: CrosswalkStore

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does of it."""
        return (Job(JOB, EVERY_SECONDS, self.run),)

    def run(self) -> int:
        """Tell every channel what is news to it; how many items go out. Raises Unavailable while Odoo is down.

        A channel that was never told anything is taken to know all that there is now; ``tell`` sends it everything.
        """
        channels = self._channels()
        if not channels:
            return 0
        records = self.records()
        return sum(self._publish(channel, records, first=False) for channel in channels)

    def tell(self, name: str, *, everything: bool = False) -> int:
        """Tell one channel what is news to it, or all that there is; how many items go out.

        Raises Misconfigured for a channel that is sent no items.
        """
        channel = next((one for one in self._channels() if one.name == name), None)
        if channel is None:
            text = f"channel {name} is sent no items; give it sends = [item]"
            raise Misconfigured(text, code="channel.no_items")
        return self._publish(channel, self.records(), first=True, everything=everything)

    def records(self) -> dict[str, ItemRecord]:
        """All items of Odoo as records, by reference; of a reference that several items have, the active one's."""
        offers = defaultdict(list)
        for one in self.erp.master.offers():
            offers[one.item].append(one)
        names = {one.reference: one.name for one in self.erp.master.suppliers()}
        items = sorted(self.erp.master.items(), key=lambda known: known.facts.active)
        return {
            known.facts.reference: item_records.record(known, offers[known.facts.reference], names) for known in items
        }

    def _channels(self) -> list[Channel]:
        return [one for one in self.setup.channels.values() if KIND in one.sends and not one.supplier]

    def _publish(
        self, channel: Channel, records: Mapping[str, ItemRecord], *, first: bool, everything: bool = False
    ) -> int:
        with self.ledger.reading() as tx:
            known = self.ledger.publications.of(tx, channel.name)
        whole = dict(records) | {name: item_records.gone(name) for name in known.keys() - records.keys()}
        digests = {name: item_records.fingerprint(one) for name, one in whole.items()}
        changed = {
            name: whole[name]
            for name, digest in digests.items()
            if everything or name not in known or known[name].digest != digest
        }
        waiting = {name for name, one in known.items() if one.due} - changed.keys()
        quiet = set() if first or known else set(changed)
        with self.ledger.reading() as tx:
            if not everything:
                quiet |= set(self._echoes(tx, channel, changed))
        with self.ledger.transaction() as tx:
            noted = (Publication(channel.name, name, digests[name], name not in quiet) for name in changed)
            self.ledger.publications.note(tx, noted)
            self._let_say_again(tx, changed.keys() - quiet)
        due = [*(changed.keys() - quiet), *waiting]
        return sum(self._enter(channel, whole[name]) for name in sorted(due))

    def _echoes(self, tx: Connection, channel: Channel, changed: Mapping[str, ItemRecord]) -> Iterator[str]:
        """Those of the items of which the other end told us itself all that we could tell it."""
        sources = self._sources(channel)
        codes: dict[str, list[str]] = defaultdict(list)
        for row in self.crosswalk.rows(tx):
            if row.kind == KIND and row.facility in (channel.facility, "*"):
                codes[row.target].append(row.code)
        for name, ours in changed.items():
            theirs = self._told_by(tx, sources, dict.fromkeys((name, *codes[name])))
            if theirs and item_records.says_nothing_new(ours, theirs):
                yield name

    def _sources(self, channel: Channel) -> set[str]:
        """The channels over which the other end tells us something."""
        same = {
            one.name
            for one in self.setup.channels.values()
            if channel.owner and one.owner == channel.owner and one.facility == channel.facility
        }
        return same | {channel.name, channel.answered_on} - {""}

    def _told_by(self, tx: Connection, sources: Collection[str], codes: Iterable[str]) -> ItemRecord | None:
        """The last that these channels told of an item."""
        rows = [row for code in codes for row in self.ledger.documents.named(tx, KIND, code)]
        messages = self.ledger.messages.load(tx, {row.message_id for row in rows})
        heard = [row for row in rows if messages[row.message_id].channel in sources]
        if not heard:
            return None
        last = max(heard, key=lambda row: row.id)
        content = self.ledger.documents.contents(tx, [last.id]).get(last.id)
        found = document_from_json(content) if content else None
        return found if isinstance(found, ItemRecord) else None

    def _let_say_again(self, tx: Connection, names: Iterable[str]) -> None:
        """What was told before may be told again, after something else was."""
        rows = [row for name in names for row in self.ledger.documents.named(tx, KIND, name)]
        messages = self.ledger.messages.load(tx, {row.message_id for row in rows})
        ours = [row.id for row in rows if messages[row.message_id].channel == ODOO]
        self.ledger.documents.forget_identity(tx, ours)

    def _enter(self, channel: Channel, found: ItemRecord) -> int:
        """Let an item in, to be sent from there; one that is let in again is recognised, and sent once."""
        entrance = self.setup.channels.get(ODOO)
        if entrance is None:
            text = "there is no channel odoo, over which items of Odoo come in"
            raise Misconfigured(text, code="channel.unknown")
        where = replace(entrance, facility=channel.facility)
        body = document_to_json(found)
        receipt, _ = self.intake.take_in(Sending(where, body, "application/json", "odoo", ids.new_id().hex))
        if receipt.outcome not in ("accepted", "duplicate"):
            log.warning("item.not_entered", item=found.number, outcome=receipt.outcome)
            return 0
        return 1
