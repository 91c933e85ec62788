"""The steady mixed load of a drill: cabinets that send in sets, carts that send single urgent events.

Senders behave as real ones do: what is not answered with yes is sent again under the same key until it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from app import ids
from ops.bench.events import THEATRE, WARDS, Use, distinct, message, mixed

SET = 10
BULK_PAUSE, URGENT_PAUSE, AGAIN_PAUSE = 0.5, 0.5, 0.2
"""Twenty events a second, which Odoo on two cores can take."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as its sender remembers it: its uses, its number of sendings, when it was answered with yes."""

    lane: str
    uses: Sequence[Use]
    sendings: int
    accepted_at: float
    message_id: str


@dataclass
class Load:
    """Sends until it is stopped; ``copies`` is how often every message is sent, whatever the answer."""

    url: str
    key: str
    copies: int = 1
    sent: list[Sent] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to send, in two threads."""
        for target in (self._cabinets, self._carts):
            thread = threading.Thread(target=target, name=target.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Send no more; wait until what was begun is answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def events(self) -> int:
        """How many events were accepted."""
        return sum(len(one.uses) for one in self.sent)

    def _cabinets(self) -> None:
        for seed in count():
            if self._stop.wait(BULK_PAUSE):
                return
            self._send("bulk", "cabinets", mixed(SET, WARDS, seed))

    def _carts(self) -> None:
        for use in (use for _ in count() for use in distinct(100)):
            if self._stop.wait(URGENT_PAUSE):
                return
            self._send("urgent", "carts", [Use(THEATRE, use.item, use.lot, use.quantity)])

    def _send(self, lane: str, channel: str, uses: Sequence[Use]) -> None:
        """Send one message until it is answered with yes."""
        body, key = message(uses), str(ids.new_id())
        accepted: httpx.Response | None = None
        sendings = 0
        while accepted is None or sendings < self.copies:
            sendings += 1
            answer = self._post(channel, body, key)
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                accepted = answer
            elif answer is not None and answer.status_code < 500:
                raise AssertionError(f"the intake refuses a good message with {answer.status_code}")
            else:
                time.sleep(AGAIN_PAUSE)
        self.sent.append(Sent(lane, uses, sendings, time.time(), accepted.json()["id"]))

    def _post(self, channel: str, body: bytes, key: str) -> httpx.Response | None:
        headers: dict[str, Any] = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        try:
            url = f"{self.url}/v1/messages/{channel}"
            return httpx.post(url, content=body, headers=headers | {"Idempotency-Key": key}, timeout=20)
        except httpx.HTTPError:
            return None
