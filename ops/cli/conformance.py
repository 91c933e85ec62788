"""``wardline conformance``: what is understood of a partner's files, before a channel is opened for it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from app import channels
from app.errors import NotFound
from app.model.channel import Channel
from app.standards import STANDARDS
from ops.cli.command import Command, found_problems
from ops.cli.context import Context, pass_context
from ops.conformance import VERDICTS, FileReport, by_folder, examine, files_under, reasons, summary

FAILING = {
    "never": (),
    "rejected": ("rejected", "unknown", "failed"),
    "errors": ("rejected", "unknown", "failed", "partly"),
}
"""Verdicts for which the command ends with status 1."""
ISSUES_SHOWN = 12


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--channel", help="Read with this channel's standard and options.")
@click.option("--standard", type=click.Choice([one.name for one in STANDARDS]), help="Read in this standard.")
@click.option("--only", type=click.Choice(VERDICTS), multiple=True, help="Show only files with this verdict.")
@click.option("--brief", is_flag=True, help="Show the table of the folders alone.")
@click.option("--fail-on", type=click.Choice(list(FAILING)), default="never", show_default=True)
@pass_context
def conformance(
    context: Context,
    paths: tuple[Path, ...],
    channel: str | None,
    standard: str | None,
    only: tuple[str, ...],
    fail_on: str,
    *,
    brief: bool,
) -> None:
    """Read files as an intake would and show what was understood, with every warning and its place.

    Nothing is stored or sent. Folders are walked; the standard is told by how a file begins. Status 1 where files have
    a verdict that --fail-on names.
    """
    known = _channel(context, channel) if channel else None
    reports = _examined(context, paths, known, standard)
    shown = [report for report in reports if not only or report.verdict in only]
    folders = by_folder(reports)
    why = reasons(reports)
    files = [] if brief else [asdict(report) for report in shown]
    context.output.json({"folders": folders, "reasons": why, "files": files})
    for report in () if brief else shown:
        _show(context, report)
    context.output.table(folders, ("folder", "files", *VERDICTS), title="" if brief else "folders")
    if why:
        context.output.table(why, ("files", "standard", "code", "for_example"), title="why files were rejected")
    if any(report.verdict in FAILING[fail_on] for report in reports):
        found_problems()


def _examined(
    context: Context, paths: tuple[Path, ...], channel: Channel | None, standard: str | None
) -> list[FileReport]:
    found, reports = files_under(paths), []
    roots = [path.parent if path.is_file() else path for path in paths]
    with context.output.progress("reading", len(found)) as told:
        for number, path in enumerate(found, 1):
            root = next(root for root in roots if path.is_relative_to(root))
            reports.append(examine(path, str(path.relative_to(root)), channel, standard))
            told(number)
    return reports


def _show(context: Context, report: FileReport) -> None:
    """One file: a line of what it is and how it went, then its issues, each with its place."""
    words = (report.standard, report.message_type, report.version, summary(report.documents))
    context.output.say(f"{report.verdict:<9} {report.file}: " + ", ".join(word for word in words if word))
    width = max((len(issue["where"]) for issue in report.issues[:ISSUES_SHOWN]), default=0)
    for issue in report.issues[:ISSUES_SHOWN]:
        context.output.say(f"    {issue['severity']:<8} {issue['where']:<{width}}  {issue['text']} [{issue['code']}]")
    if (more := len(report.issues) - ISSUES_SHOWN) > 0:
        context.output.say(f"    and {more} more; --json lists them all")


def _channel(context: Context, name: str) -> Channel:
    found = channels.load(context.settings.channels_file).get(name)
    if found is None:
        raise NotFound(f"there is no channel {name}", code="channel.unknown")
    return found
