"""JSON without loss and without guesses."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Rejected
from app.model import exact_json


def refusal(data: bytes, where: str = "") -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        exact_json.loads(data, where)
    (issue,) = caught.value.issues
    return issue.code, issue.where


def test_numbers_are_exact() -> None:
    assert exact_json.loads(b"[10.10, 12345678901234.123456, 7]") == [
        Decimal("10.10"),
        Decimal("12345678901234.123456"),
        Decimal(7),
    ]
    assert str(exact_json.loads(b"10.10")) == "10.10"


def test_a_byte_order_mark_does_not_matter() -> None:
    assert exact_json.loads(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "json.invalid"),
        (b"", "json.invalid"),
        (b"{} {}", "json.invalid"),
        (b"\xff\xfe{\x00}\x00", "json.encoding"),
        (b'"\xe4"', "json.encoding"),
        (b'"\xed\xa0\x80"', "json.encoding"),
        (b'{"a": 1, "a": 1}', "json.duplicate_key"),
        (b'{"a": {"b": 1, "b": 2}}', "json.duplicate_key"),
        (b"NaN", "json.number"),
        (b"[-Infinity]", "json.number"),
        (b"1" * 65, "json.number"),
        (b"1e99999999999999999999", "json.number"),
        (b'"\\u0000"', "json.character"),
        (b'{"\\u0000": 1}', "json.character"),
        (b'"\\ud800"', "json.character"),
        (b'["\\udc00\\ud800"]', "json.character"),
        (b'"a\nb"', "json.invalid"),
        (b"[" * 65 + b"]" * 65, "json.too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "json.too_deep"),
        (b'{"a":' * 100_000, "json.too_deep"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    assert refusal(data)[0] == code


def test_places() -> None:
    assert refusal(b'{\n  "a": x}') == ("json.invalid", "line 2 column 8")
    assert refusal(b"x", "line 7") == ("json.invalid", "line 7")
    assert refusal(b"NaN") == ("json.number", "message")


def test_the_deepest_that_is_read() -> None:
    assert exact_json.loads(b"[" * exact_json.MAX_DEPTH + b"]" * exact_json.MAX_DEPTH)


def test_pairs_of_halves_are_whole_characters() -> None:
    assert exact_json.loads(b'"\\ud83d\\ude00"') == "\U0001f600"


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | texts, lambda below: st.lists(below) | st.dictionaries(texts, below), max_leaves=20
)


@given(values)
def test_whatever_is_written_is_read(value: object) -> None:
    assert exact_json.loads(json.dumps(value).encode()) == value
