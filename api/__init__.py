"""The HTTP edge: takes messages in and tells what became of them.

gunicorn calls ``api:create_app()``; tests give it services of their own.
"""

from __future__ import annotations

from flask import Flask

from api import (
    approval_links,
    approvals,
    auth,
    chain,
    completeness,
    current,
    docs,
    hardening,
    health,
    intake,
    invoices,
    limits,
    messages,
    openapi,
    problems,
    published,
    recalls,
    stock,
    tracing,
    verdicts,
)
from app import settings, telemetry
from app.services import Services, build


def create_app(services: Services | None = None) -> Flask:
    """The WSGI application. Raises Misconfigured."""
    services = services or _start()
    app = Flask("api", static_folder=None)
    app.config.from_mapping(openapi.CONFIGURATION)
    # One more than is taken, so that a chunked body of exactly the limit passes werkzeug's own check.
    app.config["MAX_CONTENT_LENGTH"] = services.settings.body_limit + 1
    app.json.sort_keys = False  # type: ignore[attr-defined]
    current.keep(app, services)

    app.before_request(tracing.begin)
    app.before_request(auth.Authentication(services.ledger).authenticate)
    limits.install(app, services.settings)
    app.before_request(auth.authorize)
    app.after_request(hardening.harden)
    app.after_request(tracing.finish)
    app.teardown_request(tracing.forget)

    problems.install(app)
    documented = problems.ProblemApi(app)
    documented.register_blueprint(intake.blueprint)
    documented.register_blueprint(messages.blueprint)
    documented.register_blueprint(invoices.blueprint)
    documented.register_blueprint(verdicts.blueprint)
    documented.register_blueprint(published.blueprint)
    documented.register_blueprint(stock.blueprint)
    documented.register_blueprint(chain.blueprint)
    documented.register_blueprint(recalls.blueprint)
    documented.register_blueprint(completeness.blueprint)
    documented.register_blueprint(completeness.totals)
    documented.register_blueprint(approvals.blueprint)
    documented.register_blueprint(approval_links.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(docs.blueprint)
    return app


def _start() -> Services:
    effective = settings.load()
    telemetry.start(effective, "web")
    built = build(effective)
    built.ledger.database.keep_time()
    return built
