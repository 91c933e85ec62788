"""What suppliers that are reached over HTTP have in common: a server for orders, and posts of what they answer.

The base of ``CxmlSupplier`` and ``UblSupplier``, which know their standard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import ClassVar, Self

import httpx

from app.model.channel import Channel, Profile
from app.model.interchange import Written
from app.standards import by_name
from ops.simulators.suppliers.supplier import Supplier
from ops.simulators.suppliers.web import Reply, Request, WebServer


@dataclass
class HttpSupplier(Supplier):
    """Listens on ``url``; posts to ``reply_to`` with ``key``.

    ``replies`` are given to the next requests in place of the supplier's own, for what partners do when they are not
    well.
    """

    standard: ClassVar[str]

    reply_to: str = ""
    key: str = ""
    port: int = 0
    replies: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._standard = by_name(self.standard)
        self._profile = Profile(Channel("supplier", self.standard, "SUPPLIER"), str)
        self._server = WebServer(
            lambda request: self.replies.pop(0) if self.replies else self._answer(request), self.port
        )

    @property
    def url(self) -> str:
        """Where orders are posted to."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def _hand_over(self, message: Written) -> tuple[int, bytes]:
        headers = {"content-type": message.content_type, "authorization": f"Bearer {self.key}"}
        answer = httpx.post(self.reply_to, content=message.body, headers=headers, timeout=30, trust_env=False)
        return answer.status_code, answer.content
