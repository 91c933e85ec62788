"""What all trading documents have in common.

Used by the modules of the document kinds, by ``app.model.derived`` and by the ledger's index of business keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from app.model.item import Identifier

Action = Literal["new", "change", "cancel", "duplicate"]
"""What a document does to what was said before: nothing was, something differs, all is void, or it was said already."""

LineAction = Literal["add", "change", "cancel"]
"""The same for one line of a change."""

Upkeep = Literal["add", "update", "deactivate", "reactivate", "delete"]
"""What a master data record does to the one that is known."""


def keys_of(document: Any, **named: str) -> Iterator[tuple[str, str]]:
    """Business keys from attributes: ``keys_of(order, purchase_order="number")``; those that are None are left out."""
    for kind, name in named.items():
        if value := getattr(document, name):
            yield kind, value


def keys_of_lines(lines: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Every item identifier, lot, serial number and UDI of the lines, each once."""
    seen: set[tuple[str, str]] = set()
    for line in lines:
        identifiers: tuple[Identifier, ...] = line.identifiers
        found = [(identifier.scheme, identifier.value) for identifier in identifiers if identifier.scheme != "unspsc"]
        found += [(kind, value) for kind in ("lot", "serial", "udi") if (value := getattr(line, kind, None))]
        for key in found:
            if key not in seen:
                seen.add(key)
                yield key
