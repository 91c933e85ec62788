"""X12 as one of the house; listed in ``app.standards``.

A transaction set is a function in ``SETS`` that makes a document of it, and, where it is written, one in ``WRITERS``
that gives its code and segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from app import ids
from app.errors import Issue, Permanent, Rejected
from app.model.channel import Profile
from app.model.derived import MAX_LINES
from app.model.documents import Document, TradingDocument
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.interchange import Interchange as Addressing
from app.model.interchange import Written
from app.standards.x12 import (
    acknowledgement,
    activities,
    confirmations,
    emit,
    inventory,
    invoices,
    orders,
    price_lists,
    receipts,
    remittances,
    resales,
    responses,
    shipments,
    syntax,
    write_inventory,
    write_invoices,
    write_orders,
)
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Interchange, TransactionSet
from app.standards.x12.values import Values

SETS: Mapping[str, Callable[[TransactionSet, Values], TradingDocument | None]] = {
    "810": invoices.read,
    "820": remittances.read,
    "824": responses.application,
    "832": price_lists.read,
    "846": inventory.read,
    "850": orders.order,
    "852": activities.read,
    "855": confirmations.confirmation,
    "856": shipments.ship_notice,
    "860": orders.change,
    "861": receipts.read,
    "865": confirmations.change_confirmation,
    "867": resales.read,
    "997": responses.functional,
    "999": responses.functional,
}
"""The transaction sets that are read: what makes a document of one, or None where it left a fault in the findings."""

WRITERS: Mapping[str, Callable[[Any, X12Options], tuple[str, Iterable[list[str]]]]] = {
    "goods_receipt": lambda document, options: ("861", receipts.write(document, options)),
    "inventory_report": write_inventory.write,
    "invoice": lambda document, options: ("810", write_invoices.write(document, options)),
    "purchase_order": lambda document, options: (write_orders.code_of(document), write_orders.write(document, options)),
    "remittance": lambda document, options: ("820", remittances.write(document, options)),
}
"""The documents that are written: their set and its segments."""

MAPPING_VERSION = 1
MAX_ISSUES = 500
"""Issues of one interchange that are told in full."""


class X12:
    """Purchase orders and all that follows from them."""

    name = "x12"
    content_types: tuple[str, ...] = (emit.CONTENT_TYPE, "application/x12", "text/plain")
    options: type = X12Options
    writes: frozenset[str] = frozenset(WRITERS)

    def envelope(self, body: bytes) -> Envelope:
        """ISA and GS alone. Raises Rejected."""
        return _envelope(syntax.parse(body), body)

    def read(self, body: bytes, profile: Profile) -> Reading:
        """Every transaction set as a document. Raises Rejected where none can be understood."""
        interchange = syntax.parse(body)
        strict = profile.options(X12Options).strict
        if refused := [replace(one, severity="error") for one in interchange.warnings if one.code in strict]:
            raise Rejected(refused)
        found, issues = _documents(interchange, profile)
        codes = {one.code for _, one in interchange.sets} | ({"TA1"} if interchange.answers else set())
        if not found:
            errors = [issue for issue in issues if issue.severity == "error"][:MAX_ISSUES]
            raise Rejected(errors or [Issue("segment.missing", "ST", "an interchange holds a transaction set")])
        mapping = f"x12.{next(iter(codes)) if len(codes) == 1 else 'mixed'}/{MAPPING_VERSION}"
        return Reading(_envelope(interchange, body), tuple(found), mapping, tuple(issues))

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """TA1, 997 or 999."""
        return Acknowledgement(emit.CONTENT_TYPE, acknowledgement.acknowledge(receipt))

    def write(self, document: Document, profile: Profile, interchange: Addressing) -> Written:
        """The document as an interchange of its own. Raises Permanent."""
        options = profile.options(X12Options)
        writer = WRITERS.get(document.document_kind)
        if writer is None:
            raise Permanent(f"X12 has no set here for {document.document_kind}", code="document.not_carried")
        code, segments = writer(document, options)
        return emit.write(code, segments, options, interchange)


X12_STANDARD = X12()


def _documents(interchange: Interchange, profile: Profile) -> tuple[list[Document], list[Issue]]:
    """The documents in their order, and the issues; a set with a fault gives none."""
    found: list[Document] = []
    issues = list(interchange.warnings)
    for document, noticed in _settled(interchange, profile):
        if document is not None:
            found.append(replace(document, warnings=(*interchange.warnings, *document.warnings)))
        # Every set that is refused has a fault told, however many there are: its answer is made of it.
        issues += noticed if len(issues) < MAX_ISSUES else [one for one in noticed[:1] if one.severity == "error"]
    return found, issues


def _settled(interchange: Interchange, profile: Profile) -> Iterator[tuple[TradingDocument | None, tuple[Issue, ...]]]:
    """Each TA1 and each set: the document if there is no fault in it, and what was noticed, faults first."""
    options = profile.options(X12Options)
    for segment in interchange.answers:
        values = Values(Findings(), options, profile.channel)
        yield _kept(responses.technical(segment, values), values)
    for _, one in interchange.sets:
        values = Values(Findings(), options, profile.channel)
        values.findings.add((*one.warnings, *one.faults))
        yield _kept(None if one.faults else _read(one, values), values)


def _read(one: TransactionSet, values: Values) -> TradingDocument | None:
    """What a set says; None where a fault was left in the findings."""
    if (read := SETS.get(one.code)) is None:
        text = "this transaction set is not one of those that are read"
        values.findings.reject("message_type.unsupported", one.where, text)
        return None
    document = read(one, values)
    lines = len(getattr(document, "lines", ()))
    if lines > MAX_LINES or (len(one.segments) > MAX_LINES and _longest(document) > MAX_LINES):
        values.findings.reject("line.too_many", one.where, f"at most {MAX_LINES} lines are allowed")
    return document


def _kept(document: TradingDocument | None, values: Values) -> tuple[TradingDocument | None, tuple[Issue, ...]]:
    findings = values.findings
    findings.add(replace(issue, severity="error") for issue in findings.warnings if issue.code in values.options.strict)
    if document is None or findings.errors:
        return None, (*findings.errors, *findings.warnings)
    return replace(document, warnings=findings.warnings), findings.warnings


def _longest(thing: object) -> int:
    """The most entries of any list in a document; what is longer could not be stored."""
    if isinstance(thing, tuple):
        return max([len(thing), *(_longest(one) for one in thing[: MAX_LINES + 1])])
    return max((_longest(getattr(thing, one.name)) for one in fields(thing)), default=0) if is_dataclass(thing) else 0


def _envelope(interchange: Interchange, body: bytes) -> Envelope:
    isa = interchange.header
    codes = {one.code for _, one in interchange.sets}
    kind = next(iter(codes)) if len(codes) == 1 else "mixed" if codes else "TA1" if interchange.answers else "ISA"
    control = isa.text(13)
    return Envelope(
        standard=X12.name,
        message_type=kind,
        sender=f"{isa.text(5) or ''}:{isa.text(6) or ''}".strip(":"),
        fingerprint=_fingerprint(interchange),
        control_id=control,
        version=interchange.groups[0].version[:16] if interchange.groups else isa.text(12),
        header=body,
    )


def _fingerprint(interchange: Interchange) -> str:
    """A digest without the times of sending, the separators and the padding."""
    isa = [interchange.header.text(number) for number in (5, 6, 7, 8, 13, 15)]
    content = [
        [group.functional_id, group.sender, group.receiver, group.control, [_digested(one) for one in group.sets]]
        for group in interchange.groups
    ]
    return ids.digest(ids.canonical_json([isa, content, [list(one.elements) for one in interchange.answers]]))


def _digested(found: TransactionSet) -> list[object]:
    return [found.code, found.control, [[segment.tag, *segment.elements] for segment in found.segments]]
