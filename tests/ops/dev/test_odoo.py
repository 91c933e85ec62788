"""What Odoo is started with."""

from __future__ import annotations

import pytest

from ops.dev.odoo import LEAST_MEMORY, worker_memory

GIB = 1 << 30


@pytest.mark.parametrize(("machine", "worker"), [(24 * GIB, 6 * GIB), (4 * GIB, LEAST_MEMORY)])
def test_a_worker_may_keep_a_quarter_of_the_machine_and_never_less_than_odoo_gives_it(
    machine: int, worker: int
) -> None:
    assert worker_memory(machine) == worker
