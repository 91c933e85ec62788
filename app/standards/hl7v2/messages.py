"""The messages that are taken, by their type and trigger event, and who reads each.

Called by ``app.standards.hl7v2.standard`` and, for the messages of a batch, by ``batches``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.documents import Document
from app.model.findings import Findings
from app.standards.hl7v2 import (
    charges,
    depletions,
    dispensing,
    inventory,
    master_files,
    requisitions,
    responses,
    syntax,
)
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Message, Segment

VERSIONS = re.compile(r"2\.[3-9](\.\d)?")
EVENTS: Mapping[str, tuple[str, ...]] = {
    "DFT": ("P03", "P11"),
    "OMS": ("O05",),
    "OMN": ("O07",),
    "ORM": ("O01",),
    "RDS": ("O13",),
    "RAS": ("O17",),
    "MFN": ("M01", "M15", "M16"),
    "INU": ("U05",),
}
"""The message types and events that are taken; of MFN those of the site's own (Znn) too."""
ANSWERS = frozenset({"ACK", "MCF", "MFK", "ORS", "ORN", "ORR", "RRD", "RRA"})
"""Message types that answer one of ours, whatever their event."""
_OWN_EVENT = re.compile(r"Z[A-Z0-9]{2}")

Read = Callable[[Message, Profile, Findings], tuple[Document, ...]]


def read(body: bytes, profile: Profile, findings: Findings) -> tuple[Message, tuple[Document, ...], str]:
    """One message: its structure, its documents and the mapping that made them; oddities go to the findings.

    Raises Rejected.
    """
    options = profile.options(Hl7Options)
    message = syntax.parse(body, options.character_set)
    findings.add(message.oddities)
    faults = Findings()
    event = _check(message.header, faults, findings)
    faults.settle()
    kind = message.header.text(9, 1) or ""
    documents = _reader(kind, options)(message, profile, findings)
    for document in documents:
        findings.add(document.warnings)
    _enforce(options, findings)
    return message, documents, f"hl7v2.{kind}-{event}/1".lower() if event else f"hl7v2.{kind}/1".lower()


def _reader(kind: str, options: Hl7Options) -> Read:
    if kind in ANSWERS:
        return lambda message, profile, _: responses.read(message, profile)
    if kind == "OMS" and options.supply_orders == "consumption":
        return lambda message, profile, _: depletions.read(message, profile)
    return _READERS[kind]


_READERS: Mapping[str, Read] = {
    "DFT": lambda message, profile, _: charges.consumptions(message, profile),
    "OMS": lambda message, profile, _: requisitions.read(message, profile),
    "OMN": lambda message, profile, _: requisitions.read(message, profile),
    "ORM": lambda message, profile, _: requisitions.read(message, profile),
    "RDS": lambda message, profile, _: dispensing.dispenses(message, profile),
    "RAS": dispensing.administrations,
    "MFN": master_files.read,
    "INU": lambda message, profile, _: inventory.read(message, profile),
}


def _enforce(options: Hl7Options, findings: Findings) -> None:
    """Raise Rejected for warnings that the channel does not put up with."""
    if found := [warning for warning in findings.warnings if warning.code in options.strict]:
        raise Rejected([Issue(one.code, one.where, one.text) for one in found])


def _check(msh: Segment, faults: Findings, oddities: Findings) -> str | None:
    """Refuse what is not taken and what lacks its control id (MSH-9, -10, -12); MSH-11 is not looked at."""
    for field in (3, 4):
        faults.text("sender", msh.text(field, 1) or msh.text(field, 2), msh.place(field))
    faults.text("control_id", msh.text(10), msh.place(10), required=True)
    version = msh.text(12)
    if version is None:
        oddities.warn("version.missing", msh.place(12), "a version from 2.3 to 2.9 is expected")
    elif not VERSIONS.fullmatch(version):
        faults.reject("version.unsupported", msh.place(12), "a version from 2.3 to 2.9 is expected")
    return _event(msh, faults, oddities)


def _event(msh: Segment, faults: Findings, oddities: Findings) -> str | None:
    """The trigger event; that of a message type with only one may be left out."""
    kind, event = msh.text(9, 1) or "", msh.text(9, 2)
    if kind in ANSWERS:
        return faults.text("event_code", event, msh.place(9, 2))
    if kind not in EVENTS:
        text = f"one of {', '.join(sorted({*EVENTS, *ANSWERS}))} is expected"
        faults.reject("message_type.unsupported", msh.place(9, 1), text)
        return None
    known = EVENTS[kind]
    if event is None and len(known) == 1:
        oddities.warn("event_code.missing", msh.place(9, 2), f"{known[0]} is expected and taken")
        return known[0]
    if event in known or (kind == "MFN" and event and _OWN_EVENT.fullmatch(event)):
        return event
    faults.reject("event_code.unsupported", msh.place(9, 2), f"{' or '.join(known)} is expected")
    return None
