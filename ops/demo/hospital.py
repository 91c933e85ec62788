"""What the demonstration hospital's Odoo holds before the first message comes; used by the demo and by tests."""

from __future__ import annotations

from decimal import Decimal

from ops.provision import Count, Hospital, Item, Lot, Site

GENERAL = Hospital("GEN", "General Hospital", ("CATHLAB", "OR1", "WARD3"))

SITE = Site(
    hospitals=(GENERAL,),
    items=(
        Item("STENT-35", "Coronary stent 3.5 mm", tracking="lot"),
        Item("SUTURE-30", "Suture 3-0"),
        Item("GLOVE-M", "Examination glove, medium"),
        Item("PACER-01", "Pacemaker, dual chamber", tracking="serial"),
        Item("CATH-77", "Guiding catheter 7F"),
    ),
    lots=(
        Lot("STENT-35", "L2406A"),
        Lot("STENT-35", "L2407B"),
        Lot("PACER-01", "SN-1001"),
        Lot("PACER-01", "SN-1002"),
    ),
    counts=(
        *(
            Count(GENERAL.stock(department), item, Decimal(quantity))
            for department in GENERAL.departments
            for item, quantity in (("SUTURE-30", 200), ("GLOVE-M", 1000), ("CATH-77", 10))
        ),
        Count(GENERAL.stock("CATHLAB"), "STENT-35", Decimal(12), "L2406A"),
        Count(GENERAL.stock("CATHLAB"), "STENT-35", Decimal(8), "L2407B"),
        Count(GENERAL.stock("OR1"), "STENT-35", Decimal(5), "L2406A"),
        Count(GENERAL.stock("OR1"), "STENT-35", Decimal(5), "L2407B"),
        Count(GENERAL.stock("CATHLAB"), "PACER-01", Decimal(1), "SN-1001"),
        Count(GENERAL.stock("OR1"), "PACER-01", Decimal(1), "SN-1002"),
    ),
)
"""CATH-77 is in Odoo and not in the crosswalk, so that its messages are held until a row is added."""
