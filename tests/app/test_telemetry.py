"""Logs, error reports and metrics: what they tell, and above all what they do not."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog

from app import telemetry
from app.errors import Misconfigured, Permanent
from app.settings import Settings
from tests import sendings

ROOT = Path(__file__).parents[2]
CANARY = "CANARY^PATIENT"


@pytest.fixture
def quiet() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def started(**changes: Any) -> io.StringIO:
    stream = io.StringIO()
    telemetry.start(replace(Settings(log_format="json"), **changes), "web", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def scrubbed(**fields: Any) -> dict[str, Any]:
    return dict(telemetry.scrub(None, "info", {"event": "something.happened", **fields}))


def test_identifiers_numbers_and_short_texts_pass() -> None:
    fields = {"message_id": "018f-1", "attempt": 2, "seconds": 0.5, "ok": True, "codes": ["lot.missing"], "none": None}
    assert scrubbed(**fields) == {"event": "something.happened", **fields}


@pytest.mark.parametrize("name", ["body", "payload", "Patient", "authorization", "headers", "segment"])
def test_a_field_that_is_named_for_content_is_removed(name: str) -> None:
    assert scrubbed(**{name: "anything"})[name] == telemetry.REMOVED


@pytest.mark.parametrize(
    "text",
    [
        sendings.hl7().decode(),
        "cannot parse: PID|1||900001",
        "'FT1|1|E-1'",
        sendings.fhir().decode(),
        "the key wl_0123456789ab_c2VjcmV0 is unknown",
        "redis://:hunter2@cache.example:6379/0",
        "postgresql://wardline:hunter2@db.example/ledger",
    ],
)
def test_what_looks_like_content_or_a_secret_is_removed_wherever_it_is(text: str) -> None:
    assert scrubbed(where=text)["where"] == telemetry.REMOVED
    assert scrubbed(wheres=["fine", text])["wheres"] == ["fine", telemetry.REMOVED]
    assert telemetry.scrub(None, "info", {"event": text})["event"] == telemetry.REMOVED


@pytest.mark.parametrize(
    "text", ["CATHLAB|GEN", "http://127.0.0.1:8069", "FT1[2]-10", "2026-11-20T07:30:00Z", "PIDGIN"]
)
def test_what_only_resembles_it_passes(text: str) -> None:
    assert scrubbed(where=text)["where"] == text


@pytest.mark.parametrize("value", [b"bytes", {"a": CANARY}, Decimal(1), object(), [{"a": CANARY}], (b"bytes",)])
def test_structures_are_told_by_their_type_alone(value: Any) -> None:
    told = str(scrubbed(found=value)["found"])
    assert CANARY not in told
    assert "[" in told


def test_long_texts_are_cut() -> None:
    assert len(scrubbed(where="x" * 10_000)["where"]) == telemetry.MAX_TEXT + 1


def test_a_line_is_json_with_time_level_process_and_environment(quiet: None) -> None:
    stream = started(environment="test")
    structlog.get_logger().info("message.received", message_id="018f-1")
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    expected = {"event": "message.received", "level": "info", "process": "web", "environment": "test"}
    assert line == {**expected, "message_id": "018f-1"}


def test_libraries_are_scrubbed_too(quiet: None) -> None:
    stream = started()
    logging.getLogger("some.library").warning("cannot parse %r", "PID|1||900001")
    logging.getLogger("some.library").warning("connected to %s", "db.example")
    assert [line["event"] for line in lines(stream)] == [telemetry.REMOVED, "connected to db.example"]


def test_an_exception_is_told_by_class_and_place_and_only_ours_by_message(quiet: None) -> None:
    def fail() -> None:
        try:
            int(CANARY)
        except ValueError as error:
            raise Permanent("the body is no longer kept", code="body.expired") from error

    stream = started()
    try:
        fail()
    except Permanent:
        structlog.get_logger().exception("stage.failed")
        logging.getLogger("some.library").exception("failed")
    for line in lines(stream):
        assert line["exception"] == ["app.errors.Permanent: the body is no longer kept", "ValueError"]
        assert "test_telemetry.py" in line["where"][-1]
    assert CANARY not in stream.getvalue()


def test_what_is_below_the_level_is_not_written(quiet: None) -> None:
    stream = started(log_level="warning")
    structlog.get_logger().info("small.talk")
    logging.getLogger("some.library").info("small talk")
    structlog.get_logger().warning("circuit.opened")
    assert [line["event"] for line in lines(stream)] == ["circuit.opened"]


def test_the_console_form_is_for_people(quiet: None) -> None:
    stream = started(log_format="console")
    structlog.get_logger().info("message.received", message_id="018f-1")
    assert "message.received" in stream.getvalue()
    with pytest.raises(ValueError):
        json.loads(stream.getvalue())


def test_a_pipe_gets_json_and_a_second_start_does_not_double_lines(quiet: None) -> None:
    started(log_format="auto")
    stream = started(log_format="auto")
    structlog.get_logger().info("message.received")
    assert len(lines(stream)) == 1


def test_an_unknown_level_is_refused(quiet: None) -> None:
    with pytest.raises(Misconfigured, match="WARDLINE_LOG_LEVEL"):
        started(log_level="loud")


class Collector(HTTPServer):
    """Takes error reports in, as Sentry does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.envelopes: list[str] = []

    def events(self) -> list[dict[str, Any]]:
        items = [json.loads(line) for envelope in self.envelopes for line in envelope.splitlines()]
        return [item for item in items if "exception" in item or "message" in item]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.envelopes.append(body.decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


FAILING = """
import logging, sys, structlog, sentry_sdk
from flask import Flask, request
from app import telemetry
from app.errors import Permanent
from app.settings import Settings
telemetry.start(Settings(sentry_dsn=sys.argv[1] if len(sys.argv) > 1 else DSN, log_format="json"), "web")
app = Flask("failing")
@app.post("/v1/messages/<name>")
def fail(name):
    body = request.get_data(as_text=True)
    try:
        raise ValueError(body)
    except ValueError as error:
        raise Permanent("the stage cannot go on") from error
app.test_client().post("/v1/messages/cabinets?key=CANARY-QUERY", data="CANARY-BODY",
    headers={"Authorization": "Bearer CANARY-KEY", "Cookie": "session=CANARY-COOKIE"})
log = structlog.get_logger()
try:
    int("CANARY-NUMBER")
except ValueError:
    log.exception("stage.failed", stage="translate", body="CANARY-FIELD")
log.error("circuit.opened", outside="odoo")
log.warning("not.an.error")
logging.getLogger("some.library").error("cannot parse %s", "PID|CANARY-ARGUMENT")
sentry_sdk.flush(10)
"""


def test_error_reports_tell_the_fault_and_no_content(collector: Collector) -> None:
    dsn = f"http://public@127.0.0.1:{collector.server_address[1]}/1"
    output = run(f"DSN = {dsn!r}\n{FAILING}")
    failed, caught, told, foreign = collector.events()
    [cause, fault] = [(entry["type"], entry["value"]) for entry in failed["exception"]["values"]]
    assert (cause, fault) == (("ValueError", telemetry.REMOVED), ("Permanent", "the stage cannot go on"))
    assert failed["request"] == {"method": "POST", "url": "http://localhost/v1/messages/cabinets"}
    assert failed["tags"]["process"] == "web"
    assert caught["exception"]["values"][0]["stacktrace"]["frames"]
    assert caught["contexts"]["log"]["stage"] == "translate"
    assert (told["message"], told["contexts"]["log"]["outside"]) == ("circuit.opened", "odoo")
    assert foreign["message"] == telemetry.REMOVED
    assert "CANARY" not in "".join(collector.envelopes) + output


def test_without_a_dsn_nothing_is_reported(quiet: None) -> None:
    assert run(f"DSN = ''\n{FAILING}\nprint(sentry_sdk.get_client().is_active())").splitlines()[-1] == "False"


COUNT = """
from app import telemetry
telemetry.MESSAGES.labels("cabinets", "accepted").inc()
"""
SHOW = COUNT + "print(telemetry.exposition()[0].decode())"


def test_one_process_shows_its_own_figures() -> None:
    assert 'wardline_messages_total{channel="cabinets",outcome="accepted"} 1.0' in run(SHOW)


def test_processes_that_share_a_folder_speak_for_all(tmp_path: Path) -> None:
    run(COUNT, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    shown = run(SHOW, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert 'wardline_messages_total{channel="cabinets",outcome="accepted"} 2.0' in shown


def test_the_build_is_told(quiet: None) -> None:
    started()
    assert f'wardline_build_info{{python="{sys.version.split()[0]}",version=' in telemetry.exposition()[0].decode()
