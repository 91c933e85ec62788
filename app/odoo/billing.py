"""The gateway to Odoo's vendor bills and refunds: made once under a key of ours, compared, posted, looked after.

Called by ``app.flows.invoice`` and the job ``bills.watch``. Odoo Community blocks neither a bill twice nor one above
what was received, and moves the accounting date out of a closed period without a word; all of that is asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from app.errors import Permanent, Transient
from app.odoo import faults, loading
from app.odoo.billed_orders import ARCHIVED_TOO, BilledOrders, exact
from app.odoo.transport import Connection
from app.policy.claims import MatchFacts
from app.policy.match_report import Billed, money

MODEL = "account.move"
MoveType = Literal["in_invoice", "in_refund"]
LOCKS = ("fiscalyear_lock_date", "purchase_lock_date", "tax_lock_date", "hard_lock_date")
_BILL = (
    "name", "state", "move_type", "ref", "invoice_date", "amount_untaxed", "amount_tax", "amount_total",
    "amount_residual", "payment_state", "currency_id",
)  # fmt: skip
_HEAD = ("id", "move_type", "partner_id/.id", "ref", "invoice_date", "currency_id/.id", "invoice_origin")
_LINE = (
    "purchase_line_id/.id",
    "product_id/.id",
    "product_uom_id/.id",
    "quantity",
    "price_unit",
    "tax_ids/.id",
    "name",
)
FINEST = 12
"""How many decimals of a price are tried before its line is billed as one."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill or refund as Odoo has it; amounts are positive in its currency. A draft has no name yet."""

    id: int
    name: str
    state: str
    move_type: str
    ref: str
    invoice_date: date | None
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    residual: Decimal
    payment_state: str

    @property
    def status(self) -> str:
        """How it stands: ``draft``, ``posted``, ``partly_paid``, ``paid``, ``reversed`` or ``cancelled``."""
        if self.state != "posted":
            return "cancelled" if self.state == "cancel" else "draft"
        told = {"paid": "paid", "in_payment": "paid", "partial": "partly_paid", "reversed": "reversed"}
        return told.get(self.payment_state, "posted")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose books a bill goes into: ids of the supplier (its commercial partner), company and currency."""

    partner_id: int
    company_id: int
    currency_id: int


@dataclass(frozen=True, slots=True)
class NewBill:
    """A bill to be made under ``key``; ``booked_on`` is its accounting date, None for the open period.

    ``total`` is what it must come to with its taxes, and ``allowed`` how far Odoo's own calculation may be off it: the
    difference becomes a line of its own. ``corrects`` is the id of the bill that a refund takes back.
    """

    key: str
    move_type: MoveType
    place: Place
    ref: str
    invoice_date: date
    lines: tuple[Billed, ...]
    total: Decimal
    allowed: Decimal
    booked_on: date | None = None
    corrects: int | None = None
    origin: str = ""


class Differs(Permanent):
    """Odoo comes to another total than the invoice; the draft was taken back."""

    code = "odoo.bill_differs"

    def __init__(self, stated: Decimal, calculated: Decimal) -> None:
        super().__init__(f"the bill comes to {calculated}, the invoice to {stated}")
        self.stated = stated
        self.calculated = calculated


class Billing:
    """Vendor bills and refunds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._moves = connection.get_model(MODEL)
        self._orders = BilledOrders(connection)

    def orders(self, numbers: Collection[str]) -> list[dict[str, Any]]:
        """The orders with these numbers, as ``facts`` and ``place`` want them; unknown numbers are left out."""
        return self._orders.orders(numbers) if numbers else []

    def facts(self, orders: Sequence[Mapping[str, Any]], currency: str, own_bill: int | None) -> MatchFacts:
        """What the match needs to know of the orders, without what the bill ``own_bill`` has of them."""
        rows = self._currency(currency)
        return self._orders.facts(orders, int(rows[0]["decimal_places"]) if rows else 2, own_bill)

    def place(self, orders: Sequence[Mapping[str, Any]], currency: str) -> Place:
        """Where the orders' bill goes. Raises Declined where Odoo does not use the currency."""
        rows = [row for row in self._currency(currency) if row["active"]]
        if not rows:
            raise faults.Declined(f"Odoo does not use the currency {currency}", "currency_missing")
        return Place(orders[0]["commercial_id"], orders[0]["company_id"], rows[0]["id"])

    def find(self, key: str) -> Bill | None:
        """The bill that carries the key, whatever its state, or None."""
        bill_id = loading.find(self._connection, MODEL, key)
        return next(iter(self.read([bill_id])), None) if bill_id else None

    def read(self, bill_ids: Collection[int]) -> list[Bill]:
        """Bills by id; those that were deleted are left out."""
        rows = self._moves.read(ids=sorted(bill_ids), fields=list(_BILL), load="") if bill_ids else []
        return [_bill(row) for row in rows]

    def by_number(self, partner_id: int, number: str, move_type: MoveType = "in_invoice") -> list[Bill]:
        """The supplier's bills with this number that are not cancelled."""
        return self._search([*_of(partner_id, move_type), ["ref", "=", number]])

    def alike(
        self, partner_id: int, move_type: MoveType, total: Decimal, day: date, within: timedelta, orders: Sequence[str]
    ) -> list[Bill]:
        """The supplier's bills of the same amount, about the same day, for one of the same orders."""
        domain = [
            *_of(partner_id, move_type),
            ["invoice_date", ">=", (day - within).isoformat()],
            ["invoice_date", "<=", (day + within).isoformat()],
            ["invoice_line_ids.purchase_line_id.order_id.name", "in", list(orders)],
        ]
        return [bill for bill in self._search(domain) if bill.total == total]

    def locked_until(self, company_id: int) -> date | None:
        """The last day that is closed for purchases in a company's books, or None."""
        [row] = self._connection.get_model("res.company").read(ids=[company_id], fields=list(LOCKS))
        return max((date.fromisoformat(row[name]) for name in LOCKS if row[name]), default=None)

    def draft(self, new: NewBill) -> Bill:
        """Make the bill, or find the one made before under the key, and let it come to the total.

        Raises Differs where it comes to something else; then nothing of it is left. Raises Declined where Odoo refuses.
        """
        bill_id = self._load(new)
        bill = self._at(bill_id)
        difference = new.total - bill.total
        if difference and bill.state == "draft":
            if abs(difference) > new.allowed:
                self.discard(bill)
                raise Differs(new.total, bill.total)
            self._round(new, bill_id, difference)
            bill = self._at(bill_id)
        if bill.total != new.total:
            self.discard(bill)
            raise Differs(new.total, bill.total)
        return bill

    def post(self, bill: Bill) -> Bill:
        """Post a draft; one that is posted already stays so. Raises Declined where Odoo refuses."""
        current = self._at(bill.id)
        if current.state == "draft":
            try:
                self._moves.action_post(ids=[bill.id])
            except faults.Declined:
                # Somebody may have posted it meanwhile, which Odoo refuses in the same words as everything else.
                if self._at(bill.id).state != "posted":
                    raise
            current = self._at(bill.id)
        if current.state != "posted":
            raise Permanent(f"bill {bill.id} is {current.state} and was not posted", code="odoo.not_posted")
        return current

    def discard(self, bill: Bill) -> None:
        """Delete a draft, and with it its key; what is posted stays."""
        if bill.state == "draft":
            try:
                self._moves.unlink(ids=[bill.id])
            except faults.Absent:
                return

    def cancel(self, bill: Bill) -> Bill:
        """Cancel a draft, which keeps its key. Raises Declined for a posted one that Odoo will not let go."""
        if self._at(bill.id).state == "draft":
            self._moves.button_cancel(ids=[bill.id])
        return self._at(bill.id)

    def _at(self, bill_id: int) -> Bill:
        found = self.read([bill_id])
        if not found:
            raise Transient(f"bill {bill_id} was deleted in Odoo", code="odoo.deleted")
        return found[0]

    def _load(self, new: NewBill) -> int:
        products = self._products(new.lines)
        head = _head(new)
        fields = [*head, *(f"invoice_line_ids/{name}" for name in _LINE)]
        rows = []
        for place, line in enumerate(new.lines):
            own = list(head.values()) if place == 0 else [""] * len(head)
            rows.append([*own, *_cells(line, products)])
        company = {"allowed_company_ids": [new.place.company_id]}
        return loading.load(self._connection, MODEL, fields, rows, context=company)[0]

    def _round(self, new: NewBill, bill_id: int, difference: Decimal) -> None:
        """A line of its own makes up for the cents by which calculations differ."""
        fields = ["id", "move_id/.id", "name", "quantity", "price_unit", "tax_ids/.id"]
        key = loading.external_id(f"{new.key}:rounding:{bill_id}")
        row = [key, str(bill_id), "Rounding", "1", format(difference, "f"), ""]
        loading.load(self._connection, "account.move.line", fields, [row])

    def _products(self, lines: Sequence[Billed]) -> dict[int, dict[str, Any]]:
        """Product, unit and base unit of each order line by its id."""
        wanted = sorted({line.ordered.id for line in lines if line.ordered})
        if not wanted:
            return {}
        fields = ["product_id", "product_uom_id"]
        rows = self._connection.get_model("purchase.order.line").read(ids=wanted, fields=fields, load="")
        products = self._connection.get_model("product.product").read(
            ids=sorted({row["product_id"] for row in rows}), fields=["uom_id"], load=""
        )
        base = {row["id"]: row["uom_id"] for row in products}
        return {row["id"]: {**row, "base_id": base[row["product_id"]]} for row in rows}

    def _search(self, domain: list[Any]) -> list[Bill]:
        rows = self._moves.search_read(domain=domain, fields=list(_BILL), order="id", load="")
        return [_bill(row) for row in rows]

    def _currency(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._connection.get_model("res.currency").search_read(
            domain=[["name", "=", name]], fields=["decimal_places", "active"], context=ARCHIVED_TOO
        )
        return rows


def _of(partner_id: int, move_type: str) -> list[Any]:
    return [["commercial_partner_id", "=", partner_id], ["move_type", "=", move_type], ["state", "!=", "cancel"]]


def _bill(row: Mapping[str, Any]) -> Bill:
    return Bill(
        id=row["id"],
        name=row["name"] or "",
        state=row["state"],
        move_type=row["move_type"],
        ref=row["ref"] or "",
        invoice_date=date.fromisoformat(row["invoice_date"]) if row["invoice_date"] else None,
        untaxed=exact(row["amount_untaxed"], 4),
        tax=exact(row["amount_tax"], 4),
        total=exact(row["amount_total"], 4),
        residual=exact(row["amount_residual"], 4),
        payment_state=row["payment_state"] or "",
    )


def _head(new: NewBill) -> dict[str, str]:
    values = (
        loading.external_id(new.key),
        new.move_type,
        str(new.place.partner_id),
        new.ref,
        new.invoice_date.isoformat(),
        str(new.place.currency_id),
        new.origin,
    )
    head = dict(zip(_HEAD, values, strict=True))
    if new.booked_on:
        head["date"] = new.booked_on.isoformat()
    if new.corrects:
        head["reversed_entry_id/.id"] = str(new.corrects)
    return head


def _cells(line: Billed, products: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """A line of the bill: in the order's unit where the quantity has an end in it, else in the base unit."""
    taxes = ",".join(str(tax) for tax in line.taxes)
    if line.ordered is None:
        return ["", "", "", *_priced(line.quantity, line.amount, None), taxes, line.label]
    known = products[line.ordered.id]
    in_unit = line.quantity / Fraction(line.ordered.factor)
    whole = (in_unit * 10_000).denominator == 1
    quantity, unit = (in_unit, known["product_uom_id"]) if whole else (line.quantity, known["base_id"])
    price = line.ordered.price if whole else None
    cells = _priced(quantity, line.amount, price)
    return [str(line.ordered.id), str(known["product_id"]), str(unit), *cells, taxes, line.label]


def _priced(quantity: Fraction, amount: Decimal, price: Decimal | None) -> tuple[str, str]:
    """Quantity and the plainest price that makes up the amount exactly, the order's where it does."""
    decimals = max(2, -int(amount.as_tuple().exponent))
    if price is not None and money(quantity * Fraction(price), decimals) == amount:
        return _plain(quantity), format(price, "f")
    if quantity:
        for digits in range(decimals, FINEST + 1):
            tried = money(Fraction(amount) / quantity, digits)
            if money(quantity * Fraction(tried), decimals) == amount:
                return _plain(quantity), format(tried, "f")
    return "1", format(amount, "f")


def _plain(quantity: Fraction) -> str:
    value = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    return format(value.normalize(), "f")
