"""Schemas compiled to plain functions, for messages of a hundred thousand records.

Used by ``app.model.records``. A schema stays the one place where a contract is told; what is compiled from it takes
only what is usual, and takes it exactly as the schema does. Of anything else it says ``Unusual``, and the schema itself
is asked, which knows what to say about faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, missing, validate
from marshmallow import fields as wire

from app.model import gate
from app.model.derived import Code, Day, Derived, Exact, Moment, Text
from app.model.schema import Amount
from app.model.schema import Text as ConsumptionText

Reader = Callable[[Any], Any]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3}|\.\d{6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Unusual(ValueError):
    """The schema must be asked."""


def compiled(schema: Schema, check: Callable[[dict[str, Any]], object] | None = None) -> Reader:
    """A function that loads what ``schema`` loads, or raises Unusual. ``check`` is the schema's own last validation."""
    members = {field.data_key or name: (name, _nullable(field)) for name, field in schema.load_fields.items()}
    required = frozenset(field.data_key or name for name, field in schema.load_fields.items() if field.required)
    defaults = {
        name: _default(field) for name, field in schema.load_fields.items() if field.load_default is not missing
    }
    finish = _finish(schema, check)

    def read(value: Any) -> Any:
        if type(value) is not dict or not required <= value.keys():
            raise Unusual
        found = defaults.copy()
        try:
            for key, content in value.items():
                name, reader = members[key]
                found[name] = reader(content)
            return finish(found)
        except (KeyError, ValidationError, gate.Unfit) as error:
            raise Unusual from error

    return read


def _default(field: wire.Field[Any]) -> Any:
    default = field.load_default
    return default() if callable(default) else default


def _finish(schema: Schema, check: Callable[[dict[str, Any]], object] | None) -> Callable[[dict[str, Any]], Any]:
    if isinstance(schema, Derived):
        return schema.build

    def finish(found: dict[str, Any]) -> dict[str, Any]:
        if check:
            check(found)
        return found

    return finish


def _nullable(field: wire.Field[Any]) -> Reader:
    reader = _reader(field)
    if not field.allow_none:
        return reader  # each of them refuses None

    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def _reader(field: wire.Field[Any]) -> Reader:
    if isinstance(field, wire.Nested):
        return compiled(field.schema)
    if isinstance(field, wire.List):
        return _list(field)
    making = _MAKING.get(type(field))
    if making and not (field.validators and type(field) not in _VALIDATED):
        return making(field)
    return field.deserialize


def _list(field: wire.List[Any]) -> Reader:
    inner = _nullable(field.inner)
    lengths = [one for one in field.validators if isinstance(one, validate.Length)]
    if len(lengths) != len(field.validators):
        return field.deserialize

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise Unusual
        for length in lengths:
            length(value)
        return [inner(entry) for entry in value]

    return read


def _code(field: wire.Field[Any]) -> Reader:
    allowed = getattr(field, "allowed", "")
    required = field.required
    choices = [frozenset(one.choices) for one in field.validators if isinstance(one, validate.OneOf)]
    if len(choices) != len(field.validators):
        return field.deserialize
    within = frozenset.intersection(*choices) if choices else None

    def read(value: Any) -> Any:
        if type(value) is not str:
            raise Unusual
        found = gate.text(value, allowed=allowed)
        if (found is None and required) or (within is not None and found not in within):
            raise Unusual
        return found

    return read


def _prose(field: wire.Field[Any]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not str or ((found := gate.prose(value)) is None and field.required):
            raise Unusual
        return found

    return read


def _word(field: wire.Field[Any]) -> Reader:
    """Plain text that is one of a few words."""
    choices = [frozenset(one.choices) for one in field.validators if isinstance(one, validate.OneOf)]
    equals = [one.comparable for one in field.validators if isinstance(one, validate.Equal)]
    if len(choices) + len(equals) != len(field.validators):
        return field.deserialize
    allowed = frozenset.intersection(*choices, *(frozenset([one]) for one in equals)) if field.validators else None

    def read(value: Any) -> Any:
        if type(value) is not str or (allowed is not None and value not in allowed):
            raise Unusual
        return value

    return read


def _exact(_: wire.Field[Any]) -> Reader:
    def read(value: Any) -> Decimal:
        if type(value) is str:
            return gate.amount(gate.number(value))
        if type(value) is Decimal:
            return gate.amount(value)
        raise Unusual

    return read


def _amount(_: wire.Field[Any]) -> Reader:
    exact = _exact(_)

    def read(value: Any) -> Decimal:
        found: Decimal = exact(value)
        if found <= 0:
            raise Unusual
        return found

    return read


def _day(_: wire.Field[Any]) -> Reader:
    return _calendar_day


def _moment(_: wire.Field[Any]) -> Reader:
    def read(value: Any) -> date | datetime:
        if type(value) is str and _MOMENT.fullmatch(value):
            return gate.moment(_parsed(value))
        return _calendar_day(value)

    return read


def _aware(_: wire.Field[Any]) -> Reader:
    def read(value: Any) -> datetime:
        if type(value) is not str or not _MOMENT.fullmatch(value):
            raise Unusual
        return _parsed(value)

    return read


def _calendar_day(value: Any) -> date:
    if type(value) is not str or not _DAY.fullmatch(value):
        raise Unusual
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Unusual from None
    if not gate.FIRST_DAY <= found <= gate.LAST_DAY:
        raise Unusual
    return found


def _parsed(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Unusual from None


def _flag(_: wire.Field[Any]) -> Reader:
    def read(value: Any) -> bool:
        if type(value) is not bool:
            raise Unusual
        return value

    return read


_VALIDATED = frozenset({Code, ConsumptionText, wire.String})
"""Fields whose validators are compiled with them; others with validators are left to themselves."""

_MAKING: Mapping[type, Callable[[wire.Field[Any]], Reader]] = {
    Code: _code,
    ConsumptionText: _code,
    Amount: _amount,
    Text: _prose,
    Exact: _exact,
    Day: _day,
    Moment: _moment,
    wire.AwareDateTime: _aware,
    wire.String: _word,
    wire.Boolean: _flag,
}
