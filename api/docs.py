"""GET /docs: the OpenAPI document as a page, rendered here, without scripts and without any other host.

Read by people who connect a system; machines take ``/openapi.json``.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template

blueprint = Blueprint(
    "docs", __name__, static_folder="static", static_url_path="/docs/static", template_folder="templates"
)


@blueprint.get("/docs")
def page() -> str:
    """The page."""
    api = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    spec: dict[str, Any] = api.spec.to_dict()
    return render_template("docs.html", spec=spec, operations=list(_operations(spec)))


def _operations(spec: dict[str, Any]) -> Any:
    """Each operation with its method, its path, and the parameters of both levels, the operation's own first."""
    for path, item in spec["paths"].items():
        for method in ("post", "get"):
            if operation := item.get(method):
                own = operation.get("parameters", [])
                names = {(entry["in"], entry["name"]) for entry in own}
                shared = [entry for entry in item.get("parameters", []) if (entry["in"], entry["name"]) not in names]
                yield {"method": method.upper(), "path": path, **operation, "parameters": own + shared}
