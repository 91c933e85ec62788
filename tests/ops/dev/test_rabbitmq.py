"""The definitions that a node loads at every start."""

from __future__ import annotations

import base64
import hashlib
import json

from ops.dev.rabbitmq import definitions


def test_definitions_hold_the_password_only_as_rabbitmqs_salted_hash() -> None:
    text = definitions("secret")

    (user,) = json.loads(text)["users"]
    stored = base64.b64decode(user["password_hash"])
    assert stored[4:] == hashlib.sha256(stored[:4] + b"secret").digest()
    assert "secret" not in text


def test_the_user_may_do_everything_in_its_own_virtual_host_only() -> None:
    content = json.loads(definitions("secret"))

    assert content["vhosts"] == [{"name": "wardline"}]
    assert content["permissions"] == [
        {"user": "wardline", "vhost": "wardline", "configure": ".*", "write": ".*", "read": ".*"}
    ]
