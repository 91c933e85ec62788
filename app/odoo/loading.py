"""Odoo's ``load``: records under external ids of ours, made once or brought up to date, all or none of a call.

Used by the gateways of ``app.odoo``. The external id is the idempotency key, and stands in the same transaction as the
record: insert-only, the same key again returns the same record and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.errors import InDoubt, Permanent, Unavailable
from app.odoo import faults
from app.odoo.transport import Connection

MODULE = "wardline"
"""The first half of our external ids; no application of Odoo may have this name."""
# ``noupdate`` and the mode make ``load`` insert-only; tracking writes a chatter message per field otherwise.
INSERT_ONLY = {"mode": "update", "noupdate": True, "tracking_disable": True}
UPDATE = {"tracking_disable": True}


def external_id(key: str) -> str:
    """The complete external id of a key of ours."""
    return f"{MODULE}.{key}"


def load(
    connection: Connection,
    model: str,
    fields: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    insert_only: bool = True,
    context: dict[str, Any] | None = None,
) -> list[int]:
    """Load rows of strings; the ids of the records in order.

    Raises Declined where Odoo's rules refuse the rows, Transient after a serialization failure, Permanent where the
    service account may not; then none of the rows was saved.
    """
    chosen = {**(INSERT_ONLY if insert_only else UPDATE), **(context or {})}
    answer: dict[str, Any] = connection.get_model(model).load(fields=fields, data=rows, context=chosen)
    if answer["ids"] is False:
        call = faults.Call(f"{model}.load", changes=True)
        raise faults.not_loaded(call, [message["message"] for message in answer["messages"]])
    return [int(record_id) for record_id in answer["ids"]]


def find(connection: Connection, model: str, key: str) -> int | None:
    """The id of the record that carries a key of ours, or None. Raises Permanent where another model has the key."""
    try:
        known, record_id = connection.get_model("ir.model.data").check_object_reference(module=MODULE, xml_id=key)
    except faults.Absent:
        return None
    if known != model:
        raise Permanent(f"the key is taken by a record of {known}", code="odoo.key_taken")
    # An Odoo worker remembers the external id of a load that was rolled back, and never looks again; ``load`` reads
    # the table itself, and without any other column finds the record or fails for want of its required fields.
    return int(record_id) if record_id else _probe(connection, model, key)


def _probe(connection: Connection, model: str, key: str) -> int | None:
    try:
        return load(connection, model, ["id"], [[external_id(key)]])[0]
    except InDoubt as error:
        raise Unavailable(f"{model}.load: no answer to a question", code="odoo.unavailable") from error
    except faults.Declined as refusal:
        if refusal.reason != "value_required":
            raise
        return None
