"""InventoryReport read as inventory report (FHIR R5, 8.23).

Called by ``app.standards.fhir.messages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast, get_args

from app.model.inventory_report import Activity, InventoryLine, InventoryReport
from app.model.when import When
from app.standards.fhir import amounts, parties, products, times
from app.standards.fhir.context import UNDONE, Context, Found, Source, choice, document_number, location_code
from app.standards.fhir.extensions import Extensions
from app.standards.fhir.items import NamedItem
from app.standards.fhir.syntax import Element
from app.standards.fhir.systems import ACTIVITY

MAX_LISTINGS, MAX_ITEMS = 5_000, 5_000
REFUSED: Mapping[str, str] = {
    "requested": "stock that is still to be counted is no report",
    UNDONE: "a report that is void tells no stock; send the one that holds",
}
OPERATIONS: Mapping[str, Activity] = {"addition": "received", "subtraction": "consumed"}
"""What came and what went, by the operationType of a report of differences."""


def read(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The reports; what is wrong with one is left in its findings."""
    for source in sources:
        report = _report(source, context)
        if report:
            yield (source,), report


def _report(source: Source, context: Context) -> InventoryReport | None:
    resource = source.resource
    _check_status(resource)
    number, extras, period = document_number(source), Extensions.of(resource, context), resource.get("reportingPeriod")
    difference, activity = _counting(resource)
    place = extras.text("location")
    lines = tuple(_Lines(resource, activity, place, context).all())
    if number is None or resource.findings.errors:
        return None
    if not lines:
        resource.findings.warn("lines.missing", f"{resource.path}.inventoryListing", "the report lists nothing")
    return InventoryReport(
        number=number,
        lines=lines,
        type="difference" if difference else "snapshot",
        reported_at=times.when(resource.get("reportedDateTime"), "reported_at", context.zone),
        period_from=times.when(period.get("start"), "period_from", context.zone),
        period_to=times.when(period.get("end"), "period_to", context.zone),
        location=place,
        currency=extras.text("currency"),
        reporter=parties.referred(resource.get("reporter"), resource, context, named=False),
        recipient=parties.referred(extras.first("recipient", "Reference"), resource, context),
        supplier=parties.referred(extras.first("supplier", "Reference"), resource, context),
        note=next((text for one in resource.each("note") if (text := one.get("text").prose("note"))), None),
    )


def _check_status(resource: Element) -> None:
    element = resource.get("status")
    status = element.text("status")
    if status == "draft":
        resource.findings.warn("status.draft", element.path, "the report is not final yet")
    elif status not in {None, "active"}:
        text = REFUSED.get(status or "", "active is expected")
        resource.findings.reject("status.unsupported", element.path, text)


def _counting(resource: Element) -> tuple[bool, Activity]:
    """Whether differences are told, and what quantities are where their own element does not say so."""
    element = resource.get("countType")
    kind = element.text("count_type")
    if kind not in {None, "snapshot", "difference"}:
        resource.findings.reject("count_type.unsupported", element.path, "snapshot or difference is expected")
    if kind != "difference":
        return False, "on_hand"
    codes = [coding.get("code").string() or "" for coding in resource.get("operationType").each("coding")]
    return True, next((OPERATIONS[code] for code in codes if code in OPERATIONS), "adjusted")


class _Lines:
    """The lines of one report. A contained item that many lines refer to is read once."""

    def __init__(self, report: Element, activity: Activity, place: str | None, context: Context) -> None:
        self._report, self._activity, self._place, self._context = report, activity, place, context
        self._items: dict[str, NamedItem] = {}

    def all(self) -> Iterator[InventoryLine]:
        """All of them, listing by listing."""
        total = 0
        for listing in self._report.each("inventoryListing", MAX_LISTINGS):
            place, counted_at = self._location(listing), self._counted_at(listing)
            for element in listing.each("item", MAX_ITEMS):
                total += 1
                if total > MAX_ITEMS:
                    text = f"at most {MAX_ITEMS} items are allowed in a report"
                    self._report.findings.reject("structure.too_many", element.path, text)
                    return
                if line := self._line(element, place, counted_at):
                    yield line

    def _line(self, element: Element, place: str | None, counted_at: When | None) -> InventoryLine | None:
        item, extras = self._item(element), Extensions.of(element, self._context)
        quantity = amounts.quantity(element.get("quantity"), self._context, positive=False)
        if quantity is None:
            return None
        return InventoryLine(
            quantity=quantity,
            activity=self._activity_of(element),
            number=extras.text("line"),
            location=extras.text("location") or place,
            identifiers=item.names(),
            description=item.description,
            lot=item.markings.lot,
            serial=item.markings.serial,
            expiry=item.markings.expiry,
            udi=item.markings.udi,
            price=extras.price("price"),
            order_number=extras.text("order_number"),
            counted_at=counted_at,
            note=extras.prose("line_note"),
        )

    def _item(self, element: Element) -> NamedItem:
        _, reference = choice(element, "item")
        address = reference.get("reference").string() or ""
        if address in self._items:
            return self._items[address]
        item = products.read_item(element, "item", self._report, self._context)
        if not item.names() and not item.description:
            products.require(item, element, "item")
        if address:
            self._items[address] = item
        return item

    def _activity_of(self, element: Element) -> Activity:
        for coding in element.get("category").each("coding"):
            code = coding.get("code").string()
            if coding.get("system").string() == ACTIVITY and code in get_args(Activity):
                return cast("Activity", code)
        if self._activity == "adjusted":
            where = f"{self._report.path}.operationType"
            text = "addition or subtraction is expected; the quantities count as adjustments"
            self._report.findings.warn("operation.unknown", where, text)
        return self._activity

    def _location(self, listing: Element) -> str | None:
        place = listing.get("location")
        code = location_code(place, self._report, self._context) if place else None
        return None if code == self._place else code

    def _counted_at(self, listing: Element) -> When | None:
        return times.when(listing.get("countingDateTime"), "counted_at", self._context.zone)
