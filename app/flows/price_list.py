"""Price lists and catalogues: from a supplier's rows to its prices in Odoo, and to the offers that policy decides on.

A list goes in whole or waits for a person as a whole. What it does to the prices that stand is decided when it is
carried out, on what Odoo has then; a person who releases a list that was held for what it does lets just that list do
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection

from app import ids
from app.crosswalk.names import Names
from app.errors import Held
from app.flows import rules
from app.flows.base import Case, Effects, Flow, NoEffect, Verdict
from app.flows.operations import Done, Followed
from app.flows.price_rows import read_rows
from app.flows.record import RecordFlow
from app.flows.sending import is_ours
from app.flows.upkeep import take_over
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.master import Offer
from app.model.party import Party
from app.model.price_list import PriceList
from app.model.schema import digest_of
from app.odoo.erp import Erp
from app.odoo.price_lists import MODEL, ListedPrice, NewList
from app.policy.pricing import Limits, WantedPrice

PUT = "prices.put"
CONSENT = ("price_jump", "prices_vanish")
"""Causes of which the release is a person's consent to what the list does."""


@dataclass(frozen=True, slots=True)
class Priced(Done):
    """What the supplier now asks for the items of the list."""

    offers: tuple[Offer, ...] = ()


class PriceListFlow:
    """The flow of the document kind ``price_list``."""

    kind = PriceList.document_kind

    def __init__(self) -> None:
        self._recorded: Flow[Any] = RecordFlow(self.kind)

    def identity(self, document: PriceList, facility: str, sender: str) -> str:
        """A list is the same where it says the same; ``take_over`` lets it be said again after another."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: PriceList) -> Iterable[str]:
        """The codes of all items and units."""
        for line in document.lines:
            yield from (one.value for one in line.identifiers)
            units = (line.unit, line.common_unit, line.price.basis.unit if line.price and line.price.basis else None)
            yield from (unit for unit in units if unit)

    def awaited(self, _: PriceList) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[PriceList]) -> Verdict:
        """Put the prices into Odoo. Raises Held for a supplier, item or unit that nobody knows, naming the rows."""
        if is_ours(case):
            return self._recorded.decide(tx, ledger, case)
        if wait := take_over(tx, ledger, case, "price_list", case.document.number):
            return wait
        supplier, book = _supplier(tx, ledger, case), rules.in_force(tx, ledger).prices
        site = case.setup.facility(case.row.facility)
        today = ids.now().astimezone(site.time_zone).date()
        facts = ledger.registry.suppliers(tx, [supplier]).get(supplier)
        currency = case.document.currency or (facts.currency if facts else "") or site.currency
        names = Names(case.rows, case.row.facility, today)
        read = read_rows(case.document, names, currency, leave_out=book.unknown_items == "leave_out")
        if not read.rows:
            return NoEffect("no_known_items")
        effect = {
            "supplier": supplier,
            "number": case.document.number,
            "scope": case.document.contract or "",
            "today": today.isoformat(),
            "full": _full(case.document, today),
            "change_percent": str(book.change_percent(supplier)),
            "ended_percent": str(book.max_ended_percent),
            "accepted": _accepted(tx, ledger, case),
            "left_out": read.left_out,
            "rows": [_frozen(row) for row in read.rows],
        }
        key = f"prices:{case.row.id.hex}"
        posting = NewPosting(case.row.id, key, PUT, f"odoo:supplier:{supplier}", case.row.lane, effect)
        return Effects((posting,), case.row.lane, tuple(dict.fromkeys(read.used)))


class PutPrices:
    """The operation ``prices.put``."""

    name = PUT

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Bring the prices about. Raises Held for what is missing in Odoo, and for what moves too far."""
        supplier = effect["supplier"]
        if (partner := erp.partners.find(supplier)) is None:
            hint = "Make the supplier in Odoo with this reference, or have it told, and release."
            raise Held("supplier_not_in_odoo", f"supplier {supplier}", hint)
        new = _thawed(effect)
        made = erp.price_lists.put(partner["id"], new)
        facts = {
            "new": len(made.new),
            "changed": len(made.changed),
            "ended": len(made.ended),
            "unchanged": made.unchanged,
            "left_out": effect["left_out"],
        }
        offers = erp.master.offers(partner["id"])
        return Priced(MODEL, partner["id"], str(partner["name"]), facts, tuple(_contracted(offers, new)))

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """The register knows the supplier's offers at once, not only after the next synchronisation."""
        assert isinstance(followed.done, Priced)
        supplier, offers = followed.posting.effect["supplier"], followed.done.offers
        known = ledger.registry.offers(tx, {one.item for one in offers})
        before = {one.item: [o for o in known[one.item] if o.supplier == supplier] for one in offers}
        now: dict[str, list[Offer]] = {}
        for one in offers:
            now.setdefault(one.item, []).append(one.remembering(before[one.item]))
        ledger.registry.put_offers(tx, (o for item, new in now.items() if set(new) != set(before[item]) for o in new))


