"""Order, OrderChange and OrderCancellation read as purchase orders.

Called by ``app.standards.ubl.standard``; ``app.standards.ubl.write_orders`` is the other direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.model.purchase_order import OrderType, PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.trade import LineAction
from app.standards.ubl import amounts, heads, items, parties
from app.standards.ubl.syntax import NOT_TOLD, Node

ORDER_TYPES: Mapping[OrderType, str] = {
    "standard": "220",
    "blanket": "221",
    "release": "226",
    "consignment": "227",
    "rush": "224",
}
"""OrderTypeCode (UNCL 1001)."""
TYPE_CODES: Mapping[str, OrderType] = {**{code: name for name, code in ORDER_TYPES.items()}, "105": "standard"}

LINE_ACTIONS: Mapping[LineAction, str] = {"add": "1", "change": "3", "cancel": "7"}
"""LineStatusCode of an OrderChange (Peppol T114; UNCL 1229)."""
_ACTION_CODES: Mapping[str, LineAction] = {
    "1": "add",
    "2": "cancel",
    "3": "change",
    "4": "change",
    "5": "change",
    "6": "change",
    "7": "cancel",
    "42": "change",
    "Revised": "change",
    "NoStatus": "change",
    "Cancelled": "cancel",
}
"""Those of Peppol and UNCL 1229, and the words of UBL's own list."""
_NONE = Quantity(Decimal(0))
REQUISITION = "Requisition"
"""DocumentType of a line's reference to what was requested."""


def read_order(root: Node) -> PurchaseOrder:
    """An Order."""
    return _order(root, heads.read_number(root), None)


def read_order_change(root: Node) -> PurchaseOrder:
    """An OrderChange: the order it changes is the document's number, SequenceNumberID its revision."""
    return _order(root, heads.order_number(root), root.code("SequenceNumberID", thing="revision"))


def read_order_cancellation(root: Node) -> PurchaseOrder:
    """An OrderCancellation; it names the order and has no lines."""
    notes = (root.notes("CancellationNote"), root.notes())
    return PurchaseOrder(
        heads.order_number(root),
        (),
        action="cancel",
        ordered_at=heads.read_issued(root),
        buyer=parties.read_customer(root.get("BuyerCustomerParty")),
        seller=parties.read_supplier(root.get("SellerSupplierParty")),
        contract=heads.reference(root.first("Contract"), "ID"),
        requisition=heads.reference(root.get("OriginatorDocumentReference"), "ID"),
        note="\n".join(note for note in notes if note and note not in NOT_TOLD) or None,
    )


def _order(root: Node, number: str, revision: str | None) -> PurchaseOrder:
    is_change = root.step == "OrderChange"
    currency = amounts.read_currency(root)
    delivery = root.first("Delivery")
    period = delivery.get("RequestedDeliveryPeriod") if delivery else None
    lines = tuple(_line(node, is_change) for node in root.all("OrderLine"))
    heads.check_lines((line.number, node) for line, node in zip(lines, root.all("OrderLine"), strict=True))
    if not lines:
        root.context.findings.reject("line.missing", f"{root.place}/OrderLine", "at least one line is expected")
    return PurchaseOrder(
        number,
        lines,
        action="change" if is_change else heads.read_action(root),
        type=_type(root),
        revision=revision,
        ordered_at=heads.read_issued(root),
        currency=currency,
        buyer=parties.read_customer(root.get("BuyerCustomerParty")),
        seller=parties.read_supplier(root.get("SellerSupplierParty")),
        ship_to=parties.read_ship_to(delivery),
        bill_to=parties.read_customer(root.get("AccountingCustomerParty")),
        deliver_on=period.when("StartDate", "StartTime") if period else None,
        deliver_not_after=period.when("EndDate", "EndTime") if period else None,
        contract=heads.reference(root.first("Contract"), "ID"),
        requisition=heads.reference(root.get("OriginatorDocumentReference"), "ID"),
        terms=root.prose("PaymentTerms", "Note"),
        note=root.notes(),
        charges=amounts.read_charges(root),
        taxes=amounts.read_taxes(root),
        total=root.money("AnticipatedMonetaryTotal", "PayableAmount", thing="total"),
    )


def _type(root: Node) -> OrderType:
    code = root.code("OrderTypeCode", thing="order_type")
    own = {told: name for name, told in root.context.options.order_types.items()}
    found = own.get(code or "") or TYPE_CODES.get(code or "")
    if code and found is None:
        root.context.findings.warn(
            "order_type.unknown", f"{root.place}/OrderTypeCode", "a code of UNCL 1001 is expected"
        )
    return found or "standard"  # type: ignore[return-value]  # the options are checked when they are written


def _line(node: Node, is_change: bool) -> PurchaseOrderLine:
    entry = node.get("LineItem") or Node(node.element, node.context, node.step, node.parent)
    item = items.read_item(entry)
    marked = items.read_marked(item.node)
    delivery = entry.first("Delivery")
    period = delivery.get("RequestedDeliveryPeriod") if delivery else None
    if len(marked) > 1:
        text = "one piece with lot and serial number is expected; what is marked on several was not read"
        node.context.findings.warn("lot.ambiguous", f"{entry.place}/Item/ItemInstance", text)
    piece = marked[0] if len(marked) == 1 else items.Marked()
    return PurchaseOrderLine(
        entry.code("ID", thing="line", required=True) or "",
        entry.quantity("Quantity", required=True) or _NONE,
        item.identifiers,
        item.description,
        action=_action(entry, is_change),
        price=amounts.read_price(entry.get("Price")),
        net=entry.money("LineExtensionAmount"),
        deliver_on=period.when("StartDate", "StartTime") if period else None,
        lot=piece.lot,
        serial=piece.serial,
        cost_centre=entry.code("AccountingCost"),
        account=entry.code("AccountingCostCode"),
        requisition=_requisition(node),
        taxes=amounts.read_line_taxes(entry),
        charges=amounts.read_charges(entry),
        note=_joined(entry.notes(), node.notes()) if entry.element is not node.element else entry.notes(),
        deliver_not_after=period.when("EndDate", "EndTime") if period else None,
    )


def _joined(*notes: str | None) -> str | None:
    return "\n".join(note for note in notes if note) or None


def _action(entry: Node, is_change: bool) -> LineAction:
    code = entry.code("LineStatusCode", thing="line_status") if is_change else None
    if is_change and code not in _ACTION_CODES:
        text = "1 (added), 3 (changed), 5 (not changed) or 7 (cancelled) is expected; it was taken as changed"
        entry.context.findings.warn("line_status.unknown", f"{entry.place}/LineStatusCode", text)
        return "change"
    return _ACTION_CODES[code] if code else "add"


def _requisition(node: Node) -> str | None:
    for entry in node.all("DocumentReference"):
        if entry.code("DocumentType") == REQUISITION:
            return heads.reference(entry, "ID")
    return None
