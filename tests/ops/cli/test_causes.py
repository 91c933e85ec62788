from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.flows.acknowledging import DEPARTURES
from app.flows.billing import DISPUTES
from app.ledger.orders import TO_APPROVE
from app.policy.requisition import HELD
from ops.cli.causes import CAUSES, meaning


def raised() -> Iterator[str]:
    """The cause of every hold that the code can open."""
    yield from (TO_APPROVE, *DEPARTURES, *DISPUTES, *HELD, "forbidden_by_rule")
    yield from (f"{kind}_ambiguous" for kind in ("department", "cost_centre", "supplier"))
    for path in Path(app.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("Held", "Cause"):
                yield from (str(first.value) for first in node.args[:1] if isinstance(first, ast.Constant))


def test_every_cause_has_business_words_and_every_word_a_cause() -> None:
    assert set(raised()) == set(CAUSES)


def test_a_cause_that_is_new_is_shown_by_its_name() -> None:
    assert meaning("colour_off_contract") == "Colour off contract"
