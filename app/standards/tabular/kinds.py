"""Which thing is which field in each kind of document, and what a file must have to be taken for one of the kind.

Data for ``app.standards.tabular.columns``. A thing may have several targets; the first thing of a kind that knows a
heading takes it. ``?`` after a target: only where no other column tells it; ``=``: what is told with the cell whatever
it holds.
"""

from __future__ import annotations

from collections.abc import Mapping

Targets = tuple[str, ...]

_NAMES = {
    "gtin": ("identifiers.gtin",),
    "device_identifier": ("identifiers.udi_di",),
    "ndc": ("identifiers.ndc",),
    "hibc": ("identifiers.hibc",),
    "unspsc": ("identifiers.unspsc",),
    "manufacturer_item": ("identifiers.manufacturer",),
    "supplier_item": ("identifiers.supplier",),
    "buyer_item": ("identifiers.buyer",),
}
_MARKS = {"lot": ("lot",), "serial": ("serial",), "expiry": ("expiry",), "udi": ("udi",)}
_LINE = {"description": ("description",), "long_description": ("note",)}
_PRICE = {
    "price": ("price.amount",),
    "price_each": ("price.amount?", "price.basis.value=1", "price.basis.unit=Each"),
    "price_basis": ("price.basis.value",),
    "price_unit": ("price.basis.unit", "price.basis.value?=1"),
}


def _party(name: str, field: str, **more: str) -> dict[str, Targets]:
    return {
        name: (f"{field}.name",),
        f"{name}_number": (f"{field}.identifiers.account",),
        f"{name}_gln": (f"{field}.identifiers.gln",),
        **{thing: (f"{field}.{path}",) for thing, path in more.items()},
    }


_SELLER, _BUYER, _SHIP_TO = _party("supplier", "seller"), _party("buyer", "buyer"), _party("ship_to", "ship_to")
_ADDRESS = {
    "street": "lines.1",
    "street_2": "lines.2",
    "city": "city",
    "region": "region",
    "postal_code": "postal_code",
    "country": "country",
}


def _lines(fields: Mapping[str, Targets]) -> dict[str, Targets]:
    return {thing: tuple(f"lines.{target}" for target in targets) for thing, targets in fields.items()}


def _quantity(**named: str) -> dict[str, Targets]:
    return {thing: (f"lines.{field.rstrip('?')}.value{'?' * field.endswith('?')}",) for thing, field in named.items()}


def _unit(*fields: str) -> dict[str, Targets]:
    """One column of units for all quantities of a line; it counts where a quantity is told."""
    return {"unit": tuple(f"lines.{field}.unit" for field in fields)}


def _item(scheme: str) -> dict[str, Targets]:
    return {"item": (f"identifiers.{scheme}",)}


