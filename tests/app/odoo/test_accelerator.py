"""The accelerator comes, fails and goes while movements are made: under one key there is one transfer, on either way.

What it does when all is well is a contract of every Odoo, see ``tests.contracts.test_odoo_gateway``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.errors import InDoubt
from app.odoo import accelerator, faults, loading
from app.odoo.stock import StockGateway
from app.odoo.transfers import Transfers
from app.odoo.transport import Connection
from ops import accelerator as installer
from tests.fixtures_odoo import OR1, OdooServer

pytestmark = pytest.mark.real
RUN, LOAD = "ir.actions.server.run", "stock.picking.load"


class Listening(Connection):
    """A connection that remembers which calls were made."""

    def __init__(self, odoo: OdooServer) -> None:
        super().__init__(odoo.url, odoo.database, odoo.api_key)
        self.places: list[str] = []

    def exchange(self, call: faults.Call, *args: Any, **options: Any) -> Any:
        self.places.append(call.place)
        return super().exchange(call, *args, **options)


@pytest.fixture
def odoo(real_odoo: OdooServer) -> Iterator[OdooServer]:
    installer.install(real_odoo.connection, installer.own_user(real_odoo.connection))
    yield real_odoo
    installer.remove(real_odoo.connection)


@pytest.fixture
def connection(odoo: OdooServer) -> Iterator[Listening]:
    made = Listening(odoo)
    yield made
    made.close()


@pytest.fixture
def gateway(connection: Listening) -> StockGateway:
    return StockGateway(connection)


def test_a_movement_is_one_call(odoo: OdooServer, gateway: StockGateway, connection: Listening) -> None:
    first, second = (odoo.movement([odoo.line("GAUZE-10", "1")]) for _ in range(2))
    gateway.move(first)
    connection.places.clear()

    assert gateway.move(second).state == "done"
    assert connection.places == [RUN]


def test_what_it_makes_is_what_the_plain_way_makes(
    odoo: OdooServer, gateway: StockGateway, connection: Listening
) -> None:
    lines = [
        odoo.line("GAUZE-10", "2"),
        odoo.line("GLUE-5", "0.5", "G-2026-01"),
        odoo.line("GLUE-5", "0.25", "G-2026-02"),
        odoo.line("STENT-20", "1", "SN-4"),
        odoo.line("BULK-000", "3"),
        odoo.line("RENTAL-1", "1"),
    ]
    goods = odoo.connection.get_model("product.product")
    goods.write(ids=[line.item_id for line in lines], vals={"standard_price": 2.5})
    shown = []
    for direction in ("out", "in"):
        fast = gateway.move(odoo.movement(lines, direction=direction))
        assert connection.places[-1] == RUN
        back = gateway.move(odoo.movement(lines, direction="in" if direction == "out" else "out"))
        assert back.state == "done"
        installer.remove(odoo.connection)
        plain = StockGateway(odoo.connection).move(odoo.movement(lines, direction=direction))
        installer.install(odoo.connection, installer.own_user(odoo.connection))
        gateway._accelerator._known = None
        shown.append((_shown(odoo, fast.id), _shown(odoo, plain.id)))

    for made, expected in shown:
        assert [len(rows) for rows in made] == [1, 5, 6]
        assert made == expected
        assert sum(Decimal(move["value"]) for move in made[1]) > 0


def test_what_leads_on_from_the_destination_still_does(odoo: OdooServer, gateway: StockGateway) -> None:
    """A rule that pushes on: a site may send what was used to be cleaned, say."""
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    rules, routes = (odoo.connection.get_model(name) for name in ("stock.rule", "stock.route"))
    kinds = odoo.connection.get_model("stock.picking.type")
    warehouse = movement.stock_location.warehouse_id
    kind = kinds.search(domain=[["warehouse_id", "=", warehouse], ["code", "=", "internal"]], limit=1)
    route = routes.create(
        vals_list=[{"name": "Cleaning", "warehouse_selectable": True, "warehouse_ids": [[4, warehouse]]}]
    )
    used, back = movement.consumption_location.id, movement.stock_location.id
    rule = {"name": "Clean", "action": "push", "auto": "manual", "route_id": route[0], "picking_type_id": kind[0]}
    rules.create(vals_list=[{**rule, "location_src_id": used, "location_dest_id": back}])
    moves = odoo.connection.get_model("stock.move")
    onwards = [["location_id", "=", used], ["location_dest_id", "=", back]]
    before = moves.search_count(domain=onwards)

    transfer = gateway.move(movement)

    routes.write(ids=route, vals={"active": False})
    own = moves.search_read(domain=[["picking_id", "=", transfer.id]], fields=["is_inventory", "state"])
    assert [(move["is_inventory"], move["state"]) for move in own] == [(False, "done")]
    assert moves.search_count(domain=onwards) == before + 1


OF_ITS_OWN = {"id", "name", "create_date", "write_date", "date", "date_done", "scheduled_date", "origin", "reference"}
OF_ITS_OWN |= {"picking_id", "move_id", "move_ids", "move_line_ids", "analytic_account_line_ids", "display_name"}
"""What no two records have in common."""


def _shown(odoo: OdooServer, transfer: int) -> list[list[dict[str, Any]]]:
    """Everything that Odoo has stored of a transfer, its moves and its lines."""
    models = {"stock.picking": "id", "stock.move": "picking_id", "stock.move.line": "picking_id"}
    return [_stored(odoo, name, [field, "=", transfer]) for name, field in models.items()]


def _stored(odoo: OdooServer, name: str, domain: list[Any]) -> list[dict[str, Any]]:
    model = odoo.connection.get_model(name)
    known = model.fields_get(attributes=["store"])
    fields = sorted(field for field, facts in known.items() if facts["store"] and field not in OF_ITS_OWN)
    rows = model.search_read(domain=[domain], fields=fields, load="")
    for row in rows:
        del row["id"]
    return sorted(rows, key=lambda row: (row.get("product_id") or 0, row.get("lot_id") or 0))


def test_what_it_made_is_found_when_it_is_gone(odoo: OdooServer, gateway: StockGateway) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    before = odoo.on_hand("GAUZE-10", OR1)
    transfer = gateway.move(movement)

    installer.remove(odoo.connection)

    assert gateway.move(movement) == transfer
    assert StockGateway(odoo.connection).revoke(movement.key) == transfer
    assert odoo.on_hand("GAUZE-10", OR1) == before - 1


def test_when_it_is_gone_the_plain_way_is_gone(odoo: OdooServer, gateway: StockGateway, connection: Listening) -> None:
    gateway.move(odoo.movement([odoo.line("GAUZE-10", "1")]))
    installer.remove(odoo.connection)

    assert gateway.move(odoo.movement([odoo.line("GAUZE-10", "1")])).state == "done"
    connection.places.clear()
    assert gateway.move(odoo.movement([odoo.line("GAUZE-10", "1")])).state == "done"
    assert RUN not in connection.places


def test_a_draft_of_the_plain_way_is_completed(odoo: OdooServer, gateway: StockGateway, connection: Listening) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "2")])
    before = odoo.on_hand("GAUZE-10", OR1)
    kinds = odoo.connection.get_model("stock.picking.type")
    rows = kinds.search(domain=[["warehouse_id", "=", movement.stock_location.warehouse_id]])
    draft = Transfers(odoo.connection, loading.MODULE).draft(movement, rows[-1])

    done = gateway.move(movement)

    assert (done.id, done.state) == (draft, "done")
    assert odoo.on_hand("GAUZE-10", OR1) == before - 2
    assert RUN in connection.places
    assert LOAD not in connection.places


def test_a_revoked_key_stays_revoked(odoo: OdooServer, gateway: StockGateway) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    operation = gateway._operation(movement.stock_location)
    tombstone = gateway.revoke(movement.key)

    made = accelerator.Accelerator(odoo.connection, loading.MODULE).move(movement, operation)

    assert made == tombstone
    assert tombstone.state == "cancel"


def test_a_lost_answer_is_in_doubt_and_either_way_settles_it(
    odoo: OdooServer, gateway: StockGateway, connection: Listening
) -> None:
    gateway.move(odoo.movement([odoo.line("GAUZE-10", "1")]))
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    before = odoo.on_hand("GAUZE-10", OR1)
    connection.read_timeout = 0.005

    with pytest.raises(InDoubt):
        gateway.move(movement)

    installer.remove(odoo.connection)
    assert StockGateway(odoo.connection).move(movement).state == "done"
    assert odoo.on_hand("GAUZE-10", OR1) == before - 1


@pytest.mark.parametrize("change", [{"user_ids": [[5]]}, {"comment": "action 1, code 0123456789abcdef"}])
def test_who_may_not_use_it_or_knows_another_version_goes_the_plain_way(
    odoo: OdooServer, gateway: StockGateway, connection: Listening, change: dict[str, Any]
) -> None:
    group = loading.find(odoo.connection, "res.groups", accelerator.GROUP)
    odoo.connection.get_model("res.groups").write(ids=[group], vals=change)
    before = odoo.on_hand("GAUZE-10", OR1)

    assert gateway.move(odoo.movement([odoo.line("GAUZE-10", "1")])).state == "done"
    assert LOAD in connection.places
    assert odoo.on_hand("GAUZE-10", OR1) == before - Decimal(1)
    assert not installer.state(odoo.connection).intact or "user_ids" in change
