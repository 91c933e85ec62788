"""Messages that we write: segments field by field, in the standard's own separators.

Called by the writers. Whatever a value holds is escaped; what the character set cannot tell is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.errors import Permanent
from app.model.interchange import Interchange, Written
from app.model.when import When
from app.standards.hl7v2 import positions, times
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import CHARACTER_SETS, Dialect

CONTENT_TYPE = "application/hl7-v2"
DIALECT = Dialect()

Value = str | Decimal | When | bool | None


def text(value: Value) -> str:
    """A value as it stands in a component."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Decimal):
        return format(value, "f")
    return DIALECT.written(value) if isinstance(value, str) else times.written(value)


def components(*values: Value) -> str:
    """A field of several components, without the empty ones at its end."""
    return "^".join(text(value) for value in values).rstrip("^")


class Builder:
    """A message in the making."""

    def __init__(self, kind: str, event: str, interchange: Interchange, options: Hl7Options) -> None:
        self._kind, self._options, self._interchange = f"{kind}^{event}", options, interchange
        structure = f"{kind}^{event}^{kind}_{event}"
        self._segments = [self._header(structure)]

    def _header(self, structure: str) -> str:
        options, interchange = self._options, self._interchange
        sender, receiver = (_party(address) for address in (interchange.sender, interchange.receiver))
        return "|".join([
            r"MSH|^~\&",
            *sender,
            *receiver,
            times.written(interchange.sent_at),
            "",
            structure,
            str(interchange.control_number),
            "T" if interchange.test else "P",
            text(options.version),
            "",
            "",
            options.written_accept,
            options.written_application,
            "",
            options.written_character_set,
        ])

    def add(self, name: str, fields: Mapping[int, str]) -> None:
        """A segment from its fields as they are to be written."""
        last = max((number for number, value in fields.items() if value), default=0)
        self._segments.append("|".join([name, *(fields.get(number, "") for number in range(1, last + 1))]))

    def add_own(self, values: Mapping[str, Value]) -> frozenset[str]:
        """The option's own segments that hold any of the things; the things that have a place there."""
        placed: set[str] = set()
        for name, places in positions.by_segment(self._options.fields).items():
            if not name.startswith("Z"):
                continue
            fields: dict[int, dict[int, str]] = {}
            for thing, number, component in places:
                if thing in values:
                    placed.add(thing)
                    fields.setdefault(number, {})[component] = text(values[thing])
            joined = {number: _joined(parts) for number, parts in fields.items()}
            if any(joined.values()):
                self.add(name, joined)
        return frozenset(placed)

    def written(self) -> Written:
        """The message. Raises Permanent where the character set has no sign for something in it."""
        body = "".join(f"{segment}\r" for segment in self._segments)
        try:
            encoded = body.encode(CHARACTER_SETS[self._options.written_character_set])
        except UnicodeEncodeError:
            message = f"the character set {self._options.written_character_set} cannot tell a text of the document"
            raise not_carried(message) from None
        return Written(CONTENT_TYPE, encoded, self._kind, str(self._interchange.control_number))


def _joined(parts: Mapping[int, str]) -> str:
    return "^".join(parts.get(number, "") for number in range(1, max(parts) + 1)).rstrip("^")


def _party(address: str) -> list[str]:
    """Application and facility of ``WARDLINE|GENERAL``."""
    application, _, facility = address.partition("|")
    return [text(application), text(facility)]


def not_carried(what: str) -> Permanent:
    """The refusal of a document that would lose something."""
    hint = "Give it a place with the channel's option fields, or leave it out of the document."
    return Permanent(f"HL7 v2 does not carry it: {what}", code="document.not_carried", hint=hint)


def refuse(unplaced: Iterable[str]) -> None:
    """Raise Permanent if anything is left without a place."""
    if found := sorted(unplaced):
        raise not_carried(", ".join(found))
