"""Any document of any kind, drawn from the annotations of its class.

Used by the property tests of standards that carry every field.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import hypothesis.strategies as st

from app.model.consumption import Consumption
from app.model.documents import KINDS, Document
from app.model.item import SCHEMES, Identifier
from app.model.item_record import Pack
from app.model.price_list import PriceListLine
from app.model.quantity import Quantity
from app.model.text import PROSE
from tests import strategies

UNITS: Mapping[str, str | None] = {"EA": "EA", "BX": "XBX", "Rolle 5 m": None, "=1+1": None}
COMMON = st.none() | st.sampled_from(["EA", "XBX", "MLT"])
PAIRS = st.builds(lambda unit, common: (unit, common if unit else None), strategies.maybe(strategies.codes()), COMMON)


def documents(kind: str, **changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """Documents of a kind without warnings, pseudonyms, and UDIs that say more than the lines do."""
    if kind == Consumption.document_kind:
        changes = {
            "facility": st.just("GEN"),
            "identifiers": strategies.identifiers(SCHEMES),
            "occurred_at": strategies.moments(),
            "quantity": strategies.quantities(UNITS, strategies.amounts()),
        } | changes
        return _built(Consumption, **changes).map(_undone)
    return _built(KINDS[kind], **changes)


def _undone(found: Consumption) -> Consumption:
    """A reversal names the event it undoes, and nothing else does."""
    return replace(found, reverses=found.reverses or "E-0" if found.kind == "reversal" else None)


def _built(made: Any, **changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(made, include_extras=True)
    return st.builds(
        made,
        **{
            field.name: changes[field.name] if field.name in changes else _member(made, field, hints[field.name])
            for field in fields(made)
            if field.name not in {"warnings", "case"}
        },
    )


def _member(made: type, field: Field[Any], hint: Any) -> st.SearchStrategy[Any]:
    if field.name == "udi":
        return st.none() | st.sampled_from(["+H123ABC01", "=W12345", "(240)X"])
    if field.name == "gtin" and made is Pack:
        return st.none() | strategies.gtins()
    if field.name == "common_unit":
        return COMMON
    found = _of(hint, required=field.default is MISSING and field.default_factory is MISSING)
    if made is PriceListLine and field.name == "identifiers":
        return strategies.identifiers(SCHEMES)
    return found


def _of(hint: Any, *, required: bool = True) -> st.SearchStrategy[Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        return strategies.prose() if PROSE in hint.__metadata__ else _of(get_args(hint)[0])
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if origin in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        return st.none() | _of(parts[0]) if len(parts) == 1 else _when(hint)
    if origin is tuple:
        return _several(get_args(hint)[0], least=int(required))
    if is_dataclass(hint):
        return _filled(hint)
    return _SIMPLE[hint]


def _when(hint: Any) -> st.SearchStrategy[Any]:
    both = strategies.days() | strategies.moments()
    return st.none() | both if type(None) in get_args(hint) else both


def _several(hint: Any, *, least: int) -> st.SearchStrategy[Any]:
    if hint is Identifier:
        return strategies.identifiers(SCHEMES, least=0)
    if is_dataclass(hint) and {field.name for field in fields(hint)} == {"scheme", "value"}:
        return strategies.parties(("internal", "gln", "account", "name")).map(lambda party: party.identifiers)
    return strategies.several(_of(hint), least, 2)


def _filled(made: Any) -> st.SearchStrategy[Any]:
    """Parts of a document; one of which nothing is told is no part."""
    if made is Quantity:
        return strategies.quantities(UNITS, strategies.amounts("-99.999", places=3))
    return _built(made).filter(
        lambda found: any(getattr(found, field.name) not in {None, ()} for field in fields(made))
    )


_SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: strategies.codes(strategies.CODE_CHARACTERS + "=+@'"),
    Decimal: strategies.amounts("-9999.999", places=3),
    bool: st.booleans(),
    date: strategies.days(),
    datetime: strategies.moments(),
}
