"""``wardline scenario``: whole stretches of a hospital group's life, played, told, and counted in Odoo."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import click
import structlog
from rich.console import Console

from ops.cli.command import Command
from ops.cli.context import Context, pass_context
from ops.scenarios import laboratory_network, legacy_transition, regional_hospital
from ops.scenarios.place import Place
from ops.scenarios.story import Story

SCENARIOS: dict[str, Callable[[Place, Story], None]] = {
    "regional-hospital": regional_hospital.play,
    "laboratory-network": laboratory_network.play,
    "legacy-transition": legacy_transition.play,
}


@click.command(cls=Command)
@click.argument("name", type=click.Choice(list(SCENARIOS)))
@click.option("--real", is_flag=True, help="On PostgreSQL and a real Odoo 19 instead of the embedded default.")
@pass_context
def scenario(context: Context, name: str, *, real: bool) -> None:
    """Play a scenario and tell its story; status 1 where Odoo does not hold what it should."""
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    story = Story(Console(stderr=context.output.machine))
    with Place(real=real) as place:
        SCENARIOS[name](place, story)
    context.output.json({"scenario": name, "real": real, "figures": story.figures})