FIELDS: Mapping[str, Mapping[str, Targets]] = {
    "consumption": {
        **_NAMES, **_MARKS, **_item("internal"),
        "event": ("event_id",), "event_kind": ("kind",), "event_time": ("occurred_at",),
        "quantity": ("quantity.value",),
        "unit": ("quantity.unit",), "location": ("location",), "description": ("description",),
        "department": ("department",), "cost_centre": ("cost_centre",), "case": ("case_id",), "reverses": ("reverses",),
    },
    "requisition": {
        **_lines(_NAMES | _LINE | _PRICE | _item("internal")), **_quantity(quantity="quantity"), **_unit("quantity"),
        "requisition": ("number",), "request_date": ("requested_at",), "needed_by": ("needed_by",),
        "requester": ("requester",), "deliver_to": ("deliver_to",), "location": ("deliver_to?",),
        "deliver_from": ("deliver_from",), "department": ("department",), "cost_centre": ("cost_centre",),
        "priority": ("priority",), "currency": ("currency",), "line": ("lines.number",), "case": ("case_id",),
        "supplier": ("lines.supplier.name",), "account": ("lines.account",), "action": ("action",),
    },
    "purchase_order": {
        **_lines(_NAMES | _LINE | _PRICE | _item("buyer")), **_quantity(quantity="quantity"), **_unit("quantity"),
        **_SELLER, **_BUYER, **_SHIP_TO,
        "order": ("number",), "order_date": ("ordered_at",), "line": ("lines.number",), "net": ("lines.net",),
        "deliver_on": ("lines.deliver_on",), "needed_by": ("lines.deliver_on?",), "currency": ("currency",),
        "contract": ("contract",), "requisition": ("requisition",), "account": ("lines.account",),
        "cost_centre": ("lines.cost_centre",), "terms": ("terms",), "total": ("total",), "action": ("action",),
        "lot": ("lines.lot",), "serial": ("lines.serial",), "tax_rate": ("lines.taxes.rate",),
    },
    "order_confirmation": {
        **_lines(_NAMES | _LINE | _PRICE | _item("supplier")), **_SELLER, **_BUYER, **_SHIP_TO,
        **_quantity(ordered="ordered", confirmed="quantity", quantity="quantity?"), **_unit("quantity", "ordered"),
        "order": ("order_number",), "confirmation": ("number",), "confirmation_date": ("confirmed_at",),
        "supplier_order": ("supplier_order_number",), "outcome": ("lines.outcome",), "status": ("lines.outcome?",),
        "order_line": ("lines.order_line",), "line": ("lines.order_line?",), "ship_date": ("lines.ship_on",),
        "deliver_on": ("lines.deliver_on",), "reason": ("lines.reason",), "currency": ("currency",),
        "net": ("lines.net",),
        "order_date": ("ordered_at",), "total": ("total",),
    },
    "ship_notice": {
        **_lines(_NAMES | _LINE | _MARKS | _item("supplier")), **_SELLER, **_BUYER, **_SHIP_TO,
        **_quantity(ordered="ordered", shipped="quantity", backordered="outstanding", quantity="quantity?"),
        **_unit("quantity", "ordered", "outstanding"),
        "shipment": ("number",), "order": ("lines.order_number",), "order_line": ("lines.order_line",),
        "line": ("lines.order_line?",), "ship_date": ("shipped_at",), "deliver_on": ("expected_at",),
        "carrier": ("carrier_name",), "tracking": ("tracking",),
    },
    "goods_receipt": {
        **_lines(_NAMES | _LINE | {name: _MARKS[name] for name in ("lot", "serial", "expiry")} | _item("internal")),
        **_SELLER, **_BUYER,
        **_quantity(received="received", quantity="received?", rejected="rejected", short="short", over="over"),
        **_unit("received", "rejected", "short", "over"),
        "receipt": ("number",), "receipt_date": ("received_at",), "order": ("lines.order_number",),
        "order_line": ("lines.order_line",), "line": ("lines.number",), "shipment": ("ship_notice",),
        "receiver": ("received_by",), "location": ("location",), "reason": ("lines.reason",), "sscc": ("lines.sscc",),
    },
    "invoice": {
        **_lines(_NAMES | _LINE | _PRICE | _item("supplier")), **_SELLER, **_BUYER, **_SHIP_TO,
        **_quantity(invoiced="quantity", quantity="quantity?"), **_unit("quantity"),
        "invoice": ("number",), "invoice_type": ("type",), "invoice_date": ("issued_at",), "due": ("due_on",),
        "order": ("lines.order_number",), "order_line": ("lines.order_line",), "line": ("lines.number",),
        "net": ("lines.net",), "currency": ("currency",), "contract": ("contract",), "shipment": ("ship_notice",),
        "terms": ("terms",), "net_total": ("net_total",), "tax_total": ("tax_total",), "total": ("total",),
        "tax_rate": ("lines.taxes.rate",), "lot": ("lines.lot",), "serial": ("lines.serial",),
        "order_date": ("ordered_at",), "cost_centre": ("lines.cost_centre",),
    },
    "item": {
        **_NAMES, **_LINE,
        "item": ("number", "identifiers.internal"), "status": ("status",), "item_type": ("type",),
        "category": ("category",), "manufacturer": ("manufacturer.name",), "unit": ("base_unit",),
        "account": ("account",),
        "lot_tracked": ("lot_tracked",), "serial_tracked": ("serial_tracked",), "expiry_tracked": ("expiry_tracked",),
        "lot_and_expiry_tracked": ("lot_tracked", "expiry_tracked"), "chargeable": ("chargeable",),
        "charge_code": ("charge_code",), "latex": ("latex",), "sterile": ("sterile",), "hazardous": ("hazardous",),
        "reusable": ("reusable",), "implantable": ("implantable",), "stocked": ("stocked",), "price": ("price.amount",),
        "price_each": ("sources.price.amount", "sources.price.basis.value=1", "sources.price.basis.unit=Each"),
        "supplier": ("sources.supplier.name",), "supplier_number": ("sources.supplier.identifiers.account",),
        "supplier_item": ("sources.catalogue_number", "identifiers.supplier?"), "contract": ("sources.contract",),
        "package": ("sources.packs.unit",), "unit_quantity": ("sources.packs.quantity",),
        "package_price": ("sources.packs.price.amount",), "package_gtin": ("sources.packs.gtin",),
        "location": ("places.location",), "bin": ("places.bin",), "department": ("places.department",),
        "level_minimum": ("places.minimum",), "level_maximum": ("places.maximum",),
        "reorder_point": ("places.reorder_point",), "reorder_quantity": ("places.reorder_quantity",),
        "on_hand": ("places.on_hand",), "currency": ("price.currency",), "action": ("action",),
        "valid_from": ("effective_at",),
    },
    "price_list": {
        **_lines(_NAMES | _LINE | _PRICE | _item("supplier")), **_SELLER, **_BUYER,
        "list": ("number",), "list_name": ("name",), "contract": ("contract", "number?"), "tier": ("tier",),
        "currency": ("currency",), "valid_from": ("lines.valid_from",), "valid_to": ("lines.valid_to",),
        "manufacturer": ("lines.manufacturer.name",), "unit": ("lines.unit", "lines.packs.1.unit"),
        "unit_quantity": ("lines.packs.1.quantity",), "minimum": ("lines.minimum",), "increment": ("lines.increment",),
        "lead_days": ("lines.lead_days",),
        "list_price": ("lines.price.amount?", "lines.breaks.1.price.amount", "lines.breaks.1.price_class=LIST"),
        "break_from": ("lines.breaks.2.minimum",), "package_gtin": ("lines.packs.1.gtin",), "action": ("lines.action",),
    },
    "inventory_report": {
        **_lines(_NAMES | _LINE | _MARKS | _PRICE | _item("internal")),
        **_quantity(on_hand="quantity"), **_unit("quantity"),
        "report": ("number",), "report_date": ("reported_at",), "location": ("lines.location",),
        "activity": ("lines.activity",),
        "currency": ("currency",), "order": ("lines.order_number",),
    },
    "supplier": {
        "supplier": ("party.name", "number?"), "organization": ("party.name?", "number?"),
        "supplier_number": ("number",), "organization_number": ("number",), "party_role": ("type",),
        "status": ("status",),
        "currency": ("currency",), "terms": ("terms",), "gln": ("party.identifiers.gln",),
        "duns": ("party.identifiers.duns",), "vat_number": ("party.identifiers.vat",), "action": ("action",),
        "contact": ("party.contact.name",), "phone": ("party.contact.phone",), "email": ("party.contact.email",),
        **{thing: (f"party.address.{path}",) for thing, path in _ADDRESS.items()},
    },
    "location": {
        "location_number": ("number",), "plain_name": ("name", "number?"), "location": ("name?", "number?"),
        "status": ("status",),
        "location_type": ("type",), "organization": ("managed_by",), "parent": ("part_of",), "action": ("action",),
        **{thing: (f"address.{path}",) for thing, path in _ADDRESS.items()},
    },
    "remittance": {
        "remittance": ("number",), "payment_date": ("paid_at",), "payment_total": ("amount",),
        "currency": ("currency",),
        "invoice": ("lines.invoice",), "paid": ("lines.paid",), "total": ("lines.invoiced",),
        "discount": ("lines.discount",), "order": ("lines.order_number",), "supplier": ("payee.name",),
        "supplier_number": ("payee.identifiers.account",), "buyer": ("payer.name",),
        "long_description": ("lines.note",),
        "invoice_type": ("lines.type",),
    },
}  # fmt: skip

