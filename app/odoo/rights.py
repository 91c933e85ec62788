"""Whether the service account may do in Odoo what Wardline does there.

Asked by ``wardline doctor``: Odoo is asked model by model, so that it does not matter which groups give the rights.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.odoo.transport import Connection

NEEDED: tuple[tuple[str, str], ...] = (
    ("product.product", "read"),
    ("res.partner", "read"),
    ("uom.uom", "read"),
    ("stock.location", "read"),
    ("stock.warehouse", "read"),
    ("stock.quant", "read"),
    ("stock.lot", "create"),
    ("stock.picking", "create"),
    ("stock.picking", "write"),
    ("stock.move", "write"),
    ("purchase.order", "create"),
    ("purchase.order", "write"),
    ("purchase.order.line", "unlink"),
    ("account.move", "create"),
    ("account.move", "write"),
    ("account.analytic.account", "read"),
)
"""What is done to records of which model."""


def missing(connection: Connection) -> Iterator[str]:
    """What the account may not do, as ``write purchase.order``."""
    for model, operation in NEEDED:
        if not connection.get_model(model).has_access(ids=[], operation=operation):
            yield f"{operation} {model}"
