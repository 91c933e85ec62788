"""Whatever standard a message comes in, it is answered, stored, translated, and comes to an end that can be told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.flows.intake import Intake, Sending
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.derived import schema_of
from app.standards import STANDARDS, by_name
from app.standards.base import Standard
from tests.app.flows.house import House
from tests.mutations import golden

CASES = [(path, name) for path, name in golden() if not path.parent.name.startswith("broken")]


def channel(standard: Standard, case: Path) -> Channel:
    options = case / "options.json"
    chosen = schema_of(standard.options)().loads(options.read_text(encoding="utf-8")) if options.exists() else None
    systems = {"https://hospital.example/items": "internal", "HOSPITAL": "internal"}
    # The messages were made by many senders, who share their numbers.
    return Channel(case.name, standard.name, "GEN", identifier_systems=systems, options=chosen)


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_message_kept_here_comes_to_an_end(small_ledger: Ledger, standard: Standard) -> None:
    house = House.over(small_ledger)
    outcomes = Counter[str]()
    for path in [path for path, name in CASES if name == standard.name]:
        chosen = channel(standard, path.parent)
        house.channels[chosen.name] = chosen
        sending = Sending(chosen, path.read_bytes(), standard.content_types[0], "test", "0" * 32)
        receipt, answer = Intake(small_ledger, str).take_in(sending)
        assert receipt.outcome in {"accepted", "duplicate"}, (path, receipt.issues)
        assert answer.body == by_name(standard.name).acknowledge(receipt).body
        house.work_off()
        outcomes[receipt.outcome] += 1
    with small_ledger.reading() as tx:
        states = set(tx.scalars(sa.select(tables.document.c.state)))
        assert set(tx.scalars(sa.select(tables.work.c.stage))) <= {"post"}
        assert tx.scalars(sa.select(tables.dead_letter.c.error_code)).all() == []
    # Without an Odoo consumption stays open behind its posting; what the crosswalk does not know is held.
    assert states <= {"settled", "held", "open", "cancelled"}
    assert outcomes["accepted"] > 0
