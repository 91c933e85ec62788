"""The ways to partners, one file a transport.

Adding one is a file, its settings in ``app.model.transport``, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.errors import Misconfigured
from app.model.channel import Channel
from app.model.transport import TransportSettings
from app.partners.base import Transport
from app.partners.folder import Folder
from app.partners.https import Https
from app.partners.mail import Mail
from app.partners.mllp import Mllp
from app.partners.sftp import Sftp
from app.partners.webhook import Webhook

TRANSPORTS: Mapping[str, Callable[[Any], Transport]] = {
    "https": Https,
    "webhook": Webhook,
    "sftp": Sftp,
    "folder": Folder,
    "mllp": Mllp,
    "mail": Mail,
}


def transport(channel: Channel) -> Transport:
    """The transport that a channel's settings describe; connects to nothing yet. Raises Misconfigured."""
    settings: TransportSettings | None = channel.transport
    if settings is None:
        text = f"channel {channel.name} has no transport"
        raise Misconfigured(text, code="channel.no_transport", hint="Give it a transport table; see partners.md.")
    return TRANSPORTS[settings.kind](settings)
