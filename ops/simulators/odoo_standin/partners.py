"""Organisations and categories of items of the stand-in.

Registered in ``catalogue``.
"""

from __future__ import annotations

from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Environment, Field, Model, Record


class Partner(LoadableModel):
    """A supplier or customer; none has another above it."""

    name = "res.partner"
    fields = {
        "name": Field(required=True),
        "ref": Field(),
        "is_company": Field("bool", default=False),
        "vat": Field(),
        "supplier_rank": Field("int", default=0),
        "street": Field(),
        "street2": Field(),
        "city": Field(),
        "zip": Field(),
        "country_id": Field("many2one", "res.country"),
        "state_id": Field("many2one", "res.country.state"),
        "email": Field(),
        "phone": Field(),
        "global_location_number": Field(),
        "property_purchase_currency_id": Field("many2one", "res.currency"),
        "parent_id": Field("many2one", "res.partner"),
        "active": Field("bool", default=True),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds the partner whose books are kept, and that none has taxes of its own."""
        if name == "property_account_position_id":
            return False
        return record["id"] if name == "commercial_partner_id" else super().value(record, name)


class Country(Model):
    """A country; the stand-in knows a few."""

    name = "res.country"
    fields = {"name": Field(required=True), "code": Field(required=True)}


class Region(Model):
    """A state of a country."""

    name = "res.country.state"
    fields = {"name": Field(required=True), "code": Field(), "country_id": Field("many2one", "res.country")}


def seed(env: Environment) -> None:
    """Some of the countries that every database of Odoo has, and one state."""
    for name, code in (("United States", "US"), ("Germany", "DE"), ("France", "FR"), ("United Kingdom", "GB")):
        env["res.country"].insert({"name": name, "code": code})
    env["res.country.state"].insert({"name": "Ohio", "code": "OH", "country_id": 1})


class Category(LoadableModel):
    """A category of items; its complete name leads to it from the outermost one."""

    name = "product.category"
    fields = {"name": Field(required=True), "parent_id": Field("many2one", "product.category")}

    def value(self, record: Record, name: str) -> Any:
        """Adds the complete name."""
        if name == "complete_name":
            above = self.value(self.get(record["parent_id"]), name) + " / " if record["parent_id"] else ""
            return above + str(record["name"])
        return super().value(record, name)
