"""The stand-in as a program: its command line, its memory, its misbehaviour."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from app.errors import InDoubt, Permanent
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from ops.provision import provision
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests.fixtures_odoo import OR1, SITE, OdooServer


def test_the_command_line_serves_until_interrupted(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "ops.simulators.odoo",
        "--database",
        str(tmp_path / "odoo.sqlite"),
        "--name",
        "demo",
    ]
    environment = os.environ | {"WARDLINE_ODOO_API_KEY": "of the demo"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        connection = Connection(url, "demo", "of the demo")
        assert connection.version() == "19.0"
        assert StockGateway(connection).items(["NOTHING"]) == {}
        with pytest.raises(Permanent):
            StockGateway(Connection(url, "demo", "another")).items(["NOTHING"])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_any_key_may_be_accepted() -> None:
    with StandIn(api_key=None) as standin:
        assert StockGateway(Connection(standin.url, standin.database, "whatever")).items(["NOTHING"]) == {}


def test_what_is_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "odoo.sqlite")
    with StandIn(path=path) as standin:
        before = OdooServer(standin.url, standin.database, "standin")
        provision(before.connection, SITE)
        movement = before.movement([before.line("GAUZE-10", "1")])
        transfer = before.gateway.move(movement)

    with StandIn(path=path) as standin:
        after = OdooServer(standin.url, standin.database, "standin")
        assert after.gateway.move(movement) == transfer
        assert after.on_hand("GAUZE-10", OR1) == Decimal(99)


def test_faults_meet_their_call_once_in_order(standin: StandIn, standin_odoo: OdooServer) -> None:
    lots = standin_odoo.connection.get_model("stock.lot")
    item = standin_odoo.item_id("GLUE-5")
    standin.faults.inject(
        Fault("page", place="stock.lot.create"),
        Fault("dropped", committed=True, place="stock.lot.create"),
    )

    for name in ("LOST", "KEPT"):
        with pytest.raises(InDoubt):
            lots.create(vals_list=[{"name": name, "product_id": item}])
    lots.create(vals_list=[{"name": "PLAIN", "product_id": item}])

    assert {name for _, name in standin_odoo.gateway.lots([item], ["LOST", "KEPT", "PLAIN"])} == {"KEPT", "PLAIN"}
