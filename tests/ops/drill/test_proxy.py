"""The faulty proxy: what it passes, what it loses, and whether the server heard it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from ops.simulators.odoo_standin.server import StandIn
from ops.simulators.proxy import FaultyProxy, Trouble


@pytest.fixture
def odoo() -> Iterator[StandIn]:
    with StandIn(api_key=None) as server:
        yield server


@pytest.fixture
def proxy(odoo: StandIn) -> Iterator[FaultyProxy]:
    with FaultyProxy(odoo.url) as made:
        yield made


def call(url: str, method: str, **arguments: object) -> httpx.Response:
    body = json.dumps({"context": {}, **arguments})
    headers = {"X-Odoo-Database": "standin", "Content-Type": "application/json"}
    return httpx.post(f"{url}/json/2/uom.uom/{method}", content=body, headers=headers, timeout=5)


def units(odoo: StandIn) -> int:
    return int(call(odoo.url, "search_count", domain=[]).json())


def test_without_trouble_it_only_passes_calls_through(odoo: StandIn, proxy: FaultyProxy) -> None:
    assert call(proxy.url, "create", vals_list=[{"name": "Box"}]).status_code == 200
    assert units(odoo) == 2


@pytest.mark.parametrize(("kind", "heard"), [("refused", False), ("cut_before", False), ("cut_after", True)])
def test_a_lost_call_is_heard_or_not(odoo: StandIn, proxy: FaultyProxy, kind: str, heard: bool) -> None:
    proxy.trouble = Trouble(kind)  # type: ignore[arg-type]
    with pytest.raises(httpx.HTTPError):
        call(proxy.url, "create", vals_list=[{"name": "Box"}])
    assert units(odoo) == 1 + heard
    assert proxy.befallen == 1


def test_a_bad_gateway_answers_for_itself(odoo: StandIn, proxy: FaultyProxy) -> None:
    proxy.trouble = Trouble("bad_gateway", every=2)
    answers = [call(proxy.url, "create", vals_list=[{"name": "Box"}]).status_code for _ in range(4)]
    assert answers == [200, 502, 200, 502]
    assert units(odoo) == 3


def test_only_the_named_calls_are_troubled(proxy: FaultyProxy) -> None:
    proxy.trouble = Trouble("bad_gateway", path="/uom.uom/create")
    assert call(proxy.url, "search_count", domain=[]).status_code == 200
    assert call(proxy.url, "create", vals_list=[{"name": "Box"}]).status_code == 502


def test_who_is_away_refuses_connections_and_comes_back_to_the_same_place(proxy: FaultyProxy) -> None:
    with proxy.away(), pytest.raises(httpx.ConnectError):
        call(proxy.url, "search_count", domain=[])
    assert call(proxy.url, "search_count", domain=[]).status_code == 200
