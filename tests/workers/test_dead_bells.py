"""Telling a bell from anything else, without more than a look at its envelope; sweeping is in tests/contracts."""

from __future__ import annotations

from pathlib import Path

import kombu
import pytest

from app import ids
from tests import factories
from workers.celery import application
from workers.consumer import described
from workers.dead_bells import Swept, is_bell, sweep

BELL = b'[["urgent"],{},{"callbacks":null}]'


def message(body: bytes | str, task: object = "wardline.post", content_type: str = "application/json") -> kombu.Message:
    return kombu.Message(body=body, headers={"task": task} if task else {}, content_type=content_type)


def test_a_bell_of_ours_is_known() -> None:
    assert is_bell(message(BELL))
    assert is_bell(message(BELL.decode()))


@pytest.mark.parametrize(
    "foreign",
    [
        message(BELL, task=None),
        message(BELL, task="other.post"),
        message(BELL, task=17),
        message(b'[["no such lane"],{},{}]'),
        message(b'[["urgent","bulk"],{},{}]'),
        message(b'[["urgent"],{"message":1},{}]'),
        message(b'[[["urgent"]],{},{}]'),
        message(b"{}"),
        message(b"not json"),
        message(b"\xff\xfe"),
        message(b"7"),
    ],
)
def test_anything_else_is_foreign(foreign: kombu.Message) -> None:
    assert not is_bell(foreign)


def test_of_a_foreign_message_only_type_size_and_digest_are_told() -> None:
    body = b"PID|1||4711"
    told = described(message(body, content_type="x-application/hl7-v2+er7"))
    assert told == {"content_type": "x-application/hl7-v2+er7", "size": len(body), "digest": ids.digest(body)}


def test_a_broker_without_dead_letters_has_nothing_to_sweep(tmp_path: Path) -> None:
    assert sweep(application(factories.settings(tmp_path))) == Swept()


def test_sums_of_sweeps() -> None:
    assert Swept(1, 2, 3) + Swept(10, 20, 30) == Swept(11, 22, 33)
