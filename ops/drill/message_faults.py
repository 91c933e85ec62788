"""Faults of senders: the same message thousands of times, from two at once, and what undoes before what it undoes.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count
from threading import Barrier

import httpx

from app import ids
from ops.bench.events import Use, distinct, message
from ops.drill.load import Letter, Load, Sent
from ops.drill.scene import Scene

COPIES, CONNECTIONS = 10_000, 6
_TYPE = "application/x-ndjson"


def ten_thousand_copies(scene: Scene) -> None:
    """One event ten thousand times: half of them as the same message, half as messages of their own."""
    uses = distinct(1)
    letter = Letter("carts", message(uses), str(ids.new_id()))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        share = COPIES // CONNECTIONS
        found = list(pool.map(lambda number: _copies(scene, letter, share, own=number % 2 == 1), range(CONNECTIONS)))
    message_ids = sorted(set().union(*found))
    at = time.time()
    scene.load.sent.append(Sent("urgent", uses, share * CONNECTIONS, at, message_ids[0]))
    scene.load.sent.extend(Sent("urgent", (), 0, at, one) for one in message_ids[1:])


def _copies(scene: Scene, letter: Letter, number: int, *, own: bool) -> set[str]:
    """Send copies over one connection, each under a key of its own or all under the letter's; their messages."""
    headers = {"Authorization": f"Bearer {scene.load.key}", "Content-Type": _TYPE}
    found = set()
    with httpx.Client(base_url=scene.load.url, headers=headers, timeout=20) as client:
        for _ in range(number):
            key = str(ids.new_id()) if own else letter.key
            path = f"/v1/messages/{letter.channel}"
            answer = client.post(path, content=letter.body, headers={"Idempotency-Key": key})
            answer.raise_for_status()
            found.add(str(answer.json()["id"]))
    return found


def two_at_once(scene: Scene) -> None:
    """Two systems, each with a key of its own, send every event at the same moment."""
    other = replace(scene.load, key=scene.ledger.keys.create("drill-2", ["messages:write"], ["*"]))
    together, until = Barrier(2), time.monotonic() + scene.seconds
    with ThreadPoolExecutor(2) as pool:
        for use in (use for _ in count() for use in distinct(100)):
            if time.monotonic() > until:
                return
            send = partial(_at_once, together, message([use]))
            for (sendings, message_id), uses in zip(pool.map(send, (scene.load, other)), ([use], []), strict=True):
                scene.load.sent.append(Sent("urgent", uses, sendings, time.time(), message_id))


def _at_once(together: Barrier, body: bytes, load: Load) -> tuple[int, str]:
    together.wait()
    return load.insist(Letter("carts", body, str(ids.new_id())))


def out_of_order(scene: Scene) -> None:
    """What undoes an event comes before the event, on another lane, again and again."""
    until = time.monotonic() + scene.seconds
    for use in (use for _ in count() for use in distinct(100)):
        if time.monotonic() > until:
            return
        event = json.loads(message([use]))
        undo = event | {"kind": "reversal", "reverses": event["event_id"]}
        less = Use(use.department, use.item, use.lot, -use.quantity)
        for one, its in ((undo, less), (event, use)):
            letter = Letter("carts", json.dumps(one).encode(), str(ids.new_id()))
            scene.load.send("urgent", letter, [its])