def _supplier(tx: Connection, ledger: Ledger, case: Case[PriceList]) -> str:
    """Our reference of whose list it is. Raises Held where nobody knows."""
    channel = case.setup.channels.get(case.message.channel)
    if channel and channel.supplier:
        return channel.supplier
    seller = case.document.seller or Party()
    if found := ledger.registry.supplier_of(tx, seller):
        return found
    numbers = [f"{one.scheme}:{one.value}" for one in seller.identifiers]
    hint = "Enter the supplier's numbers in the supplier register, or set the channel's supplier, then release."
    raise Held("supplier_unknown", f"supplier {next(iter(numbers), seller.name or case.message.sender)}", hint)


def _full(document: PriceList, today: date) -> str | None:
    """From when on the list is all that there is; None for a list of changes."""
    if document.action != "replace":
        return None
    return (_day(document.valid_from) or today).isoformat()


def _accepted(tx: Connection, ledger: Ledger, case: Case[PriceList]) -> bool:
    holds = ledger.holds.of_documents(tx, [case.row.id])
    return any(hold.cause in CONSENT and hold.resolution == "released" for hold in holds)


def _frozen(row: ListedPrice) -> dict[str, Any]:
    wanted = row.wanted
    return {
        "row": wanted.row,
        "item": wanted.item,
        "unit": row.unit,
        "factor": str(row.factor),
        "minimum": str(wanted.minimum),
        "price": str(wanted.price),
        "currency": wanted.currency,
        "code": wanted.code,
        "lead_days": wanted.lead_days,
        "valid_from": wanted.valid_from.isoformat() if wanted.valid_from else None,
        "valid_to": wanted.valid_to.isoformat() if wanted.valid_to else None,
        "ended": wanted.ended,
    }


def _thawed(effect: Mapping[str, Any]) -> NewList:
    limits = Limits(
        f"price list {effect['number']} of {effect['supplier']}",
        Decimal(effect["change_percent"]),
        Decimal(effect["ended_percent"]),
        effect["accepted"],
    )
    return NewList(
        supplier=effect["supplier"],
        rows=tuple(_listed(row) for row in effect["rows"]),
        today=date.fromisoformat(effect["today"]),
        full=date.fromisoformat(effect["full"]) if effect["full"] else None,
        scope=effect["scope"],
        limits=limits,
    )


def _listed(row: Mapping[str, Any]) -> ListedPrice:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to")}
    wanted = WantedPrice(
        row=row["row"],
        item=row["item"],
        unit="",
        minimum=Decimal(row["minimum"]),
        price=Decimal(row["price"]),
        currency=row["currency"],
        code=row["code"],
        lead_days=row["lead_days"],
        ended=row["ended"],
        **days,
    )
    return ListedPrice(wanted, row["unit"], Decimal(row["factor"]))


def _contracted(offers: Iterable[Offer], new: NewList) -> Iterator[Offer]:
    """The offers, those of this list's items under its contract, which Odoo has no field for."""
    ours = {(row.wanted.item, row.wanted.minimum, row.wanted.price) for row in new.rows}
    for one in offers:
        listed = bool(new.scope) and (one.item, one.minimum, one.price) in ours
        yield replace(one, contract=new.scope) if listed else one


def _day(when: date | datetime | None) -> date | None:
    return when.date() if isinstance(when, datetime) else when
