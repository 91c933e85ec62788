"""Messages posted to a partner: cXML with its synchronous answer, JSON, X12, UBL. ``kind = "https"``.

Listed in ``app.partners``.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from app.errors import Permanent
from app.model.transport import HttpsSettings
from app.partners.base import Delivery, Parcel, unknown
from app.partners.web import Web
from app.settings import secret

EMPTY_SECRETS = (b"<SharedSecret/>", b"<SharedSecret></SharedSecret>")


class Https:
    """The transport of posted messages."""

    def __init__(self, settings: HttpsSettings) -> None:
        self._settings = settings
        self._web = Web(settings)
        self._auth = (settings.user, secret(settings.password)) if settings.user else None
        self._token = secret(settings.token) if settings.token else ""
        self._shared_secret = secret(settings.shared_secret) if settings.shared_secret else ""

    def check(self) -> str:
        """Connect and ask what may be done there."""
        return self._web.check()

    def send(self, parcel: Parcel) -> Delivery:
        """Post the message; its reply is an answer where the channel says so."""
        headers = {"content-type": parcel.content_type, "x-message-id": parcel.control_id}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        reply = self._web.post(self._body(parcel), headers, self._auth)
        if not self._settings.answers:
            return Delivery(f"HTTP {reply.status}")
        if not reply.body.strip():
            raise unknown("the partner took the message and did not answer it", "partner.answer_missing")
        return Delivery(f"HTTP {reply.status}", (reply.body,), reply.content_type)

    def look(self, _: Parcel) -> Delivery | None:
        """HTTP has no way to ask."""
        raise unknown("HTTP cannot tell what became of a message")

    def close(self) -> None:
        """Close what is open."""
        self._web.close()

    def _body(self, parcel: Parcel) -> bytes:
        """The frozen bytes, with the secret that is kept nowhere but at its place."""
        if not self._shared_secret:
            return parcel.body
        for empty in EMPTY_SECRETS:
            if parcel.body.count(empty) == 1:
                filled = f"<SharedSecret>{escape(self._shared_secret)}</SharedSecret>".encode()
                return parcel.body.replace(empty, filled)
        raise Permanent("the message has no empty SharedSecret for the channel's secret", code="partner.no_secret")
