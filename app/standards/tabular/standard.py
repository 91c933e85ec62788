"""Tables as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

from app import ids
from app.model.channel import Profile
from app.model.documents import KINDS, Document
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.interchange import Interchange, Written
from app.standards.tabular import acknowledgement, reading, syntax, workbook, writing
from app.standards.tabular.options import TabularOptions
from app.standards.tabular.rows import refuse


class Tabular:
    """CSV, fixed width and XLSX: every kind of document in, by columns, and out as CSV; result files as answers."""

    name = "tabular"
    content_types: tuple[str, ...] = (
        "text/csv",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    options = TabularOptions
    writes = frozenset(KINDS)

    def envelope(self, body: bytes) -> Envelope:
        """The outside of a file, which has no number and names no sender. Raises Rejected."""
        return _envelope(body)

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents in the file. Raises Rejected where there is none."""
        envelope = _envelope(body)
        found = reading.read(syntax.rows(body, profile.options(TabularOptions)), profile)
        return Reading(envelope, found.documents, f"tabular.{found.kind}/1", found.issues)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The result file."""
        return acknowledgement.acknowledge(receipt)

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """The document as a CSV file. Raises Permanent."""
        body = writing.write(document, profile.options(TabularOptions), profile.channel.time_zone)
        return Written(writing.CONTENT_TYPE, body, document.document_kind, str(interchange.control_number))


TABULAR = Tabular()


def _envelope(body: bytes) -> Envelope:
    """Neither line ends nor a byte order mark nor the times in a workbook make another file."""
    if len(body) > syntax.MAX_BYTES:
        refuse("table.too_large", "message", f"at most {syntax.MAX_BYTES} bytes are allowed")
    if syntax.is_workbook(body):
        return Envelope(Tabular.name, "workbook", "", workbook.fingerprint(body))
    return Envelope(Tabular.name, "table", "", ids.digest(syntax.bare(body)))
