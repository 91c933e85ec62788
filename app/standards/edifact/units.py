"""Units as EDIFACT tells them: data element 6411, whose codes are those of UN/ECE Recommendation 20 and 21.

Used by ``app.standards.edifact.values``.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.common_units import COMMON_UNITS

HABITS: Mapping[str, str] = {"PCE": "H87"}
"""Codes that the recommendations no longer hold and EANCOM's users still write: PCE is the piece."""


def common_unit(code: str | None, table: Mapping[str, str]) -> str | None:
    """The common code by the partner's table, then by the standard; None where neither knows the unit."""
    if code is None:
        return None
    return table.get(code) or HABITS.get(code) or (code if code in COMMON_UNITS else None)
