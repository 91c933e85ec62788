"""JSON-2 over HTTP on loopback: key and database, one transaction per call, Odoo's bodies for results and errors.

Started by ``python -m ops.simulators.odoo`` and by tests.
"""

from __future__ import annotations

import hmac
import inspect
import json
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from ops.simulators.odoo_standin import catalogue, refusals
from ops.simulators.odoo_standin.faults import Fault, Faults
from ops.simulators.odoo_standin.storage import Storage

VERSION = {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}
PAGE = "<!DOCTYPE html>\n<title>{status}</title>\n"


class Quiet(WSGIRequestHandler):
    """A request handler that does not write a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class StandIn:
    """The server. ``url``, ``database`` and ``api_key`` are what a client needs; ``api_key`` None accepts any key.

    Usable as a context manager: it serves in a thread of its own until the end.
    """

    def __init__(
        self, *, port: int = 0, database: str = "standin", api_key: str | None = "standin", path: str = ":memory:"
    ) -> None:
        self.database = database
        self.api_key = api_key
        self.faults = Faults()
        self._storage = Storage(path)
        catalogue.seed(self._storage)
        self._server = make_server("127.0.0.1", port, self._answer, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        self._thread = threading.Thread(target=self.serve, name="odoo stand-in", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self.close()

    def serve(self) -> None:
        """Answer requests until the process is interrupted or the context ends."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Free the port and close the database."""
        self._server.server_close()
        self._storage.close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path == "/web/version":
            return _json(200, VERSION)
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["json", "2"] or len(parts) != 4 or request.headers.get("X-Odoo-Database") != self.database:
            return Response(PAGE.format(status=404), 404, content_type="text/html")
        fault = self.faults.take(f"{parts[2]}.{parts[3]}")
        try:
            self._authenticate(request)
            response = _json(200, self._call(request, *parts[2:]) if fault is None or fault.runs else None)
        except Exception as error:  # noqa: BLE001 - like Odoo, whatever goes wrong is an answer
            response = _error(error)
        return _misbehave(request, fault, response) if fault else response

    def _authenticate(self, request: Request) -> None:
        if self.api_key is None:
            return
        offered = request.headers.get("Authorization", "")
        if not hmac.compare_digest(offered.encode(), f"Bearer {self.api_key}".encode()):
            raise refusals.Unauthorized("Invalid apikey")

    def _call(self, request: Request, model_name: str, method_name: str) -> Any:
        """Run one method in one transaction."""
        try:
            arguments = json.loads(request.get_data())
        except ValueError as error:
            raise refusals.BadRequest("could not parse the body as json") from error
        with self._storage.transaction():
            env = catalogue.environment(self._storage, arguments.pop("context", {}))
            method = getattr(env[model_name], method_name, None) if model_name in env else None
            if not hasattr(method, "rpc_ids"):
                raise refusals.UnknownMethod(f"The method '{model_name}.{method_name}' does not exist")
            return _bound(method, arguments)()


def _bound(method: Any, arguments: dict[str, Any]) -> Callable[[], Any]:
    if not method.rpc_ids and "ids" in arguments:
        raise refusals.WrongArguments(f"cannot call {method.__name__} with ids")
    try:
        inspect.signature(method).bind(**arguments)
    except TypeError as error:
        raise refusals.WrongArguments(str(error)) from error
    return lambda: method(**arguments)


def _json(status: int, body: object) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


def _error(error: Exception) -> Response:
    """Odoo's error body; ``debug`` is filled because the gateway must never show it."""
    status, name = 500, f"builtins.{type(error).__name__}"
    if isinstance(error, refusals.OdooError):
        status, name = error.status, error.name
    body = {
        "name": name,
        "message": str(error),
        "arguments": [str(error)],
        "context": {},
        "debug": f"Traceback (most recent call last):\n  {error!r}",
    }
    return _json(status, body)


def _misbehave(request: Request, fault: Fault, response: Response) -> Response:
    time.sleep(fault.delay)
    if fault.kind == "dropped":
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
    if fault.kind == "conflict":
        return _error(refusals.SerializationFailure("could not serialize access due to concurrent update"))
    if fault.kind == "refused":
        return _error(refusals.UserError("a rule of this hospital's own"))
    if fault.kind == "page":
        return Response(PAGE.format(status=fault.status), fault.status, content_type="text/html")
    return response
