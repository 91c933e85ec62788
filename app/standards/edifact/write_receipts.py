"""RECADV, written: what arrived, and what was wrong with it.

Called by ``app.standards.edifact.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.quantity import Quantity
from app.standards.edifact import items, parties
from app.standards.edifact import write_details as details
from app.standards.edifact.emit import Element, fitting, not_carried, prose
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.write_details import Segments

FUNCTIONS: Mapping[str, str] = {"new": "9", "duplicate": "7", "change": "4", "cancel": "1"}
REJECTED = "195"
"""Received, not accepted, to be returned (6063)."""
SHORT, OVER = "CP", "AC"
"""Discrepancies (4221): partial and considered complete, over-shipped."""


def write(receipt: GoodsReceipt, options: EdifactOptions, zone: tzinfo) -> Segments:
    """The segments between UNH and UNT. Raises Permanent for what EDIFACT has no place for."""
    yield details.beginning(["632"], receipt.number, FUNCTIONS[receipt.action])
    yield from details.date("137", receipt.noticed_at, zone)
    yield from details.date("50", receipt.received_at, zone)
    yield from details.note(receipt.note, options)
    yield from details.reference("ON", receipt.order_number)
    yield from details.reference("AAK", receipt.ship_notice)
    yield from parties.write("buyer", receipt.buyer, options)
    yield from parties.write("seller", receipt.seller, options)
    yield from parties.write("ship_to", receipt.ship_to, options, receipt.location, receipt.received_by)
    yield ["CPS", "1"]
    for line in receipt.lines:
        yield from _line(line, receipt, options, zone)
    yield ["CNT", ["2", str(len(receipt.lines))]]


def _line(line: GoodsReceiptLine, receipt: GoodsReceipt, options: EdifactOptions, zone: tzinfo) -> Segments:
    details.check_schemes(line.identifiers, (*items.WRITTEN, *items.AGREED))
    # EANCOM's RECADV has no place for GIN outside of a package; PIA names lot and serial number as well.
    marks = [[fitting(value, 35, "mark"), kind] for kind, value in (("NB", line.lot), ("SN", line.serial)) if value]
    yield from items.write(line.number, "", line.identifiers, options, marks)
    text = prose(line.description, options) if line.description else None
    yield from items.write_description(text, options)
    yield from details.quantity("48", line.received, options)
    yield from _variances(line, receipt, options)
    yield from details.date("36", line.expiry, zone)
    yield from details.note(line.note, options)
    yield from _references(line, receipt)
    if line.sscc:
        yield ["PCI", "33E"]
        yield ["GIN", "BJ", fitting(line.sscc, 35, "SSCC")]


def _references(line: GoodsReceiptLine, receipt: GoodsReceipt) -> Segments:
    """RFF of the order and of the despatch, with their lines."""
    if line.order_number:
        yield from details.reference("ON", line.order_number, line.order_line)
    else:
        yield from details.reference("LI", line.order_line)
    if line.ship_notice_line:
        if not receipt.ship_notice:
            raise not_carried("a line of a despatch cannot be named without the number of the despatch")
        yield from details.reference("AAK", receipt.ship_notice, line.ship_notice_line)


def _variances(line: GoodsReceiptLine, receipt: GoodsReceipt, options: EdifactOptions) -> Segments:
    """QVR for what was refused, is missing or too much; the reason stands with the first of them."""
    compared = "12" if receipt.ship_notice else "21"
    told = [
        _variance(line, line.rejected, "-", REJECTED, ""),
        _variance(line, line.short, "-", compared, SHORT),
        _variance(line, line.over, "", compared, OVER),
    ]
    segments = [segment for segment in told if segment]
    if segments and line.reason:
        segments[0].append(_reason(line.reason))
    yield from segments
    if not segments:
        yield from details.reason(line.reason, options)


def _variance(line: GoodsReceiptLine, found: Quantity | None, sign: str, code: str, kind: str) -> list[Element] | None:
    """One QVR. Raises Permanent for another unit than the received one, since it has none of its own."""
    if found is None:
        return None
    plain = Quantity(found.value, line.received.unit, line.received.common_unit)
    if found != plain or found.value <= 0:
        raise not_carried("a difference is told in the unit of what was received, and as a positive quantity")
    return ["QVR", [sign + details.number(found.value), code], kind]


def _reason(reason: str) -> list[str]:
    """C960: a code of three characters, else words."""
    return [reason] if len(reason) <= 3 else ["", "", "", fitting(reason, 35, "reason")]
