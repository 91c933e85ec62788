"""Schemas derived from the annotations of the canonical dataclasses, so that a document's shape is told once.

Used by ``app.model.schema`` for what we store and for what senders of the canonical standard may write. Every text
passes the gate, every amount is exact, and nothing unknown is taken.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from marshmallow import Schema, ValidationError, post_dump, post_load, validate
from marshmallow import fields as wire

from app.model import gate
from app.model.text import MAX_PROSE, PROSE
from app.model.when import When

MAX_LINES = 100_000
"""Entries of a list; a catalogue is the longest thing anybody sends."""


class Code(wire.String):
    """A code or number: text that passes the gate; blank text counts as missing, and what is missing is the default."""

    def __init__(self, *, allowed: str = gate.GROUP_SEPARATOR, **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return _filled(self, _gated(gate.text, super()._deserialize(value, *args, **kwargs), allowed=self.allowed))


class Text(wire.String):
    """Prose for people; its line ends stay."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return _filled(self, _gated(gate.prose, super()._deserialize(value, *args, **kwargs), MAX_PROSE))


class Exact(wire.Field[Decimal]):
    """An exact number of any sign, written as a string; a JSON number is taken too."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return None if value is None else format(value, "f")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        if not isinstance(value, str | Decimal):
            raise ValidationError("Not a valid number.")
        found: Decimal = _gated(gate.amount, _gated(gate.number, value) if isinstance(value, str) else value)
        return found


class Moment(wire.Field[When]):
    """A day (``2026-11-23``) or a moment with its offset (``2026-11-23T08:15:00+01:00``)."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> When:
        try:
            found = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except (ValueError, TypeError):
            raise ValidationError("Not a valid date or date and time.") from None
        if not isinstance(found, datetime):
            return _day(found)
        if found.tzinfo is None:
            raise ValidationError("Not a valid aware datetime.")
        moment: datetime = _gated(gate.moment, found)
        return moment


class Day(wire.Date):
    """A calendar day within what people mean."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        return _day(super()._deserialize(value, *args, **kwargs))


class Derived(Schema):
    """The base of all derived schemas: loads into the dataclass, leaves out what is not told."""

    made: Callable[..., Any]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        """The object itself."""
        return self.build(data)

    def build(self, data: dict[str, Any]) -> Any:
        """The object made of values that were loaded. Raises ValidationError where the class itself refuses them."""
        try:
            return type(self).made(**{
                name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
            })
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    @post_dump
    def bare(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without what was not told."""
        return {name: value for name, value in data.items() if value is not None and value != []}


def schema_of(made: type) -> type[Derived]:
    """The schema class of a dataclass; classes within it are derived with it."""
    return _derived(made)


@cache
def _derived(made: Any) -> type[Derived]:
    hints = get_type_hints(made, include_extras=True)
    members = {field.name: _member(hints[field.name], field) for field in fields(made)}
    return type(f"{made.__name__}Schema", (Derived,), {**members, "made": made, "__doc__": made.__doc__})


def _member(hint: Any, field: Field[Any]) -> wire.Field[Any]:
    default = field.default if field.default_factory is MISSING else field.default_factory
    options: dict[str, Any] = {"required": True} if default is MISSING else {"load_default": default}
    if (inner := _without_none(hint)) is not hint and inner is not None:
        # What may be None is left out when it is, so that nothing then is required.
        options = {"load_default": None if default is MISSING else default, "allow_none": True}
        hint = inner
    return _field(hint, options)


def _without_none(hint: Any) -> Any:
    """The annotation without ``None``; a union of days and moments stays whole."""
    if get_origin(hint) not in (Union, types.UnionType) or type(None) not in get_args(hint):
        return hint
    rest = tuple(part for part in get_args(hint) if part is not type(None))
    return rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007 - the parts are known at run time only


def _field(hint: Any, options: dict[str, Any]) -> wire.Field[Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        return Text(**options) if PROSE in hint.__metadata__ else _field(get_args(hint)[0], options)
    if origin is Literal:
        return wire.String(validate=validate.OneOf(get_args(hint)), **options)
    if origin is tuple:
        return wire.List(_field(get_args(hint)[0], {}), validate=validate.Length(max=MAX_LINES), **options)
    if origin is Mapping:
        return wire.Dict(keys=wire.String(), values=_field(get_args(hint)[1], {}), **options)
    if origin in (Union, types.UnionType):
        return Moment(**options)
    simple = _SIMPLE.get(hint)
    return simple(**options) if simple else wire.Nested(_derived(hint), **options)


_SIMPLE: dict[Any, Callable[..., wire.Field[Any]]] = {
    str: Code,
    Decimal: Exact,
    bool: wire.Boolean,
    int: lambda **options: wire.Integer(strict=True, **options),
    date: Day,
}


def _gated(check: Callable[..., Any], *values: Any, **options: Any) -> Any:
    try:
        return check(*values, **options)
    except gate.Unfit as fault:
        raise ValidationError(str(fault)) from None


def _filled(field: wire.Field[Any], found: Any) -> Any:
    if found is None and field.required:
        raise field.make_error("required")
    if found is None and not field.allow_none and isinstance(field.load_default, str):
        return field.load_default
    return found


def _day(value: date) -> date:
    if not gate.FIRST_DAY <= value <= gate.LAST_DAY:
        raise ValidationError("Not a valid date.")
    return value
