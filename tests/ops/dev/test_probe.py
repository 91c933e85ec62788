"""A server is taken for what it is only when it speaks its own protocol."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.dev.probe import amqp_answers, http_answers, port_open, postgres_answers, redis_answers

CONNECTION_START = b"\x01\x00\x00\x00\x00\x01\xf3\x00\x0a\x00\x0a\x00\x09"
Canned = Callable[[bytes], str]


@pytest.mark.parametrize(
    ("probe", "scheme", "reply"),
    [
        (postgres_answers, "postgresql", b"S"),
        (postgres_answers, "postgresql+psycopg", b"N"),
        (amqp_answers, "amqp", CONNECTION_START),
        (redis_answers, "redis", b"+PONG\r\n"),
        (redis_answers, "redis://:secret@", b"+OK\r\n+PONG\r\n"),
        (http_answers, "http", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    ],
)
def test_the_right_answer(canned: Canned, probe: Callable[[str], bool], scheme: str, reply: bytes) -> None:
    prefix = scheme if "://" in scheme else f"{scheme}://"

    assert probe(f"{prefix}{canned(reply)}/x") is True


@pytest.mark.parametrize(
    ("probe", "scheme", "reply"),
    [
        (postgres_answers, "postgresql", b"HTTP/1.0 400 Bad Request\r\n\r\n"),
        (amqp_answers, "amqp", b"AMQP\x00\x00\x09\x01"),
        (amqp_answers, "amqp", b""),
        (redis_answers, "redis", b"-NOAUTH Authentication required.\r\n"),
        (redis_answers, "redis://:wrong@", b"-WRONGPASS invalid\r\n-NOAUTH\r\n"),
        (http_answers, "http", b"HTTP/1.0 401 Unauthorized\r\n\r\n"),
        (http_answers, "http", b"220 mail.example ESMTP\r\n"),
    ],
)
def test_another_answer(canned: Canned, probe: Callable[[str], bool], scheme: str, reply: bytes) -> None:
    prefix = scheme if "://" in scheme else f"{scheme}://"

    assert probe(f"{prefix}{canned(reply)}/x") is False


def test_nobody_there() -> None:
    assert not port_open(64999)
    assert not redis_answers("redis://127.0.0.1:64999/0")
    assert not http_answers("http://127.0.0.1:64999/")
