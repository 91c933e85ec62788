"""``wardline odoo``: what Wardline may put into Odoo itself, which is its accelerator and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from app.errors import WardlineError
from app.odoo.transport import Connection
from app.settings import Settings
from ops import accelerator
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context


@click.group(cls=Group)
def odoo() -> None:
    """Odoo itself: the accelerator, which makes posting faster and is never needed."""


@odoo.command()
@click.option("--remove", is_flag=True, help="Take it out of Odoo; posting goes on without it.")
@click.option("--check", is_flag=True, help="Change nothing; status 1 where it is not there as this version has it.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The API key of an administrator of Odoo, where Wardline's own account is none.",
)
@pass_context
def accelerate(context: Context, *, remove: bool, check: bool, key_file: Path | None) -> None:
    """Install the accelerator, or bring it up to date.

    A server action that makes and completes a transfer in one call; only Wardline's own user may run it. It is data:
    no code is put onto Odoo's server, and every worker finds it, or its absence, within a minute.
    """
    if remove and check:
        raise click.UsageError("either --remove or --check")
    with _connections(context.settings, key_file) as (own, administrator):
        if remove:
            accelerator.remove(administrator)
        elif not check:
            accelerator.install(administrator, accelerator.own_user(own))
        state = accelerator.state(administrator)
    context.output.json(asdict(state))
    context.output.fields(asdict(state), title="the accelerator")
    if check and not state.intact:
        found_problems()


@contextmanager
def _connections(effective: Settings, key_file: Path | None) -> Iterator[tuple[Connection, Connection]]:
    """Wardline's own connection and the administrator's; both are closed at the end."""
    keys = (effective.odoo_api_key, _key(key_file) if key_file else effective.odoo_api_key)
    own, administrator = (Connection(effective.odoo_url, effective.odoo_database, key) for key in keys)
    try:
        yield own, administrator
    finally:
        own.close()
        administrator.close()


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
