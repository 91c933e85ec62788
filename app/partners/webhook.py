"""Signed messages to a subscriber, in the way of Standard Webhooks 1.0: ``kind = "webhook"``.

Listed in ``app.partners``. The subscriber checks the signature over id, time and body, and drops what it has by the id,
which is the same for every copy. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from app import ids
from app.errors import Misconfigured
from app.model.transport import WebhookSettings
from app.partners.base import Delivery, Parcel, unknown
from app.partners.web import Web
from app.settings import secret

PREFIX = "whsec_"


class Webhook:
    """The transport of signed messages."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._web = Web(settings)
        self._keys = [signing_key(secret(one)) for one in settings.secrets]

    def check(self) -> str:
        """Connect and ask what may be done there."""
        return self._web.check()

    def send(self, parcel: Parcel) -> Delivery:
        """Post the message, signed anew: a copy that is sent later has the same id and another time."""
        name, at = f"msg_{parcel.id.hex}", str(int(ids.now().timestamp()))
        signatures = " ".join(signature(key, name, at, parcel.body) for key in self._keys)
        headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signatures}
        reply = self._web.post(parcel.body, {"content-type": parcel.content_type, **headers})
        return Delivery(f"HTTP {reply.status}")

    def look(self, _: Parcel) -> Delivery | None:
        """HTTP has no way to ask."""
        raise unknown("HTTP cannot tell what became of a message")

    def close(self) -> None:
        """Close what is open."""
        self._web.close()


def signature(key: bytes, name: str, timestamp: str, body: bytes) -> str:
    """The signature of a message (version 1): HMAC-SHA-256 over id, time and body with points between."""
    signed = f"{name}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signing_key(text: str) -> bytes:
    """The bytes of ``whsec_`` and base64. Raises Misconfigured for what is no such key, or a short one."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise Misconfigured("a webhook's secret is whsec_ and the base64 of 24 to 64 bytes", code="secret.malformed")
    return key
