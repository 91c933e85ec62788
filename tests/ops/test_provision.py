"""Provisioning where Odoo says no; what it makes is seen by the gateway's contract suite."""

from __future__ import annotations

import pytest

from app.errors import Misconfigured
from ops.provision import Hospital, Site, provision
from tests.fixtures_odoo import OdooServer


def test_names_are_odoos_complete_names() -> None:
    hospital = Hospital("GEN", "General Hospital", ("OR1",))

    assert hospital.stock("OR1") == "GEN/Stock/OR1"
    assert hospital.consumption("OR1") == "Consumption/GEN OR1"


def test_a_code_that_is_taken_is_misconfigured(standin_odoo: OdooServer) -> None:
    with pytest.raises(Misconfigured) as error:
        provision(standin_odoo.connection, Site((Hospital("WH", "Another", ()),), ()))

    assert "stock.warehouse" in str(error.value)
