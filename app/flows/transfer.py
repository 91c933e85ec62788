"""Goods of our own carried from one place to another: the plan's requisitions from our own stock, and their transfers.

A requisition that the replenishment plan made with a source is about our own stock and orders nothing; every other one
is left to the flow of requisitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.flows.base import Case, Effects, Flow, Verdict
from app.flows.operations import Done, Followed
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.requisition import Requisition
from app.odoo.erp import Erp

TRANSFER = "stock.transfer"


class StockRequisitions:
    """The flow of requisitions from our own stock, before that of requisitions from suppliers."""

    kind = Requisition.document_kind

    def __init__(self, others: Flow[Any]) -> None:
        self._others = others

    def identity(self, document: Requisition, facility: str, sender: str) -> str:
        """As of the other requisitions."""
        return self._others.identity(document, facility, sender)

    def codes(self, document: Requisition) -> Iterable[str]:
        """As of the other requisitions."""
        return (code for code in self._others.codes(document) if code)

    def awaited(self, document: Requisition) -> str | None:
        """As of the other requisitions."""
        return self._others.awaited(document)

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Requisition]) -> Verdict:
        """A transfer where the plan asked for one; it is in our own names already, so no crosswalk is needed."""
        ask = ledger.asks.by_number(tx, case.document.number, case.message.id)
        if ask is None or not ask.source:
            return self._others.decide(tx, ledger, case)
        lane = "urgent" if ask.urgent else case.row.lane
        return Effects((_posting(case.row, ask, lane),), lane)


class Transfer:
    """The operation ``stock.transfer``: reserves goods, and books them as carried only where the rules say so."""

    name = TRANSFER

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        """Make the transfer, or find it. Raises Held where the source has less to spare than when it was planned."""
        made = erp.supply.transfers.carry(
            key,
            effect["source"],
            effect["destination"],
            effect["item"],
            Decimal(effect["quantity"]),
            effect["requisition"],
            complete=effect["complete"],
        )
        return Done("stock.picking", made.id, made.name, {"state": made.state})

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Nothing follows: the plan sees the transfer in Odoo."""


def _posting(row: Row[Any], ask: Row[Any], lane: str) -> NewPosting:
    effect = {
        "item": ask.item,
        "quantity": format(ask.quantity, "f"),
        "source": ask.source,
        "destination": ask.location,
        "requisition": ask.number,
        "complete": ask.content["complete"],
    }
    return NewPosting(row.id, f"transfer:{row.id.hex}", TRANSFER, f"odoo:{ask.content['writer']}", lane, effect)
