"""Suppliers' prices and packs' barcodes of the stand-in.

Registered in ``catalogue``.
"""

from __future__ import annotations

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Field


class SupplierPrice(LoadableModel):
    """What a supplier asks for an item, from a quantity on."""

    name = "product.supplierinfo"
    fields = {
        "partner_id": Field("many2one", "res.partner", required=True, label="Vendor"),
        "product_tmpl_id": Field("many2one", "product.product"),
        "product_id": Field("many2one", "product.product"),
        "product_code": Field(),
        "min_qty": Field("decimal", default="0"),
        "price": Field(default="0"),
        "discount": Field("decimal", default="0"),
        "product_uom_id": Field("many2one", "uom.uom"),
        "date_start": Field(),
        "date_end": Field(),
        "delay": Field("int", default=1),
        "currency_id": Field("many2one", "res.currency", default=1),
        "sequence": Field("int", default=1),
    }


class PackBarcode(LoadableModel):
    """The barcode of an item in one of its packs."""

    name = "product.uom"
    fields = {
        "product_id": Field("many2one", "product.product", required=True),
        "uom_id": Field("many2one", "uom.uom", required=True),
        "barcode": Field(required=True),
    }
