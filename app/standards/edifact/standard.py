"""EDIFACT as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.documents import Document, TradingDocument
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.goods_receipt import GoodsReceipt
from app.model.interchange import Interchange as Sending
from app.model.interchange import Written
from app.model.purchase_order import PurchaseOrder
from app.model.response import Response
from app.standards.edifact import (
    acknowledgement,
    confirmations,
    despatches,
    emit,
    invoices,
    orders,
    outside,
    price_lists,
    receipts,
    responses,
    write_orders,
    write_receipts,
    write_responses,
)
from app.standards.edifact.interchanges import Interchange, Message, parse
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.values import Values

READERS: Mapping[str, Callable[[Message, Values], TradingDocument | None]] = {
    "ORDERS": orders.read,
    "ORDCHG": orders.read,
    "ORDRSP": confirmations.read,
    "DESADV": despatches.read,
    "INVOIC": invoices.read,
    "PRICAT": price_lists.read,
    "RECADV": receipts.read,
    "CONTRL": responses.read_syntax_report,
    "APERAK": responses.read_application_error,
}
"""The reader of each message by its type."""
MAX_ISSUES = 500
"""Issues of one interchange that are told in full."""


class Edifact:
    """The supply chain's messages in; orders, their changes, receiving advices and syntax reports out."""

    name = "edifact"
    content_types: tuple[str, ...] = ("application/edifact", "text/plain")
    options = EdifactOptions
    writes = frozenset({PurchaseOrder.document_kind, GoodsReceipt.document_kind, Response.document_kind})

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the interchange. Raises Rejected where it is none."""
        return outside.envelope(parse(body), self.name)

    def read(self, body: bytes, profile: Profile) -> Reading:
        """Every message of an interchange; those that cannot be read are faults beside the others. Raises Rejected."""
        found = parse(body)
        strict = profile.options(EdifactOptions).strict
        if refused := [replace(one, severity="error") for one in found.warnings if one.code in strict]:
            raise Rejected(refused)
        issues = list(found.warnings)
        read = [_read(message, found, profile) for message in found.messages]
        documents = tuple(document for document, _ in read if document)
        for _, noticed in read:
            # Every message that is refused has at least one fault told, however many there are of them.
            issues += noticed if len(issues) < MAX_ISSUES else [one for one in noticed[:1] if one.severity == "error"]
        if not documents:
            raise Rejected([issue for issue in issues if issue.severity == "error"][:MAX_ISSUES])
        types = {message.type for message in found.messages}
        mapping = f"edifact.{types.pop() if len(types) == 1 else 'mixed'}/1"
        documents = tuple(replace(one, warnings=(*found.warnings, *one.warnings)) for one in documents)
        return Reading(outside.envelope(found, self.name), documents, mapping, tuple(issues))

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """A CONTRL, where one is asked for or something is wrong."""
        return Acknowledgement(emit.CONTENT_TYPE, acknowledgement.acknowledge(receipt))

    def write(self, document: Document, profile: Profile, interchange: Sending) -> Written:
        """An ORDERS, ORDCHG, RECADV or CONTRL. Raises Permanent for what it has no place for."""
        options, zone = profile.options(EdifactOptions), profile.channel.time_zone
        if isinstance(document, PurchaseOrder):
            kind, segments = write_orders.kind_of(document), write_orders.write(document, options, zone)
        elif isinstance(document, GoodsReceipt):
            kind, segments = "RECADV", write_receipts.write(document, options, zone)
        elif isinstance(document, Response):
            kind, segments = "CONTRL", write_responses.write(document)
        else:
            raise emit.not_carried(f"EDIFACT is not written for documents of the kind {document.document_kind}")
        return emit.interchange(kind, segments, interchange, options, zone)


def _read(message: Message, found: Interchange, profile: Profile) -> tuple[TradingDocument | None, tuple[Issue, ...]]:
    """The document in a message, if it could be read, and what was noticed."""
    findings = Findings()
    findings.add((*message.warnings, *message.faults))
    options = profile.options(EdifactOptions)
    values = Values(findings, options, profile.channel, options.decimal_mark or found.separators.decimal)
    reader = READERS.get(message.type)
    if reader is None:
        text = f"this message type is not read: {', '.join(READERS)} are"
        findings.reject("message.unsupported", f"{message.where}-02.1", text)
    document = reader(message, values) if reader and not message.faults else None
    findings.add(replace(one, severity="error") for one in findings.warnings if one.code in options.strict)
    if findings.errors:
        return None, (*findings.errors, *findings.warnings)
    return (replace(document, warnings=findings.warnings) if document else None), findings.warnings


EDIFACT = Edifact()
