"""Prices, taxes, allowances and charges in UBL.

Used by the readers of this standard.
"""

from __future__ import annotations

from decimal import Decimal

from app.model import gate
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.standards.ubl.syntax import Node

DOCUMENT_CURRENCIES = ("DocumentCurrencyCode", "PricingCurrencyCode")
_AMOUNTS = ("{*}PriceAmount", "{*}LineExtensionAmount")
_TOTALS = ("LegalMonetaryTotal", "AnticipatedMonetaryTotal", "RequestedMonetaryTotal")


def read_currency(root: Node) -> str | None:
    """The document's currency: as it says, else the one of the amount to be paid, else of the first amount in it.

    From now on amounts are held to it.
    """
    told = next((found for name in DOCUMENT_CURRENCIES if (found := root.code(name, thing="currency"))), None)
    if told is None:
        payable = next((node for name in _TOTALS if (node := root.get(name, "PayableAmount"))), None)
        amount = payable.element if payable else next(root.element.iter(*_AMOUNTS), None)
        told = amount.get("currencyID") if amount is not None else None
        told = root.clean(gate.text, told, "currency", vital=False) if told else None
    root.context.currency = told
    return told


def read_price(node: Node | None) -> Price | None:
    """A ``cac:Price``: PriceAmount for BaseQuantity; an amount that is no number rejects the message."""
    amount = node.amount("PriceAmount", thing="price", vital=True) if node else None
    if node is None or amount is None:
        return None
    told = node.get("PriceAmount")
    currency = told.attribute("currencyID") if told else None
    return Price(amount, None if currency == node.context.currency else currency, _basis(node))


def _basis(node: Node) -> Quantity | None:
    told = node.get("BaseQuantity")
    value = told.amount(thing="price_basis", vital=True) if told else None
    if told is None or value is None:
        return None
    if value <= 0:
        node.context.findings.reject("price_basis.invalid", told.place, "a quantity above zero is expected")
    unit = told.attribute("unitCode")
    return Quantity(value, unit, told.known_unit(unit) if unit else None)


def read_charges(node: Node) -> tuple[Charge, ...]:
    """Allowances and charges of a document or line."""
    return tuple(charge for entry in node.all("AllowanceCharge") if (charge := _charge(entry)))


def _charge(node: Node) -> Charge | None:
    amount, adds = node.money("Amount"), node.flag("ChargeIndicator")
    if amount is None or adds is None:
        text = "an amount and an indicator of its direction are expected; it was left out"
        node.context.findings.warn("charge.invalid", node.place, text)
        return None
    if amount < 0:
        node.context.findings.warn(
            "charge.negative", node.place, "a positive amount is expected; its direction was turned"
        )
        amount, adds = -amount, not adds
    code = node.code("AllowanceChargeReasonCode", thing="charge")
    return Charge("charge" if adds else "allowance", amount, code, node.prose("AllowanceChargeReason"))


def read_taxes(node: Node) -> tuple[Tax, ...]:
    """Taxes of a document or line, by rate; totals in another currency (TaxCurrencyCode) say nothing new."""
    found: list[Tax] = []
    for total in node.all("TaxTotal"):
        amount = total.get("TaxAmount")
        currency = amount.element.get("currencyID") if amount else None
        if currency and node.context.currency not in {None, currency}:
            continue
        parts = [_tax(part) for part in total.all("TaxSubtotal")]
        found += parts or [Tax(total.money("TaxAmount"))]
    return tuple(tax for tax in found if tax != Tax())


def _tax(node: Node) -> Tax:
    category = node.get("TaxCategory")
    rate = category.amount("Percent", thing="tax") if category else None
    return Tax(
        node.money("TaxAmount"),
        node.amount("Percent", thing="tax") if rate is None else rate,
        node.money("TaxableAmount"),
        category.code("ID", thing="tax_category") if category else None,
        category.code("TaxScheme", "ID", thing="tax_scheme") if category else None,
    )


def read_item_taxes(item: Node | None) -> tuple[Tax, ...]:
    """The rates an item is taxed with; their amounts are told for the document alone."""
    if item is None:
        return ()
    found = (
        Tax(
            rate=entry.amount("Percent", thing="tax"),
            category=entry.code("ID", thing="tax_category"),
            scheme=entry.code("TaxScheme", "ID", thing="tax_scheme"),
        )
        for entry in item.all("ClassifiedTaxCategory")
    )
    return tuple(tax for tax in found if tax != Tax())


def read_line_taxes(line: Node) -> tuple[Tax, ...]:
    """The taxes of a line with their amounts, else the rates of its item."""
    return read_taxes(line) or read_item_taxes(line.get("Item"))


def read_tax_total(root: Node) -> Decimal | None:
    """The whole tax in the document's currency."""
    for total in root.all("TaxTotal"):
        amount = total.get("TaxAmount")
        if amount and amount.element.get("currencyID") in {None, root.context.currency}:
            return amount.amount()
    return None
