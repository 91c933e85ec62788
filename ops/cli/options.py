"""Options that several commands share, and the times people may write in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from app import ids
from app.ledger.work import STAGES
from app.model.channel import LANES

F = TypeVar("F", bound=Callable[..., Any])

_SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """A time: RFC 3339, UTC where it has no zone, or a span back from now such as ``30m``, ``2h`` or ``7d``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that is meant."""
        if isinstance(value, datetime):
            return value
        try:
            if span := re.fullmatch(r"(\d{1,6})([smhdw])", value):
                return ids.now() - timedelta(**{_SPANS[span[2]]: int(span[1])})
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 2026-11-20T07:30:00Z or 2h", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def since_until(text: str) -> Callable[[Any], Any]:
    """``--since`` and ``--until``, about what ``text`` says."""
    return _all(
        click.option("--since", type=Moment(), help=f"{text} at or after this time (RFC 3339, or 2h, 7d)."),
        click.option("--until", type=Moment(), help=f"{text} before this time."),
    )


def limit(default: int) -> Callable[[Any], Any]:
    """``--limit``."""
    option = click.option("--limit", type=click.IntRange(1, 10_000), default=default, show_default=True)
    return _all(option)


stage = click.option("--stage", type=click.Choice(STAGES), help="The stage it died at.")
lane = click.option("--lane", type=click.Choice(LANES))
facility = click.option("--facility")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")
