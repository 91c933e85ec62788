"""Installs, inspects and removes the accelerator in Odoo, over its API alone; the key must be an administrator's.

Called by ``wardline odoo accelerate``, the benchmark and the tests. What it does in Odoo: ``app.odoo.accelerator``.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.odoo import loading
from app.odoo.accelerator import ACTION, CODE, FINGERPRINT, GROUP, comment
from app.odoo.transport import Connection

NAME = "Wardline accelerator"
RECORDS = (("ir.actions.server", ACTION), ("res.groups", GROUP))
"""What is installed, in the order in which it is removed."""


@dataclass(frozen=True, slots=True)
class State:
    """What is installed: ``intact`` is whether it is this version's action, unedited and protected by its group."""

    installed: bool
    intact: bool
    members: tuple[str, ...] = ()
    fingerprint: str = FINGERPRINT


def own_user(connection: Connection) -> int:
    """The id of the user whom the connection's key belongs to."""
    return int(connection.get_model("res.users").context_get()["uid"])


def install(connection: Connection, user: int) -> None:
    """Install the action, or bring it up to this version; ``user`` alone may run it from then on.

    Raises Permanent where the key is no administrator's. Until the last call nobody finds the action.
    """
    models = connection.get_model("ir.model").search(domain=[["model", "=", "stock.picking"]])
    loading.load(
        connection,
        "res.groups",
        ("id", "name", "user_ids/.id", "comment"),
        [[loading.external_id(GROUP), NAME, str(user), ""]],
        insert_only=False,
    )
    (action,) = loading.load(
        connection,
        "ir.actions.server",
        ("id", "name", "model_id/.id", "state", "code", "group_ids/id"),
        [[loading.external_id(ACTION), NAME, str(models[0]), "code", CODE, loading.external_id(GROUP)]],
        insert_only=False,
    )
    group = loading.find(connection, "res.groups", GROUP)
    connection.get_model("res.groups").write(ids=[group], vals={"comment": comment(action)})


def remove(connection: Connection) -> bool:
    """Remove action and group; whether there was anything. A call that is under way ends as it would have."""
    found = [(model, loading.find(connection, model, key)) for model, key in RECORDS]
    for model, record in found:
        if record:
            connection.get_model(model).unlink(ids=[record])
    return any(record for _, record in found)


def state(connection: Connection) -> State:
    """What is installed now."""
    action, group = (loading.find(connection, model, key) for model, key in RECORDS)
    if not action or not group:
        return State(installed=bool(action or group), intact=False)
    (made,) = connection.get_model("ir.actions.server").read(ids=[action], fields=["code", "group_ids"], load="")
    (guard,) = connection.get_model("res.groups").read(ids=[group], fields=["comment", "user_ids"], load="")
    users = connection.get_model("res.users").read(ids=guard["user_ids"], fields=["login"])
    intact = made["code"].strip() == CODE.strip() and made["group_ids"] == [group]
    return State(True, intact and guard["comment"] == comment(action), tuple(user["login"] for user in users))
