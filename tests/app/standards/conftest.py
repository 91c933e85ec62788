"""Profiles for the tests of the standards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.model.channel import Channel, Profile


@pytest.fixture
def profile() -> Callable[..., Profile]:
    """Makes a profile in Berlin whose pseudonyms show what they were made from."""
    base = Channel("ward", "any", "GEN", time_zone=ZoneInfo("Europe/Berlin"), identifier_systems={"HOSP": "internal"})

    def make(**changes: Any) -> Profile:
        return Profile(replace(base, **changes), lambda number: f"case-of-{number}")

    return make
