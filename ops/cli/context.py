"""What a command works with: settings, ledger, output and the person who called it, each made when first asked for.

Handed to every command by ``pass_context``. A command that needs only the ledger runs whatever state the channels
file, the broker or Odoo are in.
"""

from __future__ import annotations

import os
import pwd
import sys
from functools import cached_property

import click
from sqlalchemy.exc import ArgumentError

from app import channels, services, settings
from app.errors import Misconfigured, WardlineError
from app.flows.desk import Desk
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.settings import Settings
from ops.output import Output


class SchemaBehind(WardlineError):
    """The ledger's schema is not the one this version works with."""

    code = "ledger.schema"
    hint = "Run `wardline db upgrade`, and the same version of Wardline everywhere."


class Context:
    """One invocation of one command."""

    def __init__(self) -> None:
        self.output = Output()

    @cached_property
    def settings(self) -> Settings:
        """The effective settings. Raises Misconfigured."""
        return settings.load()

    @cached_property
    def bare_ledger(self) -> Ledger:
        """The ledger, whatever its schema. Raises Misconfigured; connects to nothing yet."""
        try:
            made = Ledger(self.settings)
            known = made.database.engine.dialect.name in ("postgresql", "sqlite")
        except (ArgumentError, ModuleNotFoundError):
            known = False
        if not known:
            # Its cause would quote the URL, which may hold a password.
            raise Misconfigured("WARDLINE_DATABASE_URL is no address of a PostgreSQL or SQLite database")
        return made

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, sure to have this version's schema. Raises SchemaBehind and LedgerUnavailable."""
        if not schema.at_head(self.bare_ledger.database):
            raise SchemaBehind
        return self.bare_ledger

    @cached_property
    def desk(self) -> Desk:
        """Where approvals are decided. Raises Misconfigured, SchemaBehind, LedgerUnavailable."""
        return services.desk(self.ledger, channels.setup(self.settings.channels_file), self.settings)

    @cached_property
    def actor(self) -> str:
        """Who gets the blame in the audit trail: the user of the process, whatever its environment claims."""
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            name = f"uid {os.getuid()}"
        return f"cli:{name}"[:64]

    def agree(self, things: int, deed: str, *, yes: bool) -> None:
        """Make sure that somebody wants a deed that concerns several things.

        Asks on a terminal, for the number to be typed. Raises UsageError where nobody can be asked, Abort where the
        answer is another.
        """
        if yes or things <= 1:
            return
        if self.output.machine or not sys.stdin.isatty():
            raise click.UsageError(f"this would {deed}; add --yes to do it, or --dry-run to look first")
        typed = click.prompt(f"This will {deed}. Type {things} to go on", default="", show_default=False, err=True)
        if typed.strip() != str(things):
            raise click.Abort

    def close(self) -> None:
        """Let go of the database."""
        if "bare_ledger" in self.__dict__:
            self.bare_ledger.database.close()


pass_context = click.make_pass_decorator(Context, ensure=True)
"""Gives a command its context as the first argument."""
