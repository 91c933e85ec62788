"""UBL documents made up for the tests: short, and each different from a plain one in one thing."""

from __future__ import annotations

from collections.abc import Callable

from app.model.channel import Channel, Profile
from app.model.envelope import Reading
from app.standards.ubl.options import UblOptions
from app.standards.ubl.standard import UBL

NAMESPACES = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
ITEM = "<cac:Item><cbc:Name>Stent</cbc:Name><cac:SellersItemIdentification><cbc:ID>S-1</cbc:ID></cac:SellersItemIdentification></cac:Item>"  # noqa: E501
ORDER_REFERENCE = "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>"


def document(root: str, content: str, number: str = "N-1") -> bytes:
    """A document with a number, a date and a currency."""
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
    head = f"<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-11-20</cbc:IssueDate>"
    currency = "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
    return f'<{root} xmlns="{namespace}" {NAMESPACES}>{head}{currency}{content}</{root}>'.encode()


def order(line: str = '<cbc:Quantity unitCode="EA">2</cbc:Quantity>', item: str = ITEM, more: str = "") -> bytes:
    """An Order with one line."""
    entry = f"<cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID>{line}{item}</cac:LineItem></cac:OrderLine>"
    return document("Order", more + entry)


def response(line: str = "", more: str = "") -> bytes:
    """An OrderResponse to PO-1 with one line."""
    entry = f"<cac:OrderLine><cac:LineItem><cbc:ID>9</cbc:ID>{line}{ITEM}</cac:LineItem>{more}</cac:OrderLine>"
    code = "<cbc:OrderResponseCode>CA</cbc:OrderResponseCode>"
    return document("OrderResponse", code + ORDER_REFERENCE + entry)


def despatch(quantity: str, instances: str) -> bytes:
    """A DespatchAdvice for PO-1 with one line."""
    item = ITEM.replace("</cac:Item>", f"{instances}</cac:Item>")
    line = f'<cbc:ID>1</cbc:ID><cbc:DeliveredQuantity unitCode="EA">{quantity}</cbc:DeliveredQuantity>{item}'
    return document("DespatchAdvice", f"{ORDER_REFERENCE}<cac:DespatchLine>{line}</cac:DespatchLine>")


def serial(number: str) -> str:
    """One piece by its serial number."""
    return f"<cac:ItemInstance><cbc:SerialID>{number}</cbc:SerialID></cac:ItemInstance>"


def read(body: bytes, options: UblOptions | None = None, profile: Callable[..., Profile] | None = None) -> Reading:
    """What the standard reads out of a body."""
    made = profile(options=options) if profile else Profile(Channel("ubl", "ubl", "GEN", options=options), str)
    return UBL.read(body, made)


def codes(reading: Reading) -> list[str]:
    """The codes of what was odd."""
    return [issue.code for issue in reading.issues]
