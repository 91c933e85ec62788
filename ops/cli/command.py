"""How every command behaves: it knows ``--json``, tells its errors with code and hint, and ends with a fixed status.

Used by all modules of this package. Status 0: fine; 1: it failed or found problems; 2: wrong usage; 3: the ledger or
the broker is out of reach.
"""

from __future__ import annotations

from typing import Any, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from app.errors import Rejected, Unavailable, WardlineError
from ops.cli.context import Context
from ops.output import Output

PROBLEMS = 1
UNREACHABLE = 3


class Command(click.Command):
    """A command of ``wardline``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = "Print the result as JSON."
        self.params.append(click.Option(["--json"], is_flag=True, expose_value=False, callback=_choose, help=text))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors of the house become a message and a status."""
        context = ctx.ensure_object(Context)
        ctx.call_on_close(context.close)
        try:
            return super().invoke(ctx)
        except WardlineError as error:
            _told(context.output, error)
            ctx.exit(UNREACHABLE if isinstance(error, Unavailable) else PROBLEMS)
        except SQLAlchemyError as error:
            # Its own text quotes the statement's parameters.
            name = type(getattr(error, "orig", None) or error).__name__
            context.output.fault("ledger.error", f"the ledger's database refused a statement ({name})", "")
            ctx.exit(PROBLEMS)


class Group(click.Group):
    """A group of commands of ``wardline``."""

    command_class = Command
    group_class = type


class GroupWithDefault(Group):
    """A group whose command ``default`` is meant where none is named: ``wardline recall L-77``."""

    default: str

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command in that is meant."""
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else [self.default, *args])


def found_problems() -> NoReturn:
    """End the command with the status for problems."""
    raise click.exceptions.Exit(PROBLEMS)


def _choose(ctx: click.Context, _option: click.Parameter, machine: bool) -> None:
    ctx.ensure_object(Context).output = Output(machine=machine)


def _told(output: Output, error: WardlineError) -> None:
    issues = error.issues if isinstance(error, Rejected) else ()
    lines = [f"{issue.where}: {issue.text} [{issue.code}]" for issue in issues]
    message = f"{len(lines)} faults, the first: {error.message}" if len(lines) > 1 else error.message
    output.fault(error.code, message, error.hint, lines)
