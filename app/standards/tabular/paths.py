"""Field paths: ``lines.quantity.value``, resolved in the class of a document.

Used by the columns, by reading and by writing.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from app.model.documents import KINDS
from app.model.item import SCHEMES, Identifier
from app.model.party import PartyIdentifier, PartyScheme
from app.model.text import PROSE

OWN = "own"
"""A step into a list, to the entry that belongs to the row itself."""

LINES = "lines"

_BAGS: Mapping[type, tuple[str, ...]] = {Identifier: SCHEMES, PartyIdentifier: get_args(PartyScheme)}
_UNWRITTEN = frozenset({"warnings", "case"})
MAX_ENTRY = 500
"""The highest number of an entry in a path."""


class Unresolved(ValueError):
    """There is no such field."""


@dataclass(frozen=True, slots=True)
class Path:
    """A field of a document.

    ``steps`` are names, numbers of entries (from 1) and OWN; the last step into a bag of identifiers is ``@gtin``, or
    ``@gtin.2`` for a second number of the scheme.
    ``leaf`` is the type of the value: str, PROSE, Decimal, bool, a date, or the tuple of allowed words.
    """

    text: str
    steps: tuple[str | int, ...]
    leaf: Any

    @property
    def name(self) -> str:
        """The field itself: ``value``."""
        return self.text.rsplit(".", 1)[-1]

    @property
    def of_line(self) -> bool:
        """Whether it is told of each line rather than of the document."""
        return self.steps[:2] == (LINES, OWN)

    @property
    def thing(self) -> str:
        """What issue codes call it: ``quantity``."""
        named = [part for part in self.text.split(".") if not part.isdigit() and part != LINES]
        return named[-2] if len(named) > 1 and named[-1] in {"value", "amount"} else named[-1]


@cache
def resolved(kind: str, text: str) -> Path:
    """The path in documents of that kind. Raises Unresolved."""
    steps: list[str | int] = []
    hint: Any = KINDS[kind]
    for part in text.split("."):
        if steps and str(steps[-1]).startswith("@") and part.isdigit():
            steps[-1] = f"{steps[-1]}.{part}"  # a second number of the same scheme
            continue
        if hint in _BAGS:
            if part not in _BAGS[hint]:
                raise Unresolved(f"{text}: schemes are {', '.join(_BAGS[hint])}")
            # Which entry of the bag it is, is told by the scheme.
            steps[-1:] = [f"@{part}"]
            hint = str
            continue
        hint = _below(hint, part, steps, text)
        if get_origin(hint) is tuple and get_args(hint)[0] in _BAGS:
            steps.append(OWN)
            hint = get_args(hint)[0]
    if get_origin(hint) is tuple and not is_dataclass(get_args(hint)[0]):
        steps.append(OWN)
        hint = get_args(hint)[0]
    return Path(text, tuple(steps), _leaf(hint, text))


def _below(hint: Any, part: str, steps: list[str | int], text: str) -> Any:
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
        if part.isdigit() and 0 < int(part) <= MAX_ENTRY:
            steps.append(int(part))
            return hint
        steps.append(OWN)
    if not is_dataclass(hint):
        raise Unresolved(f"{text}: there is no field {part}")
    made: Any = hint
    found = _hints(made).get(part)
    if found is None:
        raise Unresolved(f"{text}: there is no field {part}")
    steps.append(part)
    return found


@cache
def _hints(made: Any) -> Mapping[str, Any]:
    hints = get_type_hints(made, include_extras=True)
    found = {field.name: _bare(hints[field.name]) for field in fields(made) if field.name not in _UNWRITTEN}
    if "case" in hints:
        found["case_id"] = str
    return found


def _bare(hint: Any) -> Any:
    """The annotation without ``None``."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = tuple(part for part in get_args(hint) if part is not type(None))
        return rest[0] if len(rest) == 1 else rest
    return hint


def _leaf(hint: Any, text: str) -> Any:
    if get_origin(hint) is Annotated:
        return PROSE if PROSE in hint.__metadata__ else get_args(hint)[0]
    if get_origin(hint) is Literal:
        return get_args(hint)
    if is_dataclass(hint) or get_origin(hint) is tuple:
        raise Unresolved(f"{text}: a field with a value is expected")
    return hint
