"""Inventory reports, written: stock as 852, what came and went as 867, unless the partner takes one of them alone.

Called by ``app.standards.x12.standard``.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.model.inventory_report import InventoryReport
from app.standards.x12 import activities, resales
from app.standards.x12.options import X12Options


def write(report: InventoryReport, options: X12Options) -> tuple[str, Iterable[list[str]]]:
    """The transaction set and its segments. Raises Permanent where it has no place for something."""
    agreed = options.inventory_message
    if agreed == "852" or (agreed == "by_type" and report.type == "snapshot"):
        return "852", activities.write(report, options)
    return "867", resales.write(report, options)
