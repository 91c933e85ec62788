"""Organisations and categories of items of the stand-in.

Registered in ``catalogue``.
"""

from __future__ import annotations

from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Field, Record


class Partner(LoadableModel):
    """A supplier or customer; none has another above it."""

    name = "res.partner"
    fields = {
        "name": Field(required=True),
        "ref": Field(),
        "is_company": Field("bool", default=False),
        "vat": Field(),
        "supplier_rank": Field("int", default=0),
        "active": Field("bool", default=True),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds the partner whose books are kept, and that none has taxes of its own."""
        if name == "property_account_position_id":
            return False
        return record["id"] if name == "commercial_partner_id" else super().value(record, name)


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
