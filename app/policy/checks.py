"""What the sections of the rule book have in common: entries are checked, and every fault is named with its place.

Used by the modules that own a section while they read it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import Issue, Rejected


class Checks:
    """Collects the faults of one section; ``where`` is a place within it, as it stands in the file."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.issues: list[Issue] = []

    def table(self, entry: Any, model: type[Any], where: str = "") -> bool:
        """Whether it is a table; settings that the model does not have are faults."""
        if not isinstance(entry, Mapping):
            self.fault("table", where, "must be a table of settings")
            return False
        known = {item.name for item in fields(model)}
        for name in entry:
            if name not in known:
                self.fault("unknown", f"{where}.{name}".lstrip("."), "there is no such setting")
        return True

    def number(self, value: Any, where: str) -> None:
        """A number of 0 or more, or nothing."""
        if value is not None and number(value) is None:
            self.fault("number", where, "must be a number of 0 or more")

    def days(self, value: Any, where: str) -> None:
        """A whole number of days, or nothing."""
        if value is not None and (isinstance(value, bool) or not str(value).isdecimal()):
            self.fault("days", where, "must be a whole number of days")

    def text(self, value: Any, where: str) -> None:
        """A text that says something."""
        if not isinstance(value, str) or not value:
            self.fault("text", where, "must be a text")

    def switch(self, value: Any, where: str) -> None:
        """Yes or no."""
        if not isinstance(value, bool):
            self.fault("switch", where, "must be true or false")

    def choice(self, value: Any, choices: Collection[str], where: str) -> None:
        """One of several words."""
        if value not in choices:
            self.fault("choice", where, f"must be {' or '.join(choices)}")

    def fault(self, code: str, where: str, text: str) -> None:
        """Note a fault."""
        self.issues.append(Issue(f"{self.section}.{code}", f"{self.section}.{where}".rstrip("."), text))

    def end(self) -> None:
        """Raise Rejected naming every fault, if there is any."""
        if self.issues:
            raise Rejected(self.issues, code=f"policy.{self.section}")


def number(value: Any) -> Decimal | None:
    """A number of 0 or more as YAML has it, or None."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if not isinstance(value, bool) and found.is_finite() and found >= 0 else None


def numbers(entry: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Those of the named settings that an entry gives, as exact numbers."""
    return {name: Decimal(str(entry[name])) for name in names if entry.get(name) is not None}


def told(entry: Any) -> dict[str, Any]:
    """An entry's settings as JSON, to be frozen with an effect; what is not set is left out."""
    values = {item.name: getattr(entry, item.name) for item in fields(entry)}
    return {name: str(value) for name, value in values.items() if value is not None}
