"""Schemathesis calls every operation of the OpenAPI document with what it allows and with what it does not.

Answers must be ones that the document tells: their status, media type and schema, and 401 without a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api import create_app
from app.standards import STANDARDS
from tests.api.conftest import services_at

CHANNELS = {
    "application/hl7-v2": "cathlab-hl7",
    "x-application/hl7-v2+er7": "cathlab-hl7",
    "application/fhir+json": "or-fhir",
}
Live = tuple[schemathesis.BaseSchema, dict[str, str]]
"""The document of a running application, and the header field with a key for it."""


@schemathesis.serializer(*{kind for standard in STANDARDS for kind in standard.content_types} - {"application/json"})
def as_text(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """These media types have no schema; anything will do."""
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("contract")
    services = services_at(folder, rate_limit="100000/second")
    key = services.ledger.keys.create("test", ("messages:write", "messages:read", "stock:read", "recall"), ("*",))
    loaded = schemathesis.openapi.from_wsgi("/openapi.json", create_app(services))
    yield loaded, {"Authorization": f"Bearer {key}"}
    services.ledger.database.close()


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/messages/{name}", "POST"),
        ("/v1/messages/{name}", "GET"),
        ("/v1/messages", "GET"),
        ("/v1/invoices/{number}", "GET"),
        ("/v1/verdicts", "GET"),
        ("/v1/verdicts/{name}", "GET"),
        ("/v1/stock", "GET"),
        ("/v1/chain", "GET"),
        ("/v1/recalls", "GET"),
        ("/v1/recalls", "POST"),
        ("/v1/recalls/{name}/lift", "POST"),
        ("/v1/completeness", "GET"),
        ("/v1/control-totals", "POST"),
    ],
)
def test_every_answer_is_one_that_the_document_tells(
    live: Live, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    document, key = live

    @settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=document[path][method].as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        if (path, method) == ("/v1/messages/{name}", "POST"):
            case.path_parameters["name"] = CHANNELS.get(case.media_type or "", "cabinets")
        # What a schema allows may still be wrong: a GTIN has a check digit, a number may be unknown.
        case.call_and_validate(headers=key, excluded_checks=[positive_data_acceptance])

    call()
