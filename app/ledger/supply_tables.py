"""The tables of stock, levels, asks, recalls and completeness.

Used by ``levels``, ``usage``, ``asks``, ``recalls`` and ``completeness``; made by migration 0010.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.ledger.columns import Exact, Id, Instant, Json
from app.ledger.tables import metadata

MILLION = 1_000_000


class Millionths(TypeDecorator[Decimal]):
    """A quantity kept in whole millionths of the base unit, so that databases add it up exactly.

    Odoo computes with floats; what they get wrong lies far behind the sixth decimal.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Millionths, rounded half to even."""
        return None if value is None else int((value * MILLION).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """The quantity; of a sum, too, which PostgreSQL gives as a number of its own."""
        return None if value is None else Decimal(int(value)) / MILLION


stock_level = Table(
    "stock_level",
    metadata,
    Column("item", String(64), primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("lot", String(100), primary_key=True),
    Column("facility", String(32), nullable=False),
    Column("quantity", Millionths, nullable=False),
    Column("reserved", Millionths, nullable=False),
    Column("unit", String(64), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_stock_level_facility", "facility", "item"),
    Index("ix_stock_level_location", "location"),
    Index("ix_stock_level_lot", "lot"),
)

stock_watch = Table(
    "stock_watch",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("mark", Instant),
    Column("seen_at", Instant),
    Column("whole_at", Instant),
)

par_level = Table(
    "par_level",
    metadata,
    Column("item", String(64), primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("reorder_point", Exact),
    Column("maximum", Exact),
    Column("pack", Exact, nullable=False),
    Column("lead_days", Exact),
    Column("criticality", String(16), nullable=False),
    Column("orderpoint", Integer),
    Column("planned", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", String(128), nullable=False),
)

consumption_day = Table(
    "consumption_day",
    metadata,
    Column("item", String(64), primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("quantity", Millionths, nullable=False),
    Index("ix_consumption_day_day", "day"),
)

replenishment_ask = Table(
    "replenishment_ask",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(64), nullable=False, unique=True),
    Column("facility", String(32), nullable=False),
    Column("item", String(64), nullable=False),
    Column("location", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("content", Json, nullable=False),
    Column("message_id", Id),
    Column("made_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("outcome", String(32)),
    Index(
        "ix_replenishment_ask_open",
        "item",
        "location",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

recall = Table(
    "recall",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(100), nullable=False),
    Column("item", String(64), nullable=False),
    Column("told_as", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(128), nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", String(128)),
    Index(
        "ix_recall_open",
        "number",
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    ),
)

control_total = Table(
    "control_total",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("counted", Integer, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("told_by", String(128), nullable=False),
)

completeness = Table(
    "completeness",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("figures", Json, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
)
