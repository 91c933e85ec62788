"""Schemas derived from annotations: exact, strict, and the same both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest
from marshmallow import ValidationError

from app.model.derived import schema_of
from app.model.text import Prose
from app.model.when import When


@dataclass(frozen=True)
class Part:
    code: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class Whole:
    number: str
    parts: tuple[Part, ...] = ()
    kind: Literal["a", "b"] = "a"
    note: Prose | None = None
    at: When | None = None
    day: date | None = None
    flag: bool | None = None
    count: int = 3
    names: Mapping[str, str] = field(default_factory=dict)
    main: Part | None = None


SCHEMA = schema_of(Whole)()
FULL = Whole(
    "N-1",
    (Part("x", Decimal("10.10")), Part("y")),
    "b",
    "one\ntwo",
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))),
    date(2026, 1, 2),
    flag=False,
    count=4,
    names={"CA": "XCS"},
    main=Part("z", Decimal("-0.500")),
)


@pytest.mark.parametrize("whole", [FULL, Whole("N-2"), Whole("N-3", at=date(2026, 1, 2))])
def test_what_is_dumped_is_loaded_the_same(whole: Whole) -> None:
    dumped = SCHEMA.dump(whole)
    assert SCHEMA.load(dumped) == whole
    assert SCHEMA.dump(SCHEMA.load(dumped)) == dumped


def test_decimals_keep_every_digit_and_what_was_not_told_is_left_out() -> None:
    dumped = SCHEMA.dump(FULL)
    assert dumped["parts"] == [{"code": "x", "amount": "10.10"}, {"code": "y"}]
    assert dumped["main"]["amount"] == "-0.500"
    assert SCHEMA.dump(Whole("N-2")) == {"number": "N-2", "kind": "a", "count": 3, "names": {}}


def test_a_day_stays_a_day_and_a_moment_keeps_its_offset() -> None:
    assert SCHEMA.load({"number": "1", "at": "2026-01-02"}).at == date(2026, 1, 2)
    moment = SCHEMA.load({"number": "1", "at": "2026-01-02T00:00:00+02:00"}).at
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == timedelta(hours=2)
    assert SCHEMA.load({"number": "1", "at": "2026-01-02T00:00:00Z"}).at == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({}, "number"),
        ({"number": None}, "number"),
        ({"number": "   "}, "number"),
        ({"number": 7}, "number"),
        ({"number": "a\x00b"}, "number"),
        ({"number": "x" * 201}, "number"),
        ({"number": "1", "unknown": "x"}, "unknown"),
        ({"number": "1", "kind": "c"}, "kind"),
        ({"number": "1", "at": "2026-01-02T00:00:00"}, "at"),
        ({"number": "1", "at": "yesterday"}, "at"),
        ({"number": "1", "at": "1066-10-14"}, "at"),
        ({"number": "1", "day": "2026-02-30"}, "day"),
        ({"number": "1", "count": "4"}, "count"),
        ({"number": "1", "flag": "perhaps"}, "flag"),
        ({"number": "1", "names": {"CA": 1}}, "names"),
        ({"number": "1", "note": "x" * 4001}, "note"),
        ({"number": "1", "parts": [{"code": "x", "amount": 1.5}]}, "parts"),
        ({"number": "1", "parts": [{"code": "x", "amount": "1e5"}]}, "parts"),
        ({"number": "1", "parts": [{"code": "x", "amount": "NaN"}]}, "parts"),
        ({"number": "1", "parts": [{"code": "x", "amount": Decimal(1234567890123)}]}, "parts"),
        ({"number": "1", "main": {"amount": "1"}}, "main"),
    ],
)
def test_anything_else_is_refused_at_its_place(content: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SCHEMA.load(content)
    assert list(caught.value.messages) == [place]


def test_prose_keeps_its_lines_and_loses_control_characters() -> None:
    assert SCHEMA.load({"number": "1", "note": " one\r\ntwo\x07three \n"}).note == "one\ntwo three"
