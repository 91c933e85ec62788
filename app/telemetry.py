"""What Wardline tells about itself: logs, error reports and metrics, none of which ever carries content.

Each entry point calls ``start()`` once. Everyone else takes a logger from structlog, with a static event name and
identifiers as its fields, and the metrics from here. What is refused here is refused for libraries too.

Metrics of several processes: where ``PROMETHEUS_MULTIPROC_DIR`` names an empty folder before the processes start,
prometheus-client keeps every value in files there, and ``exposition()`` in any of them speaks for all.
"""

from __future__ import annotations

import logging
import platform
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib import metadata
from types import TracebackType
from typing import Any, TextIO

import sentry_sdk
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as generate
from prometheus_client.multiprocess import MultiProcessCollector
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint
from structlog.types import EventDict, Processor, WrappedLogger

from app.errors import Misconfigured, WardlineError
from app.settings import Settings

try:
    VERSION = metadata.version("wardline")
except metadata.PackageNotFoundError:
    VERSION = "unreleased"
"""The version of the installed distribution; a checkout that is not installed has none."""

REMOVED = "[removed]"
MAX_TEXT = 400
"""Longest text logged, in characters; what needs more is content."""

CONTENT_FIELDS = frozenset({
    "answer", "body", "bytes", "content", "data", "document", "effect", "envelope", "frame", "header", "headers",
    "json", "patient", "patient_id", "patient_name", "payload", "raw", "request", "resource", "response", "segment",
    "text", "api_key", "authorization", "password", "pepper", "secret", "token",
})  # fmt: skip
"""Fields that no log line may have; they are where content and secrets would be."""

CONTENT = re.compile(
    r"(?:^|[\s\x0b'\"])(?:MSH|EVN|PID|PD1|NK1|PV1|PV2|ORC|OBR|OBX|FT1|PRT|DG1|PR1|IN1|Z[A-Z0-9]{2})[|^]"  # HL7 segments
    r"|[\"']?resourceType[\"']?\s*:"  # a FHIR resource
    r"|wl_[0-9a-f]{12}_\S+"  # an API key
    r"|://[^/\s:@]*:(?!\*+@)[^/\s@]+@"  # an address with a password that nobody has masked
)
"""What content and secrets look like where they come inside a text."""

_STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

MESSAGES = Counter("wardline_messages_total", "Messages that arrived, by what became of them.", ("channel", "outcome"))
STAGE_SECONDS = Histogram(
    "wardline_stage_duration_seconds",
    "Time one step of a stage took, a step being a set of items; the stage intake takes one message.",
    ("stage", "lane"),
    buckets=_STAGE_BUCKETS,
)
ITEMS = Counter("wardline_items_total", "Items that a stage settled, by what became of them.", ("stage", "outcome"))
MLLP_CONNECTIONS = Gauge(
    "wardline_mllp_connections", "Open MLLP connections.", ("channel",), multiprocess_mode="livesum"
)
BELLS = Counter(
    "wardline_bells_total",
    "Bells: rung by the relay, rung again because one was lost, heard by a worker.",
    ("stage", "lane", "outcome"),
)
BROKER_UP = Gauge("wardline_broker_up", "Whether the relay reaches the broker.", multiprocess_mode="mostrecent")
BUILD_INFO = Gauge(
    "wardline_build_info", "The version that runs; always 1.", ("version", "python"), multiprocess_mode="max"
)


def start(settings: Settings, process: str, stream: TextIO | None = None) -> None:
    """Set up logs, error reports and build information for the process called ``process`` (``web``, ``mllp``).

    Logs go to ``stream``, by default standard output; commands, whose standard output is their result, give standard
    error. Raises Misconfigured for an unknown log level.
    """
    _start_logs(settings, process, stream or sys.stdout)
    _start_reports(settings, process)
    BUILD_INFO.labels(VERSION, platform.python_version()).set(1)


