"""The relay's judgement: what is rung, when, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from workers.ringing import FRESH, GLANCE, IDLE, LOST, Decision, Pair, Ringing, View

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
URGENT: Pair = ("translate", "urgent")
POST: Pair = ("post", "urgent")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def decide(ringing: Ringing, view: View, *, changed: bool = False) -> Decision:
    return ringing.decide(view, changed=changed)


@pytest.fixture
def ringing() -> Ringing:
    """A judgement that is past its first look, at which it trusts no bell."""
    made = Ringing()
    decide(made, View(NOW, {}))
    return made


def test_nothing_is_rung_where_nothing_is_due(ringing: Ringing) -> None:
    assert decide(ringing, View(NOW, {})) == Decision((), (), None)


def test_what_is_due_is_rung_at_once(ringing: Ringing) -> None:
    found = decide(ringing, View(NOW, {URGENT: after(-1), POST: NOW}))
    assert found == Decision((URGENT, POST), (), NOW + GLANCE)


def test_what_comes_due_later_is_rung_then(ringing: Ringing) -> None:
    assert decide(ringing, View(NOW, {URGENT: after(7), POST: after(3)})) == Decision((), (), after(3))


def test_one_bell_at_a_time_is_on_its_way(ringing: Ringing) -> None:
    found = decide(ringing, View(NOW, {URGENT: NOW}, {URGENT: (1, NOW)}), changed=True)
    assert (found.ring, found.suspect) == ((), ())


def test_the_longer_a_bell_waits_the_rarer_we_look(ringing: Ringing) -> None:
    looks = [
        decide(ringing, View(after(age), {URGENT: NOW}, {URGENT: (1, NOW)})).look_at for age in (0.0, 0.1, 0.5, 1.9)
    ]
    assert looks == [NOW + GLANCE, after(0.2), after(1.0), after(1.9) + IDLE]


def test_the_next_worker_is_called_when_a_bell_was_heard_and_other_work_is_due(ringing: Ringing) -> None:
    decide(ringing, View(NOW, {URGENT: after(-2)}))
    assert decide(ringing, View(after(0.001), {URGENT: after(-1)})).ring == (URGENT,)


def test_a_bell_that_changed_nothing_is_repeated_ever_more_rarely(ringing: Ringing) -> None:
    rung = []
    at = NOW
    while len(rung) < 8:
        found = decide(ringing, View(at, {POST: after(-1)}))
        rung += [at] if found.ring else []
        assert found.look_at is not None
        at = max(found.look_at, at + timedelta(milliseconds=1))
    pauses = [later - earlier for earlier, later in pairwise(rung)]
    assert pauses[0] == FRESH
    assert pauses == sorted(pauses)
    assert pauses[-1] == IDLE


def test_a_change_elsewhere_makes_it_worth_another_try(ringing: Ringing) -> None:
    at = NOW
    for _ in range(200):
        at = decide(ringing, View(at, {POST: after(-1)})).look_at or at
    decide(ringing, View(at, {POST: after(-1)}))
    at += FRESH
    assert decide(ringing, View(at, {POST: after(-1)}), changed=True).ring == (POST,)


def test_even_with_changes_a_bell_that_changed_nothing_is_not_repeated_at_once(ringing: Ringing) -> None:
    decide(ringing, View(NOW, {POST: after(-1)}))
    assert decide(ringing, View(after(0.01), {POST: after(-1)}), changed=True).ring == ()


def test_work_that_was_finished_and_came_again_is_new(ringing: Ringing) -> None:
    decide(ringing, View(NOW, {URGENT: NOW}))
    decide(ringing, View(after(0.001), {}))
    assert decide(ringing, View(after(0.002), {URGENT: NOW})).ring == (URGENT,)


def test_a_bell_not_heard_for_long_is_suspected_once_in_a_while(ringing: Ringing) -> None:
    unheard = {URGENT: (1, NOW)}
    suspected = [
        moment / 10 for moment in range(60) if decide(ringing, View(after(moment / 10), {URGENT: NOW}, unheard)).suspect
    ]
    assert suspected == [2.0, 4.0]


def test_a_bell_of_a_clock_ahead_of_ours_is_suspected_too(ringing: Ringing) -> None:
    view = View(NOW, {URGENT: NOW}, {URGENT: (1, NOW + 2 * LOST)})
    assert decide(ringing, view).suspect == (URGENT,)


def test_after_an_outage_every_bell_is_suspected(ringing: Ringing) -> None:
    view = View(NOW, {URGENT: NOW, POST: NOW}, {URGENT: (1, NOW), POST: (1, NOW)})
    assert decide(ringing, view).suspect == ()
    ringing.doubt()
    assert decide(ringing, view).suspect == (URGENT, POST)
    assert decide(ringing, view).suspect == ()


def test_the_first_look_trusts_no_bell() -> None:
    assert decide(Ringing(), View(NOW, {URGENT: NOW}, {URGENT: (1, NOW)})).suspect == (URGENT,)


def test_posting_waits_for_an_open_circuit_and_nothing_else_does(ringing: Ringing) -> None:
    view = View(NOW, {URGENT: NOW, POST: NOW}, open_until=after(5))
    found = decide(ringing, view)
    assert found.ring == (URGENT,)
    assert decide(ringing, View(NOW, {POST: NOW}, open_until=after(5))).look_at == after(5)
    assert decide(ringing, View(after(5), {POST: NOW}, open_until=after(5))).ring == (POST,)


def test_bells_of_a_lane_are_counted_over_its_stages() -> None:
    view = View(NOW, {}, {URGENT: (1, NOW), POST: (2, NOW), ("post", "bulk"): (4, NOW)})
    assert view.unheard_in("urgent") == 3
    assert view.unheard_in("approvals") == 0
