"""The poison of the drills: what web and worker see of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from app.model.channel import Channel, Profile
from ops.drill.poison import HARM, NAME, Poison
from tests import factories

BODY = json.dumps(factories.event(location="KILL")).encode()


@pytest.fixture
def profile() -> Profile:
    return Profile(Channel(NAME, NAME, "GEN"), str)


def test_the_web_process_reads_it_unharmed(profile: Profile) -> None:
    poison = Poison(bites=False)
    assert poison.envelope(BODY).standard == NAME
    [document] = poison.read(BODY, profile).documents
    assert document.location == "KILL"  # type: ignore[union-attr]


def test_a_worker_reads_what_is_no_poison(profile: Profile) -> None:
    body = json.dumps(factories.event()).encode()
    assert len(Poison(bites=True).read(body, profile).documents) == 1


def test_a_worker_dies_of_it() -> None:
    code = "from ops.drill.poison import HARM; HARM['KILL']()"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert set(HARM) == {"KILL", "LOOP", "GROW"}
