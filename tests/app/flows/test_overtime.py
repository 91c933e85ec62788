"""A reading that takes too long is ended, wherever it can be."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from app.errors import Permanent
from app.flows.overtime import limited


def _read_for_ever() -> None:
    while True:
        pass


def _swallow_and_read_on() -> None:
    with suppress(Exception):
        time.sleep(30)
    time.sleep(30)


def test_what_ends_in_time_is_left_alone() -> None:
    with limited(5):
        time.sleep(0.01)
    assert signal.getitimer(signal.ITIMER_REAL)[0] != pytest.approx(5, abs=0.5)


def test_what_does_not_end_is_ended() -> None:
    with pytest.raises(Permanent) as caught, limited(0.05):
        _read_for_ever()
    assert caught.value.code == "reading.too_long"


def test_a_reader_that_swallows_it_is_told_again() -> None:
    begun = time.monotonic()
    with pytest.raises(Permanent), limited(0.05):
        _swallow_and_read_on()
    assert time.monotonic() - begun < 10


def test_the_alarm_of_somebody_else_is_set_again() -> None:
    heard: list[int] = []
    before, rest = (
        signal.signal(signal.SIGALRM, lambda number, _: heard.append(number)),
        signal.getitimer(signal.ITIMER_REAL),
    )
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with limited(5):
            time.sleep(0.02)
        time.sleep(0.4)
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *rest)
    assert heard == [signal.SIGALRM]


def test_outside_of_the_main_thread_there_is_no_limit() -> None:
    def read() -> str:
        with limited(0.01):
            time.sleep(0.05)
        return "read"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == "read"
