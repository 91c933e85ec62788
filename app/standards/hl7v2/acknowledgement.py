"""The answer to an HL7 v2 message: in original mode, in enhanced mode, or for a whole file (chapter 2.9 and 2.10.3).

Called by ``app.standards.hl7v2.standard``. A is said for what is stored, E for what the sender must correct, R for
what it may send again later or what we do not take at all. In original mode the answer is the application's (AA); in
enhanced mode (MSH-15, MSH-16) first the commit's (CA), and then, as a message of its own, the application's. Answers
are not answered. Each is written in the message's own dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.errors import Issue, Rejected
from app.model.envelope import Receipt
from app.standards.hl7v2 import answers, faults, syntax
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Dialect, Segment

CONTENT_TYPE = "application/hl7-v2"
VERSION = "2.5.1"
"""The version of an answer to a message that names none."""
MAX_ERRORS = 50
BARE = ("ACK", "MCF")
"""General acknowledgements, to which nothing is ever said."""


def acknowledge(receipt: Receipt) -> list[bytes]:
    """The messages to be sent back, in their order; none where none is wanted."""
    header = receipt.envelope.header if receipt.envelope else None
    if header and receipt.envelope and receipt.envelope.message_type in {"FHS", "BHS", "MSH"}:
        return _file(receipt, header)
    return [one.encoded() for one in _answers(receipt, header)]


def _answers(receipt: Receipt, header: bytes | None) -> Iterator[Answer]:
    msh = syntax.header(header.split(b"\r", 1)[0]) if header else None
    options = receipt.options if isinstance(receipt.options, Hl7Options) else Hl7Options()
    details = tuple(syntax.excerpt(header)) if header and options.typed_answers else ()
    answer = Answer(receipt, msh, details)
    kind = msh.text(9, 1) if msh else None
    if kind in BARE:
        return
    accept, application = (msh.text(15), msh.text(16)) if msh else (None, None)
    if kind in answers.RECEIVED:
        application = "NE"
        accept = accept or "NE"
    if not (accept or application) or (options.acknowledgement_mode == "original" and kind not in answers.RECEIVED):
        yield answer
        return
    yield from _enhanced(answer, accept or "NE", application or "NE")


def _enhanced(answer: Answer, accept: str, application: str) -> Iterator[Answer]:
    """The commit's answer and the application's, as they are wanted; a message refused at the door gets only one."""
    commit = replace(answer, mode="commit")
    if _wanted(accept, answer.code):
        yield commit
        if answer.code != "AA":
            return
    if _wanted(application, answer.code):
        yield replace(answer, mode="application")


def _wanted(condition: str, code: str) -> bool:
    """What MSH-15 and MSH-16 ask for (table 0155); what we do not understand counts as always."""
    if condition.upper() == "NE":
        return False
    return {"ER": code != "AA", "SU": code == "AA"}.get(condition.upper(), True)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: ``mode`` is original, commit or application; ``msh`` and ``details`` are the message's own."""

    receipt: Receipt
    msh: Segment | None
    details: tuple[Segment, ...] = ()
    mode: str = "original"
    ordinal: int = 0
    """The place of the message in its file, 0 where it came alone."""

    def encoded(self) -> bytes:
        """The bytes of the answer."""
        return "".join(f"{segment}\r" for segment in self.segments()).encode(
            self.dialect.encoding or "ascii", "replace"
        )

    def segments(self) -> list[str]:
        """MSH, MSA, ERR and, where the answer has a type of its own, what that says of orders or records."""
        found = [self._msh(), self._msa(), *faults.segments(self.issues[:MAX_ERRORS], self.dialect, self.version)]
        if self.mode != "commit" and self.details:
            found += answers.segments(self.kind, self.details, self.receipt, self.code, self.dialect)
        return found

    @property
    def dialect(self) -> Dialect:
        """How the message is written."""
        return self.msh.dialect if self.msh else Dialect()

    @property
    def kind(self) -> str:
        """The message's type."""
        return (self.msh.text(9, 1) if self.msh else None) or ""

    @property
    def version(self) -> tuple[int, ...]:
        """The message's version."""
        numbers = re.findall(r"\d{1,3}", (self.msh.text(12) if self.msh else None) or VERSION)[:2]
        return tuple(int(number) for number in numbers) or (2, 5)

    @property
    def issues(self) -> list[Issue]:
        """The faults to be told. With AA there are none: senders look no further, and some take any for a refusal."""
        if self.receipt.outcome in {"accepted", "duplicate"}:
            return []
        outcome = self.receipt.outcome
        return list(self.receipt.issues) or [Issue(outcome, "message", f"the message is {outcome}")]

    @property
    def code(self) -> str:
        """The acknowledgement code (table 0008) in original mode."""
        receipt = self.receipt
        if receipt.outcome in {"accepted", "duplicate"}:
            return "AA"
        refused = any(faults.condition(issue)[0] in faults.REFUSED for issue in receipt.issues)
        return "AR" if refused or receipt.retryable or receipt.outcome == "unavailable" else "AE"

    def _msh(self) -> str:
        """MSH with the parties changed over; its control id comes from ours, so that equal answers are equal."""
        msh, dialect = self.msh, self.dialect
        fields = [""] * 18
        encoding_characters = dialect.component + dialect.repetition + dialect.escape + dialect.subcomponent
        fields[1] = (msh.field(2) if msh else "") or encoding_characters
        if msh:
            fields[2:6] = [msh.field(number) for number in (5, 6, 3, 4)]
            fields[17] = msh.field(18) if dialect.encoding else ""
        if self.receipt.received_at:
            fields[6] = self.receipt.received_at.strftime("%Y%m%d%H%M%S%z")
        fields[8] = dialect.component.join(dialect.escaped(part) for part in self._type()).rstrip(dialect.component)
        fields[9] = self._control_id()
        fields[10] = (msh.field(11) if msh else "") or "P"
        fields[11] = self._version_written()
        if self.mode != "original":
            fields[14] = fields[15] = "NE"
        return "MSH" + dialect.field.join(["", *fields[1:]]).rstrip(dialect.field)

    def _type(self) -> list[str]:
        event = self.msh.text(9, 2) if self.msh else None
        special = answers.TYPES.get(self.kind) if self.mode != "commit" and self.details else None
        if special:
            name, trigger, structure = special
            return [name, trigger or event or "", structure if self.version >= (2, 4) else ""]
        return ["ACK", event or "", "ACK" if self.version >= (2, 4) else ""] if event else ["ACK"]

    def _version_written(self) -> str:
        envelope = self.receipt.envelope
        told = (self.msh.text(12) if self.msh else None) or (envelope.version if envelope else None)
        return self.dialect.escaped(told[:16] if told else VERSION)

    def _control_id(self) -> str:
        """At most 20 characters, as MSH-10 allows before 2.7; two answers to one message have two numbers."""
        receipt = self.receipt
        if receipt.message_id:
            number = receipt.message_id.hex[-20:]
        else:
            number = receipt.envelope.fingerprint[:20] if receipt.envelope else "UNREADABLE"
        number = f"{number[:15]}{self.ordinal:05d}" if self.ordinal else number
        return f"{number[:19]}A" if self.mode == "application" else number

    def _msa(self) -> str:
        """MSA; its third field, the text, was for use before ERR could hold one (2.5)."""
        code = f"C{self.code[1]}" if self.mode == "commit" else self.code
        control_id = self.msh.field(10) if self.msh else ""
        issues = self.issues
        told = issues and self.version < (2, 5)
        text = self.dialect.escaped(f"{issues[0].where}: {issues[0].text}"[:80]) if told else ""
        return self.dialect.field.join(["MSA", code, control_id, text]).rstrip(self.dialect.field)


