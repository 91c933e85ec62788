"""A point in time as a message tells it: a day, or a moment with its offset.

Used by the trading documents. A day is never turned into a moment by inventing an hour.
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo

When = date | datetime
"""A ``date`` where only the day was told, else a ``datetime`` with a zone."""


def moment(value: When, zone: tzinfo) -> datetime:
    """The moment itself; of a day its beginning in ``zone``. For ordering and validity, never for telling others."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(), zone)
