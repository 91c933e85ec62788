"""The steady mixed load of a drill: cabinets that send in sets, carts that send single urgent events.

Senders behave as real ones do: what is not answered with yes is sent again under the same key until it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx

from app import ids
from ops.bench.events import THEATRE, WARDS, Use, distinct, message, mixed

SET = 10
BULK_PAUSE, URGENT_PAUSE, AGAIN_PAUSE = 0.5, 0.5, 0.2
"""Twenty events a second, which Odoo on two cores can take."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is sent: its channel, its bytes, its key."""

    channel: str
    body: bytes
    key: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as its sender remembers it: its uses, its number of sendings, when it was answered with yes.

    ``letter`` is what went over the wire, for who must send it again.
    """

    lane: str
    uses: Sequence[Use]
    sendings: int
    accepted_at: float
    message_id: str
    letter: Letter | None = None


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

    def send(self, lane: str, letter: Letter, uses: Sequence[Use]) -> None:
        """Send a message until it is answered with yes, and remember it."""
        sendings, message_id = self.insist(letter)
        self.sent.append(Sent(lane, uses, sendings, time.time(), message_id, letter))

    def send_again(self, since: float) -> int:
        """Send all messages again that were accepted since a moment, as they were; how many."""
        chosen = [number for number, one in enumerate(self.sent) if one.letter and one.accepted_at >= since]
        for number in chosen:
            one = self.sent[number]
            assert one.letter
            sendings, message_id = self.insist(one.letter)
            self.sent[number] = replace(one, sendings=one.sendings + sendings, message_id=message_id)
        return len(chosen)

    def insist(self, letter: Letter) -> tuple[int, str]:
        """Send a message until it is answered with yes: how often it was sent, and its number."""
        accepted: httpx.Response | None = None
        sendings = 0
        while accepted is None or sendings < self.copies:
            sendings += 1
            answer = self._post(letter)
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                accepted = answer
            elif answer is not None and answer.status_code < 500:
                raise AssertionError(f"the intake refuses a good message with {answer.status_code}")
            else:
                time.sleep(AGAIN_PAUSE)
        return sendings, str(accepted.json()["id"])

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
        self.send(lane, Letter(channel, message(uses), str(ids.new_id())), uses)

    def _post(self, letter: Letter) -> httpx.Response | None:
        headers: dict[str, Any] = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        try:
            url = f"{self.url}/v1/messages/{letter.channel}"
            return httpx.post(url, content=letter.body, headers=headers | {"Idempotency-Key": letter.key}, timeout=20)
        except httpx.HTTPError:
            return None
