"""Master data from the command line: who has what, who may sell, and items as files for other systems."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.crosswalk.store import CrosswalkStore
from app.model.channel import Channel, Profile
from app.model.master import SupplierFacts
from app.odoo.transport import Connection
from app.standards import by_name
from ops import provision_procurement
from ops.demo.hospital import SITE
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn
from tests.app.flows.buying import MARKET, SUPPLIER
from tests.ops.cli.conftest import CHANNELS
from tests.ops.cli.house import House

EHR = """
[channels.odoo]
standard = "canonical"
facility = "GEN"

[channels.ehr]
standard = "hl7v2"
facility = "GEN"
sends = ["item"]
our_address = "WARDLINE|HUB"
partner_address = "EHR|GEN"

[channels.ehr.transport]
kind = "mllp"
host = "127.0.0.1"
port = 1
tls = false
"""


@pytest.fixture
def odoo(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in with the demo hospital and its suppliers, which the commands reach."""
    with StandIn() as server:
        connection = Connection(server.url, server.database, server.api_key or "")
        provision(connection, SITE)
        provision_procurement.provision(connection, MARKET)
        monkeypatch.setenv("WARDLINE_ODOO_URL", server.url)
        monkeypatch.setenv("WARDLINE_ODOO_DATABASE", server.database)
        monkeypatch.setenv("WARDLINE_ODOO_API_KEY", server.api_key or "")
        (house.folder / "channels.toml").write_text(CHANNELS + EHR)
        yield server


def test_the_register_is_brought_up_to_date_on_demand(house: House, odoo: StandIn) -> None:
    assert house.json("master", "sync") == {"jobs": []}
    assert house.json("master", "sync", "--now")["done"] > 0
    [job] = house.json("master", "sync")["jobs"]
    assert (job["name"], job["error_code"]) == ("master.sync", None)


def test_an_item_is_shown_with_who_owns_what(house: House, odoo: StandIn) -> None:
    house.json("master", "sync", "--now")
    with house.ledger.transaction() as tx:
        house.ledger.policies.import_(tx, "ownership: {item: {name: odoo}}", "tester")
    told = house.json("master", "show", "item", "STENT-35")
    fields = {row["field"]: row for row in told["fields"]}
    assert fields["tracking"]["odoo"] == fields["tracking"]["register"] == "lot"
    assert fields["name"]["owner"] == "odoo"
    assert fields["criticality"] == {
        "field": "criticality", "odoo": None, "register": "routine", "owner": "register",
    }  # fmt: skip


def test_a_supplier_is_shown_while_odoo_is_down(house: House) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.registry.put_suppliers(tx, [SupplierFacts("S-1", "Meridian", approved=False)])
    told = house.json("master", "show", "supplier", "S-1")
    assert {row["field"]: row["register"] for row in told["fields"]}["approved"] is False
    assert house.run("master", "show", "supplier", "S-9").exit_code == 1


def test_a_supplier_is_approved_and_that_is_told(house: House) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.registry.put_suppliers(tx, [SupplierFacts("S-1", "Meridian", approved=False)])
    assert house.json("master", "approve", "S-1") == {"supplier": "S-1", "approved": True}
    with house.ledger.reading() as tx:
        assert house.ledger.registry.suppliers(tx, ["S-1"])["S-1"].approved
    assert house.json("master", "approve", "S-1", "--revoke")["approved"] is False
    assert house.run("master", "approve", "S-9").exit_code == 1


def test_a_persons_word_on_a_supplier_is_a_row_of_the_crosswalk(house: House) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.registry.put_suppliers(tx, [SupplierFacts("S-1", "Meridian")])
    assert house.json("master", "supplier", "V-77", "--is", "S-1")["supplier"] == "S-1"
    assert house.json("master", "supplier", "V-78", "--new")["supplier"] == "V-78"
    crosswalk = CrosswalkStore(house.ledger.database, house.ledger.audit)
    with house.ledger.reading() as tx:
        rows = {row.code: row.target for row in crosswalk.rows(tx, ["V-77", "V-78"])}
    assert rows == {"V-77": "S-1", "V-78": "V-78"}
    assert house.run("master", "supplier", "V-79", "--is", "S-9").exit_code == 1
    assert house.run("master", "supplier", "V-79").exit_code == 2


@pytest.mark.parametrize(
    ("form", "standard"), [("csv", "tabular"), ("canonical", "canonical"), ("hl7v2", "hl7v2"), ("fhir-r5", "fhir-r5")]
)
def test_a_file_of_all_items_is_read_as_what_odoo_has(house: House, odoo: StandIn, form: str, standard: str) -> None:
    out = house.folder / f"items.{form}"
    told = house.json("master", "export", "--format", form, "--out", out)
    body = out.read_bytes()
    profile = Profile(replace(Channel("ehr", standard, "GEN")), str)
    bodies = {
        "hl7v2": [b"MSH" + part for part in body.split(b"MSH")[1:]],
        "fhir-r5": body.splitlines(),
    }.get(form, [body])
    found = {document.number for one in bodies for document in by_name(standard).read(one, profile).documents}  # type: ignore[union-attr]
    assert len(found) == told["items"] == len(SITE.items)
    assert "STENT-35" in found


def test_a_table_has_every_column_once(house: House, odoo: StandIn) -> None:
    out = house.folder / "items.csv"
    house.json("master", "export", "--format", "csv", "--out", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert {row["number"] for row in rows} >= {"STENT-35", "SUTURE-30"}


def test_items_are_let_out_over_a_channel(house: House, odoo: StandIn) -> None:
    assert f"{len(SITE.items)} items go out over ehr." in house.plain("master", "export", "--to", "ehr", "--all")
    with house.ledger.reading() as tx:
        assert len(house.ledger.publications.of(tx, "ehr")) == len(SITE.items)
    assert house.run("master", "export", "--to", "cabinets").exit_code == 1
    assert house.run("master", "export").exit_code == 2


def test_a_file_that_cannot_be_written_is_told(house: House, odoo: StandIn, tmp_path: Path) -> None:
    result = house.run("master", "export", "--format", "csv", "--out", tmp_path / "nowhere" / "items.csv")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_the_prices_of_a_supplier_are_shown(house: House, odoo: StandIn) -> None:
    house.json("master", "sync", "--now")
    told = house.json("master", "show", "supplier", SUPPLIER)
    assert {row["field"] for row in told["fields"]} >= {"name", "approved", "identifiers"}