def exposition() -> tuple[bytes, str]:
    """The metrics of this process, or of all where they share a folder, and their media type."""
    shared = CollectorRegistry()
    try:
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    except ValueError:
        return generate(REGISTRY), CONTENT_TYPE_LATEST
    return generate(shared), CONTENT_TYPE_LATEST


def _start_logs(settings: Settings, process: str, stream: TextIO) -> None:
    level = logging.getLevelNamesMapping().get(settings.log_level.upper())
    if level is None:
        raise Misconfigured(f"WARDLINE_LOG_LEVEL: there is no level {settings.log_level}")
    console = settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())
    own = _processors(settings.environment, process)
    renderer: Processor = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(stream)
    formatter = structlog.stdlib.ProcessorFormatter(processors=[strip, renderer], foreign_pre_chain=own)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[*own, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _processors(environment: str, process: str) -> tuple[Processor, ...]:
    """What every line passes, ours or a library's, before it is written."""

    def named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"process": process, "environment": environment, **event}

    return (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        _reported,
        scrub,
    )


def _reported(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tell Sentry of every error that is logged, with its trace where it has one, and the identifiers beside it."""
    if event.get("level") not in {"error", "critical"} or not sentry_sdk.get_client().is_active():
        return event
    known = {name: _harmless(name, value) for name, value in event.items() if name[0] != "_" and name != "exc_info"}
    with sentry_sdk.new_scope() as scope:
        scope.set_context("log", known)
        if error := _error(event.get("exc_info")):
            sentry_sdk.capture_exception(error)
        else:
            sentry_sdk.capture_message(known["event"], "error")
    return event


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let only identifiers, numbers and short texts through; an exception becomes its class and its places."""
    error = _error(event.pop("exc_info", None))
    event.pop("stack_info", None)
    clean = {name: _harmless(name, value) for name, value in event.items()}
    if error:
        clean["exception"] = [_told(link) for link in _chain(error)]
        clean["where"] = _places(error.__traceback__)
    return clean


def _harmless(name: str, value: Any) -> Any:
    if name.startswith("_"):
        return value
    if name.lower() in CONTENT_FIELDS:
        return REMOVED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_harmless(name, entry) for entry in list(value)[:50]]
    return f"[{type(value).__name__}]"


def _short(text: str) -> str:
    if CONTENT.search(text):
        return REMOVED
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _error(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    return exc_info[1] if isinstance(exc_info, tuple) else exc_info or None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> str:
    """The class, and the message only of our own errors: those of others quote what they stumbled over."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{name}: {_short(str(error))}" if isinstance(error, WardlineError) else name


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-8:]
    return [f"{'/'.join(frame.filename.rsplit('/', 3)[1:])}:{frame.lineno} {frame.name}" for frame in frames]


def _start_reports(settings: Settings, process: str) -> None:
    if not settings.sentry_dsn:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.environment,
        release=f"wardline@{VERSION}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        integrations=[LoggingIntegration(level=None, event_level=None)],
        before_send=report,
    )
    sentry_sdk.set_tag("process", process)


def report(event: Event, _hint: Hint) -> Event | None:
    """Take out of an error report whatever could hold content; called by the Sentry SDK before it sends."""
    ours = {f"{cls.__module__}.{cls.__qualname__}" for cls in _family(WardlineError)}
    for entry in event.get("exception", {}).get("values", []):
        known = f"{entry.get('module')}.{entry.get('type')}" in ours
        entry["value"] = _short(str(entry.get("value", ""))) if known else REMOVED
        for frame in (entry.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if request := event.get("request"):
        event["request"] = _without_query(request)
    if message := event.get("message"):
        event["message"] = _short(message)
    for name in ("breadcrumbs", "extra", "logentry", "user"):
        event.pop(name, None)  # type: ignore[misc]
    return event


def _without_query(request: Mapping[str, Any]) -> dict[str, Any]:
    """The method and the path; queries, headers, cookies and bodies stay here."""
    return {"method": request.get("method"), "url": str(request.get("url", "")).split("?", 1)[0]}


def _family(cls: type[WardlineError]) -> Iterator[type[WardlineError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)
