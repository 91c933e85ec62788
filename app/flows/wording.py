"""A document of the house in the words of a partner: its unit codes, and only what its standard has words for.

Used by ``app.flows.outbound`` before anything is written. What the standard has no word for, and the partner does not
need to act rightly, goes without; it is named, and told in the audit trail. Everything else is the writer's to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from app.flows.item_records import as_fhir, as_hl7
from app.model.channel import Channel, Profile
from app.model.documents import Document
from app.model.item_record import ItemRecord
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.standards.cxml import units as cxml_units
from app.standards.cxml.options import CxmlOptions
from app.standards.edifact import units as edifact_units
from app.standards.edifact.options import EdifactOptions
from app.standards.hl7v2 import positions
from app.standards.hl7v2.options import Hl7Options
from app.standards.ubl import units as ubl_units
from app.standards.ubl.options import UblOptions
from app.standards.x12 import units as x12_units
from app.standards.x12.options import X12Options

URGENT = "URGENT"
"""What is put before the note of an urgent order where the standard knows no urgent orders."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a standard speaks of quantities: what a unit code means in it, and whether it tells what a pack holds."""

    meaning: Callable[[str], str | None]
    own: Mapping[str, str]
    packs: bool = False


def worded(document: Document, channel: Channel) -> tuple[Document, tuple[str, ...]]:
    """The document as this channel can tell it, and what it goes without."""
    left_out: dict[str, None] = {}
    if isinstance(document, ItemRecord) and channel.standard == "hl7v2":
        return as_hl7(document, _own_things(channel), left_out), tuple(left_out)
    if isinstance(document, ItemRecord) and channel.standard == "fhir-r5":
        return as_fhir(document, left_out), tuple(left_out)
    language = _language(channel)
    if language is None:
        return document, ()
    if isinstance(document, PurchaseOrder):
        document = _order(document, channel.standard, left_out)
    told: Document = _told(document, language, left_out)
    return told, tuple(left_out)


def _own_things(channel: Channel) -> Iterator[str]:
    """What the partner's own segments have a place for."""
    by_segment = positions.by_segment(Profile(channel, str).options(Hl7Options).fields)
    yield from (thing for name, places in by_segment.items() if name.startswith("Z") for thing, _, _ in places)


def _language(channel: Channel) -> Language | None:
    """The language of a channel, None where the standard carries every document as it is."""
    profile = Profile(channel, str)
    if channel.standard == "x12":
        agreed = profile.options(X12Options).units
        return Language(lambda code: agreed.get(code) or x12_units.COMMON.get(code), agreed)
    if channel.standard == "cxml":
        cxml = profile.options(CxmlOptions)
        return Language(lambda code: cxml_units.common_unit(code, cxml), cxml.units)
    if channel.standard == "ubl":
        ubl = profile.options(UblOptions)
        return Language(lambda code: ubl_units.common_unit(code, ubl.units), ubl.units)
    if channel.standard == "edifact":
        edifact = profile.options(EdifactOptions)
        return Language(lambda code: edifact_units.common_unit(code, edifact.units), edifact.units, packs=True)
    return None


def _told(found: Any, language: Language, left_out: dict[str, None]) -> Any:
    """Whatever it is, with every quantity in it in the partner's units."""
    if isinstance(found, Quantity):
        return _quantity(found, language, left_out)
    if isinstance(found, tuple):
        return tuple(_told(one, language, left_out) for one in found)
    if not is_dataclass(found) or isinstance(found, type):
        return found
    changed = {field.name: _told(getattr(found, field.name), language, left_out) for field in fields(found)}
    return replace(found, **changed)


def _quantity(found: Quantity, language: Language, left_out: dict[str, None]) -> Quantity:
    if found.pack_factor is not None and not language.packs:
        left_out["pack_factor"] = None
        found = replace(found, pack_factor=None)
    if found.common_unit is None:
        return found
    right = (code for code in _codes(found, language) if language.meaning(code) == found.common_unit)
    return replace(found, unit=next(right, found.unit))


def _codes(found: Quantity, language: Language) -> Iterator[str]:
    """Codes that may say the unit, those agreed with the partner first."""
    yield from (code for code, common in language.own.items() if common == found.common_unit)
    yield from filter(None, (found.unit, found.common_unit))
    yield from (code for code, common in x12_units.COMMON.items() if common == found.common_unit)


def _order(order: PurchaseOrder, standard: str, left_out: dict[str, None]) -> PurchaseOrder:
    if standard == "cxml":
        return _as_cxml(order, left_out)
    return _as_ubl(order, left_out) if standard == "ubl" else order


def _as_cxml(order: PurchaseOrder, left_out: dict[str, None]) -> PurchaseOrder:
    """An update states the whole order anew, without the lines that are cancelled (User's Guide, OrderRequest).

    Whom to bill must be told: it is the buyer where nobody else is.
    """
    if order.type == "rush":
        order = _said_in_words(order, left_out)
    kept = [line for line in order.lines if order.action == "cancel" or not _is_cancelled(line)]
    lines = tuple(replace(line, action="add") for line in kept)
    return replace(order, lines=lines, bill_to=order.bill_to or order.buyer)


def _as_ubl(order: PurchaseOrder, left_out: dict[str, None]) -> PurchaseOrder:
    """A cancellation is of the whole order and repeats nothing of it."""
    if order.action == "cancel":
        left_out["lines"] = None
        return replace(order, lines=(), type="standard", total=None, currency=None)
    return _said_in_words(order, left_out) if order.type == "rush" else order


def _said_in_words(order: PurchaseOrder, left_out: dict[str, None]) -> PurchaseOrder:
    left_out["type"] = None
    return replace(order, type="standard", note="\n".join(filter(None, (URGENT, order.note))))


def _is_cancelled(line: PurchaseOrderLine) -> bool:
    return line.action == "cancel" or not line.quantity.value
