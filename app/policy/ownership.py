"""The section ``ownership`` of the rule book: which system has the last word on which field of master data.

Read by ``app.policy.book``; used by the flows that put master data into Odoo. What nobody owns may be filled in by
anyone and changed by whoever wrote it last; what two have written differently is for a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.policy.checks import Checks

ANY = "*"
"""As a field: every one that is not named. As an owner: nobody in particular."""
ODOO = "odoo"
KINDS = ("item",)
EMPTY = (None, "", False)


@dataclass(frozen=True, slots=True)
class Ownership:
    """``item``: the owner of each field, ``odoo`` or a channel's name; ``*`` is for all other fields."""

    item: Mapping[str, str] = field(default_factory=dict)

    def owner(self, kind: str, name: str) -> str:
        """Who has the last word on a field; ``*`` where nobody has."""
        owners: Mapping[str, str] = getattr(self, kind)
        return owners.get(name) or owners.get(ANY) or ANY

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Ownership:
        """The section as written in YAML. Raises Rejected naming every fault."""
        checks = Checks("ownership")
        checks.table(data, cls)
        for kind in KINDS:
            owners = data.get(kind) or {}
            if not isinstance(owners, Mapping):
                checks.fault("table", kind, "must tell the owner of each field")
                continue
            for name, owner in owners.items():
                checks.text(owner, f"{kind}.{name}")
        checks.end()
        return cls(**{kind: {str(name): owner for name, owner in (data.get(kind) or {}).items()} for kind in KINDS})


@dataclass(frozen=True, slots=True)
class Weighed:
    """What becomes of a record: values to write, fields that another one owns, and fields that a person must decide."""

    writes: Mapping[str, Any]
    left: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def weigh(
    told: Mapping[str, Any],
    now: Mapping[str, Any],
    last: Mapping[str, Any],
    owners: Mapping[str, str],
    sender: str,
    accepted: Collection[str] = (),
) -> Weighed:
    """Weigh what a sender tells against what Odoo has ``now`` and what Wardline wrote or saw ``last``.

    ``accepted`` are fields on which a person has let the sender's value pass.
    """
    writes, left, conflicts = {}, [], []
    for name, value in told.items():
        if _same(value, now.get(name)):
            continue
        owner = owners.get(name, ANY)
        if owner not in (ANY, sender):
            left.append(name)
        elif name in accepted or not _disputed(now.get(name), last, name, owned=owner == sender):
            writes[name] = value
        else:
            conflicts.append(name)
    return Weighed(writes, tuple(left), tuple(conflicts))


def _disputed(now: Any, last: Mapping[str, Any], name: str, *, owned: bool) -> bool:
    """Whether somebody else has set the field: since it was written last, or before, where nobody owns it."""
    if name in last:
        return not _same(now, last[name])
    return not owned and now not in EMPTY


def _same(one: Any, other: Any) -> bool:
    return one == other or (one in EMPTY and other in EMPTY)
