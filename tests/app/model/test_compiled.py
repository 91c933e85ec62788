"""What is compiled from a schema takes what the schema takes, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.model.compiled import Unusual, compiled
from app.model.documents import KINDS
from app.model.exact_json import loads
from app.model.schema import WIRE, WireConsumption, document_to_json
from tests.documents import documents

READERS = {
    kind: compiled(schema, WireConsumption().check_reversal if kind == "consumption" else None)
    for kind, schema in WIRE.items()
}
STRANGE = [
    None,
    "",
    " x ",
    "\x00",
    "\x1d",
    "x" * 300,
    7,
    True,
    [],
    {},
    "1e5",
    "0",
    "2026-02-30",
    "20261120",
    ["x"],
    "\u2028",
]


def wire(document: Any) -> dict[str, Any]:
    content: dict[str, Any] = loads(document_to_json(document))
    return {name: value for name, value in content.items() if name not in {"warnings", "case", "facility"}}


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, child in below for found in paths(child, (*path, name)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = value.copy()
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_lead_to_the_same_document(kind: str) -> None:
    taken = []

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(kind), st.data())
    def check(document: Any, data: st.DataObject) -> None:
        record = wire(document)
        if data.draw(st.booleans()):
            record = replaced(record, data.draw(st.sampled_from(paths(record))), data.draw(st.sampled_from(STRANGE)))
        try:
            quick = READERS[kind](record)
        except Unusual:
            return
        taken.append(quick)
        assert WIRE[kind].load(record) == quick

    check()
    assert len(taken) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_usual_document_is_not_unusual(kind: str) -> None:
    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(kind))
    def check(document: Any) -> None:
        READERS[kind](wire(document))

    check()


def test_what_the_schema_refuses_is_unusual() -> None:
    event = json.loads('{"event_id":"1","occurred_at":"2026-11-20T08:00:00Z","location":"A","quantity":{"value":"1"}}')
    event["identifiers"] = [{"scheme": "internal", "value": "X"}]
    assert READERS["consumption"](event) == WIRE["consumption"].load(event)
    for change in (
        {"kind": "reversal"},
        {"patient": "x"},
        {"identifiers": []},
        {"quantity": {"value": "0"}},
        {"case": "x"},
    ):
        with pytest.raises(Unusual):
            READERS["consumption"](event | change)
        with pytest.raises(ValidationError):
            WIRE["consumption"].load(event | change)
