"""Who has the last word on a field of master data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Rejected
from app.policy.ownership import Ownership, weigh


@pytest.mark.parametrize(
    ("now", "last", "owner", "outcome"),
    [
        ("new", {}, "*", "same"),
        ("", {}, "*", "write"),
        ("old", {}, "*", "conflict"),
        ("old", {"name": "old"}, "*", "write"),
        ("other", {"name": "old"}, "*", "conflict"),
        ("old", {}, "ehr", "write"),
        ("old", {"name": "old"}, "ehr", "write"),
        ("other", {"name": "old"}, "ehr", "conflict"),
        ("old", {}, "odoo", "left"),
        ("", {}, "odoo", "left"),
        ("old", {"name": "old"}, "mdm", "left"),
    ],
)
def test_a_field_is_written_left_or_disputed(now: str, last: dict[str, str], owner: str, outcome: str) -> None:
    weighed = weigh({"name": "new"}, {"name": now}, last, {"name": owner}, "ehr")
    found = "write" if weighed.writes else "left" if weighed.left else "conflict" if weighed.conflicts else "same"
    assert found == outcome
    accepted = weigh({"name": "new"}, {"name": now}, last, {"name": owner}, "ehr", ["name"])
    assert bool(accepted.writes) == (outcome in ("write", "conflict"))


values = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "y", True, False, None]))
owners = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["*", "odoo", "ehr", "mdm"]))


@given(values, values, values, owners)
def test_every_field_has_one_end_and_what_was_written_is_the_same_next_time(
    told: dict[str, Any], now: dict[str, Any], last: dict[str, Any], owned: dict[str, str]
) -> None:
    weighed = weigh(told, now, last, owned, "ehr")
    ends = [*weighed.writes, *weighed.left, *weighed.conflicts]
    assert len(ends) == len(set(ends))
    assert set(ends) <= set(told)
    after = now | dict(weighed.writes)
    again = weigh({name: told[name] for name in weighed.writes}, after, after, owned, "ehr")
    assert (again.writes, again.conflicts) == ({}, ())
    assert not {name for name in weighed.writes if owned.get(name, "*") not in ("*", "ehr")}


def test_the_section_of_the_rule_book() -> None:
    section = Ownership.from_data({"item": {"name": "mdm", "*": "odoo"}})
    assert (section.owner("item", "name"), section.owner("item", "barcode")) == ("mdm", "odoo")
    assert Ownership().owner("item", "name") == "*"
    with pytest.raises(Rejected) as rejected:
        Ownership.from_data({"items": {}, "item": {"name": 7}})
    assert [issue.where for issue in rejected.value.issues] == ["ownership.items", "ownership.item.name"]
