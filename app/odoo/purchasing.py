"""Purchase orders in Odoo: placed once, confirmed, changed, cancelled, read, and their changes noticed.

Part of ``Erp``; used by the operations on orders, by receipts and invoices, and by the job that picks orders up. Every
call may be repeated: records are made under keys of ours, and what is written is absolute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import ids
from app.errors import Held, Transient
from app.model.order import Order, OrderLine, OrderState
from app.model.order_request import OrderRequest, RequestedLine
from app.odoo import faults, loading, order_writing
from app.odoo.directory import ARCHIVED_TOO, Recollection
from app.odoo.order_lookups import OrderLookups
from app.odoo.order_reading import SPECIFICATION, accounts_of, order_of, written
from app.odoo.order_writing import LineChange
from app.odoo.transport import Connection
from app.policy.ordering import NewLine, NewOrder, OrderingFacts

__all__ = ["LINES", "MODEL", "Changes", "LineChange", "Order", "OrderLine", "OrderState", "Purchasing"]

MODEL, LINES = "purchase.order", "purchase.order.line"
OVERLAP = timedelta(seconds=125)
"""How far a poll looks back: ``write_date`` is when a transaction began, which may take Odoo's ``limit_time_real``."""
PAGE = 500
QUIET = {"tracking_disable": True}


@dataclass(frozen=True, slots=True)
class Changes:
    """Confirmed and cancelled orders that were written since a moment; ``mark`` is from when to ask the next time."""

    mark: datetime
    order_ids: tuple[int, ...]


