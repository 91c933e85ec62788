"""Which bells are to be rung now, and when to look again: the relay's judgement, without any I/O.

One bell of a stage and lane is on its way at a time. When it was heard and work is still due, the next one is rung,
so that a flood brings in one worker after the other, and never makes more bells than there are stages and lanes,
however many workers and items there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Pair = tuple[str, str]
"""A stage and a lane."""

LOST = timedelta(seconds=2)
"""After this long a bell that was not heard is suspected to be lost."""
GLANCE = timedelta(milliseconds=20)
"""How soon after a bell was rung we look whether it was heard; later ever more rarely."""
FRESH = timedelta(milliseconds=50)
"""Least pause between bells that changed nothing, while something changes elsewhere."""
IDLE = timedelta(seconds=1)
"""Longest pause between bells that change nothing, such as for a partition that another worker has."""
POSTING = "post"


@dataclass(frozen=True, slots=True)
class View:
    """What the ledger shows at one moment.

    ``due`` is when the first work of each pair comes due, ``unheard`` how many bells of a pair are on their way and
    when the last was rung, ``open_until`` until when the circuit forbids posting (None: it does not).
    """

    at: datetime
    due: Mapping[Pair, datetime]
    unheard: Mapping[Pair, tuple[int, datetime]] = field(default_factory=dict)
    open_until: datetime | None = None

    def unheard_in(self, lane: str) -> int:
        """How many bells of all stages are on their way in the lane."""
        return sum(count for (_, its_lane), (count, _) in self.unheard.items() if its_lane == lane)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: bells to ring, bells that may be lost, and when to look again at the latest (None: no need)."""

    ring: tuple[Pair, ...]
    suspect: tuple[Pair, ...]
    look_at: datetime | None


@dataclass(slots=True)
class _Rung:
    """What we remember of a pair's last bell: the work it was rung for and the pause until the next one."""

    head: datetime
    at: datetime
    pause: timedelta


class Ringing:
    """Decides, and remembers what it was for that each bell was rung."""

    def __init__(self) -> None:
        self._rung: dict[Pair, _Rung] = {}
        self._asked: dict[Pair, datetime] = {}
        self._doubtful = True

    def doubt(self) -> None:
        """Suspect all bells that are on their way; for a broker that was away."""
        self._doubtful = True

    def decide(self, view: View, *, changed: bool) -> Decision:
        """What to do about what the ledger shows; ``changed`` says that work was added or given back."""
        ring: list[Pair] = []
        suspect: list[Pair] = []
        looks: list[datetime] = []
        for pair, due in view.due.items():
            may = max(due, view.open_until) if pair[0] == POSTING and view.open_until else due
            if may > view.at:
                looks.append(may)
            elif pair in view.unheard:
                if self._is_suspect(pair, view):
                    suspect.append(pair)
                looks.append(self._next_glance(pair, view))
            elif (at := self._may_ring_at(pair, due, view, changed=changed)) > view.at:
                looks.append(at)
            else:
                ring.append(pair)
                self._remember(pair, due, view.at)
                looks.append(view.at + GLANCE)
        for pair in self._rung.keys() - view.due.keys():
            del self._rung[pair]
        self._doubtful = False
        return Decision(tuple(ring), tuple(suspect), min(looks, default=None))

    def _is_suspect(self, pair: Pair, view: View) -> bool:
        """Whether the pair's bell should have been heard by now; asked again only after a while."""
        rung_at = max(view.unheard[pair][1], self._asked.get(pair, view.unheard[pair][1]))
        if not self._doubtful and abs(view.at - rung_at) < LOST:
            return False
        self._asked[pair] = view.at
        return True

    def _next_glance(self, pair: Pair, view: View) -> datetime:
        """A bell that was not heard for long has a queue before it: the longer it waits, the rarer we look."""
        waited = abs(view.at - view.unheard[pair][1])
        return view.at + min(max(waited, GLANCE), IDLE)

    def _may_ring_at(self, pair: Pair, head: datetime, view: View, *, changed: bool) -> datetime:
        """When the pair may be rung for: at once, unless its last bell was rung for the very same work.

        Then whoever heard it could not do that work (its partition was taken, say), and would not now.
        """
        last = self._rung.get(pair)
        if last is None or last.head != head:
            return view.at
        if changed:
            last.pause = min(last.pause, FRESH)
        return last.at + last.pause

    def _remember(self, pair: Pair, head: datetime, at: datetime) -> None:
        last = self._rung.get(pair)
        pause = min(last.pause * 2, IDLE) if last is not None and last.head == head else FRESH
        self._rung[pair] = _Rung(head, at, pause)
