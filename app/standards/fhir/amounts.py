"""Quantities and prices of FHIR, exact (FHIR R4, 2.24.0.7 and 2.24.0.16).

Called by the readers.
"""

from __future__ import annotations

from decimal import Decimal

from app.model import gate
from app.model.quantity import Quantity
from app.standards.fhir import units
from app.standards.fhir.context import Context
from app.standards.fhir.items import NamedItem
from app.standards.fhir.syntax import Element
from app.standards.fhir.systems import COMMON_UNITS, OWN

PACK_FACTOR = f"{OWN}pack-factor"
"""The extension that tells how many base units one unit holds."""


def quantity(
    element: Element, context: Context, thing: str = "quantity", *, positive: bool = True, unit_expected: bool = True
) -> Quantity | None:
    """The quantity; the channel's default unit stands where none is told.

    A fault where its value is missing, no exact number, only a bound or, if asked, not positive.
    """
    if element.get("comparator"):
        text = "a SimpleQuantity has no comparator"
        element.findings.reject(f"{thing}.ambiguous", element.get("comparator").path, text)
    amount = number(element.get("value"), thing)
    if amount is None:
        return None
    if positive and amount <= 0:
        text = "a quantity greater than zero is expected"
        element.findings.reject(f"{thing}.invalid", element.get("value").path, text)
    if unit_expected and not (element.get("code") or element.get("unit")):
        element.findings.warn("unit.missing", f"{element.path}.unit", "a unit is expected; the channel's is taken")
    unit, common_unit = _unit(element, context)
    return Quantity(amount, unit, common_unit, _pack_factor(element))


def of_item(
    holder: Element, item: NamedItem, context: Context, *, positive: bool = True, unit_expected: bool = True
) -> Quantity | None:
    """The quantity beside an item; of one that is a single piece it may be left out."""
    element = holder.get("quantity")
    if element or not item.piece:
        return quantity(element, context, positive=positive, unit_expected=unit_expected)
    holder.findings.warn("quantity.assumed", element.path, "no quantity is told of a single piece; one is taken")
    return Quantity(Decimal(1), "EA", "EA")


def number(element: Element, thing: str) -> Decimal | None:
    """The exact number. A fault where there is none."""
    value = element.number()
    if value is None:
        element.findings.reject(f"{thing}.missing", element.path, "a value is required")
        return None
    try:
        return gate.amount(value)
    except gate.Unfit as fault:
        element.findings.unfit(thing, element.path, fault)
        return None


def _pack_factor(element: Element) -> Decimal | None:
    found = [one for one in element.each("extension") if one.get("url").string() == PACK_FACTOR]
    return number(found[0].get("valueDecimal"), "pack_factor") if found else None


def _unit(element: Element, context: Context) -> tuple[str, str | None]:
    """The sender's code and the common one. The words beside a code tell where its system is not known to us."""
    system, code, words = element.get("system").string(), element.get("code"), element.get("unit")
    options = context.options
    told, shown = code.text("unit"), words.text("unit")
    unit = told or shown
    if unit is None:
        unit = context.channel.default_unit
        return unit, units.common(unit, None, options)
    found = units.common(unit, system if told else None, options)
    if system and system.startswith(COMMON_UNITS):
        return shown or unit, found
    if found is None and shown:
        found = units.common(shown, None, options)
    if found is None:
        where = (code or words).path
        element.findings.warn("unit.unknown", where, "the unit stands in no table; the crosswalk must know it")
    return unit, found
