"""The answer to a table: a result file, one line for each row with a fault or an oddity.

Called by ``app.standards.tabular.standard``; the folder transport puts it beside the file that it answers.
"""

from __future__ import annotations

import csv
import io
import re

from app.errors import Issue
from app.model.envelope import Acknowledgement, Receipt
from app.standards.tabular.cells import guarded

CONTENT_TYPE = "text/csv"
HEADINGS = ("row", "code", "message")
_PLACE = re.compile(r"line (\d+)(?:: )?(.*)", re.DOTALL)


def acknowledge(receipt: Receipt) -> Acknowledgement:
    """The result file; its first line speaks of the whole file and has no row."""
    outcome = "accepted" if receipt.outcome == "duplicate" else receipt.outcome
    identity = str(receipt.message_id) if receipt.message_id else ""
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerow(("", outcome, identity))
    writer.writerows(_line(issue) for issue in receipt.issues)
    return Acknowledgement(CONTENT_TYPE, content.getvalue().encode())


def _line(issue: Issue) -> tuple[str, str, str]:
    found = _PLACE.fullmatch(issue.where)
    row, column = (found[1], found[2]) if found else ("", issue.where)
    severity = "" if issue.severity == "error" else f"{issue.severity}: "
    return row, issue.code, guarded(f"{severity}{f'{column}: ' if column else ''}{issue.text}")
