"""How a confirmation is judged: figure by figure, line by line, without any Odoo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Held, Rejected
from app.model.order import Order, OrderLine
from app.policy.confirmation import Amendment, Answer, AnsweredLine, Asked, Assessment, Assessor
from app.policy.confirmation_rules import ConfirmationRules, ConfirmationTolerance

NOON = datetime(2026, 12, 5, 12, tzinfo=UTC)
BOXES = OrderLine(
    id=11, number=1, item="GLOVE-M", item_id=1, tracking="none", unit="Box of 10", unit_id=2, factor=Decimal(10),
    quantity=Decimal(10), price=Decimal(100), received=Decimal(0), invoiced=Decimal(0), planned_on=NOON,
    name="Glove",
)  # fmt: skip
PIECES = replace(
    BOXES, id=12, number=2, item="SUTURE", unit="Units", factor=Decimal(1), quantity=Decimal(8), price=Decimal("2.5")
)
ORDER = Order(
    id=1, number="P00001", state="purchase", supplier="S-1", supplier_id=7, company_id=1, warehouse="GEN",
    currency="EUR", origin="R-1", partner_ref="", acknowledged=False, lines=(BOXES, PIECES), receipts=(5,),
    written_at=NOON,
)  # fmt: skip


def assessed(*lines: AnsweredLine, answer: Answer | None = None, **changes: Any) -> Assessment:
    """Judge lines of a confirmation."""
    answer = answer or Answer("accepted", lines)
    base: dict[str, Any] = {"rules": ConfirmationRules(), "asked": {}, "decisions": {}, "clinical": ()}
    return Assessor(ORDER, answer, **base | changes).assess()


def said(line: str = "1", outcome: Any = "accepted", **changes: Any) -> AnsweredLine:
    return AnsweredLine(outcome, line, **changes)


def kinds(assessment: Assessment) -> list[str]:
    return [finding.kind for finding in assessment.findings]


def rules(**limits: Any) -> ConfirmationRules:
    return ConfirmationRules((ConfirmationTolerance(**limits),))


def test_what_agrees_changes_nothing() -> None:
    exact = said(quantity=Decimal(10), price=Decimal("100.00"), deliver_on=date(2026, 12, 5))

    assert assessed(exact, said("2")) == Assessment((), ())


@pytest.mark.parametrize("number", ["1", "01", "0001"])
def test_line_numbers_may_have_leading_zeros(number: str) -> None:
    assert assessed(said(number, deliver_on=date(2026, 12, 6))).amendments == (
        Amendment(1, deliver_on=date(2026, 12, 6)),
    )


def test_a_line_is_known_by_its_item_where_only_one_has_it() -> None:
    by_item = AnsweredLine("accepted", None, "SUTURE", deliver_on=date(2026, 12, 6))

    assert [amendment.line for amendment in assessed(by_item).amendments] == [2]
    with pytest.raises(Held) as refusal:
        assessed(AnsweredLine("accepted", "9"))
    assert (refusal.value.cause, refusal.value.subject) == ("confirmation_line_unknown", "order P00001")


@pytest.mark.parametrize(
    ("price", "percent", "amount", "taken"),
    [
        ("103", "3", None, True),
        ("103.01", "3", None, False),
        ("103", None, "3", True),
        ("103.01", None, "3", False),
        ("103", "5", "2", False),
        ("103", None, None, False),
        ("80", None, None, True),
        ("79.99", None, None, False),
    ],
)
def test_prices_keep_every_limit_that_is_given(
    price: str, percent: str | None, amount: str | None, taken: bool
) -> None:
    limits = {"price_percent": percent and Decimal(percent), "price_amount": amount and Decimal(amount)}

    found = assessed(said(price=Decimal(price)), rules=rules(**limits))

    assert kinds(found) == ([] if taken else ["price_changed"])
    assert found.amendments == ((Amendment(1, price=Decimal(price)),) if taken else ())


@pytest.mark.parametrize(
    ("quantity", "limits", "taken"),
    [("9", {"short_percent": Decimal(10)}, True), ("8.9", {"short_percent": Decimal(10)}, False), ("9", {}, False),
     ("11", {"over_percent": Decimal(10)}, True), ("11", {"short_percent": Decimal(50)}, False)],
)  # fmt: skip
def test_quantities_may_be_a_little_less_or_more(quantity: str, limits: dict[str, Decimal], taken: bool) -> None:
    found = assessed(said(quantity=Decimal(quantity)), rules=rules(**limits))

    assert kinds(found) == ([] if taken else ["quantity_changed"])


def test_quantities_and_prices_come_in_the_suppliers_unit() -> None:
    pieces = said(quantity=Decimal(100), factor=Decimal(1), price=Decimal(10))
    dozens = said(quantity=Decimal(10), price=Decimal(1000), basis=Decimal(100))

    assert assessed(pieces) == assessed(dozens) == Assessment((), ())


@pytest.mark.parametrize(
    ("day", "kind"),
    [(date(2026, 12, 7), None), (date(2026, 12, 8), "date_too_late"), (date(2026, 11, 5), None),
     (date(2026, 11, 4), "date_too_early")],
)  # fmt: skip
def test_days_may_be_a_little_late_or_early(day: date, kind: str | None) -> None:
    assert kinds(assessed(said(deliver_on=day))) == ([kind] if kind else [])


def test_days_do_not_creep() -> None:
    moved = replace(BOXES, planned_on=datetime(2026, 12, 7, 12, tzinfo=UTC))
    asked = {1: Asked(Decimal(10), Decimal(100), date(2026, 12, 5))}
    order = replace(ORDER, lines=(moved,))
    later = Answer("accepted", (said(deliver_on=date(2026, 12, 9)),))
    same = Answer("accepted", (said(deliver_on=date(2026, 12, 7)),))

    assert kinds(Assessor(order, later, ConfirmationRules(), asked, {}).assess()) == ["date_too_late"]
    assert Assessor(order, same, ConfirmationRules(), asked, {}).assess() == Assessment((), ())


def test_a_day_of_shipping_has_the_transit_added_and_one_of_delivery_goes_before_it() -> None:
    shipped = said(ship_on=date(2026, 12, 4))
    both = said(ship_on=date(2026, 12, 1), deliver_on=date(2026, 12, 6))
    slow = ConfirmationRules(transit_days=2)

    assert assessed(shipped, rules=slow).amendments == (Amendment(1, deliver_on=date(2026, 12, 6)),)
    assert assessed(both, rules=slow).amendments == (Amendment(1, deliver_on=date(2026, 12, 6)),)


def test_the_day_of_the_whole_holds_for_lines_without_one() -> None:
    answer = Answer("accepted", (said(), said("2", deliver_on=date(2026, 12, 4))), deliver_on=date(2026, 12, 6))

    days = {amendment.line: amendment.deliver_on for amendment in assessed(answer=answer).amendments}
    assert days == {1: date(2026, 12, 6), 2: date(2026, 12, 4)}


def test_parts_are_added_up_and_the_last_day_counts() -> None:
    parts = (
        said(quantity=Decimal(6), deliver_on=date(2026, 12, 4)),
        said(outcome="backordered", quantity=Decimal(4), deliver_on=date(2026, 12, 20)),
    )

    found = assessed(*parts)

    assert kinds(found) == ["date_too_late"]
    assert "the first part on 2026-12-04" in found.findings[0].text
    assert found.parts == {1: ((date(2026, 12, 4), Decimal(6)), (date(2026, 12, 20), Decimal(4)))}


def test_a_part_that_is_rejected_is_less() -> None:
    found = assessed(said(quantity=Decimal(6)), said(outcome="rejected", quantity=Decimal(4)))

    assert kinds(found) == ["quantity_changed"]
    assert found.findings[0].figures == {"quantity": "6"}


def test_a_line_that_is_rejected_is_called_off_once_that_is_accepted() -> None:
    rejected = said(outcome="rejected")
    [finding] = assessed(rejected).findings

    assert assessed(rejected).amendments == ()
    assert assessed(rejected, decisions={finding.digest: "accept"}).amendments == (Amendment(1, Decimal(0)),)
    assert assessed(rejected, decisions={finding.digest: "refuse"}) == Assessment((), ())


def test_a_substitute_is_always_shown_and_says_whether_it_is_clinical() -> None:
    offered = said(outcome="substituted", substitute="GLOVE-X", price=Decimal(99))
    [finding] = assessed(offered, clinical={"GLOVE-M"}).findings

    assert (finding.kind, finding.clinical) == ("substitute_offered", True)
    assert not assessed(offered).findings[0].clinical
    accepted = assessed(offered, decisions={finding.digest: "accept"})
    assert accepted.amendments == (Amendment(1, Decimal(10), Decimal(99), item="GLOVE-X"),)


def test_another_currency_is_never_written_onto_the_order() -> None:
    foreign = said(price=Decimal(90), currency="USD")
    [finding] = assessed(foreign).findings

    assert finding.kind == "currency_changed"
    assert assessed(foreign, decisions={finding.digest: "accept"}).amendments == ()


def test_what_was_accepted_counts_for_just_its_figures() -> None:
    [finding] = assessed(said(price=Decimal(120))).findings
    decisions = {finding.digest: "accept"}

    assert assessed(said(price=Decimal(120)), decisions=decisions).amendments == (Amendment(1, price=Decimal(120)),)
    assert kinds(assessed(said(price=Decimal(121)), decisions=decisions)) == ["price_changed"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("accepted", []), ("changed", []), ("received", []), ("rejected", ["line_rejected"] * 2),
     ("backordered", ["backorder_undated"] * 2)],
)  # fmt: skip
def test_one_word_may_be_for_all_lines(status: Any, expected: list[str]) -> None:
    assert kinds(assessed(answer=Answer(status))) == expected


def test_a_suppliers_own_tolerance_goes_before_that_for_all() -> None:
    both = ConfirmationRules((ConfirmationTolerance(days_late=0), ConfirmationTolerance("S-1", days_late=9)))

    assert both.tolerance("S-1").days_late == 9
    assert both.tolerance("S-2").days_late == 0


def test_the_section_is_read_checked_and_kept() -> None:
    data = {
        "tolerances": [{"supplier": "S-1", "price_percent": "2.5", "days_late": 3}],
        "transit_days": 1,
        "clinical_role": "ward",
    }
    read = ConfirmationRules.from_data(data)

    assert read.tolerance("S-1").price_percent == Decimal("2.5")
    assert ConfirmationRules.from_data(read.to_data()) == read
    wrong = {"tolerances": [{"price_percent": -1, "dayslate": 3, "days_late": "soon"}, 7], "role": "x"}
    with pytest.raises(Rejected) as refusal:
        ConfirmationRules.from_data(wrong)
    assert [issue.where for issue in refusal.value.issues] == [
        "confirmation.role",
        "confirmation.tolerances[0].dayslate",
        "confirmation.tolerances[0].price_percent",
        "confirmation.tolerances[0].days_late",
        "confirmation.tolerances[1]",
    ]
