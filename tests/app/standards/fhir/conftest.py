"""Reading resources of either release, for the tests of FHIR."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.envelope import Reading
from app.standards.fhir.options import FhirOptions
from app.standards.fhir.standard import FHIR_R4, FHIR_R5

Reader = Callable[..., Reading]
Faults = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def read(profile: Callable[..., Profile]) -> Reader:
    """Reads a resource as R4 or, with ``r5=True``, as R5, on a channel with the options given."""

    def take(content: object, *, r5: bool = False, **options: Any) -> Reading:
        standard = FHIR_R5 if r5 else FHIR_R4
        return standard.read(json.dumps(content).encode(), profile(options=FhirOptions(**options)))

    return take


@pytest.fixture
def faults(read: Reader) -> Faults:
    """The codes and places for which a resource is refused."""

    def refuse(content: object, **options: Any) -> list[tuple[str, str]]:
        with pytest.raises(Rejected) as caught:
            read(content, **options)
        return [(issue.code, issue.where) for issue in caught.value.issues]

    return refuse


def bundle(kind: str, *resources: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A Bundle of the resources."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | changes


def concept(code: str, system: str = "HOSP") -> dict[str, Any]:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}]}


def codes(reading: Reading) -> list[str]:
    """The codes of what was odd."""
    return [issue.code for issue in reading.issues]
