"""A file of items put into Odoo in few calls: the rules are those of single records, and a second run costs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.flows.item_import import SET, ItemImport, Outcome
from app.ledger.ledger import Ledger
from app.model.item import Identifier
from app.model.item_record import ItemRecord
from app.odoo.erp import Erp
from tests import factories
from tests.app.flows.buying import Counting
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


def records(count: int, **changes: Any) -> list[ItemRecord]:
    return [
        replace(
            ItemRecord(f"IMP-{number:04}", description=f"Imported {number}", lot_tracked=number % 7 == 0), **changes
        )
        for number in range(count)
    ]


class Import:
    """Imports and what they cost."""

    def __init__(self, ledger: Ledger, odoo: OdooServer) -> None:
        self.connection = Counting(odoo.url, odoo.database, odoo.api_key)
        self.house = House.over(ledger, Erp(self.connection))
        self.products = odoo.connection.get_model("product.product")

    def run(self, items: list[ItemRecord]) -> tuple[dict[str, int], int, list[Outcome]]:
        """How many rows came to which end, the calls it took, and the outcomes."""
        self.connection.calls.clear()
        channel = factories.channel(name="cabinets")
        importing = ItemImport(self.house.ledger, Erp(self.connection), self.house.crosswalk, channel, "tester")
        outcomes = [one for some in importing.run(items) for one in some]
        counts: dict[str, int] = {}
        for one in outcomes:
            counts[one.outcome] = counts.get(one.outcome, 0) + 1
        return counts, self.connection.calls.total(), outcomes

    def there(self, *references: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.products.search_read(
            domain=[["default_code", "in", references]],
            fields=["default_code", "name", "tracking"],
            order="id",
            context={"active_test": False},
        )
        return rows


@pytest.fixture
def imports(small_ledger: Ledger, odoo: OdooServer) -> Import:
    return Import(small_ledger, odoo)


def test_a_file_is_put_in_few_calls_and_again_in_none(imports: Import) -> None:
    file = records(SET + 20)
    counts, calls, _ = imports.run(file)
    assert counts == {"created": SET + 20}
    assert calls <= 8
    rows = imports.there(*(one.number for one in file))
    assert len(rows) == SET + 20
    assert {row["name"]: row["tracking"] for row in rows}["Imported 14"] == "lot"
    assert imports.run(file)[:2] == ({"unchanged": SET + 20}, 0)
    file[3] = replace(file[3], description="Another word")
    counts, calls, _ = imports.run(file)
    assert counts == {"unchanged": SET + 19, "changed": 1}
    assert calls <= 3
    assert imports.there("IMP-0003")[0]["name"] == "Another word"


def test_a_ledger_that_knows_nothing_finds_what_is_there(imports: Import) -> None:
    file = records(5)
    imports.run(file)
    with imports.house.ledger.transaction() as tx:
        imports.house.ledger.master_values.put(tx, "item", {one.number: {} for one in file})
    assert imports.run(file)[0] == {"unchanged": 5}
    assert len(imports.there(*(one.number for one in file))) == 5


def test_rows_that_cannot_be_put_hinder_no_other(imports: Import) -> None:
    taken = "00812345678529"
    imports.products.create(vals_list=[
        {"name": "Taken", "default_code": "TAKEN-2", "barcode": taken, "type": "consu"},
        {"name": "Somebody's own word", "default_code": "IMP-0002", "type": "consu", "is_storable": True},
    ])  # fmt: skip
    file = records(6)
    file[4] = replace(file[4], identifiers=(Identifier("gtin", taken),))
    file[5] = replace(file[0])
    counts, _, outcomes = imports.run(file)
    assert counts == {"created": 3, "conflict": 1, "refused": 1, "repeated": 1}
    assert {one.row: one.reference for one in outcomes if one.outcome != "created"} == {
        3: "IMP-0002", 5: "IMP-0004", 6: "IMP-0000",
    }  # fmt: skip
    assert imports.there("IMP-0002")[0]["name"] == "Somebody's own word"
