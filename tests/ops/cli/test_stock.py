"""Stock and levels from the command line."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app import ids
from app.model.supply import Figure, Level, Reading
from tests.ops.cli.house import House

OR1 = "GEN/Stock/OR1"
HEADER = "item,location,minimum,maximum,reorder_point,pack,lead_days,criticality\n"


def stocked(house: House, seconds: float) -> None:
    at = ids.now() - timedelta(seconds=seconds)
    figure = Figure("GLOVE-M", OR1, "GEN", "", Decimal(250), Decimal(0), "Units")
    with house.ledger.transaction() as tx:
        house.ledger.levels.store(tx, Reading(at, None, (figure,)), at, str)


def levels(house: House, *lines: str) -> Path:
    path = house.folder / "levels.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def test_stock_with_its_age(house: House) -> None:
    stocked(house, 30)
    told = house.json("stock", "show", "--item", "GLOVE-M")
    assert [(row["location"], row["quantity"]) for row in told["stock"]] == [(OR1, "250")]
    result = house.run("stock", "show")
    assert "250" in result.stdout
    assert "seconds ago" in result.stderr
    assert "OLD" not in result.stderr


def test_old_figures_say_so(house: House) -> None:
    stocked(house, 7200)
    assert "That is OLD" in house.run("stock", "show").stderr


def test_no_figures_at_all(house: House) -> None:
    result = house.run("stock", "show")
    assert "No place holds any." in result.stdout
    assert "never asked" in result.stderr


def test_levels_are_replaced_as_a_whole(house: House) -> None:
    house.json(
        "levels", "import", levels(house, f"GLOVE-M,{OR1},100,500,,100,2,", f"STENT-35,{OR1},,,,,,critical"), "--yes"
    )
    house.json("levels", "import", levels(house, f"GLOVE-M,{OR1},100,600,120,,,"), "--yes")
    [level] = house.json("levels", "show")["levels"]
    assert (level["reorder_point"], level["maximum"], level["pack"], level["source"]) == ("120", "600", "1", "own")
    assert level["holds"] is True


def test_a_rule_of_odoo_holds_before_ours(house: House) -> None:
    house.json("levels", "import", levels(house, f"GLOVE-M,{OR1},100,500,,100,2,"), "--yes")
    with house.ledger.transaction() as tx:
        house.ledger.levels.put(tx, [Level("GLOVE-M", OR1, Decimal(5), Decimal(9), orderpoint=3)], "odoo", "wardline")
    rows = house.json("levels", "show", "--item", "GLOVE-M")["levels"]
    assert {row["source"]: row["holds"] for row in rows} == {"odoo": True, "own": False}


def test_a_dry_run_changes_nothing(house: House) -> None:
    house.json("levels", "import", levels(house, f"GLOVE-M,{OR1},100,500,,100,2,"), "--dry-run")
    assert house.json("levels", "show")["levels"] == []


@pytest.mark.parametrize(
    "line", [",,1,2,,,,", "GLOVE-M,X,one,2,,,,", "GLOVE-M,X,5,2,,,,", "GLOVE-M,X,1,2,,,,vital", "GLOVE-M,X,-1,2,,,,"]
)
def test_faulty_levels_are_refused(house: House, line: str) -> None:
    result = house.run("levels", "import", levels(house, f"GLOVE-M,{OR1},1,2,,,,", line), "--yes")
    assert result.exit_code == 1
    assert "line 3" in result.stderr
    assert house.json("levels", "show")["levels"] == []


def test_what_was_asked_for(house: House) -> None:
    row = {
        "number": "REP-1", "facility": "GEN", "item": "GLOVE-M", "location": OR1, "source": "", "urgent": True,
        "quantity": Decimal(400), "reasons": ["position 3"], "content": {"complete": False, "document": {}},
    }  # fmt: skip
    with house.ledger.transaction() as tx:
        house.ledger.asks.add(tx, [row])
    [ask] = house.json("replenishment", "asks")["asks"]
    assert (ask["number"], ask["quantity"], ask["course"], ask["orders"]) == ("REP-1", "400", "not sent", [])
    assert house.json("replenishment", "asks", "--item", "OTHER")["asks"] == []


def test_a_plan_while_odoo_is_down(house: House) -> None:
    result = house.run("replenishment", "plan")
    assert result.exit_code == 3
    assert "odoo.unavailable" in result.stderr
