"""What several places of a message say of one unit."""

from __future__ import annotations

from datetime import date

from app.model.findings import Findings
from app.model.markings import Markings


def test_statements_that_agree_are_one() -> None:
    findings = Findings()
    markings = Markings(findings)
    markings.say_udi("(01)00812345678901(17)280630(10)L2406A", "PRT[1]-22")
    markings.say_lot(" L2406A ", "PRT[1]-19")
    markings.say_expiry(date(2028, 6, 30), "PRT[1]-18")
    markings.say_gtin("812345678901", "PRT[1]-16")
    assert (markings.lot, markings.serial, markings.expiry) == ("L2406A", None, date(2028, 6, 30))
    assert (markings.gtin, markings.udi) == ("00812345678901", "(01)00812345678901(17)280630(10)L2406A")
    assert findings.errors + findings.warnings == ()


def test_statements_that_disagree_are_a_fault_with_both_places() -> None:
    findings = Findings()
    markings = Markings(findings)
    markings.say_udi("(01)00812345678901(17)280630(10)L2406A(21)S1", "udi")
    markings.say_lot("L2406B", "lot")
    markings.say_serial("S2", "serial")
    markings.say_expiry(date(2028, 6, 29), "expiry")
    markings.say_gtin("00812345678031", "gtin")
    assert [(issue.code, issue.where) for issue in findings.errors] == [
        ("lot.conflict", "lot"),
        ("serial.conflict", "serial"),
        ("expiry.conflict", "expiry"),
        ("gtin.conflict", "gtin"),
    ]
    assert {issue.text for issue in findings.errors} == {"disagrees with udi"}


def test_two_carriers_of_one_unit_add_up() -> None:
    findings = Findings()
    markings = Markings(findings)
    markings.say_udi("(01)00812345678901", "a")
    markings.say_udi("+H123PARTNO1234567890120", "b")
    markings.say_udi("(01)00812345678901(10)L1", "c")
    assert (markings.udi, markings.lot) == ("(01)00812345678901", "L1")
    assert [(issue.code, issue.where) for issue in findings.warnings] == [("udi.unread", "b")]


def test_nothing_said_is_nothing_known() -> None:
    markings = Markings(Findings())
    markings.say_udi(None, "a")
    markings.say_lot("  ", "b")
    markings.say_expiry(None, "c")
    found = (markings.lot, markings.serial, markings.expiry, markings.udi, markings.gtin)
    assert found == (None, None, None, None, None)
