"""Schemathesis calls the operations of approvals with what their description allows and with what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api import create_app
from app.flows.desk import Desk
from tests.api.conftest import services_at
from tests.app.flows.desk import Office

Live = tuple[schemathesis.BaseSchema, dict[str, str], dict[str, str]]
"""The document of a running application, the header field with a key for it, and values for its paths."""

OPERATIONS = [
    ("/v1/approvals", "GET"),
    ("/v1/approvals/{name}", "GET"),
    ("/v1/approvals/{name}/decisions", "POST"),
    ("/v1/approvals/{name}/delegations", "POST"),
    ("/v1/approval-links/{token}", "GET"),
    ("/v1/approval-links/{token}", "POST"),
]

MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
LOOKING = ("/v1/approval-links/{token}", "GET")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("contract")
    services = services_at(folder, rate_limit="100000/second")
    office = Office(services.ledger, services.settings)
    desk = Desk.of(services.ledger, services.setup, office.ruling, services.settings)
    key = services.ledger.keys.create("test", ("approve",), ("*",), person="wanda")
    approval = office.waiting()
    token = office.desk.links.give(approval, "wanda", "test").rpartition("/")[2]
    loaded = schemathesis.openapi.from_wsgi("/openapi.json", create_app(replace(services, desk=desk)))
    yield loaded, {"Authorization": f"Bearer {key}"}, {"name": str(approval), "token": token}
    services.ledger.database.close()


@pytest.mark.parametrize("known", [True, False], ids=["known", "any"])
@pytest.mark.parametrize(
    ("path", "method", "mode"),
    # Any text may be a token, so that nothing could be wrong about looking at one.
    [(*one, mode) for one in OPERATIONS for mode in MODES if (*one, mode) != (*LOOKING, MODES[1])],
)
def test_every_answer_is_one_that_the_document_tells(
    live: Live, path: str, method: str, mode: schemathesis.GenerationMode, known: bool
) -> None:
    document, key, values = live

    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=document[path][method].as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        if known:
            case.path_parameters |= {name: values[name] for name in case.path_parameters}
        # What a schema allows may still be wrong: a version that has passed, a person who is not known. What it does
        # not allow may have been only the part of the path that was just mended.
        excluded = [positive_data_acceptance, negative_data_rejection] if known else [positive_data_acceptance]
        case.call_and_validate(headers=key, excluded_checks=excluded)

    call()
