"""A clinical system that sends as fast as it is answered; cheap, since it shares the machine with what it measures.

Used by the measurements of intake and latency.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from app.errors import Unavailable
from ops.bench.accounts import WrongWork
from ops.bench.events import Use, message

PATIENCE = 60.0
IDLE = 1.0
"""Seconds after which an unused connection is not trusted: gunicorn closes it after two."""
ACCEPTED = 202


class Sender:
    """One connection, kept open, to one HTTP intake; ``key`` is an API key."""

    def __init__(self, address: str, key: str) -> None:
        self._connection = HTTPConnection(address, timeout=PATIENCE)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self._used_at = 0.0

    def send(self, channel: str, uses: Iterable[Use]) -> str:
        """Send the uses as one message; where it can be looked up. Raises WrongWork where it is not accepted."""
        if time.monotonic() - self._used_at > IDLE:
            self._connection.close()  # the next request opens it again
        self._connection.request("POST", f"/v1/messages/{channel}", message(uses), self._headers)
        with self._connection.getresponse() as response:
            response.read()
        self._used_at = time.monotonic()
        if response.status != ACCEPTED:
            raise WrongWork(f"a message was answered with {response.status}")
        return response.headers.get("Location", "")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def connected(address: str, key: str) -> Iterator[Sender]:
    """A sender whose connection is closed at the end."""
    sender = Sender(address, key)
    try:
        yield sender
    finally:
        sender.close()


def burst(address: str, key: str, senders: int, seconds: float, use: Use) -> tuple[int, float]:
    """So many senders at once, each the next message as soon as it is answered: how many messages, in what time."""
    begun = time.perf_counter()

    def send(_number: int) -> int:
        sent = 0
        with connected(address, key) as sender:
            while time.perf_counter() - begun < seconds:
                sender.send("cabinets", [use])
                sent += 1
        return sent

    with ThreadPoolExecutor(senders) as pool:
        counts = list(pool.map(send, range(senders)))
    return sum(counts), time.perf_counter() - begun


def wait_until(done: Callable[[], bool], what: str, seconds: float = PATIENCE, pause: float = 0.1) -> None:
    """Raises Unavailable where it does not come about in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise Unavailable(f"after {seconds:.0f} s it is not so that {what}")
        time.sleep(pause)


def answers(address: str, path: str) -> bool:
    """Whether a GET there is answered with 200."""
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
