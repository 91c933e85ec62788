"""JSON read without losing or guessing anything: exact numbers, no duplicate keys, no hidden depth.

Used by the standards that are written in JSON.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from app.errors import Issue, Rejected

MAX_DEPTH = 64
MAX_NUMBER_LENGTH = 64
"""Characters in a number; longer ones are attacks on arithmetic, not amounts."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Refused(ValueError):
    """A number or an object that JSON's grammar allows and we do not."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def loads(data: bytes, where: str = "") -> Any:
    """The value in UTF-8 JSON, with Decimals for all numbers.

    ``where`` stands before the places of faults. Raises Rejected for bad encoding or grammar, duplicate keys, NaN,
    endless numbers, NUL characters, halves of characters, and more than MAX_DEPTH levels.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _rejected("json.encoding", where, "UTF-8 is expected") from None
    except json.JSONDecodeError as error:
        place = where or f"line {error.lineno} column {error.colno}"
        raise _rejected("json.invalid", place, "JSON is expected") from None
    except _Refused as error:
        raise _rejected(error.code, where, str(error)) from None
    except RecursionError:
        raise _too_deep(where) from None
    if _suspicious(data):
        _inspect(value, where)
    return value


def _number(literal: str) -> Decimal:
    if len(literal) > MAX_NUMBER_LENGTH:
        raise _Refused("json.number", "a number is too long")
    try:
        return Decimal(literal)
    except InvalidOperation:
        raise _Refused("json.number", "a number is out of range") from None


def _constant(_: str) -> NoReturn:
    raise _Refused("json.number", "NaN and Infinity are no JSON numbers")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("json.duplicate_key", "an object has one key twice")
    return result


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_constant, object_pairs_hook=_object)
"""Made once: ``json.loads`` would make one for every line."""


def _suspicious(data: bytes) -> bool:
    """Whether there may be depth, NULs or halves of characters; the walk that finds them costs as much as reading."""
    return data.count(b"{") + data.count(b"[") > MAX_DEPTH or b"\\u" in data


def _inspect(value: Any, where: str) -> None:
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                below += [*node, *node.values()]
            elif isinstance(node, list):
                below += node
            elif isinstance(node, str) and ("\0" in node or _HALF_CHARACTER.search(node)):
                raise _rejected("json.character", where, "a text holds a NUL or half a character")
        depth += any(isinstance(node, dict | list) for node in level)
        if depth > MAX_DEPTH:
            raise _too_deep(where)
        level = below


def _too_deep(where: str) -> Rejected:
    return _rejected("json.too_deep", where, f"at most {MAX_DEPTH} levels are allowed")


def _rejected(code: str, where: str, text: str) -> Rejected:
    return Rejected([Issue(code, where or "message", text)])
