"""The rule book: everything that the hospital decides for itself, as one YAML file in versions.

Read from the ledger's current version by the flows; ``SECTIONS`` lists its sections, each with the module that owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import yaml

from app.errors import Issue, Rejected
from app.policy.approval import ApprovalRules
from app.policy.confirmation_rules import ConfirmationRules
from app.policy.master_rules import PriceRules, SupplierRules
from app.policy.matching import Matching
from app.policy.ownership import Ownership
from app.policy.receipt_rules import ReceiptRules
from app.policy.requisition_rules import RequisitionRules
from app.policy.supply_rules import Replenishment


class Section(Protocol):
    """A section's own class."""

    def from_data(self, data: Mapping[str, Any]) -> Any:
        """The section as written in YAML. Raises Rejected naming every fault."""


SECTIONS: Mapping[str, Section] = {
    "requisition": RequisitionRules,
    "approval": ApprovalRules,
    "confirmation": ConfirmationRules,
    "receipt": ReceiptRules,
    "matching": Matching,
    "replenishment": Replenishment,
    "suppliers": SupplierRules,
    "prices": PriceRules,
    "ownership": Ownership,
}
"""The sections by name."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of one version; ``version`` 0 is the empty book that holds while none was imported."""

    version: int = 0
    requisition: RequisitionRules = field(default_factory=RequisitionRules)
    approval: ApprovalRules = field(default_factory=ApprovalRules)
    confirmation: ConfirmationRules = field(default_factory=ConfirmationRules)
    receipt: ReceiptRules = field(default_factory=ReceiptRules)
    matching: Matching = field(default_factory=Matching)
    replenishment: Replenishment = field(default_factory=Replenishment)
    suppliers: SupplierRules = field(default_factory=SupplierRules)
    prices: PriceRules = field(default_factory=PriceRules)
    ownership: Ownership = field(default_factory=Ownership)


def read(text: str, version: int = 0) -> RuleBook:
    """The book that a text holds. Raises Rejected naming every fault of every section with its place."""
    content = _content(text)
    issues = [
        Issue("policy.section", str(name), "there is no such section") for name in content if name not in SECTIONS
    ]
    sections: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        given = content.get(name)
        if given is not None and not isinstance(given, Mapping):
            issues.append(Issue("policy.section", name, "must be a table of settings"))
        elif given is not None:
            try:
                sections[name] = section.from_data(given)
            except Rejected as error:
                issues += error.issues
            except (TypeError, AttributeError, KeyError, ValueError):
                issues.append(Issue("policy.section", name, "is not built as it should be; see the sample book"))
    if issues:
        raise Rejected(issues, code="policy.invalid")
    return RuleBook(version, **sections)


@lru_cache(maxsize=8)
def of_version(version: int, text: str) -> RuleBook:
    """The book of a version that was imported; read once in a process."""
    return read(text, version) if version else RuleBook()


def _content(text: str) -> Mapping[Any, Any]:
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        raise Rejected([Issue("policy.yaml", where, "is no YAML")], code="policy.invalid") from None
    if not isinstance(content, Mapping):
        raise Rejected([Issue("policy.yaml", "file", "must be a table of sections")], code="policy.invalid")
    return content
