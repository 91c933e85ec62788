"""Where a scenario is played: a ledger, an Odoo and the HTTP intake on a real socket, all in this process.

The stages, the jobs and the clock are driven by the scenario itself, so that thirty days take a minute and every run
is the same. With ``real`` the ledger is PostgreSQL and the ERP a real Odoo 19; else SQLite and the stand-in.
"""

from __future__ import annotations

import base64
import secrets
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import httpx
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from api import create_app
from app import ids
from app.crosswalk.files import NumberedRow
from app.crosswalk.rows import CrosswalkRow
from app.errors import WardlineError
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.model.channel import LANES
from app.odoo.transport import Connection
from app.services import Services, build
from app.settings import Settings
from ops import provision_procurement
from ops.dev.stack import Stack
from ops.provision import Site, provision
from ops.provision_procurement import Procurement
from ops.simulators.odoo_standin.server import StandIn

SCOPES = ["messages:write", "messages:read"]


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the story is told elsewhere."""


class Place:
    """A place to play in; a context manager that leaves nothing behind.

    ``url`` and ``key`` are those of the intake, known before it is opened, so that partners can be told them.
    """

    def __init__(self, *, real: bool = False) -> None:
        self.real = real
        self._stack = ExitStack()

    def __enter__(self) -> Place:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="wardline-scenario-")))
        self._name = f"wardline_scenario_{ids.new_id().hex[-12:]}"
        self._database_url = self._ledger_url()
        self._odoo = self._erp()
        self._server: BaseWSGIServer | None = None
        self._reserved = make_server("127.0.0.1", 0, _closed, request_handler=_Quiet, threaded=True)
        self.url = f"http://127.0.0.1:{self._reserved.server_port}"
        self.key = ""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def open(
        self,
        site: Site,
        channels: str,
        crosswalk: Sequence[CrosswalkRow] = (),
        market: Procurement | None = None,
        **changes: object,
    ) -> Services:
        """Set up Odoo, ledger and intake; ``channels`` is the text of the channels file. Returns the services."""
        (self.folder / "channels.toml").write_text(channels)
        provision(self.connection(), site)
        if market:
            provision_procurement.provision(self.connection(), market)
        settings = self._settings(**changes)
        ledger = Ledger(settings)
        schema.upgrade(ledger.database)
        ledger.database.close()
        self.services = build(settings)
        self._stack.callback(self.services.ledger.database.close)
        rows = [NumberedRow(number, row) for number, row in enumerate(crosswalk, 2)]
        self.services.crosswalk.import_rows(rows, "scenario")
        self.key = self.services.ledger.keys.create("scenario", SCOPES, ["*"])
        self._serve()
        return self.services

    def connection(self) -> Connection:
        """A connection to the ERP for whoever looks what is there."""
        return Connection(*self._odoo, read_timeout=120)

    def send(self, channel: str, body: bytes, content_type: str) -> httpx.Response:
        """Send a message to the intake, as a clinical system would."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}
        return httpx.post(f"{self.url}/v1/messages/{channel}", content=body, headers=headers, timeout=60)

    def settle(self, rounds: int = 500) -> int:
        """Work off everything that is due, the urgent first; how many items that were.

        Raises WardlineError where it never ends.
        """
        total = 0
        for _ in range(rounds):
            done = sum(self._drain(lane) for lane in LANES)
            total += done
            if not done:
                return total
        raise WardlineError("the work does not come to an end", code="scenario.endless")

    def run(self, *jobs: str) -> int:
        """Do jobs of the clock by name, then work off what came of them; how many things the jobs did."""
        by_name = {job.name: job for job in self.services.jobs}
        done = sum(by_name[name].run() for name in jobs)
        self.settle()
        return done

    def pass_time(self, by: timedelta) -> None:
        """Let the clock run ahead; it is put back when the place is left."""
        ids.run_ahead(by)
        self._stack.callback(ids.run_ahead, -by)

    def _drain(self, lane: str) -> int:
        return sum(stage.step(lane) for stage in self.services.stages.values())

    def _ledger_url(self) -> str:
        if not self.real:
            return f"sqlite:///{self.folder}/ledger.db"
        stack = Stack.from_environ()
        stack.up(("postgres", "odoo"))
        name = f"{self._name}_ledger"
        stack.postgres.create_database(name)
        self._stack.callback(stack.postgres.drop_database, name)
        return stack.postgres.database_url(name)

    def _erp(self) -> tuple[str, str, str]:
        if not self.real:
            standin = self._stack.enter_context(StandIn())
            return standin.url, standin.database, standin.api_key or ""
        odoo = Stack.from_environ().odoo
        made = odoo.clone(self._name)
        self._stack.callback(odoo.drop, self._name)
        return tuple(made[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY"))  # type: ignore[return-value]

    def _settings(self, **changes: object) -> Settings:
        url, database, key = self._odoo
        values: dict[str, object] = {
            "environment": "scenario",
            "database_url": self._database_url,
            "broker_url": f"filesystem://{self.folder}/broker",
            "channels_file": f"{self.folder}/channels.toml",
            "body_keys": f"scenario:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "pepper": secrets.token_hex(32),
            "rate_limit": "1000000/minute",
            "odoo_url": url,
            "odoo_database": database,
            "odoo_api_key": key,
            "odoo_read_timeout": 120.0,
            "in_doubt_seconds": 0.0,
        }
        return Settings(**values | changes)  # type: ignore[arg-type]

    def _serve(self) -> None:
        """Put the intake behind the socket that was reserved."""
        self._reserved.app = create_app(self.services)
        thread = threading.Thread(target=self._reserved.serve_forever, name="intake", daemon=True)
        thread.start()
        self._stack.callback(self._reserved.server_close)
        self._stack.callback(self._reserved.shutdown)


@contextmanager
def opened(*, real: bool) -> Iterator[Place]:
    """A place for the time of a scenario."""
    with Place(real=real) as place:
        yield place


def _closed(_environ: object, _start_response: object) -> list[bytes]:
    raise WardlineError("the intake is not open yet", code="scenario.closed")
