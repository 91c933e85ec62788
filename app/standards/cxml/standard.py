"""cXML as one of the house; listed in ``app.standards``.

A kind of content is a function in ``READERS`` that makes a document of its element; one that is written has a function
in ``WRITERS`` that makes the element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from app import ids
from app.errors import Issue, Permanent, Rejected
from app.model.channel import Profile
from app.model.documents import Document, TradingDocument
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.interchange import Interchange, Written
from app.standards.cxml import (
    acknowledgement,
    building,
    catalogues,
    fulfilment,
    invoices,
    orders,
    readback,
    statuses,
    syntax,
    write,
)
from app.standards.cxml.options import CxmlOptions
from app.standards.cxml.syntax import Context, Message, Node

READERS: Mapping[str, Callable[[Node], TradingDocument | None]] = {
    "ConfirmationRequest": fulfilment.confirmation,
    "ShipNoticeRequest": fulfilment.ship_notice,
    "InvoiceDetailRequest": invoices.invoice,
    "OrderRequest": orders.order,
    "PunchOutOrderMessage": orders.cart,
    "StatusUpdateRequest": statuses.update,
    "ReceiptRequest": readback.receipt,
    "PunchOutSetupRequest": readback.punchout,
    "ProductActivityMessage": readback.activity,
}
"""What is read, by the name of its element."""
WRITERS: Mapping[str, Callable[[Any, CxmlOptions], etree._Element]] = {
    "purchase_order": write.order,
    "goods_receipt": write.receipt,
    "response": write.status,
    "punchout_setup": write.punchout,
    "inventory_report": write.activity,
}
"""What is written, by the kind of document."""
DTDS = {"ConfirmationRequest": "Fulfill", "ShipNoticeRequest": "Fulfill", "ReceiptRequest": "Fulfill"}
MAPPING_VERSION = 1


class Cxml:
    """Supplier networks and punch-out shops."""

    name = "cxml"
    content_types: tuple[str, ...] = ("text/xml", "application/xml", "text/cif", "text/plain")
    options: type = CxmlOptions
    writes: frozenset[str] = frozenset(WRITERS)

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message alone. Raises Rejected."""
        if catalogues.is_cif(body):
            catalogues.header_of(body)
            return Envelope(self.name, "CIF", "", ids.digest(body))
        return _envelope(syntax.parse(body))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The document in the message. Raises Rejected."""
        if catalogues.is_cif(body):
            document, findings = catalogues.cif(body, profile)
            return _reading(self.envelope(body), document, findings, profile)
        message = syntax.parse(body)
        findings = Findings()
        findings.add(message.warnings)
        found = _document(message, Context(findings, profile.options(CxmlOptions), profile))
        return _reading(_envelope(message), found, findings, profile)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """A Response with its Status."""
        return Acknowledgement(building.CONTENT_TYPE, acknowledgement.acknowledge(receipt))

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """The document as cXML, with an empty SharedSecret for the transport to fill in. Raises Permanent."""
        writer = WRITERS.get(document.document_kind)
        if writer is None:
            raise Permanent(f"cXML has nothing here for {document.document_kind}", code="document.not_carried")
        options = profile.options(CxmlOptions)
        content = writer(document, options)
        kind = "Message" if content.tag.endswith("Message") else "Request"
        return building.envelope(kind, [content], options, interchange, DTDS.get(content.tag, "cXML"))


CXML = Cxml()


def _document(message: Message, context: Context) -> TradingDocument | None:
    node = Node(message.content, context)
    if message.name == "Index":
        return catalogues.index(node, message.sender)
    if message.name == "Response":
        return statuses.response(node, (message.root.get("payloadID") or "").strip() or None)
    reader = READERS.get(message.name)
    if reader is None:
        text = "one of " + ", ".join([*READERS, "Index", "Response"]) + " is expected"
        context.findings.reject("message_type.unsupported", node.place, text)
        return None
    return reader(node)


def _reading(envelope: Envelope, document: TradingDocument | None, findings: Findings, profile: Profile) -> Reading:
    for issue in findings.warnings:
        if issue.code in profile.options(CxmlOptions).strict:
            findings.reject(issue.code, issue.where, issue.text)
    whole = envelope.message_type != "CIF"
    if document is None or (findings.errors and whole):
        raise Rejected(findings.errors or [Issue("content.missing", "cXML", "nothing was understood")])
    mapping = f"cxml.{envelope.message_type}/{MAPPING_VERSION}"
    made = replace(document, warnings=findings.warnings)
    return Reading(envelope, (made,), mapping, (*findings.errors, *findings.warnings))


def _envelope(message: Message) -> Envelope:
    payload = (message.root.get("payloadID") or "").strip() or None
    version = (message.root.get("version") or "").strip()[:16] or None
    return Envelope(Cxml.name, message.name, message.sender, _fingerprint(message), payload, version)


def _fingerprint(message: Message) -> str:
    """A digest of what is said; the time of sending and the secrets of the header do not count."""
    return ids.digest(etree.tostring(message.content, method="c14n", exclusive=True))
