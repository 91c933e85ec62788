"""MFN^M01, M15, M16 and Znn read as item records (HL7 v2 chapters 8 and 17, MFI, MFE, ITM, IIM and those below).

Called by ``app.standards.hl7v2.messages``. Every MFE is a record of its own: one that cannot be understood is named
while the others stand, as the answer (MFK) tells record by record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.item_record import ItemRecord, ItemStatus
from app.model.trade import Upkeep
from app.model.when import When
from app.standards.hl7v2 import codes, sourcing, stocking, times, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import ITEM_FLAGS, Extras
from app.standards.hl7v2.syntax import Message, Segment

ACTIONS: Mapping[str, Upkeep] = {
    "MAD": "add",
    "MUP": "update",
    "MDC": "deactivate",
    "MAC": "reactivate",
    "MDL": "delete",
}
"""Record-level events (MFE-1, table 0180)."""
STATUSES: Mapping[str, ItemStatus] = {
    "A": "active",
    "ACTIVE": "active",
    "I": "inactive",
    "INACTIVE": "inactive",
    "P": "pending",
    "D": "discontinued",
}
"""Item status codes (ITM-3, user-defined table 0776)."""
FLAGS: Mapping[str, int] = {
    "expiry_tracked": 6,
    "chargeable": 11,
    "stocked": 14,
    "latex": 17,
    "taxable": 22,
    "hazardous": 30,
    "sterile": 31,
}
"""Yes/no indicators of ITM."""
IMPLANT = "IMP"
"""The item type (ITM-4, table 0778) of implants."""
ALIASES: Mapping[str, str] = {"ITV": "IVT"}
"""Segment names that the standard's own example misspells, and its readers with it."""
MAX_RECORDS = 20_000
_RECORD = re.compile(r"MFE\[\d+\]")


def read(message: Message, profile: Profile, oddities: Findings) -> tuple[ItemRecord, ...]:
    """The records that were understood; faults of the others are in ``oddities``. Raises Rejected if there is none."""
    groups = _groups(message, oddities)
    faults = Findings()
    if message.first("MFI") is None:
        oddities.warn("segment.missing", "MFI", "an MFI segment is expected")
    if not groups:
        faults.reject("segment.missing", "MFE", "at least one MFE segment is expected")
    if len(groups) > MAX_RECORDS:
        faults.reject("segment.too_many", "MFE", f"at most {MAX_RECORDS} records are allowed")
    faults.settle()
    found, refused = [], Findings()
    for group in groups:
        findings = Findings()
        record = _Reader(group, profile, findings).record()
        refused.add(_within(issue, group[0].place()) for issue in findings.errors)
        if record:
            found.append(record)
            oddities.add(record.warnings)
    if not found:
        raise Rejected(refused.errors)
    oddities.add(refused.errors)
    return tuple(found)


def _within(issue: Issue, record: str) -> Issue:
    """The fault with its record before its place, so that the answer can tell which record it belongs to."""
    return issue if issue.where.startswith(record) else replace(issue, where=f"{record}/{issue.where}")


def _groups(message: Message, oddities: Findings) -> list[list[Segment]]:
    """Every MFE with the segments up to the next one."""
    groups: list[list[Segment]] = []
    for told in message.segments:
        segment = told
        if told.name in ALIASES:
            segment = replace(told, name=ALIASES[told.name])
            oddities.warn("segment.misspelled", told.place(), f"{segment.name} is expected")
        if segment.name == "MFE":
            groups.append([segment])
        elif groups:
            groups[-1].append(segment)
    return groups


