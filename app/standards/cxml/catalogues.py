"""Index catalogues and CIF files, read as price lists.

Called by ``app.standards.cxml.standard``. CIF, the catalogue format that came before Index, is a header, then rows of
comma-separated values between DATA and ENDOFDATA.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from app.errors import Issue, Rejected
from app.model import gate
from app.model.channel import Profile
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.price_list import ListAction, PriceList, PriceListLine
from app.standards.cxml import parts
from app.standards.cxml.options import CxmlOptions
from app.standards.cxml.syntax import Node
from app.standards.cxml.units import common_unit

LOAD_MODES: Mapping[str, ListAction] = {"full": "replace", "incremental": "change"}
ITEM_ACTIONS: Mapping[str, ListAction] = {
    "IndexItemAdd": "add",
    "IndexItemDelete": "delete",
    "IndexItemPunchout": "add",
}
FIELDS = (
    "Supplier ID",
    "Supplier Part ID",
    "Manufacturer Part ID",
    "Item Description",
    "SPSC Code",
    "Unit Price",
    "Unit of Measure",
    "Lead Time",
    "Manufacturer Name",
    "Supplier URL",
    "Manufacturer URL",
    "Market Price",
)
"""The columns of CIF 3.0 where the header names none."""
MAX_ROWS = 500_000


def index(node: Node, sender: str) -> PriceList | None:
    """An Index. None where a fault was found."""
    supplier = node.text("SupplierID", thing="party")
    lines = [line for item in node.all("IndexItem") for one in item.children() if (line := _item(one))]
    if node.context.findings.errors:
        return None
    mode = (node.element.get("loadmode") or "Full").lower()
    if mode not in LOAD_MODES:
        node.context.findings.warn("load_mode.unknown", f"{node.place}/@loadmode", "Full or Incremental is expected")
    told = node.first("SupplierID")
    seller = None
    if told is not None and supplier:
        seller = Party((parts.numbered(told, supplier, told.element.get("domain")),))
    return PriceList(
        number=supplier or sender or "index",
        lines=tuple(lines),
        action=LOAD_MODES.get(mode, "change"),
        seller=seller,
        note=parts.comments(node),
    )


def _item(one: Node) -> PriceListLine | None:
    if one.name not in ITEM_ACTIONS:
        return None
    detail = one.first("ItemDetail") or one.first("PunchoutDetail") or one
    names = parts.identifiers(one, detail=detail)
    text = parts.description(one) or detail.prose("Description")
    parts.check_item(one, names, text)
    unit = detail.text("UnitOfMeasure", thing="unit")
    dates = one.first("IndexItemDetail") or one.first("PunchoutDetail")
    lead = one.first("IndexItemDetail", "LeadTime") or detail.first("LeadTime")
    return PriceListLine(
        identifiers=names,
        action=ITEM_ACTIONS[one.name],
        description=text,
        unit=unit,
        common_unit=common_unit(unit, one.context.options),
        price=detail.price(unit),
        lead_days=lead.number(lead.element.text, lead.place, "lead_time") if lead else None,
        valid_from=_date(dates, "EffectiveDate"),
        valid_to=_date(dates, "ExpirationDate"),
    )


def _date(node: Node | None, name: str):  # type: ignore[no-untyped-def]
    found = node.first(name) if node else None
    return found.moment(found.element.text, found.place) if found else None


def is_cif(body: bytes) -> bool:
    """Whether a body is a CIF file."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:5].upper() == b"CIF_I"


def header_of(body: bytes) -> tuple[dict[str, str], list[list[str]]]:
    """The header of a CIF file by its names in lower case, and its rows. Raises Rejected."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    head, separator, data = text.replace("\r\n", "\n").replace("\r", "\n").partition("\nDATA\n")
    if not separator:
        raise Rejected([Issue("data.missing", "DATA", "a CIF file has its rows between DATA and ENDOFDATA")])
    named = {}
    for line in head.split("\n")[1:]:
        name, _, value = line.partition(":")
        named[name.strip().lower()] = value.strip()
    rows = list(csv.reader(io.StringIO(data.partition("\nENDOFDATA")[0])))
    if len(rows) > MAX_ROWS:
        raise Rejected([Issue("row.too_many", "DATA", f"at most {MAX_ROWS} rows are allowed")])
    return named, [row for row in rows if any(cell.strip() for cell in row)]


def cif(body: bytes, profile: Profile) -> tuple[PriceList | None, Findings]:
    """A CIF file as a price list; a row with a fault is left out and told."""
    named, rows = header_of(body)
    findings, options = Findings(), profile.options(CxmlOptions)
    columns = [name.strip() for name in named["fieldnames"].split(",")] if named.get("fieldnames") else list(FIELDS)
    currency = named.get("currency") or None
    lines, errors = [], Findings()
    for number, row in enumerate(rows, 1):
        told = Findings()
        line = _row(dict(zip(columns, row, strict=False)), f"row {number}", told, options)
        (errors if told.errors else findings).add([*told.errors, *told.warnings])
        if line and not told.errors:
            lines.append(line)
    findings.add(errors.errors)
    suppliers = {row[0].strip() for row in rows if row and row[0].strip()}
    supplier = next(iter(suppliers)) if len(suppliers) == 1 else None
    if not lines:
        return None, findings
    mode = named.get("loadmode", "F")[:1].upper()
    return PriceList(
        number=supplier or profile.channel.name,
        lines=tuple(lines),
        action="replace" if mode == "F" else "change",
        name=gate.prose(named.get("comments")),
        currency=currency,
        seller=Party((PartyIdentifier("account", supplier),)) if supplier else None,
        issued_at=None,
    ), findings


def _row(cells: Mapping[str, str], where: str, findings: Findings, options: CxmlOptions) -> PriceListLine | None:
    def cell(name: str, thing: str) -> str | None:
        return findings.text(thing, cells.get(name), f"{where}: {name}")

    names = [
        Identifier(scheme, value)
        for scheme, name in (
            ("supplier", "Supplier Part ID"),
            ("supplier_auxiliary", "Supplier Part Auxiliary ID"),
            ("manufacturer", "Manufacturer Part ID"),
        )
        if (value := cell(name, "item"))
    ]
    if not names:
        findings.reject("item.missing", f"{where}: Supplier Part ID", "a number of the item is required")
    if (code := cell("SPSC Code", "unspsc")) and len(code) in {8, 10} and code.isdigit():
        names.append(Identifier("unspsc", code))
    unit = cell("Unit of Measure", "unit")
    price = _price(cell("Unit Price", "price"), where, findings)
    maker = gate.prose(cells.get("Manufacturer Name"))
    deleted = (cells.get("Delete") or "").strip().lower() in {"t", "true", "1"}
    line = PriceListLine(
        identifiers=tuple(names),
        action="delete" if deleted else "add",
        description=gate.prose(cells.get("Item Description")),
        manufacturer=Party(name=maker) if maker else None,
        unit=unit,
        common_unit=common_unit(unit, options),
        price=price,
    )
    lead = cell("Lead Time", "lead_time")
    return replace(line, lead_days=gate.number(lead)) if lead and lead.isdigit() else line


def _price(value: str | None, where: str, findings: Findings) -> Price | None:
    if value is None:
        findings.reject("price.missing", f"{where}: Unit Price", "a price is required")
        return None
    try:
        return Price(gate.amount(gate.number(value)))
    except gate.Unfit as fault:
        findings.unfit("price", f"{where}: Unit Price", fault)
        return None