def _file(receipt: Receipt, header: bytes) -> list[bytes]:
    """A file with an answer to each message that wants one; none where none does."""
    wrapping, *lines = header.split(b"\r")
    found = []
    for ordinal, line in enumerate(lines, 1):
        own = _own(receipt, f"MSH[{ordinal}]")
        found += [replace(one, ordinal=ordinal).encoded() for one in _answers(own, _readable(line))]
    if not lines:
        return [Answer(receipt, None).encoded()]
    return [_wrapped(receipt, wrapping, found)] if found else []


def _readable(line: bytes) -> bytes | None:
    """The line if it can be read as MSH; otherwise the answer is bare."""
    try:
        syntax.header(line)
    except Rejected:
        return None
    return line


def _own(receipt: Receipt, mark: str) -> Receipt:
    """What became of one message of the file, its places as if it had come alone."""
    own = [issue for issue in receipt.issues if issue.where == mark or issue.where.startswith((f"{mark}/", f"{mark}-"))]
    issues = tuple(replace(issue, where=_alone(issue.where, mark)) for issue in own)
    if receipt.outcome not in {"accepted", "duplicate"}:
        return replace(receipt, issues=issues or receipt.issues)
    refused = any(issue.severity == "error" and not issue.where.startswith("MFE[") for issue in issues)
    return replace(receipt, outcome="rejected" if refused else receipt.outcome, issues=issues)


def _alone(where: str, mark: str) -> str:
    rest = where.removeprefix(mark)
    return rest.removeprefix("/") if rest.startswith("/") else f"MSH{rest}"


def _wrapped(receipt: Receipt, line: bytes, found: list[bytes]) -> bytes:
    """BHS and BTS around the answers, and FHS and FTS where the file had them."""
    first = syntax.header(b"MSH" + line[3:])
    fields = ["", first.field(2), *(first.field(number) for number in (5, 6, 3, 4))]
    sent = receipt.received_at.strftime("%Y%m%d%H%M%S%z") if receipt.received_at else ""
    number = receipt.message_id.hex[-20:] if receipt.message_id else ""
    reference = "" if line.startswith(b"MSH") else first.field(11) or first.field(9)
    mark = first.dialect.field
    header = mark.join([*fields, sent, "", "", "", number, reference]).rstrip(mark)
    parts = [f"BHS{header}\r".encode("utf-8", "replace"), *found, f"BTS{mark}{len(found)}\r".encode()]
    if line.startswith(b"FHS"):
        parts = [f"FHS{header}\r".encode("utf-8", "replace"), *parts, f"FTS{mark}1\r".encode()]
    return b"".join(parts)
