"""Conditions written in CEL (Common Expression Language): compiled once, asked often, never harmful.

Used by the rule book's sections. The library behind it may be replaced; CEL has no loops and no side effects, so what
a person writes into a rule can neither hang nor change anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import cel

from app.errors import WardlineError


class Unanswerable(WardlineError):
    """A condition cannot be answered with these facts."""

    code = "policy.condition"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; equal where its text is."""

    text: str
    _program: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str, known: Collection[str]) -> Condition:
        """Compile. Raises ValueError for what is no condition, or asks for a name that there is not."""
        try:
            program = cel.compile(text)
        except Exception as error:  # noqa: BLE001 - whatever the parser trips over, the text is at fault
            # The library raises ValueError with the parser's own words, and others for what its parser trips over.
            raise ValueError(str(error).splitlines()[0][:200]) from None
        if strange := sorted(set(program.variables()) - set(known)):
            raise ValueError(f"there is no {', '.join(strange)}; known are {', '.join(sorted(known))}")
        return cls(text, program)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it holds; amounts are compared as numbers. Raises Unanswerable."""
        try:
            found = self._program.execute({name: _plain(value) for name, value in facts.items()})
        except Exception as error:  # noqa: BLE001 - whatever the evaluation trips over, there is no answer
            raise Unanswerable(f"{self.text}: {type(error).__name__}") from None
        if not isinstance(found, bool):
            raise Unanswerable(f"{self.text}: the answer is no yes or no")
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if value is None:
        return ""
    return value
