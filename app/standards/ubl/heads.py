"""What the documents of UBL begin with: number, date, whether they are new, what they refer to.

Used by the readers of this standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.model.trade import Action
from app.model.when import When
from app.standards.ubl.syntax import NOT_TOLD, Node

ACTIONS: Mapping[str, Action] = {
    "1": "cancel",
    "3": "cancel",
    "4": "change",
    "5": "change",
    "7": "duplicate",
    "31": "duplicate",
    "43": "new",
    "9": "new",
}
"""DocumentStatusCode (UNCL 1225)."""


def read_number(root: Node) -> str:
    """The document's number; without one nobody can refer to it."""
    return root.code("ID", thing="number", required=True) or ""


def read_issued(root: Node) -> When | None:
    """When it was issued."""
    return root.when("IssueDate", "IssueTime")


def read_action(root: Node) -> Action:
    """Whether it is new, a change, or a copy of what was sent before."""
    if root.flag("CopyIndicator"):
        return "duplicate"
    code = root.code("DocumentStatusCode", thing="status")
    if code is not None and code not in ACTIONS:
        root.context.findings.warn(
            "status.unknown", f"{root.place}/DocumentStatusCode", "a code of UNCL 1225 is expected"
        )
    return ACTIONS.get(code or "", "new")


def reference(node: Node | None, *path: str) -> str | None:
    """The number a reference tells (``OrderReference/ID``); what stands for nothing is None."""
    found = node.code(*path, thing="reference", vital=True) if node else None
    return None if found in NOT_TOLD else found


def order_number(root: Node) -> str:
    """The number of the one order a document speaks of; which of several is meant, nobody could tell."""
    orders = list(root.all("OrderReference"))
    numbers = {found for node in orders if (found := node.code("ID", thing="order_number", vital=True))}
    if len(numbers) > 1:
        text = "one order is expected; send a document for each"
        root.context.findings.reject("order_number.ambiguous", f"{root.place}/OrderReference", text)
    elif not numbers:
        place = f"{root.place}/OrderReference/ID"
        root.context.findings.reject("order_number.missing", place, "the number of the order is required")
    return min(numbers, default="")


def check_lines(lines: Iterable[tuple[str | None, Node]]) -> None:
    """Note lines that share a number: one of them may be there by mistake."""
    seen: set[str] = set()
    for number, node in lines:
        if number is not None and number in seen:
            node.context.findings.warn("line.duplicate", node.place, "another line has the same number")
        seen.add(number or "")
