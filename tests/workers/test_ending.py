"""The wish to end reaches the processes that were made by a fork."""

from __future__ import annotations

import os

from workers.ending import Ending


def test_children_see_what_the_parent_says_later() -> None:
    ending = Ending()
    asks, tells = os.pipe()
    if (child := os.fork()) == 0:
        os.read(asks, 1)
        os._exit(7 if ending.is_said() else 8)
    assert not ending.is_said()
    ending.say()
    os.write(tells, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
