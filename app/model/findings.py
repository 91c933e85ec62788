"""Faults and oddities, gathered while a message is read, so that its sender learns of all of them at once.

Used by the mappings of the standards. The codes are ``<thing>.<reason>``; the reasons are few and the same in all
standards: missing, invalid, unsupported, unknown, duplicate, conflict, ambiguous, too_long, too_many.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.errors import Issue, Rejected
from app.model import gate

MAX_ISSUES = 100
"""More are not listed: whoever has a hundred faults in a message has one fault in the sender."""


class Findings:
    """The issues of one message or of one entry of it."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, str], Issue]] = {"error": {}, "warning": {}}

    @property
    def errors(self) -> tuple[Issue, ...]:
        """What makes the meaning ambiguous."""
        return tuple(self._found["error"].values())

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """What is odd and yet clear."""
        return tuple(self._found["warning"].values())

    def reject(self, code: str, where: str, text: str) -> None:
        """Note a fault; the first one at a place stands for those that follow from it."""
        self.add([Issue(code, where, text)])

    def warn(self, code: str, where: str, text: str) -> None:
        """Note an oddity."""
        self.add([Issue(code, where, text, "warning")])

    def add(self, issues: Iterable[Issue]) -> None:
        """Note what was found elsewhere."""
        for issue in issues:
            found = self._found[issue.severity]
            if len(found) < MAX_ISSUES:
                found.setdefault((issue.code, issue.where), issue)

    def text(
        self, thing: str, value: str | None, where: str, *, required: bool = False, allowed: str = ""
    ) -> str | None:
        """The text if it may enter the canonical model; where it may not, or is required and missing, a fault."""
        try:
            found = gate.text(value, allowed=allowed)
        except gate.Unfit as fault:
            self.unfit(thing, where, fault)
            return None
        if found is None and required:
            self.reject(f"{thing}.missing", where, "a value is required")
        return found

    def unfit(self, thing: str, where: str, fault: gate.Unfit) -> None:
        """Note that a value was refused at the gate."""
        self.reject(f"{thing}.{fault.reason}", where, str(fault))

    def settle(self) -> None:
        """Raise Rejected with all faults if there are any."""
        if self.errors:
            raise Rejected(self.errors)
