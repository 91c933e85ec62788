"""From the ward's request to the matched invoice: what the story says is what Odoo holds."""

from __future__ import annotations

from ops.scenarios import regional_hospital
from ops.scenarios.place import Place
from ops.scenarios.story import Story


def test_the_days_orders_are_received_and_billed_and_the_rest_waits_with_its_cause(place: Place, story: Story) -> None:
    regional_hospital.play(place, story)
    assert story.figures["orders"] == 4
    assert story.figures["bills_posted"] == 2
    assert story.figures["ordered_eur"] == "10596.70"
    assert story.figures["billed_eur"] == "10280.00"
    assert story.figures["held"] == ["awaiting_receipt", "price_mismatch", "unit_suspicious"]
    with place.services.ledger.reading() as tx:
        assert place.services.ledger.figures.open_exceptions(tx) == {"held": 3, "dead": 0}
