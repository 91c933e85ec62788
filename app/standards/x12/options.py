"""What may be peculiar to a partner that speaks X12; a channel sets it as its ``options``.

Read through ``Profile.options``; the schema is derived from here and published with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class X12Options:
    """A partner's peculiarities.

    ``version`` is written into GS-08. ``item_qualifiers`` and ``party_qualifiers`` (qualifier to scheme),
    ``price_bases`` (basis code to what it means: ``unit``, ``10``, ``100``, ``1000``, or a unit code) and ``units``
    (unit code to UN/ECE code) come before the tables of the standard. ``write_item_qualifiers`` and
    ``write_party_qualifiers`` go the other way. ``order_types`` turns BEG-02 codes into order types: which code says
    bill only or consignment is always agreed between two partners; ``line_outcomes`` does it for the ACK-01 codes of
    confirmed lines. ``acknowledgement`` is what an interchange is
    answered with; ``technical`` adds a TA1 where ISA-14 asks for one. ``strict`` names warnings that reject.

    ``invoice_types`` turns BIG-07 codes into invoice, credit_note or debit_note; ``invoice_lines`` tells whether IT1-01
    is the number of the order's line. Of a price list, ``price_classes`` are the classes (CTP-02) whose price holds for
    us, the best one first, ``price_quantity`` tells what CTP-04 is, and ``packs`` whether the quantities of its SLN
    segments are in the next larger pack or all in the largest. ``activities`` turns codes of quantities (QTY-01,
    ZA-01) into activities of inventory reports; ``inventory_message`` is what reports are written as: stock as 852
    and movements as 867, or all as one of them.
    """

    version: str = "004010"
    element_separator: str = "*"
    segment_terminator: str = "~"
    component_separator: str = ">"
    item_qualifiers: Mapping[str, str] = field(default_factory=dict)
    party_qualifiers: Mapping[str, str] = field(default_factory=dict)
    write_item_qualifiers: Mapping[str, str] = field(default_factory=dict)
    write_party_qualifiers: Mapping[str, str] = field(default_factory=dict)
    price_bases: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    order_types: Mapping[str, str] = field(default_factory=dict)
    line_outcomes: Mapping[str, str] = field(default_factory=dict)
    identifier_priority: tuple[str, ...] = ()
    acknowledgement: Literal["by_version", "997", "999"] = "by_version"
    technical: bool = True
    strict: tuple[str, ...] = ()
    invoice_types: Mapping[str, str] = field(default_factory=dict)
    invoice_lines: Literal["own", "order"] = "own"
    price_classes: tuple[str, ...] = ("CON",)
    price_quantity: Literal["minimum", "basis"] = "minimum"
    packs: Literal["unknown", "nested", "flat"] = "unknown"
    activities: Mapping[str, str] = field(default_factory=dict)
    inventory_message: Literal["by_type", "852", "867"] = "by_type"