class Purchasing:
    """Orders to suppliers; ``seconds`` is how long is remembered what hardly ever changes."""

    def __init__(self, connection: Connection, seconds: float = 600) -> None:
        self._connection = connection
        self._orders = connection.get_model(MODEL)
        self._codes: Recollection[int, str] = Recollection(seconds)
        self._lookups = OrderLookups(connection, seconds)

    def read(self, numbers: Collection[str]) -> dict[str, Order]:
        """The orders with these numbers, cancelled ones too; of a number that two companies use, the last."""
        if not numbers:
            return {}
        answer: dict[str, Any] = self._orders.web_search_read(
            domain=[["name", "in", sorted(numbers)]], specification=SPECIFICATION, context=ARCHIVED_TOO
        )
        return {order.number: order for order in self._told(answer["records"])}

    def of_ids(self, order_ids: Collection[int]) -> dict[int, Order]:
        """Orders by their id in Odoo; deleted ones are left out."""
        if not order_ids:
            return {}
        answer: dict[str, Any] = self._orders.web_search_read(
            domain=[["id", "in", sorted(order_ids)]], specification=SPECIFICATION, context=ARCHIVED_TOO
        )
        return {order.id: order for order in self._told(answer["records"])}

    def find(self, key: str) -> Order | None:
        """The order that was made under a key of ours, or None."""
        order_id = loading.find(self._connection, MODEL, order_writing.plain(key))
        return self.of_ids([order_id]).get(order_id) if order_id else None

    def facts(self, request: OrderRequest) -> OrderingFacts:
        """What Odoo has of the names in a request."""
        return self._lookups.of_request(request)

    def line_facts(self, lines: Sequence[RequestedLine], order: Order) -> OrderingFacts:
        """What Odoo has of the names in lines that an order is to get."""
        return self._lookups.of_lines(lines, order)

    def place(self, key: str, new: NewOrder) -> Order:
        """Make the order, or find the one made under the key before; an order in draft is put right.

        Raises Held where Odoo will not have it, or keeps something else than was sent.
        """
        fields, rows = order_writing.order_rows(key, new, ids.now())
        order = self._by_id(self._load(MODEL, fields, rows, new, f"supplier {new.supplier}"))
        if order.state not in ("draft", "sent") or (_as_sent(order.lines, new.lines) and _is_headed(order, new)):
            return order
        return self._put_right(order, key, new)

    def open(self, key: str, new: NewOrder) -> Order:
        """Make an order without lines, or find the one made under the key before."""
        row = order_writing.head_cells(key, new)
        return self._by_id(self._load(MODEL, order_writing.HEAD, [row], new, f"supplier {new.supplier}"))

    def join(self, order: Order, key: str, new: NewOrder) -> Order:
        """Let lines join an order in draft, each once, and put those right that joined before."""
        return self._put_right(order, key, new)

    def add(self, order: Order, key: str, lines: Sequence[NewLine]) -> None:
        """Let an order of whatever state have these lines, each once."""
        if lines:
            fields, rows = order_writing.line_rows(key, order.id, lines, ids.now())
            context = {**QUIET, "allowed_company_ids": [order.company_id]}
            with _asked(f"order {order.number}"):
                loading.load(self._connection, LINES, fields, rows, context=context)

    def confirm(self, order: Order) -> Order:
        """Confirm an order that is not; returns it as it then stands, which may be to be approved by somebody."""
        if order.state in ("draft", "sent"):
            with _asked(f"order {order.number}"):
                self._orders.button_confirm(ids=[order.id], context=QUIET)
            return self._by_id(order.id)
        return order

    def cancel(self, order: Order) -> Order:
        """Cancel an order and what is still to come of it. Raises Held where goods came or bills were made.

        Odoo itself would cancel an order whose goods are on our shelves, and nobody could bill them any more.
        """
        order = self._by_id(order.id)
        if order.state == "cancel":
            return order
        if any(line.received > 0 or line.invoiced > 0 for line in order.lines):
            hint = "Goods were received or billed; return them in Odoo, then release, or cancel this."
            raise Held("order_beyond_cancelling", f"order {order.number}", hint)
        with _asked(f"order {order.number}"):
            self._orders.button_cancel(ids=[order.id], context=QUIET)
        return self._by_id(order.id)

    def drop(self, order: Order, line_ids: Sequence[int]) -> Order:
        """Take lines off an order in draft, and cancel it where none is left."""
        mine = [line_id for line_id in line_ids if line_id in {line.id for line in order.lines}]
        if mine:
            self._write(order, {"order_line": [[2, line_id, 0] for line_id in mine]})
            order = self._by_id(order.id)
        return order if order.lines else self.cancel(order)

    def change(self, order: Order, changes: Sequence[LineChange], head: Mapping[str, Any] | None = None) -> Order:
        """Write what lines of a confirmed order become, and fields of the order; returns it as it then stands.

        Raises Held where Odoo refuses.
        """
        for values in order_writing.steps(order, changes, head or {}):
            self._write(order, values)
        self._schedule({change.line_id: change.planned_on for change in changes if change.planned_on})
        return self._by_id(order.id)

    def keys(self, order: Order) -> dict[str, int]:
        """The order's lines by those keys of ours that they carry."""
        if not order.lines:
            return {}
        rows = self._connection.get_model(LINES).get_metadata(ids=[line.id for line in order.lines])
        prefix = f"{loading.MODULE}."
        named = ((entry["xmlid"], row["id"]) for row in rows for entry in row["xmlids"])
        return {name.removeprefix(prefix): line_id for name, line_id in named if name.startswith(prefix)}

    def ours(self, order_ids: Collection[int]) -> set[int]:
        """Those of the orders that were made under a key of ours."""
        rows = self._orders.get_metadata(ids=sorted(order_ids)) if order_ids else []
        return {row["id"] for row in rows if (row["xmlid"] or "").startswith(f"{loading.MODULE}.")}

    def changes(self, since: datetime) -> Changes:
        """The confirmed and cancelled orders that were written since then, or one of whose lines was."""
        self._connection.version()
        mark = self._connection.heard_at - OVERLAP
        after = written(since)
        own = self._paged(MODEL, [["write_date", ">=", after], ["state", "in", ["purchase", "cancel"]]], "name")
        lines = self._paged(LINES, [["write_date", ">=", after], ["state", "in", ["purchase", "cancel"]]], "order_id")
        return Changes(mark, tuple(sorted({row["id"] for row in own} | {row["order_id"] for row in lines})))

    def _paged(self, model: str, domain: list[Any], field: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            last = found[-1]["id"] if found else 0
            page = self._connection.get_model(model).search_read(
                domain=[*domain, ["id", ">", last]], fields=[field], order="id", limit=PAGE, load=""
            )
            found += page
            if len(page) < PAGE:
                return found

    def _load(
        self, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], new: NewOrder, subject: str
    ) -> int:
        context = {"allowed_company_ids": [new.place.company_id]}
        with _asked(subject):
            return loading.load(self._connection, model, fields, rows, context=context)[0]

    def _put_right(self, order: Order, key: str, new: NewOrder) -> Order:
        """Give an order in draft all lines of this key as they were sent, and no others of it."""
        ours = order_writing.of_key(self.keys(order), key)
        self.add(order, key, [line for line in new.lines if order_writing.line_key(key, line.number) not in ours])
        if commands := order_writing.corrections(order, key, new, ours, ids.now()):
            self._write(order, commands)
        order = self._by_id(order.id)
        placed, known = self.keys(order), {line.id: line for line in order.lines}
        line_ids = (placed.get(order_writing.line_key(key, line.number)) for line in new.lines)
        found = [known[line_id] for line_id in line_ids if line_id in known]
        if not _as_sent(found, new.lines):
            hint = "Odoo keeps another price, quantity or date than was sent; look at its settings, then release."
            raise Held("order_differs_in_odoo", f"order {order.number}", hint)
        return order

    def _write(self, order: Order, values: Mapping[str, Any]) -> None:
        with _asked(f"order {order.number}"):
            self._orders.write(ids=[order.id], vals=values, context=QUIET)

    def _schedule(self, days: Mapping[int, datetime]) -> None:
        """Let the incoming transfers expect the goods on these days; Odoo itself moves their deadline alone."""
        if not days:
            return
        moves = self._connection.get_model("stock.move")
        domain = [["purchase_line_id", "in", sorted(days)], ["state", "not in", ["done", "cancel"]]]
        rows = moves.search_read(domain=domain, fields=["purchase_line_id", "date"], order="id", load="")
        for day in sorted(set(days.values())):
            late = [row["id"] for row in rows if days[row["purchase_line_id"]] == day and row["date"] != written(day)]
            if late:
                moves.write(ids=late, vals={"date": written(day)}, context=QUIET)

    def _by_id(self, order_id: int) -> Order:
        """The order as it stands. Raises Transient where it was deleted between two calls."""
        if (order := self.of_ids([order_id]).get(order_id)) is None:
            raise Transient(f"order {order_id} was deleted in Odoo", code="odoo.deleted")
        return order

    def _told(self, rows: Sequence[Mapping[str, Any]]) -> list[Order]:
        codes = self._account_codes(accounts_of(rows))
        return sorted((order_of(row, codes) for row in rows), key=lambda order: order.id)

    def _account_codes(self, account_ids: Collection[int]) -> dict[int, str]:
        known = self._codes.recall(account_ids)
        if unknown := sorted(set(account_ids) - known.keys()):
            rows = self._connection.get_model("account.analytic.account").search_read(
                domain=[["id", "in", unknown]], fields=["code"], order="id", context=ARCHIVED_TOO
            )
            found = {row["id"]: row["code"] for row in rows if row["code"]}
            self._codes.remember(found)
            known |= found
        return known


def _as_sent(lines: Sequence[OrderLine], new: Sequence[NewLine]) -> bool:
    return len(lines) == len(new) and not any(wanted.differs(line) for wanted, line in zip(new, lines, strict=True))


def _is_headed(order: Order, new: NewOrder) -> bool:
    ours = (new.supplier_id, new.currency, new.place.company_id, new.warehouse)
    return ours == (order.supplier_id, order.currency, order.company_id, order.warehouse)


@contextmanager
def _asked(subject: str) -> Iterator[None]:
    """A call about ``subject``: what Odoo refuses a person must see, what went away meanwhile is looked at again."""
    try:
        yield
    except faults.Declined as refusal:
        hint = "Odoo refused it; do the same by hand there to see why, mend that and release."
        raise Held("refused_by_odoo", subject, hint) from refusal
    except faults.Absent as error:
        raise Transient(f"{subject}: a record was deleted in Odoo", code="odoo.deleted") from error
