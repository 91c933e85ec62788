"""The units everybody knows."""

from __future__ import annotations

import re

from app.model.common_units import COMMON_UNITS


def test_codes_have_the_form_of_the_recommendations() -> None:
    assert all(re.fullmatch(r"[A-Z0-9]{2,3}", code) and name for code, name in COMMON_UNITS.items())
    assert {"C62", "H87", "EA", "XBX", "XCS", "XPK", "KGM", "MLT", "DZN"} <= set(COMMON_UNITS)


def test_old_habits_are_not_among_them() -> None:
    assert not {"PCE", "BX", "CA", "CS", "PK", "BO", "ST", "RO"} & set(COMMON_UNITS)
    assert COMMON_UNITS["XCA"] != COMMON_UNITS["XCS"]
