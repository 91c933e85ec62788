"""Why documents are held, in the words of those who can do something about it; used wherever holds are shown."""

from __future__ import annotations

CAUSES = {
    "item_unknown": "Nobody has told Wardline yet which item this code is",
    "item_ambiguous": "The codes of one event name different items",
    "unit_unknown": "Nobody has told Wardline yet how many pieces this unit holds",
    "unit_ambiguous": "The crosswalk gives this unit several pack sizes",
    "location_unknown": "Nobody has told Wardline yet which stock location this ward is",
    "location_ambiguous": "The crosswalk gives this ward several stock locations",
    "event_conflict": "The sender used one event number for two different events",
    "original_unknown": "An event was taken back before it arrived",
    "already_reversed": "An event was taken back twice",
    "item_not_in_odoo": "Odoo does not have this item",
    "item_ambiguous_in_odoo": "Odoo has several items with this internal reference",
    "item_archived": "The item is archived in Odoo",
    "item_not_storable": "Odoo keeps no stock of this item",
    "location_not_in_odoo": "Odoo does not have this stock location, or it is archived",
    "quantity_too_fine": "The quantity has more decimals than Odoo keeps",
    "lot_missing": "The item is tracked by lot and the sender gave none",
    "lot_unknown": "Odoo does not know this lot of the item",
    "serial_quantity": "One serial number was used for several pieces",
    "stock_negative": "More was used than Odoo has on hand",
    "refused_by_odoo": "Odoo refused to book this",
    "response_rejected": "A partner refused what we sent",
    "response_unmatched": "A partner answers something we never sent",
}
"""What each cause of a hold means; a cause that is new and not here yet is shown by its own name."""


def meaning(cause: str) -> str:
    """The cause in business words."""
    return CAUSES.get(cause, cause.replace("_", " ").capitalize())
