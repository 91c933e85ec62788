"""Vendor bills and refunds of the stand-in, as careless as Odoo Community's.

Registered in ``catalogue``. Like the real one it takes a number twice, bills more than was received, and moves the
accounting date out of a closed period without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app import ids as clock
from ops.simulators.odoo_standin.books import rounded, tax_on
from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Environment, Field, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError, ValidationError

LOCKS = ("fiscalyear_lock_date", "purchase_lock_date", "tax_lock_date", "hard_lock_date")
NUMBERS = {"in_invoice": "BILL", "in_refund": "RBILL"}


class BillLine(LoadableModel):
    """A line of a bill; its price keeps all its decimals."""

    name = "account.move.line"
    fields = {
        "move_id": Field("many2one", "account.move"),
        "purchase_line_id": Field("many2one", "purchase.order.line"),
        "product_id": Field("many2one", "product.product"),
        "product_uom_id": Field("many2one", "uom.uom"),
        "quantity": Field("decimal", default="1"),
        "price_unit": Field(default="0"),
        "tax_ids": Field("many2many", "account.tax"),
        "name": Field(),
        "display_type": Field(default="product"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The line, in its bill."""
        record = super().insert(values)
        if record["move_id"]:
            bill = self.env["account.move"].get(record["move_id"])
            lines = [*(bill["invoice_line_ids"] or ()), record["id"]]
            self.env["account.move"].update(bill, {"invoice_line_ids": lines})
        return record

    def value(self, record: Record, name: str) -> Any:
        """Adds what is computed or the bill's own."""
        if name == "price_unit":
            return Decimal(record["price_unit"] or 0)
        if name == "price_subtotal":
            return self.subtotal(record)
        if name in ("parent_state", "move_type"):
            bill = self.env["account.move"].get(record["move_id"])
            return bill["state"] if name == "parent_state" else bill["move_type"]
        return super().value(record, name)

    def subtotal(self, record: Record) -> Decimal:
        """Quantity times price, rounded."""
        return rounded(Decimal(record["quantity"]) * Decimal(record["price_unit"] or 0), 2)


