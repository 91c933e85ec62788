"""The operators' front door: ``wardline``, or ``python -m ops``. It only lists its commands."""

from __future__ import annotations

import logging
import sys

import click
import structlog

from ops.cli.approvals import approvals
from ops.cli.audit import audit
from ops.cli.bells import bells
from ops.cli.budget import budget
from ops.cli.chain import chain
from ops.cli.channels import channels
from ops.cli.command import Group
from ops.cli.completeness import completeness
from ops.cli.confirmations import confirmations
from ops.cli.conformance import conformance
from ops.cli.crosswalk import crosswalk
from ops.cli.cutover import cutover
from ops.cli.db import db
from ops.cli.dlq import dlq
from ops.cli.doctor import doctor
from ops.cli.drill import drill
from ops.cli.holds import holds
from ops.cli.interchanges import interchanges
from ops.cli.invoices import invoices
from ops.cli.jobs import jobs
from ops.cli.keys import keys
from ops.cli.levels import levels
from ops.cli.master import master
from ops.cli.messages import messages
from ops.cli.odoo import odoo
from ops.cli.policy import policy
from ops.cli.recall import recall
from ops.cli.replenishment import replenishment
from ops.cli.scenario import scenario
from ops.cli.status import status
from ops.cli.stock import stock


@click.group(cls=Group)
def wardline() -> None:
    """Wardline between the wards and Odoo: see what happens, mend what stopped.

    Status 0: fine; 1: failed, or found problems; 2: wrong usage; 3: ledger or broker out of reach.
    """


COMMANDS = (
    status, doctor, messages, holds, approvals, dlq, interchanges, channels, invoices, confirmations, crosswalk,
    conformance, cutover, jobs, keys, audit, db, policy, budget, stock, levels, replenishment, chain, recall,
    completeness, drill, scenario, master, odoo,
)  # fmt: skip

for _command in COMMANDS:
    wardline.add_command(_command)
dlq.add_command(bells)


def main() -> None:
    """The console script. Standard output is for results alone, so what is logged goes to standard error."""
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    wardline(prog_name="wardline")


if __name__ == "__main__":
    main()
