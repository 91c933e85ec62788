"""How a simulated supplier behaves: everything that suppliers do to a hospital, as switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a supplier does with an order; the default is a supplier that does everything right.

    Lines are named by their number on the order. ``reject`` are refused, ``backorder`` come ``backorder_days`` later,
    ``substitutes`` come as another article (line to the supplier's number of it). ``price_factor`` changes the prices
    that are confirmed and billed (``Decimal("1.12")`` is 12 % more), ``billed_factor`` those that are billed alone.
    ``ship`` is the share of every line that the first shipment brings; a second one brings the rest.
    ``bill_ordered`` bills what was ordered, whatever was shipped; ``invoices`` is how often each invoice is sent,
    each time under a number of its own if ``new_numbers``. ``serials`` are the articles whose pieces have each a serial
    number; all others have a lot.

    ``silent`` takes orders and says nothing more, ``slow_seconds`` is waited before an order is answered. ``automatic``
    answers, ships and bills as soon as an order comes; otherwise who holds the supplier says when.
    """

    reject: tuple[str, ...] = ()
    backorder: tuple[str, ...] = ()
    backorder_days: int = 14
    substitutes: Mapping[str, str] = field(default_factory=dict)
    price_factor: Decimal = ONE
    billed_factor: Decimal = ONE
    ship: Decimal = ONE
    bill_ordered: bool = False
    invoices: int = 1
    new_numbers: bool = False
    serials: tuple[str, ...] = ()
    silent: bool = False
    slow_seconds: float = 0.0
    automatic: bool = False