AIDS = frozenset({"unit", "price_unit", "price_basis", "currency"})
"""Things that say nothing alone: where the rest of a quantity or a price is blank, they are left out."""

AID_FIELDS = frozenset({"sources.catalogue_number"})
"""Fields of which the same is true: without its supplier, a number of an item is in the bag of identifiers alone."""

_ITEM = ("item", "gtin", "ndc", "manufacturer_item", "supplier_item", "buyer_item", "device_identifier", "udi", "hibc")

NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "consumption": (("event",), ("event_time",), ("quantity",), ("location",), _ITEM),
    "requisition": (("requisition",), ("quantity",), _ITEM),
    "purchase_order": (("order",), ("quantity",), _ITEM),
    "order_confirmation": (("order",), ("outcome", "status")),
    "ship_notice": (("shipment",), ("shipped", "quantity"), _ITEM),
    "goods_receipt": (("receipt",), ("received", "quantity")),
    "invoice": (("invoice",), ("invoiced", "quantity", "net"), ("invoice_date", "price", "net", "total", "invoiced")),
    "item": (("item",), ("description", "status", "category", "level_minimum", "level_maximum", "reorder_point")),
    "price_list": (_ITEM, ("price", "price_each", "list_price", "list")),
    "inventory_report": (_ITEM, ("on_hand",)),
    "supplier": (("supplier", "organization"), ("supplier_number", "party_role", "organization_number", "duns", "gln")),
    "location": (("location_number", "location", "plain_name"), ("location_type", "parent", "location_number")),
    "remittance": (("remittance",), ("invoice",), ("paid",)),
}
"""Of each group at least one must be there; the kind that can place the most columns is taken."""

