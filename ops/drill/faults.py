"""Faults of processes and of the network: what is done to a running fleet that needs no server of its own.

Listed in ``ops.drill.drills``; ``ops.drill.run`` runs each under load.
"""

from __future__ import annotations

import time

from ops.drill.scene import PROCESSES, Scene
from ops.simulators.proxy import Trouble


def killed(name: str, scene: Scene) -> None:
    """Kill a process and its children at random moments and start it again at once, as a supervisor would."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        time.sleep(scene.chance.uniform(0.5, 2.0))
        scene.fleet.kill(name)
        scene.fleet.start(name)


def killed_in_a_call(call: str, scene: Scene) -> None:
    """Kill the bulk workers while Odoo's answer to a call is kept back: Odoo has committed, nobody knows."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        before = scene.proxy.befallen
        scene.proxy.trouble = Trouble("slow", path=call, seconds=3.0)
        deadline = time.monotonic() + 5
        while scene.proxy.befallen == before and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        scene.fleet.kill("bulk")
        scene.proxy.trouble = None
        scene.fleet.start("bulk")
        time.sleep(1.0)


def ended_softly(scene: Scene) -> None:
    """End and start the workers one after the other, as a rolling upgrade does."""
    for name in reversed(PROCESSES):
        scene.fleet.stop(name, patience=40)
        scene.fleet.start(name)
        time.sleep(scene.seconds / 10)


def everything_killed(scene: Scene) -> None:
    """All processes at once, as when the machine goes; some seconds later they come back."""
    for name in PROCESSES:
        scene.fleet.kill(name)
    scene.wait(1 / 3)
    scene.fleet.start(*PROCESSES)


def troubled(trouble: Trouble, scene: Scene) -> None:
    """Trouble between Wardline and Odoo for the whole time."""
    scene.proxy.trouble = trouble
    scene.wait()
    scene.proxy.trouble = None


def nothing(scene: Scene) -> None:
    """Only time passes."""
    scene.wait()