class _Reader:
    """Reads one record; what it cannot read it leaves in the findings."""

    def __init__(self, group: list[Segment], profile: Profile, findings: Findings) -> None:
        self.group, self.entry, self.profile, self.findings = group, group[0], profile, findings
        self.options = profile.options(Hl7Options)
        self.extras = Extras(group, self.options, findings)
        self.item = self._first("ITM")
        self.stock = self._first("IIM")

    def _first(self, name: str) -> Segment | None:
        return next((segment for segment in self.group if segment.name == name), None)

    def record(self) -> ItemRecord | None:
        """The record, None where there are faults."""
        told: dict[str, Any] = {
            "number": self._number() or "",
            "action": self._action() or "update",
            "identifiers": self._identifiers(),
            "effective_at": self._effective_at(),
            "note": self._note(),
        }
        told |= self._item() | self._stock() | self._flags()
        found = sourcing.read(self.group, self.options, self.findings)
        told |= {"sources": found.sources, "packs": found.packs}
        if not told.get("base_unit"):
            told["base_unit"], told["common_unit"] = found.base_unit
        told |= self._own()
        told |= stocking.read(self.group, told, found, self.options, self.findings)
        return None if self.findings.errors else ItemRecord(**told, warnings=self.findings.warnings)

    def _action(self) -> Upkeep | None:
        where = self.entry.place(1)
        code = self.findings.text("record_event", self.entry.text(1), where, required=True)
        if code and code.upper() not in ACTIONS:
            self.findings.reject("record_event.unsupported", where, f"one of {', '.join(ACTIONS)} is expected")
        return ACTIONS.get((code or "").upper())

    def _number(self) -> str | None:
        """The item's own number (ITM-1, IIM-1), which the record's key (MFE-4) repeats."""
        key = codes.code(self.findings, "item", self.entry, 4)
        own = self.item or self.stock
        number = codes.code(self.findings, "item", own, 1) if own else None
        if number and key and number != key:
            text = "the key of the record is not the item's number, which is taken"
            self.findings.warn("item.key", self.entry.place(4), text)
        if not (number or key or self.extras.text("internal")):
            self.findings.reject("item.missing", self.entry.place(4), "the key of the record is required")
        return number or key or self.extras.text("internal")

    def _effective_at(self) -> When | None:
        zone = self.profile.channel.time_zone
        return times.when(self.entry.text(3), self.entry.place(3), "effective_at", zone, self.findings)

    def _identifiers(self) -> tuple[Identifier, ...]:
        found = list(self.extras.identifiers())
        if self.item:
            if number := codes.code(self.findings, "item", self.item, 9):
                found.append(Identifier("manufacturer", number))
            found += self._unspsc(self.item)
        return codes.ordered(found)

    def _unspsc(self, item: Segment) -> Iterator[Identifier]:
        code = codes.code(self.findings, "item", item, 33)
        if code and code.isdigit() and code.isascii() and len(code) in {8, 10}:
            yield Identifier("unspsc", code)
        elif code:
            self.findings.warn("unspsc.invalid", item.place(33), "8 or 10 digits are expected; it was left out")

    def _item(self) -> dict[str, Any]:
        """What ITM tells."""
        if (item := self.item) is None:
            return {}
        kind = codes.code(self.findings, "type", item, 4)
        return {
            "description": codes.prose(self.findings, "description", item.prose(2), item.place(2)),
            "status": self._status(item),
            "type": kind,
            "category": codes.code(self.findings, "category", item, 5),
            "manufacturer": codes.party(self.findings, item, 7, 8),
            "charge_code": self._charge_code(item),
            "account": codes.code(self.findings, "account", item, 19),
            "price": codes.price(self.findings, item, 13, self.options.currency),
            "implantable": True if kind == IMPLANT else None,
        }

    def _status(self, item: Segment) -> ItemStatus | None:
        code = codes.code(self.findings, "status", item, 3)
        if code is None:
            return None
        known: Mapping[str, str] = {**STATUSES, **self.options.item_statuses}
        found = known.get(code) or known.get(code.upper())
        for status in ("active", "inactive", "discontinued", "pending"):
            if found == status:
                return status
        self.findings.warn("status.unsupported", item.place(3), "the item status is not known; it was left out")
        return None

    def _charge_code(self, item: Segment) -> str | None:
        """ITM-12; an indicator there is the neighbour's, as in the standard's own example."""
        code = codes.code(self.findings, "charge_code", item, 12)
        if code in {"Y", "N"}:
            text = "a charge code is expected and an indicator found; fields seem to be shifted, and it was left out"
            self.findings.warn("charge_code.shifted", item.place(12), text)
            return None
        return code

    def _stock(self) -> dict[str, Any]:
        """What IIM tells (M15): one lot of the item at one place."""
        if (stock := self.stock) is None:
            return {}
        words = stock.prose(1, 2) or stock.prose(2, 2)
        unit = units.of(stock, 13, self.findings) or units.of(stock, 9, self.findings)
        return {
            "description": codes.prose(self.findings, "description", words, stock.place(1, 2)),
            "manufacturer": codes.party(self.findings, stock, 5),
            "charge_code": codes.code(self.findings, "charge_code", stock, 14),
            "lot": codes.code(self.findings, "lot", stock, 3),
            "expiry": times.expiry(stock.text(4), stock.place(4), self.findings),
            "base_unit": unit,
            "common_unit": units.named(unit, stock.place(13), self.options, self.findings),
        }

    def _flags(self) -> dict[str, bool]:
        found = (
            {name: codes.flag(self.findings, name, self.item, field) for name, field in FLAGS.items()}
            if self.item
            else {}
        )
        found |= {name: told for name in ITEM_FLAGS if (told := self.extras.flag(name)) is not None}
        return {name: told for name, told in found.items() if told is not None}

    def _own(self) -> dict[str, Any]:
        """What the options' places tell."""
        texts = ("type", "category", "model", "charge_code", "account", "lot", "serial", "udi")
        told: dict[str, Any] = {name: value for name in texts if (value := self.extras.text(name))}
        if words := self.extras.prose("description"):
            told["description"] = words
        if unit := self.extras.text("base_unit"):
            where = self.extras.where("base_unit")
            told |= {"base_unit": unit, "common_unit": units.named(unit, where, self.options, self.findings)}
        if expiry := self.extras.text("expiry"):
            told["expiry"] = times.expiry(expiry, self.extras.where("expiry"), self.findings)
        return told

    def _note(self) -> str | None:
        notes = [segment for segment in self.group if segment.name == "NTE"]
        text = "\n".join(words for segment in notes if (words := segment.prose(3)))
        return codes.prose(self.findings, "note", text, notes[0].place(3)) if text else None


def refused_records(issues: tuple[Issue, ...]) -> Mapping[str, str]:
    """The first fault of each refused record, by the place of its MFE."""
    found: dict[str, str] = {}
    for issue in issues:
        match = _RECORD.match(issue.where)
        if match and issue.severity == "error":
            found.setdefault(match[0], issue.text)
    return found
