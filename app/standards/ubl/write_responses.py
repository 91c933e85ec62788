"""Responses written as ApplicationResponse: message level (Peppol T71), invoice (T111) and catalogue response.

Called by ``app.standards.ubl.standard`` and ``app.standards.ubl.acknowledgement``; the other direction is
``app.standards.ubl.responses``.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.interchange import Interchange
from app.model.response import Response, ResponseFault, ResponseStatus
from app.standards.ubl import building
from app.standards.ubl.building import Element
from app.standards.ubl.options import UblOptions
from app.standards.ubl.responses import ACTION_CODES, STATUSES
from app.standards.ubl.write_orders import TRANSACTIONS

CODES: Mapping[str, Mapping[ResponseStatus, str]] = {
    "mlr": {"received": "AB", "accepted": "AP", "rejected": "RE"},
    "catalogue_response": {"received": "AB", "accepted": "AP", "rejected": "RE"},
    "invoice_response": {
        "received": "AB",
        "in_process": "IP",
        "on_hold": "UQ",
        "accepted_with_errors": "CA",
        "rejected": "RE",
        "accepted": "AP",
        "paid": "PD",
    },
}
"""ResponseCode of a status, by transaction."""

WARNING = "BW"
"""StatusReasonCode of what breaks a rule and yet is taken."""
DOCUMENT_TYPES: Mapping[str, str] = {"invoice_response": "380", "catalogue_response": "9"}
"""DocumentTypeCode (UNCL 1001) of what is answered where the response does not say."""


def write_response(response: Response, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    """The document: its type, its number and its elements."""
    transaction, profile = _transaction(response, options)
    number = response.number or f"R-{interchange.control_number}"
    root = building.document("ApplicationResponse", options)
    root.value("CustomizationID", f"{TRANSACTIONS}:{transaction}:3")
    root.value("ProfileID", profile)
    root.value("ID", number)
    root.when(response.responded_at or interchange.sent_at, "IssueDate", "IssueTime")
    sides = ((response.sender, interchange.sender), (response.recipient, interchange.receiver))
    if any(party is None and not building.is_address(address) for party, address in sides):
        building.refuse("a response without its sender or recipient")
    building.put_party(root.group("SenderParty"), response.sender, interchange.sender)
    building.put_party(root.group("ReceiverParty"), response.recipient, interchange.receiver)
    _put_answer(root.group("DocumentResponse"), response, transaction)
    return "ApplicationResponse", number, root


def _transaction(response: Response, options: UblOptions) -> tuple[str, str]:
    if response.parts:
        building.refuse("answers to several messages at once")
    if response.level == "functional":
        return "mlr", options.message_response_profile
    if response.refers_to_kind == "invoice":
        return "invoice_response", options.invoice_response_profile
    if response.refers_to_kind == "price_list":
        return "catalogue_response", options.catalogue_response_profile
    return building.refuse("answers to anything but messages, invoices and catalogues")


def _put_answer(into: Element, response: Response, transaction: str) -> None:
    said = into.group("Response")
    said.value("ResponseCode", _code(response, transaction))
    said.value("Description", response.text)
    if transaction == "invoice_response":
        for fault in response.faults:
            _put_reason(said.group("Status"), fault)
    document = into.group("DocumentReference")
    number = response.control_id if response.level == "functional" else response.refers_to
    document.value("ID", number or building.refuse("an answer that does not name what it answers"))
    document.value("DocumentTypeCode", response.message_type or DOCUMENT_TYPES.get(transaction))
    if transaction != "invoice_response":
        for fault in response.faults:
            _put_fault(into.group("LineResponse"), fault)


def _code(response: Response, transaction: str) -> str:
    told = response.code
    known = CODES[transaction]
    if told and STATUSES.get(told) == response.status and told in known.values():
        return told
    return known.get(response.status) or building.refuse(f"the status {response.status} in a {transaction}")


def _put_reason(into: Element, fault: ResponseFault) -> None:
    """A reason for the status or, by its code, what the invoice's sender is asked to do."""
    list_id = "OPStatusAction" if fault.code in ACTION_CODES else "OPStatusReason"
    into.value("StatusReasonCode", fault.code, listID=list_id)
    into.value("StatusReason", fault.text)
    if fault.where is not None:
        condition = into.group("Condition")
        condition.value("AttributeID", fault.where)
        condition.value("Description", fault.text)


def _put_fault(into: Element, fault: ResponseFault) -> None:
    """A fault at a place in the message; a mere warning (BW) stands in nobody's way."""
    into.group("LineReference").value("LineID", fault.where or building.NOTHING)
    said = into.group("Response")
    said.value("ResponseCode", "AP" if fault.code == WARNING else "RE")
    said.value("Description", fault.text)
    said.group("Status").value("StatusReasonCode", fault.code)
