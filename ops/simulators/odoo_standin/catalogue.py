"""The models that the stand-in has, and the records a new database begins with.

Used by ``server``.
"""

from __future__ import annotations

from ops.simulators.odoo_standin import books, partners
from ops.simulators.odoo_standin.bills import Bill, BillLine
from ops.simulators.odoo_standin.books import Company, Currency, Tax
from ops.simulators.odoo_standin.goods import Lot, Precision, Product, Settings, Unit
from ops.simulators.odoo_standin.partners import Category, Country, Partner, Region
from ops.simulators.odoo_standin.places import Location, OperationType, Warehouse
from ops.simulators.odoo_standin.prices import PackBarcode, SupplierPrice
from ops.simulators.odoo_standin.purchases import AnalyticAccount, AnalyticPlan, PurchaseOrder, PurchaseOrderLine
from ops.simulators.odoo_standin.quants import Quant
from ops.simulators.odoo_standin.records import Environment, Model, rpc
from ops.simulators.odoo_standin.refusals import ProgrammingError
from ops.simulators.odoo_standin.storage import Storage
from ops.simulators.odoo_standin.supply import Move, Orderpoint
from ops.simulators.odoo_standin.transfers import MoveLine, Picking


class ExternalIds(Model):
    """The table of external ids; normal accounts may only ask for one."""

    name = "ir.model.data"

    @rpc(ids=False)
    def check_object_reference(self, module: str, xml_id: str) -> tuple[str, int]:
        """Model and id of the record. Raises ValueError, as Odoo does, where there is none."""
        known = self.storage.external_id(module, xml_id)
        if known is None:
            raise ProgrammingError(f"External ID not found in the system: {module}.{xml_id}")
        return known[0], known[1]


ALL: tuple[type[Model], ...] = (
    AnalyticAccount, AnalyticPlan, Bill, BillLine, Category, Company, Country, Currency, Partner, Region, Tax,
    ExternalIds, Location, Lot, Move, MoveLine, OperationType, Orderpoint, Picking, Precision, Product, PurchaseOrder,
    PackBarcode, PurchaseOrderLine, Quant, Settings, SupplierPrice, Unit, Warehouse,
)  # fmt: skip
MODELS = {model.name: model for model in ALL}


def environment(storage: Storage, context: dict[str, object]) -> Environment:
    """The models of one call."""
    return Environment(storage, MODELS, context)


def seed(storage: Storage) -> None:
    """What a new database of Odoo has: the precision of quantities, a unit, a warehouse."""
    with storage.transaction():
        if next(storage.all("decimal.precision"), None):
            return
        env = environment(storage, {})
        env["decimal.precision"].insert({"name": "Product Unit", "digits": 2})
        env["uom.uom"].insert({"name": "Units"})
        env["stock.warehouse"].insert({"name": "My Company", "code": "WH"})
        books.seed(env)
        partners.seed(env)
