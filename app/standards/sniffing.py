"""Which standard a file is written in, told by how it begins.

Used where nobody says so: by ``wardline conformance``. A channel always names its standard.
"""

from __future__ import annotations

import re

LOOKED_AT = 8192
"""Bytes that are looked at; a prologue and a root element fit."""

_BEGINNINGS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("hl7v2", re.compile(rb"(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")),
    ("x12", re.compile(rb"(?:ISA|GS|ST)[^A-Za-z0-9\s]")),
    ("edifact", re.compile(rb"(?:UNA|UNB|UNG|UNH)[^A-Za-z0-9]")),
    ("cxml", re.compile(rb"CIF_I_V|<(?:[^<]|<[?!])*<(?:cXML|Index|InvoiceDetail)\b|<cXML\b", re.IGNORECASE)),
    ("ubl", re.compile(rb"<.*?(?:urn:oasis:names:specification:ubl:|StandardBusinessDocument)", re.DOTALL)),
    ("fhir-r4", re.compile(rb"[{\[].*?\"resourceType\"", re.DOTALL)),
    ("canonical", re.compile(rb"[{\[]")),
    ("tabular", re.compile(rb"PK\x03\x04|[^\x00-\x08<{\[][^\x00-\x08]*", re.DOTALL)),
)
"""The standards, the most particular beginnings first."""

_NOISE = re.compile(rb"(?:\xef\xbb\xbf|[\s\x00\x0b\x1c])*")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def sniff(body: bytes) -> str | None:
    """The name of the standard that the bytes seem to be written in, or None."""
    if body[:2] in _UTF_16:
        body = body[: 2 * LOOKED_AT].decode("utf-16", "replace").encode()
    start = body[_NOISE.match(body[:LOOKED_AT]).end() :][:LOOKED_AT]  # type: ignore[union-attr]
    return next((name for name, beginning in _BEGINNINGS if beginning.match(start)), None)