class Bill(LoadableModel):
    """A bill (``in_invoice``) or refund (``in_refund``)."""

    name = "account.move"
    fields = {
        "name": Field(),
        "move_type": Field(default="entry"),
        "state": Field(default="draft"),
        "partner_id": Field("many2one", "res.partner"),
        "ref": Field(),
        "invoice_date": Field(),
        "date": Field(),
        "currency_id": Field("many2one", "res.currency", default=1),
        "company_id": Field("many2one", "res.company", default=1),
        "invoice_origin": Field(),
        "reversed_entry_id": Field("many2one", "account.move"),
        "invoice_line_ids": Field("one2many", "account.move.line"),
        "reconciled": Field("decimal", default="0"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The bill with its lines; its accounting date is today where none is given."""
        given = {"date": clock.now().date().isoformat(), **{k: v for k, v in values.items() if k != "invoice_line_ids"}}
        if given["date"] is None:
            raise ValidationError("Missing required value for the field 'Date' (date).")
        record = super().insert({**given, "invoice_line_ids": []})
        for line in values.get("invoice_line_ids") or ():
            if any(value not in (None, []) for value in line.values()):
                self.env["account.move.line"].insert({**line, "move_id": record["id"]})
        return self.get(record["id"])

    def value(self, record: Record, name: str) -> Any:
        """Adds amounts, state of payment, and the order of the first line that has one."""
        if name == "commercial_partner_id":
            return record["partner_id"] or False
        if name == "invoice_line_ids.purchase_line_id.order_id.name":
            return next((order for line in self._lines(record) if (order := self._order(line))), False)
        if name.startswith("amount_") or name == "payment_state":
            return self._money(record)[name]
        return super().value(record, name)

    @rpc(ids=True)
    def action_post(self, ids: Sequence[int]) -> bool:
        """Post drafts; answers false. Raises UserError for what is none and for bills without a date."""
        for record in map(self.get, ids):
            if record["state"] != "draft":
                raise UserError(f"The entry {record['name']} (id {record['id']}) must be in draft.")
            if not record["invoice_date"]:
                raise UserError("The Bill/Refund date is required to validate this document.")
            number = f"{NUMBERS.get(record['move_type'], 'MISC')}/{record['date'][:4]}/{record['date'][5:7]}"
            name = record["name"] or f"{number}/{self.storage.next(number):04}"
            self.update(record, {"state": "posted", "name": name, "date": self._open_date(record)})
            self._reconcile(self.get(record["id"]))
        return False

    @rpc(ids=True)
    def button_draft(self, ids: Sequence[int]) -> None:
        """Take posted and cancelled bills back to draft."""
        for record in map(self.get, ids):
            self.update(record, {"state": "draft"})

    @rpc(ids=True)
    def button_cancel(self, ids: Sequence[int]) -> None:
        """Cancel."""
        for record in map(self.get, ids):
            self.update(record, {"state": "cancel"})

    @rpc(ids=True)
    def unlink(self, ids: Sequence[int]) -> bool:
        """Delete drafts with their lines and external ids. Raises UserError for posted ones."""
        for record in map(self.get, ids):
            if record["state"] == "posted":
                raise UserError("You cannot delete a posted journal entry.")
            for line in record["invoice_line_ids"] or ():
                self.storage.delete("account.move.line", line)
            self.storage.delete(self.name, record["id"])
        return True

    def _lines(self, record: Record) -> list[Record]:
        return [self.env["account.move.line"].get(line) for line in record["invoice_line_ids"] or ()]

    def _order(self, line: Record) -> str | None:
        if not line["purchase_line_id"]:
            return None
        ordered = self.env["purchase.order.line"].get(line["purchase_line_id"])
        return str(self.env["purchase.order"].get(ordered["order_id"])["name"])

    def _money(self, record: Record) -> Record:
        lines = self.env["account.move.line"]
        assert isinstance(lines, BillLine)
        amounts = [(lines.subtotal(line), line["tax_ids"] or []) for line in self._lines(record)]
        untaxed = sum((amount for amount, _ in amounts), Decimal(0))
        tax = tax_on(self.env, amounts, 2)
        left = untaxed + tax - Decimal(record["reconciled"] or 0)
        paid = "paid" if not left else "not_paid" if left == untaxed + tax else "partial"
        return {
            "amount_untaxed": untaxed,
            "amount_tax": tax,
            "amount_total": untaxed + tax,
            "amount_residual": left,
            "payment_state": paid if record["state"] == "posted" else "not_paid",
        }

    def _open_date(self, record: Record) -> str:
        company = self.env["res.company"].get(record["company_id"])
        locked = max((company[name] for name in LOCKS if company[name]), default="")
        return str(record["date"]) if record["date"] > locked else clock.now().date().isoformat()

    def _reconcile(self, refund: Record) -> None:
        """A posted refund pays the bill that it takes back, and is paid by it."""
        if refund["move_type"] != "in_refund" or not refund["reversed_entry_id"]:
            return
        bill = self.get(refund["reversed_entry_id"])
        part = min(self._money(bill)["amount_residual"], self._money(refund)["amount_residual"])
        for record in (bill, refund):
            self.update(record, {"reconciled": Decimal(record["reconciled"] or 0) + part})


def invoiced(env: Environment, line: Record) -> Decimal:
    """What bills have of an order line, in its unit: drafts count, refunds take back, cancelled ones do not count."""
    units, total = env["uom.uom"], Decimal(0)
    own = Decimal(units.get(line["product_uom_id"])["factor"])
    for billed in env.storage.all("account.move.line"):
        if billed["purchase_line_id"] == line["id"]:
            bill = env["account.move"].get(billed["move_id"])
            factor = Decimal(units.get(billed["product_uom_id"] or line["product_uom_id"])["factor"])
            sign = {"cancel": 0}.get(bill["state"], -1 if bill["move_type"] == "in_refund" else 1)
            total += sign * Decimal(billed["quantity"]) * factor / own
    return total
