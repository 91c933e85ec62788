"""Five laboratories that are supplied by thresholds and lead times: what the shelves hold is what Odoo holds."""

from __future__ import annotations

import pytest

from ops.scenarios import laboratory_network
from ops.scenarios.laboratories import KITS, SITES
from ops.scenarios.place import Place
from ops.scenarios.story import Story


@pytest.mark.timeout(1200)
def test_every_shelf_is_exact_and_only_what_nobody_sells_runs_out(place: Place, story: Story) -> None:
    days = 30 if place.real else 9
    laboratory_network.play(place, story, days)
    told = story.figures
    assert (len(SITES), len(KITS)) == (5, 200)
    assert told["wrong_quantities"] == 0
    assert told["ran_out"] == (["LAB-087 at SOU"] if days > 18 else [])
    assert told["held"] == ["no_offer"]
    assert told["urgent_orders"] == 2
    assert told["transfers"] >= 4
    assert told["received_eur"] == told["billed_eur"]
    assert told["order_lines"] > told["orders"] > 10
    with place.services.ledger.reading() as tx:
        assert place.services.ledger.figures.open_exceptions(tx) == {"held": 1, "dead": 0}
