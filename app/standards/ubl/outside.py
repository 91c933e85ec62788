"""The outside of a UBL message: who sends it under which number, and what an answer to it repeats.

Called by ``app.standards.ubl.standard``.
"""

from __future__ import annotations

import json

from lxml import etree

from app import ids
from app.model import gate
from app.model.envelope import Envelope
from app.standards.ubl.syntax import Message

_SELLERS = ("SellerSupplierParty", "AccountingSupplierParty", "DespatchSupplierParty")
_BUYERS = ("BuyerCustomerParty", "AccountingCustomerParty", "DeliveryCustomerParty")
_FROM_BUYER = frozenset({"Order", "OrderChange", "OrderCancellation", "ReceiptAdvice", "SelfBilledInvoice",
                         "SelfBilledCreditNote"})  # fmt: skip
MAX_TYPE = 64


def envelope(message: Message, standard: str) -> Envelope:
    """From the SBDH if there is one, else from the parties and the number of the document."""
    sender, receiver = _parties(message)
    number = _text(message.root, "ID") or ""
    told = _text(message.header, "DocumentIdentification", "InstanceIdentifier")
    header = {"sender": sender, "receiver": receiver, "id": told or number, "document": number, "type": message.name}
    return Envelope(
        standard=standard,
        message_type=message.name[:MAX_TYPE],
        sender=sender,
        fingerprint=ids.digest(_lasting(message.root)),
        control_id=_fit(told) or _own_number(message, number),
        version=_text(message.root, "UBLVersionID") or None,
        header=json.dumps(header, ensure_ascii=False, sort_keys=True).encode(),
    )


def _own_number(message: Message, number: str) -> str | None:
    """The document's number among those of its kind; versions and cancellations of it are other messages."""
    names = ("VersionID", "SequenceNumberID", "DocumentStatusCode")
    parts = [message.name, number, *filter(None, (_text(message.root, name) for name in names))]
    return _fit(":".join(parts)) if number else None


def _lasting(root: etree._Element) -> bytes:
    """The document without the blanks between its elements, which systems lay out as they like."""
    return b" ".join(etree.tostring(root, encoding="utf-8", with_tail=False).split()).replace(b"> <", b"><")


def _parties(message: Message) -> tuple[str, str]:
    header = message.header
    if header is not None:
        return _address(header, "Sender", "Identifier"), _address(header, "Receiver", "Identifier")
    if message.name == "ApplicationResponse":
        roles: tuple[tuple[str, ...], ...] = (("SenderParty",), ("ReceiverParty",))
    elif message.name == "Catalogue":
        roles = (("ProviderParty",), ("ReceiverParty",))
    else:
        roles = (_BUYERS, _SELLERS) if message.name in _FROM_BUYER else (_SELLERS, _BUYERS)
    one, other = (_party(message.root, names) for names in roles)
    return one, other


def _party(root: etree._Element, names: tuple[str, ...]) -> str:
    """The electronic address of the first of these roles that has one, else a number, else a name."""
    found = [party for name in names if (role := _child(root, name)) is not None
             for party in [_child(role, "Party") if _child(role, "Party") is not None else role]]  # fmt: skip
    for path in (("EndpointID",), ("PartyIdentification", "ID"), ("PartyLegalEntity", "CompanyID")):
        for party in found:
            if told := _address(party, *path):
                return told
    names_of = (("PartyName", "Name"), ("PartyLegalEntity", "RegistrationName"))
    told_names = (_fit(_text(party, *path)) for party in found for path in names_of)
    return next((name for name in told_names if name), "")


def _address(element: etree._Element, *path: str) -> str:
    """A number with its kind before it: ``0088:7300010000001``; in an SBDH the number brings its kind itself."""
    node = _at(element, path)
    value = (node.text or "").strip() if node is not None else ""
    if node is None or not value:
        return ""
    scheme = node.get("schemeID") or ""
    return _fit(f"{scheme}:{value}" if scheme else value) or ""


def _fit(value: str | None) -> str | None:
    try:
        return gate.text(value)
    except gate.Unfit:
        return None


def _text(element: etree._Element | None, *path: str) -> str:
    node = _at(element, path) if element is not None else None
    return (node.text or "").strip() if node is not None else ""


def _at(element: etree._Element, path: tuple[str, ...]) -> etree._Element | None:
    node: etree._Element | None = element
    for name in path:
        node = _child(node, name) if node is not None else None
    return node


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterchildren(f"{{*}}{name}"), None)
