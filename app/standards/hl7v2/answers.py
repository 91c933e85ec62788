"""Answers with a type of their own: ORS, ORN and ORR say what became of orders, MFK of records of a master file.

Called by the acknowledgement; ``details`` picks out of a message what its answer repeats. That an order is taken in is
all that is known at this time, so a cancellation or a change is answered for its message alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from app.model.envelope import Receipt
from app.standards.hl7v2 import master_files
from app.standards.hl7v2.syntax import Dialect, Segment

TYPES: Mapping[str, tuple[str, str, str]] = {
    "OMS": ("ORS", "O06", "ORS_O06"),
    "OMN": ("ORN", "O08", "ORN_O08"),
    "ORM": ("ORR", "O02", "ORR_O02"),
    "MFN": ("MFK", "", "MFK_M01"),
}
"""The answer's type, event (that of the message where it is empty) and structure by the message's type."""
RECEIVED = frozenset({"MFK", "ORS", "ORN", "ORR", "RRD", "RRA"})
"""Application answers that we may receive; only their receipt may be acknowledged, and only where that is asked for."""
ORDERS: Mapping[str, tuple[str | None, str]] = {
    "NW": ("OK", "UA"),
    "SN": ("OK", "UA"),
    "CA": (None, "UC"),
    "DC": (None, "UD"),
    "XO": (None, "UX"),
    "RP": (None, "UM"),
}
"""What is answered to an order control code (table 0119), where the message is taken and where it is not."""
MAX_DETAILS = 20_000

_ORDER_LINES = re.compile(rb"(?:^|[\r\n])[ \t]*((?:ORC|RQD|RQ1)[^A-Za-z0-9\r\n][^\r\n]*)", re.IGNORECASE)
_RECORD_LINES = re.compile(rb"(?:^|[\r\n])[ \t]*((?:MFI|MFE)[^A-Za-z0-9\r\n][^\r\n]*)", re.IGNORECASE)
_LINES = {"OMS": _ORDER_LINES, "OMN": _ORDER_LINES, "ORM": _ORDER_LINES, "MFN": _RECORD_LINES}


def details(body: bytes, kind: str) -> bytes:
    """The lines that the answer to a message of this type repeats, each after a CR."""
    lines = _LINES.get(kind)
    if lines is None:
        return b""
    found: list[bytes] = []
    for match in lines.finditer(body):
        if len(found) == MAX_DETAILS:
            break
        found.append(b"\r" + match[1])
    return b"".join(found)


def segments(kind: str, details: Sequence[Segment], receipt: Receipt, code: str, dialect: Dialect) -> Iterator[str]:
    """What follows MSA and ERR."""
    if kind == "MFN":
        yield from _records(details, receipt, code, dialect)
    elif kind in TYPES:
        yield from _orders(details, code, dialect)


def _orders(details: Sequence[Segment], code: str, dialect: Dialect) -> Iterator[str]:
    """ORC with our answer, RQD and RQ1 as they were sent."""
    mark, order, pending = dialect.field, "", ""
    for segment in details:
        if segment.name == "ORC":
            taken, refused = ORDERS.get((segment.text(1) or "").upper(), (None, "UA"))
            said = taken if code == "AA" else refused
            order = mark.join(["ORC", said, segment.field(2), "", segment.field(4)]).rstrip(mark) if said else ""
            pending = order
        elif order:
            if pending:
                yield pending
            pending = ""
            yield mark.join([segment.name, *segment.fields[:10]]).rstrip(mark)


def _records(details: Sequence[Segment], receipt: Receipt, code: str, dialect: Dialect) -> Iterator[str]:
    """MFI as it was sent, and an MFA for every MFE that its response level (MFI-6) asks for."""
    mark = dialect.field
    file = next((segment for segment in details if segment.name == "MFI"), None)
    if file:
        yield mark.join(["MFI", *file.fields[:6]]).rstrip(mark)
    refused = master_files.refused_records(receipt.issues)
    level = _level(file)
    entries = [segment for segment in details if segment.name == "MFE"]
    for ordinal, entry in enumerate(entries, 1):
        fault = refused.get(f"MFE[{ordinal}]")
        taken = code == "AA" and fault is None
        if level in {"AL", "SU" if taken else "ER"}:
            yield _record(entry, receipt, taken, fault, dialect)


def _level(file: Segment | None) -> str:
    """MFI-6, which some write into MFI-5; without it only what was refused is told."""
    told = [(file.text(number) or "").upper() for number in (6, 5)] if file else []
    return next((level for level in told if level in {"AL", "ER", "SU", "NE"}), "ER")


def _record(entry: Segment, receipt: Receipt, taken: bool, fault: str | None, dialect: Dialect) -> str:
    at = receipt.received_at.strftime("%Y%m%d%H%M%S%z") if receipt.received_at else ""
    words = dialect.escaped((fault or "the message was not taken")[:200])
    result = "S" if taken else f"U{dialect.component}{words}"
    return dialect.field.join([
        "MFA",
        entry.field(1),
        entry.field(2),
        at,
        result,
        entry.field(4),
        entry.field(5),
    ]).rstrip(dialect.field)
