"""What may be peculiar to a partner that speaks HL7 v2, as data; a channel sets it as its ``options``.

Used by every reader and writer of this standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

AcceptType = Literal["", "AL", "ER", "SU", "NE"]
"""When an acknowledgement is wanted (table 0155): always, on errors, on success, never; empty: nothing is said."""


@dataclass(frozen=True, slots=True)
class Hl7Options:
    """The peculiarities of one partner.

    ``fields`` says what stands where the standard says nothing, in Z segments above all: place to thing, such as
    ``{"ZQD-1": "serial", "ZQD-2": "lot", "ZQD-3": "expiry", "ZIT-2.1": "gtin"}``. Things are listed in
    ``app.standards.hl7v2.positions``. What is told there goes before what a standard field tells, and what we write
    is put there too. Segments about patients are refused.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    """The partner's unit codes with their UN/ECE Recommendation 20 or 21 codes; they go before our own table."""
    strict: tuple[str, ...] = ()
    """Codes of warnings for which a message is refused."""
    item_schemes: Mapping[str, str] = field(default_factory=dict)
    """Whose numbers a field holds that names no coding system: ``{"RQD-3": "manufacturer"}``."""
    character_set: str = ""
    """The character set (table 0211) of messages that name none; empty: UTF-8."""
    currency: str | None = None
    """The currency (ISO 4217) of amounts that name none."""
    default_location: str | None = None
    """The location of a consumption that names none."""
    quantity_when_blank: Decimal | None = None
    """What an empty FT1-10 means; None: it is a fault."""

    supply_orders: Literal["requisition", "consumption"] = "requisition"
    """Whether OMS^O05 asks for stock or tells what was taken from it (depletion)."""
    requisition_by: Literal["group", "order"] = "group"
    """Whether orders of one placer group number (ORC-4) are one requisition, or each order (ORC-2) is one."""
    order_controls: Mapping[str, str] = field(default_factory=dict)
    """More order control codes (ORC-1) with what they mean: new, change or cancel."""
    administrations: Literal["ignored", "use"] = "ignored"
    """Whether what RAS^O17 says was given is what was taken from stock; a clinical amount often is not."""

    item_statuses: Mapping[str, str] = field(default_factory=dict)
    """More item status codes (ITM-3) with active, inactive, discontinued or pending."""
    package_quantity: Literal["unclear", "next_level", "base_unit"] = "unclear"
    """What PKG-4 counts where several packagings are told without PKG-10: the next smaller packaging or base units."""
    levels: Literal["days", "quantity"] = "days"
    """What IVT-22 and IVT-23 hold: days of stock, as the standard says, or quantities, as many senders do."""

    acknowledgement_mode: Literal["as_asked", "original"] = "as_asked"
    """Whether MSH-15 and MSH-16 decide how a message is answered; many senders fill them and await a plain AA."""
    typed_answers: bool = True
    """Whether orders and master files are answered with ORS, ORN, ORR and MFK, or with ACK like all others."""

    version: str = "2.8.2"
    """The version of messages that we write (MSH-12)."""
    written_character_set: Literal["UNICODE UTF-8", "8859/1", "ASCII"] = "UNICODE UTF-8"
    written_accept: AcceptType = ""
    """MSH-15 of messages that we write: the commit acknowledgement we want."""
    written_application: AcceptType = ""
    """MSH-16 of messages that we write; the response level (MFI-6) of a master file too."""
