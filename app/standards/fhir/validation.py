"""Resources checked against the structure of their release; what does not fit becomes a warning with its place.

Called by ``app.standards.fhir.messages``. The models are loaded when they are first needed, each by itself: they cost
memory and time. Nothing is taken from them: they would turn numbers into floats, and codes they let through unseen.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from app.standards.fhir.syntax import Element
from app.standards.fhir.versions import Version

Steps = tuple[int | str, ...]
MAX_TOLD = 20
"""Faults told of one resource; more of them come from one cause."""
MAX_PLACE = 120
CODES: Mapping[str, tuple[str, str]] = {
    "extra_forbidden": ("element.unknown", "{release} has no such element"),
    "missing": ("element.missing", "{release} requires this element"),
}
OTHERWISE = ("element.invalid", "a value of the data type of {release} is expected")


def check(resource: Element, version: Version) -> None:
    """Note as warnings where a resource does not have the structure of its release, unless its reader said so."""
    model = _model(version.models, resource.kind or "")
    if model is None:
        return
    told = {issue.where for issue in (*resource.findings.errors, *resource.findings.warnings)}
    try:
        model.model_validate(resource.value)
    except (ValueError, TypeError, ArithmeticError, AttributeError, KeyError, RecursionError) as error:
        for kind, place in _faults(error)[:MAX_TOLD]:
            code, text = CODES.get(kind, OTHERWISE)
            if (where := _place(resource.path, place)) not in told:
                resource.findings.warn(code, where, text.format(release=version.release))


def _faults(error: Exception) -> list[tuple[str, Steps]]:
    """What is wrong and where; the models' own checks fall over what is odd enough and then tell nothing."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return [("", ())]
    told = errors(include_url=False, include_context=False, include_input=False)
    return [(fault["type"], fault["loc"]) for fault in told]


@cache
def _model(package: str, kind: str) -> Any:
    """The model of a type of resource, None where the release has no such type."""
    try:
        module = importlib.import_module(f"{package}.{kind.lower()}")
    except ImportError:
        return None
    return getattr(module, kind, None)


def _place(path: str, steps: Steps) -> str:
    """The place as a path; names that are none of an element's are not repeated, they may hold anything."""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "root":
            path += f".{step}" if step.isidentifier() and step.isascii() and len(step) < 40 else ".*"
    return path[:MAX_PLACE]
