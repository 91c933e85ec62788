"""Two hospitals leave their files: what the story says is what Odoo holds."""

from __future__ import annotations

from ops.scenarios import legacy_transition
from ops.scenarios.place import Place
from ops.scenarios.story import Story


def test_no_use_is_lost_or_doubled_on_the_way(place: Place, story: Story) -> None:
    legacy_transition.play(place, story)
    assert story.figures == {"recovered": 10, "uses": 240, "told": 480, "wrong_quantities": 0}
    with place.services.ledger.reading() as tx:
        backlogs, groups = place.services.ledger.figures.backlogs(tx), place.services.ledger.holds.groups(tx)
    assert (list(backlogs), groups) == ([], [])
