"""A scenario's story as it is told: paragraphs, tables, and the figures at the end; kept for those who check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Story:
    """Tells what happens as it happens; ``figures`` is what a test asserts and ``--json`` prints."""

    console: Console = field(default_factory=Console)
    figures: dict[str, Any] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.console.print(f"\n[bold]{title}[/]")

    def tell(self, text: str) -> None:
        """Tell what happened, in a sentence or two."""
        self.console.print(f"  {text}", highlight=False)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show figures side by side."""
        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table)

    def note(self, name: str, value: Any) -> None:
        """Keep a figure under a name."""
        self.figures[name] = value

    def end(self, title: str, figures: Mapping[str, Any]) -> None:
        """The figures that are found at the end, all of them."""
        self.figures |= figures
        self.table(title, ("figure", "found"), figures.items())