TELLING: Mapping[str, frozenset[str]] = {
    "item": frozenset({
        "package", "package_price", "category", "item_type", "lot_tracked", "serial_tracked", "expiry_tracked",
        "status",
        "level_minimum", "level_maximum", "reorder_point", "reorder_quantity", "chargeable", "implantable", "stocked",
    }),
    "price_list": frozenset({"list", "contract", "tier", "break_from", "valid_from", "list_price"}),
    "inventory_report": frozenset({"report", "report_date", "lot", "expiry"}),
}  # fmt: skip
"""Things that speak for a kind more than others; they count twice."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "add": {"a": "add", "new": "add", "insert": "add", "i": "add", "n": "add", "create": "add"},
    "change": {"c": "change", "u": "change", "update": "change", "modify": "change", "m": "change", "upd": "change"},
    "update": {"c": "update", "u": "update", "change": "update", "modify": "update", "m": "update", "upd": "update"},
    "delete": {"d": "delete", "del": "delete", "remove": "delete"},
    "deactivate": {"inactivate": "deactivate", "discontinue": "deactivate"},
    "cancel": {"cancelled": "cancel", "canceled": "cancel", "delete": "cancel"},
    "new": {"original": "new"},
    "active": {"true": "active", "yes": "active", "y": "active", "1": "active", "a": "active", "t": "active"},
    "inactive": {"false": "inactive", "no": "inactive", "n": "inactive", "0": "inactive", "i": "inactive",
        "f": "inactive"},
    "discontinued": {"disc": "discontinued", "obsolete": "discontinued"},
    "use": {"used": "use", "issue": "use", "consumed": "use", "implanted": "use", "consumption": "use"},
    "waste": {"wasted": "waste", "damaged": "waste", "expired": "waste"},
    "return": {"returned": "return", "credit": "return"},
    "reversal": {"reversed": "reversal", "void": "reversal"},
    "urgent": {"high": "urgent", "rush": "urgent"},
    "stat": {"emergency": "stat"},
    "routine": {"normal": "routine", "standard": "routine", "low": "routine"},
    "accepted": {"accept": "accepted", "confirmed": "accepted", "ok": "accepted", "ia": "accepted"},
    "rejected": {"reject": "rejected", "ir": "rejected", "cancelled": "rejected", "canceled": "rejected"},
    "backordered": {"backorder": "backordered", "ib": "backordered", "bo": "backordered",
        "back ordered": "backordered"},
    "changed": {"change": "changed", "modified": "changed", "ic": "changed"},
    "substituted": {"substitute": "substituted", "is": "substituted", "substitution": "substituted"},
    "on_hold": {"hold": "on_hold", "on hold": "on_hold"},
    "credit_note": {"credit": "credit_note", "credit memo": "credit_note", "cr": "credit_note",
        "creditnote": "credit_note"},
    "debit_note": {"debit": "debit_note", "debit memo": "debit_note", "dr": "debit_note"},
    "invoice": {"inv": "invoice", "di": "invoice"},
    "on_hand": {"on hand": "on_hand", "onhand": "on_hand", "count": "on_hand"},
}  # fmt: skip
"""Words for our words; each counts only in a field whose words it stands for."""
