"""Misbehaviour on request: the next call is late, cut off, answered by a proxy, or fails inside Odoo.

Used by tests through ``server.StandIn.faults``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one call.

    By ``kind`` its answer is its own (``late``), none (``dropped``), a proxy's page with ``status`` (``page``), Odoo's
    error of a transaction that lost (``conflict``) or of a rule of the business (``refused``), each after ``delay``
    seconds. ``committed`` tells whether a dropped call or one with a page takes effect. ``place`` limits the fault to
    one ``model.method``.
    """

    kind: Literal["late", "dropped", "page", "conflict", "refused"]
    committed: bool = False
    delay: float = 0.0
    status: int = 502
    place: str | None = None

    @property
    def runs(self) -> bool:
        """Whether the call takes effect."""
        return self.kind == "late" or (self.committed and self.kind in {"dropped", "page"})


class Faults:
    """The faults that wait for their call, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def inject(self, *faults: Fault) -> None:
        """Let the next fitting calls meet these faults."""
        with self._lock:
            self._waiting.extend(faults)

    def take(self, place: str) -> Fault | None:
        """The fault that this call meets, if any; it is used up."""
        with self._lock:
            fault = next((fault for fault in self._waiting if fault.place in {None, place}), None)
            if fault:
                self._waiting.remove(fault)
            return fault
