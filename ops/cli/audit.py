"""``wardline audit``: proof that the audit trail is whole."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from app import ids
from app.errors import WardlineError
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context
from ops.output import rfc3339


@click.group(cls=Group)
def audit() -> None:
    """Verify the audit trail, export checkpoints."""


@audit.command()
@click.option("--checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A kept checkpoint.")
@pass_context
def verify(context: Context, checkpoint: Path | None) -> None:
    """Walk the whole chain; status 1 where anything in it is wrong."""
    kept = _kept(checkpoint) if checkpoint else None
    found = context.ledger.audit.verify(kept)
    context.output.json({"ok": not found.faults, "checkpoint": kept[0] if kept else None, **asdict(found)})
    verdict = {"verdict": "fail" if found.faults else "ok", "sealed": found.sealed, "unsealed": found.unsealed}
    context.output.fields(verdict | {"checkpoint": f"met at event {kept[0]}" if kept and not found.faults else None})
    for fault in found.faults:
        context.output.say(f"  fault: {fault}")
    if found.faults:
        found_problems()


@audit.command()
@pass_context
def checkpoint(context: Context) -> None:
    """Print where the chain ends, as JSON, to be kept where nobody who can change the ledger can change it.

    The chain is verified first; there is no checkpoint of a broken one.
    """
    found = context.ledger.audit.verify(grace=timedelta.max)
    if found.faults:
        hint = "Run `wardline audit verify` and follow the runbook audit-chain-broken."
        raise WardlineError("the audit chain is broken", code="audit.broken", hint=hint)
    told = {"seq": found.sealed, "digest": found.head, "at": rfc3339(ids.now())}
    context.output.json(told)
    context.output.say(json.dumps(told))


def _kept(path: Path) -> tuple[int, str]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        seq, digest = int(told["seq"]), str(told["digest"])
    except (OSError, ValueError, TypeError, KeyError):
        seq, digest = -1, ""
    if seq < 0 or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise click.BadParameter(f"{path} is no checkpoint", param_hint="--checkpoint")
    return seq, digest
