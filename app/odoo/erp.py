"""Odoo as one thing: its gateways by area over one connection, each in verbs of ours.

Built by ``app.services``; handed to the posting stage and to the jobs that look what happened in Odoo.
"""

from __future__ import annotations

from app.odoo.billing import Billing
from app.odoo.gateway import OdooGateway
from app.odoo.master import Master
from app.odoo.partners import Partners
from app.odoo.places import Places
from app.odoo.price_lists import PriceLists
from app.odoo.products import Products
from app.odoo.proof import Proof
from app.odoo.purchasing import Purchasing
from app.odoo.receiving import Receiving
from app.odoo.stock import StockGateway
from app.odoo.supply import Supply
from app.odoo.transport import Connection


class Erp:
    """The gateways; ``stock`` may be replaced by another implementation of its port."""

    def __init__(self, connection: Connection, stock: OdooGateway | None = None) -> None:
        self.connection = connection
        self.stock: OdooGateway = stock or StockGateway(connection)
        self.billing = Billing(connection)
        self.purchasing = Purchasing(connection)
        self.receiving = Receiving(connection)
        self.supply = Supply(connection)
        self.proof = Proof(connection)
        self.master = Master(connection)
        self.partners = Partners(connection)
        self.price_lists = PriceLists(connection)
        self.places = Places(connection)
        self.products = Products(connection)
