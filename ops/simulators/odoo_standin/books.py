"""Currencies, companies and taxes of the stand-in.

Registered in ``catalogue``; ``bills`` calculates with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Environment, Field, Model


class Currency(Model):
    """A currency; amounts keep its decimals."""

    name = "res.currency"
    fields = {
        "name": Field(required=True),
        "decimal_places": Field("int", default=2),
        "active": Field("bool", default=True),
    }


class Company(Model):
    """A company with the days up to which its books are closed."""

    name = "res.company"
    fields = {
        "name": Field(required=True),
        "currency_id": Field("many2one", "res.currency", default=1),
        "fiscalyear_lock_date": Field(),
        "purchase_lock_date": Field(),
        "tax_lock_date": Field(),
        "hard_lock_date": Field(),
    }


class Tax(LoadableModel):
    """A percentage on top of the price."""

    name = "account.tax"
    fields = {
        "name": Field(required=True),
        "amount": Field("decimal", default="0"),
        "amount_type": Field(default="percent"),
        "type_tax_use": Field(default="purchase"),
        "price_include": Field("bool", default=False),
        "company_id": Field("many2one", "res.company", default=1),
        "active": Field("bool", default=True),
    }


def seed(env: Environment) -> None:
    """What Odoo's generic chart of accounts begins with."""
    env["res.currency"].insert({"name": "USD"})
    env["res.currency"].insert({"name": "EUR", "active": False})
    env["res.company"].insert({"name": "My Company"})
    for name, amount, use in (
        ("15%", 15, "sale"), ("15%", 15, "purchase"), ("0% Exports", 0, "sale"), ("0% Imports", 0, "purchase"),
    ):  # fmt: skip
        env["account.tax"].insert({"name": name, "amount": amount, "type_tax_use": use})


def tax_on(env: Environment, amounts: Iterable[tuple[Decimal, list[int]]], digits: int) -> Decimal:
    """The tax on amounts with the ids of their taxes, rounded once for each tax (``round_globally``)."""
    bases: dict[int, Decimal] = {}
    for amount, taxes in amounts:
        for tax in taxes:
            bases[tax] = bases.get(tax, Decimal(0)) + amount
    rates = {tax: Decimal(env["account.tax"].get(tax)["amount"]) for tax in bases}
    return sum((rounded(base * rates[tax] / 100, digits) for tax, base in bases.items()), Decimal(0))


def rounded(amount: Decimal, digits: int) -> Decimal:
    """Half up, to a currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
