"""Units as UBL tells them: ``unitCode``, which is a code of UN/ECE Recommendation 20 or 21 unless it says otherwise.

Used by the readers and writers of this standard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.model.common_units import COMMON_UNITS

_OWN_LIST = re.compile(r"(?i).*(rec|ece|cefact|6\d411).*|")
"""What ``unitCodeListID`` holds where the codes are those of the recommendations: UNECERec20, UN/ECE rec 20, 66411."""


def common_unit(code: str | None, table: Mapping[str, str], list_id: str | None = None) -> str | None:
    """The common code for a unit code; None for one that is in neither the partner's table nor the recommendations."""
    if code is None:
        return None
    if found := table.get(code):
        return found
    return code if code in COMMON_UNITS and _OWN_LIST.fullmatch(list_id or "") else None
