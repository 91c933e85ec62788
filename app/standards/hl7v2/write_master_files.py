"""An item record written as MFN^M16 (HL7 v2 chapter 17.3): MFI, MFE, ITM, and VND, PKG, IVT and ILT below.

Called by ``app.standards.hl7v2.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.channel import Profile
from app.model.interchange import Interchange, Written
from app.model.item_record import ItemPlace, ItemRecord, ItemSource, Pack
from app.model.party import Party
from app.model.price import Price
from app.standards.hl7v2 import codes, master_files, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import ITEM_FLAGS
from app.standards.hl7v2.segments import Builder, Value, components, not_carried, refuse, text

ACTIONS: Mapping[str, str] = {action: code for code, action in master_files.ACTIONS.items()}
STATUSES: Mapping[str, str] = {"active": "A", "inactive": "I", "pending": "P", "discontinued": "D"}
PLACED_SCHEMES = frozenset({"manufacturer", "unspsc"})
"""Identifier schemes that have a field in ITM."""


def write(document: ItemRecord, profile: Profile, interchange: Interchange) -> Written:
    """The message. Raises Permanent where something that matters has no place in it."""
    options = profile.options(Hl7Options)
    builder = Builder("MFN", "M16", interchange, options)
    level = options.written_application or "AL"
    builder.add("MFI", {1: "INV^Inventory item master^HL70175", 3: "UPD", 6: level})
    key = text(document.number)
    control = str(interchange.control_number)
    builder.add("MFE", {1: ACTIONS[document.action], 2: control, 3: text(document.effective_at), 4: key, 5: "CWE"})
    builder.add("ITM", _item(document, options))
    if document.note:
        builder.add("NTE", {1: "1", 3: text(document.note)})
    _add_own(document, builder)
    for ordinal, source in enumerate(document.sources, 1):
        _add_source(source, ordinal, builder, options)
    for ordinal, place in enumerate(document.places, 1):
        _add_place(document, place, ordinal, builder, options)
    return builder.written()


def _item(document: ItemRecord, options: Hl7Options) -> dict[int, str]:
    found = {identifier.scheme: identifier.value for identifier in document.identifiers}
    if len(found) < len(document.identifiers):
        raise not_carried("two item numbers of one scheme")
    flags = {field: text(getattr(document, name)) for name, field in master_files.FLAGS.items()}
    maker = document.manufacturer
    return {
        1: text(document.number),
        2: text(document.description),
        3: text(_status(document, options)),
        4: text(document.type),
        5: text(document.category),
        7: _party(maker) if maker else "",
        8: text(maker.name if maker else None),
        9: text(found.get("manufacturer")),
        12: text(document.charge_code),
        13: _price(document.price),
        19: text(document.account),
        33: text(found.get("unspsc")),
        **flags,
    }


def _status(document: ItemRecord, options: Hl7Options) -> str | None:
    own = {meaning: code for code, meaning in options.item_statuses.items()}
    return own.get(document.status) or STATUSES[document.status] if document.status else None


def _price(price: Price | None) -> str:
    """A composite price (CP): amount and currency; one of another basis than one is not carried."""
    if price is None:
        return ""
    if price.basis:
        raise not_carried("a price with a basis")
    return f"{text(price.amount)}&{text(price.currency)}" if price.currency else text(price.amount)


def _party(party: Party) -> str:
    """An identifier (EI): the party's number and, as its namespace, whose it is."""
    if len(party.identifiers) > 1:
        raise not_carried("more than one number of a party")
    found = [components(one.value, codes.PARTY_CODES.get(one.scheme)) for one in party.identifiers]
    return found[0] if found else ""


def _add_own(document: ItemRecord, builder: Builder) -> None:
    """What only the option's segments can tell. A flag without a place there is not told."""
    in_lots = bool(document.places)
    own: dict[str, Value] = {
        identifier.scheme: identifier.value
        for identifier in document.identifiers
        if identifier.scheme not in PLACED_SCHEMES
    }
    own |= {"serial": document.serial, "udi": document.udi}
    if document.base_unit and document.base_unit not in _units_of_one(document):
        own["base_unit"] = document.base_unit
    if not in_lots:
        own |= {"lot": document.lot, "expiry": document.expiry}
    needed = {thing for thing, value in own.items() if value is not None}
    flags: dict[str, Value] = {name: getattr(document, name) for name in ITEM_FLAGS if name not in master_files.FLAGS}
    placed = builder.add_own({**flags, "model": document.model, **own})
    refuse(needed - placed)
    if document.packs:
        raise not_carried("packs without a supplier")
    if document.expiry and not document.lot and in_lots:
        raise not_carried("an expiry date without a lot")


def _units_of_one(document: ItemRecord) -> set[str]:
    """The units that a reader takes for the base unit: those of packs of one."""
    return {pack.unit for source in document.sources for pack in source.packs if pack.quantity == 1}


def _add_source(source: ItemSource, ordinal: int, builder: Builder, options: Hl7Options) -> None:
    if source.price:
        raise not_carried("a price of a supplier without a pack")
    builder.add(
        "VND",
        {
            1: str(ordinal),
            2: _party(source.supplier),
            3: text(source.supplier.name),
            4: text(source.catalogue_number),
            5: text(source.primary),
            9: text(source.contract),
        },
    )
    for place, pack in enumerate(source.packs, 1):
        builder.add("PKG", _pack(pack, place, options))


def _pack(pack: Pack, ordinal: int, options: Hl7Options) -> dict[int, str]:
    unit = units.code_for(pack.unit, pack.common_unit, options)
    if unit is None:
        raise not_carried("an unknown unit of a pack")
    return {
        1: str(ordinal),
        2: text(unit),
        3: text(pack.default),
        4: text(pack.quantity),
        5: _price(pack.price),
        8: components(pack.gtin, None, "GTIN") if pack.gtin else "",
        10: text(pack.quantity),
    }


def _add_place(document: ItemRecord, place: ItemPlace, ordinal: int, builder: Builder, options: Hl7Options) -> None:
    in_days = options.levels == "days" and (place.minimum is not None or place.maximum is not None)
    if in_days or place.department:
        raise not_carried("a department or levels in quantities (option levels)")
    if place.on_hand is not None and not document.lot:
        raise not_carried("stock on hand without a lot")
    builder.add(
        "IVT",
        {
            1: str(ordinal),
            2: text(place.location),
            7: text(place.bin),
            16: text(place.consigned),
            17: text(document.reusable),
            22: text(place.minimum),
            23: text(place.maximum),
            24: text(place.reorder_point),
            25: text(place.reorder_quantity),
        },
    )
    if document.lot:
        builder.add("ILT", {1: "1", 2: text(document.lot), 3: text(document.expiry), 9: text(place.on_hand)})
