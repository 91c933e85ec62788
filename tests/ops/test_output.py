from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from ops.output import Output, age, counted, printable, rfc3339, word

ROWS = [
    {"id": UUID(int=1), "state": "dead", "hint": "mend it " * 12},
    {"id": UUID(int=2), "state": "settled", "hint": None},
]


class Screen:
    """An output whose two streams can be read; ``terminal`` says what they pretend to be."""

    def __init__(self, *, terminal: bool = False, machine: bool = False, width: int = 100) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        consoles = (
            Console(file=stream, force_terminal=terminal, width=width, highlight=False, color_system=None)
            for stream in (self.out, self.err)
        )
        out, err = consoles
        self.output = Output(machine=machine, out=out, err=err)

    @property
    def shown(self) -> str:
        return self.out.getvalue()


def test_a_pipe_gets_plain_columns() -> None:
    screen = Screen()

    screen.output.table(ROWS, ("id", "state", "hint"))

    lines = screen.shown.splitlines()
    assert lines[0].split() == ["id", "state", "hint"]
    assert lines[1].startswith("00000000-0000-0000-0000-000000000001  dead     mend it")
    assert len(lines) == 3
    assert max(map(len, lines)) > 100, "a line is never wrapped, so that line tools see whole rows"


def test_a_terminal_gets_a_table_that_wraps_only_prose() -> None:
    screen = Screen(terminal=True)

    screen.output.table(ROWS, ("id", "state", "hint"))

    assert "00000000-0000-0000-0000-000000000001" in screen.shown
    assert "─" in screen.shown
    assert max(map(len, screen.shown.splitlines())) <= 100


def test_a_narrow_terminal_gets_one_block_for_each_row() -> None:
    screen = Screen(terminal=True, width=40)

    screen.output.table(ROWS, ("id", "state", "hint"))

    assert "  id     00000000-0000-0000-0000-000000000001" in screen.shown
    assert "─" not in screen.shown


def test_a_machine_gets_json_alone() -> None:
    screen = Screen(machine=True)

    screen.output.table(ROWS, ("id",))
    screen.output.fields({"a": 1})
    screen.output.say("words")
    screen.output.note("more words")
    with screen.output.progress("counting", 3) as told:
        told(2)
    screen.output.json({"rows": ROWS})

    assert json.loads(screen.shown)["rows"][1]["id"] == "00000000-0000-0000-0000-000000000002"
    assert screen.err.getvalue() == ""


def test_json_is_for_machines_alone() -> None:
    screen = Screen()

    screen.output.json({"a": 1})

    assert screen.shown == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 11, 22, 8, 0, 0, 120, tzinfo=timezone(timedelta(hours=1))), "2026-11-22T07:00:00.000120Z"),
        (date(2026, 11, 22), "2026-11-22"),
        (Decimal("1.50"), "1.50"),
        ({"b", "a"}, ["a", "b"]),
        (None, None),
    ],
)
def test_json_values(value: object, written: object) -> None:
    screen = Screen(machine=True)

    screen.output.json({"value": value}, line=True)

    assert json.loads(screen.shown) == {"value": written}
    assert screen.shown.count("\n") == 1


def test_a_terminal_gets_a_progress_bar_and_a_pipe_does_not() -> None:
    for terminal in (True, False):
        screen = Screen(terminal=terminal)
        with screen.output.progress("requeueing", 4) as told:
            told(2)
        assert ("requeueing" in screen.err.getvalue()) is terminal
        assert screen.shown == ""


def test_a_fault_is_told_with_code_hint_and_issues() -> None:
    screen = Screen()

    screen.output.fault("crosswalk.cell", "2 faults", "Correct them.", ["line 2: bad", "line 3: worse"])

    assert screen.err.getvalue().splitlines() == [
        "error: 2 faults [crosswalk.cell]",
        "  line 2: bad",
        "  line 3: worse",
        "  what to do: Correct them.",
    ]
    assert screen.shown == ""


def test_markup_of_a_sender_is_text() -> None:
    screen = Screen(terminal=True)

    screen.output.table([{"sender": "[red]A[/red]"}], ("sender",))

    assert "[red]A[/red]" in screen.shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "-"),
        (True, "yes"),
        ((), "-"),
        (["b", "a"], "b, a"),
        (0.5, "0.5"),
        (datetime(2026, 11, 22, 7, 0, 0, 999, tzinfo=UTC), "2026-11-22T07:00:00Z"),
        ("two\nlines", "two\N{REPLACEMENT CHARACTER}lines"),
    ],
)
def test_words(value: object, told: str) -> None:
    assert word(value) == told


def test_ages() -> None:
    assert [age(seconds) for seconds in (0, 90, 121, 7300, 200_000)] == ["0 s", "90 s", "2 min", "2 h", "2 d"]


def test_counts() -> None:
    assert (counted(0, "hold"), counted(1, "hold"), counted(2, "hold")) == ("0 holds", "1 hold", "2 holds")


def test_escapes_do_not_reach_the_terminal() -> None:
    assert (
        printable("a\x1b[31m\x9bb\u202e")
        == "a\N{REPLACEMENT CHARACTER}[31m" + "\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    )


def test_moments_are_written_in_utc() -> None:
    assert rfc3339(datetime(2026, 1, 1, tzinfo=UTC), "seconds") == "2026-01-01T00:00:00Z"
