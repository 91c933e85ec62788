"""SupplyDelivery read as goods receipt or, while it is in progress, as ship notice (FHIR R4 and R5, 8.21).

Called by ``app.standards.fhir.messages`` where the channel says that deliveries bring goods. One resource is one line,
in R5 one or more. What FHIR has no element for is in extensions of ours, which a partner may send too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.party import Party, PartyIdentifier
from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.model.trade import Action
from app.model.when import When
from app.standards.fhir import amounts, parties, products, times
from app.standards.fhir.context import UNDONE, Context, Found, Source, location_code, reference_code
from app.standards.fhir.extensions import Extensions
from app.standards.fhir.groups import Group, groups
from app.standards.fhir.items import NamedItem
from app.standards.fhir.syntax import Element
from app.standards.fhir.systems import ORDER, ORDER_OF_LINE

MAX_SUPPLIED_ITEMS = 500
SENT, ARRIVED = "in-progress", "completed"
STATUSES: Mapping[str, str] = {"abandoned": "an abandoned delivery brings nothing; do not send it"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line: the resource and the element within it that hold it, its number, its item and quantity."""

    resource: Element
    number: str
    item: NamedItem
    quantity: Quantity
    extras: Extensions


def read(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The receipts and notices; what is wrong with one is left in the findings of its lines."""
    for group in groups(sources):
        resources = [source.resource for source in group.sources]
        extras = Extensions.of(resources[0], context)
        status, lines = _status(resources), list(_lines(group, context))
        sent = status == SENT or (status == UNDONE and extras.text("document") == ShipNotice.document_kind)
        action = _action(status, extras)
        make = _notice if sent else _receipt
        document = make(group, lines, action, extras, context)
        if not any(resource.findings.errors for resource in resources):
            yield group.sources, document


def _status(resources: Sequence[Element]) -> str | None:
    """The one status of all lines."""
    found: str | None = None
    for resource in resources:
        element = resource.get("status")
        status = element.text("status", required=True)
        if status and status not in {SENT, ARRIVED, UNDONE}:
            expected = f"{SENT}, {ARRIVED} or {UNDONE} is expected"
            resource.findings.reject("status.unsupported", element.path, STATUSES.get(status, expected))
        if found and status and status != found:
            resource.findings.reject("status.conflict", element.path, "one status is expected for all lines")
        found = found or status
    return found


def _action(status: str | None, extras: Extensions) -> Action:
    told = extras.text("action")
    if told in get_args(Action):
        return cast("Action", told)
    return "cancel" if status == UNDONE else "new"


def _lines(group: Group, context: Context) -> Iterator[Delivered]:
    """The lines of all members; a member without items tells of the delivery as a whole."""
    for source, number in zip(group.sources, group.lines, strict=True):
        resource, extras = source.resource, Extensions.of(source.resource, context)
        holders = list(resource.some("suppliedItem", MAX_SUPPLIED_ITEMS))
        for place, holder in enumerate(holders):
            item = products.read_item(holder, "item", resource, context)
            if not item.names() and not item.description:
                products.require(item, holder, "item")
            quantity = amounts.of_item(holder, item, context, positive=False)
            if quantity is not None:
                yield Delivered(resource, f"{number}.{place}" if place else number, item, quantity, extras)


def _receipt(
    group: Group, lines: Sequence[Delivered], action: Action, extras: Extensions, context: Context
) -> GoodsReceipt:
    first = group.sources[0].resource
    return GoodsReceipt(
        number=group.number,
        lines=tuple(_receipt_line(line) for line in lines),
        action=action,
        received_at=_moment(first, "received_at", context),
        noticed_at=extras.when("noticed_at"),
        order_number=next(_orders(first, ORDER), None),
        ship_notice=extras.text("ship_notice"),
        received_by=_receiver(first, context),
        location=location_code(first.get("destination"), first, context) if first.get("destination") else None,
        buyer=_party("buyer", extras, first),
        seller=parties.referred(first.get("supplier"), first, context),
        ship_to=_party("ship_to", extras, first),
        note=extras.prose("note"),
    )


def _receipt_line(line: Delivered) -> GoodsReceiptLine:
    extras, marks = line.extras, line.item.markings
    return GoodsReceiptLine(
        number=line.number,
        received=line.quantity,
        order_number=_order_of_line(line),
        order_line=extras.text("order_line"),
        ship_notice_line=extras.text("ship_notice_line"),
        identifiers=line.item.names(),
        description=line.item.description,
        rejected=extras.quantity("rejected"),
        short=extras.quantity("short"),
        over=extras.quantity("over"),
        reason=extras.text("reason"),
        lot=marks.lot,
        serial=marks.serial,
        expiry=marks.expiry,
        sscc=extras.text("sscc"),
        note=extras.prose("line_note"),
    )


def _notice(
    group: Group, lines: Sequence[Delivered], action: Action, extras: Extensions, context: Context
) -> ShipNotice:
    first = group.sources[0].resource
    return ShipNotice(
        number=group.number,
        lines=tuple(_notice_line(line) for line in lines),
        orders=tuple(_orders(first, ORDER)),
        action=action,
        noticed_at=extras.when("noticed_at"),
        shipped_at=_moment(first, "shipped_at", context),
        expected_at=extras.when("expected_at"),
        buyer=_party("buyer", extras, first),
        seller=parties.referred(first.get("supplier"), first, context),
        ship_from=_party("ship_from", extras, first),
        ship_to=_party("ship_to", extras, first) or _destination(first, context),
        carrier=extras.text("carrier"),
        carrier_name=extras.prose("carrier_name"),
        tracking=extras.texts("tracking"),
        bill_of_lading=extras.text("bill_of_lading"),
        packages=tuple(_packages(extras)),
        package_count=extras.number("package_count"),
        weight=extras.quantity("weight"),
        note=extras.prose("note"),
    )


def _notice_line(line: Delivered) -> ShipNoticeLine:
    extras, marks = line.extras, line.item.markings
    made_on = extras.when("made_on")
    return ShipNoticeLine(
        quantity=line.quantity,
        number=line.number,
        order_number=_order_of_line(line),
        order_line=extras.text("order_line"),
        identifiers=line.item.names(),
        description=line.item.description,
        ordered=extras.quantity("ordered"),
        outstanding=extras.quantity("outstanding"),
        lot=marks.lot,
        serial=marks.serial,
        expiry=marks.expiry,
        made_on=made_on.date() if isinstance(made_on, datetime) else made_on,
        udi=marks.udi,
        package=extras.text("package"),
        note=extras.prose("line_note"),
    )


def _packages(extras: Extensions) -> Iterator[Package]:
    for extension in extras.all("packaging"):
        parts = Extensions.of(extension, extras.context)
        if name := parts.text("id"):
            texts = {field: parts.text(field) for field in ("sscc", "type", "parent", "tracking")}
            yield Package(name, weight=parts.quantity("weight"), **texts)


def _moment(resource: Element, thing: str, context: Context) -> When | None:
    period = resource.get("occurrencePeriod")
    element = period.get("end") or period.get("start") or resource.get("occurrenceDateTime")
    return times.when(element, thing, context.zone)


def _orders(resource: Element, system: str) -> Iterator[str]:
    """The orders that are told in a system of ours."""
    for reference in resource.each("basedOn", MAX_SUPPLIED_ITEMS):
        identifier = reference.get("identifier")
        if identifier.get("system").string() == system and (number := identifier.get("value").text("order_number")):
            yield number


def _order_of_line(line: Delivered) -> str | None:
    """What was asked for: as we write it, else the number of the request that the delivery is based on."""
    if told := next(_orders(line.resource, ORDER_OF_LINE), None):
        return told
    for reference in line.resource.each("basedOn", MAX_SUPPLIED_ITEMS):
        if reference.get("identifier", "system").string() != ORDER:
            return reference_code(reference, line.resource, line.extras.context, "order_number")
    return None


def _receiver(resource: Element, context: Context) -> str | None:
    """A staff number; a name is not read."""
    receivers = list(resource.each("receiver"))
    return reference_code(receivers[0], resource, context, "received_by") if receivers else None


def _destination(resource: Element, context: Context) -> Party | None:
    destination = resource.get("destination")
    code = location_code(destination, resource, context) if destination else None
    return Party((PartyIdentifier("internal", code),)) if code else None


def _party(name: str, extras: Extensions, resource: Element) -> Party | None:
    return parties.referred(extras.first(name, "Reference"), resource, extras.context)
