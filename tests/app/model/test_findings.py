"""Faults and oddities gathered while reading."""

from __future__ import annotations

import pytest

from app.errors import Rejected
from app.model.findings import MAX_ISSUES, Findings


def test_warnings_alone_reject_nothing() -> None:
    findings = Findings()
    findings.warn("gtin.check_digit", "FT1[1]-7", "wrong")
    findings.settle()
    assert [issue.severity for issue in findings.warnings] == ["warning"]


def test_all_faults_are_told_at_once() -> None:
    findings = Findings()
    findings.reject("quantity.missing", "a", "x")
    findings.reject("lot.invalid", "b", "y")
    findings.reject("lot.invalid", "b", "the same place again")
    with pytest.raises(Rejected) as caught:
        findings.settle()
    assert [(issue.code, issue.where, issue.text) for issue in caught.value.issues] == [
        ("quantity.missing", "a", "x"),
        ("lot.invalid", "b", "y"),
    ]


def test_a_flood_is_capped_and_warnings_do_not_hide_a_fault() -> None:
    findings = Findings()
    for number in range(2 * MAX_ISSUES):
        findings.warn("w.odd", str(number), "x")
    findings.reject("lot.invalid", "b", "y")
    assert len(findings.warnings) == MAX_ISSUES
    assert len(findings.errors) == 1


def test_text_leaves_its_fault_where_it_was() -> None:
    findings = Findings()
    assert findings.text("lot", " A ", "p") == "A"
    assert findings.text("lot", None, "p") is None
    assert findings.errors == ()
    assert findings.text("lot", " ", "p", required=True) is None
    assert findings.text("serial", "x" * 500, "q") is None
    assert [(issue.code, issue.where) for issue in findings.errors] == [("lot.missing", "p"), ("serial.too_long", "q")]
