"""Documents written as transaction Bundles: requisitions, receipts, ship notices, inventory reports, items.

Called by ``app.standards.fhir.standard``. A requisition is written as SupplyRequest and an inventory report as
InventoryReport (R5). SupplyDelivery carries receipts and ship notices, the former completed, the latter in progress.
One resource is one line; the first Identifier of each, the group number, is the number of the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from app.model.channel import Profile
from app.model.documents import Document
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange, Written
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item_record import ItemRecord
from app.model.requisition import Requisition, RequisitionLine
from app.model.ship_notice import ShipNotice, ShipNoticeLine
from app.standards.fhir import building, systems, write_items
from app.standards.fhir.building import Json, Writer, moment, number, numbers, refuse
from app.standards.fhir.versions import Version

NOTICE = (
    "noticed_at",
    "expected_at",
    "buyer",
    "ship_from",
    "ship_to",
    "carrier",
    "carrier_name",
    "tracking",
    "bill_of_lading",
    "package_count",
    "weight",
    "note",
)
"""What a ship notice tells that SupplyDelivery has no element for."""


def write(document: Document, profile: Profile, interchange: Interchange, version: Version) -> Written:
    """The document as a transaction. Raises Permanent."""
    if isinstance(document, Requisition):
        resources = [_request(document, line, Writer(profile, version)) for line in document.lines]
    elif isinstance(document, GoodsReceipt):
        resources = [_receipt(document, line, Writer(profile, version)) for line in document.lines or (None,)]
    elif isinstance(document, ShipNotice):
        resources = [_notice(document, line, Writer(profile, version)) for line in document.lines or (None,)]
    elif isinstance(document, InventoryReport) and "InventoryReport" in version.events:
        resources = [_report(document, interchange, Writer(profile, version))]
    elif isinstance(document, ItemRecord) and "InventoryItem" in version.records:
        resources = [write_items.item(document, Writer(profile, version))]
    else:
        refuse(f"documents of the kind {document.document_kind}")
    if not resources:
        refuse("a requisition without lines")
    return building.bundle(resources, interchange)


def _request(requisition: Requisition, line: RequisitionLine, writer: Writer) -> Json:
    """SupplyRequest: one line."""
    cancelled = requisition.action == "cancel" or line.action == "cancel"
    implied = "cancel" if cancelled else "add"
    told = {
        "action": requisition.action,
        "line_action": line.action if line.action != implied else None,
        "department": requisition.department,
        "cost_centre": requisition.cost_centre,
        "line_cost_centre": line.cost_centre,
        "account": line.account,
        "needed_by": requisition.needed_by,
        "currency": requisition.currency,
        "price": line.price,
        "substitutes_allowed": line.substitutes_allowed,
        "note": requisition.note,
        "line_note": line.note,
    }
    content = {
        "identifier": numbers(requisition.number, line.number),
        "status": "cancelled" if cancelled else "active",
        "priority": requisition.priority,
        **writer.item(line, choice=not writer.version.codeable_references),
        "quantity": writer.quantity(line.quantity),
        "occurrenceDateTime": moment(line.needed_by or requisition.needed_by),
        "authoredOn": moment(requisition.requested_at),
        "requester": number(systems.STAFF, requisition.requester),
        "supplier": [writer.organization(line.supplier)] if line.supplier else [],
        "deliverFrom": number(systems.PLACE, requisition.deliver_from),
        "deliverTo": number(systems.PLACE, requisition.deliver_to),
    }
    return writer.resource("SupplyRequest", content, told)


def _receipt(receipt: GoodsReceipt, line: GoodsReceiptLine | None, writer: Writer) -> Json:
    """SupplyDelivery, completed: one line."""
    told: dict[str, Any] = {
        "action": receipt.action,
        "noticed_at": receipt.noticed_at,
        "ship_notice": receipt.ship_notice,
        "buyer": receipt.buyer,
        "ship_to": receipt.ship_to,
        "note": receipt.note,
    }
    if line:
        names = ("order_line", "ship_notice_line", "rejected", "short", "over", "reason", "sscc")
        told |= {name: getattr(line, name) for name in names} | {"line_note": line.note}
    content = {
        "identifier": numbers(receipt.number, line.number if line else None),
        "basedOn": _orders([receipt.order_number], line.order_number if line else None),
        "status": "entered-in-error" if receipt.action == "cancel" else "completed",
        "suppliedItem": _supplied(line, line.received, writer) if line else None,
        "occurrenceDateTime": moment(receipt.received_at),
        "supplier": writer.organization(receipt.seller) if receipt.seller else None,
        "destination": number(systems.PLACE, receipt.location),
        "receiver": [number(systems.STAFF, receipt.received_by)] if receipt.received_by else [],
    }
    return writer.resource("SupplyDelivery", content, told)


def _notice(notice: ShipNotice, line: ShipNoticeLine | None, writer: Writer) -> Json:
    """SupplyDelivery, in progress: one line."""
    told: dict[str, Any] = {"document": notice.document_kind, "action": notice.action}
    told |= {name: getattr(notice, name) for name in NOTICE} | {"packaging": notice.packages}
    if line:
        named = ("order_line", "ordered", "outstanding", "made_on", "package")
        told |= {name: getattr(line, name) for name in named} | {"line_note": line.note}
    content = {
        "identifier": numbers(notice.number, line.number if line else None),
        "basedOn": _orders(notice.orders, line.order_number if line else None),
        "status": "entered-in-error" if notice.action == "cancel" else "in-progress",
        "suppliedItem": _supplied(line, line.quantity, writer) if line else None,
        "occurrenceDateTime": moment(notice.shipped_at),
        "supplier": writer.organization(notice.seller) if notice.seller else None,
    }
    return writer.resource("SupplyDelivery", content, told)


def _supplied(line: Any, quantity: Any, writer: Writer) -> Json | list[Json]:
    """SupplyDelivery.suppliedItem, of which R5 allows several."""
    told = {"quantity": writer.quantity(quantity), **writer.item(line, choice=True)}
    return [told] if writer.version.many_supplied_items else told


def _orders(orders: Sequence[str | None], of_line: str | None) -> list[Json | None]:
    found = [number(systems.ORDER, order) for order in orders if order]
    return [*found, number(systems.ORDER_OF_LINE, of_line)] if of_line else [*found]


def _report(report: InventoryReport, interchange: Interchange, writer: Writer) -> Json:
    """InventoryReport; lines of one place and time in a row are one listing."""
    told = {
        "location": report.location,
        "currency": report.currency,
        "recipient": report.recipient,
        "supplier": report.supplier,
    }
    runs = groupby(report.lines, key=lambda line: (line.location or report.location, line.counted_at))
    period = building.bare({"start": moment(report.period_from), "end": moment(report.period_to)})
    content = {
        "identifier": [{"system": systems.DOCUMENT, "value": report.number}],
        "status": "active",
        "countType": report.type,
        "reportedDateTime": moment(report.reported_at or interchange.sent_at),
        "reporter": writer.organization(report.reporter) if report.reporter else None,
        "reportingPeriod": period,
        "inventoryListing": [
            building.bare({
                "location": number(systems.PLACE, place),
                "countingDateTime": moment(counted_at),
                "item": [_stocked(line, report, writer) for line in lines],
            })
            for (place, counted_at), lines in runs
        ],
        "note": [{"text": report.note}] if report.note else [],
    }
    return writer.resource("InventoryReport", content, told)


def _stocked(line: InventoryLine, report: InventoryReport, writer: Writer) -> Json:
    told = {
        "line": line.number,
        "location": line.location if line.location == report.location else None,
        "price": line.price,
        "order_number": line.order_number,
        "line_note": line.note,
    }
    return building.bare({
        "extension": writer.extensions(told),
        "category": {"coding": [{"system": systems.ACTIVITY, "code": line.activity}]},
        "quantity": writer.quantity(line.quantity),
        **writer.item(line, choice=False),
    })
