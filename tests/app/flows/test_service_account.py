"""The account that Wardline works under has the rights that it needs, and no more than that is asked of it."""

from __future__ import annotations

import pytest

from app.odoo import rights
from tests.fixtures_odoo import OdooServer


@pytest.mark.real
def test_the_groups_that_the_documentation_names_are_enough(real_market: OdooServer) -> None:
    assert list(rights.missing(real_market.service)) == []


@pytest.mark.real
def test_what_an_account_may_not_do_is_named(real_market: OdooServer) -> None:
    users = real_market.connection.get_model("res.users")
    references = real_market.connection.get_model("ir.model.data")
    account = real_market.service.get_model("res.users").context_get()["uid"]
    _, group = references.check_object_reference(module="purchase", xml_id="group_purchase_user")
    users.write(ids=[account], vals={"group_ids": [[3, group, 0]]})
    assert "create purchase.order" in rights.missing(real_market.service)


@pytest.mark.real
def test_master_data_needs_three_groups_more(real_market: OdooServer) -> None:
    references = real_market.connection.get_model("ir.model.data")
    names = (("product", "group_product_manager"), ("base", "group_partner_manager"), ("stock", "group_stock_manager"))
    groups = [references.check_object_reference(module=module, xml_id=name)[1] for module, name in names]
    service = real_market.service.get_model
    written = ("product.product", "product.supplierinfo", "res.partner", "stock.location")
    assert [service(model).has_access(ids=[], operation="create") for model in written] == [False] * 4
    account = service("res.users").context_get()["uid"]
    values = {"group_ids": [[4, group, 0] for group in groups]}
    real_market.connection.get_model("res.users").write(ids=[account], vals=values)
    assert [service(model).has_access(ids=[], operation="create") for model in written] == [True] * 4
