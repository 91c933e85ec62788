"""The account that Wardline works under in a real Odoo: nothing but the groups that it needs.

Made once in the databases that tests of flows are cloned from, so that every one of them proves that they are enough.
"""

from __future__ import annotations

from app.odoo.transport import Connection
from ops.dev.odoo_database import key_hash
from ops.dev.stack import Stack

LOGIN = "wardline"
GROUPS = (
    "base.group_user",
    "stock.group_stock_user",
    "purchase.group_purchase_user",
    "account.group_account_invoice",
)


def open_account(stack: Stack, admin: Connection, database: str) -> None:
    """Make the account in a database; its key is told by ``key``."""
    references = admin.get_model("ir.model.data")
    groups = [references.check_object_reference(module=m, xml_id=x)[1] for m, x in (g.split(".") for g in GROUPS)]
    values = {"name": "Wardline", "login": LOGIN, "group_ids": [[6, 0, groups]]}
    [user] = admin.get_model("res.users").create(vals_list=[values])
    stack.odoo.databases.postgres.sql(
        "INSERT INTO res_users_apikeys (name, user_id, scope, expiration_date, index, key) VALUES "
        "('tests', :'user', NULL, NULL, :'index', :'hash')",
        database,
        user=str(user),
        index=key(stack)[:8],
        hash=key_hash(key(stack)),
    )


def key(stack: Stack) -> str:
    """The account's API key."""
    return stack.odoo.databases.api_key[::-1]
