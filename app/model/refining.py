"""What no schema can check: GTINs and their check digits, UDIs and what they say, units, schemes of identifiers.

Called by ``app.model.records`` on every document it loads. Walks only where there is something to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from app.model import gtin
from app.model.common_units import COMMON_UNITS
from app.model.findings import Findings
from app.model.item import SCHEMES, Identifier
from app.model.item_record import Pack
from app.model.markings import Markings
from app.model.quantity import Quantity


class Refiner:
    """Refines one document; ``at`` turns a field's path into a place, ``units`` unit codes into common ones."""

    def __init__(self, findings: Findings, at: Callable[[str], str], units: Mapping[str, str]) -> None:
        self._findings = findings
        self._at = at
        self._units = units

    def refined(self, thing: Any, path: str = "") -> Any:
        """The document, or a part of it, as it is meant; the same object where nothing had to be changed."""
        changes: dict[str, Any] = {}
        made_of: Any = type(thing)
        for name in _looked_at(made_of):
            found = getattr(thing, name)
            if found is None or found == ():
                continue
            here = f"{path}.{name}" if path else name
            better = self._part(found, here)
            if better is not found:
                changes[name] = better
        made = replace(thing, **changes) if changes else thing
        return self._own(made, path)

    def _part(self, found: Any, path: str) -> Any:
        if not isinstance(found, tuple):
            return self.refined(found, path)
        if isinstance(found[0], Identifier):
            return self.identifiers(found, path)
        better = tuple(self.refined(entry, f"{path}.{number}") for number, entry in enumerate(found))
        return found if all(map(_same, better, found)) else better

    def _own(self, made: Any, path: str) -> Any:
        if isinstance(made, Quantity):
            return self._measured(made, path)
        if isinstance(made, Pack):
            return self._packed(made, path)
        if getattr(made, "udi", None):
            return self._marked(made, path)
        return made

    def identifiers(self, told: tuple[Identifier, ...], path: str) -> tuple[Identifier, ...]:
        """The bag without numbers that are none. A fault where nothing is left of what was told."""
        found = tuple(self._checked(told, path))
        if told and not found:
            self._findings.reject("identifiers.missing", self._at(path), "an identifier of the item is required")
        return told if found == told else found

    def _checked(self, told: tuple[Identifier, ...], path: str) -> Iterator[Identifier]:
        for number, identifier in enumerate(told):
            if identifier.scheme not in SCHEMES:
                text = f"must be one of: {', '.join(SCHEMES)}"
                self._findings.reject("identifiers.invalid", self._at(f"{path}.{number}.scheme"), text)
            elif identifier.scheme != "gtin":
                yield identifier
            elif value := gtin.read(identifier.value, self._at(f"{path}.{number}.value"), self._findings):
                yield identifier if value == identifier.value else Identifier("gtin", value)

    def _measured(self, told: Quantity, path: str) -> Quantity:
        common = self._common(told.unit, told.common_unit, path)
        return told if common == told.common_unit else replace(told, common_unit=common)

    def _packed(self, told: Pack, path: str) -> Pack:
        common = self._common(told.unit, told.common_unit, path)
        number = gtin.read(told.gtin, self._at(f"{path}.gtin"), self._findings) if told.gtin else None
        return (
            told
            if (common, number) == (told.common_unit, told.gtin)
            else replace(told, common_unit=common, gtin=number)
        )

    def _common(self, unit: str | None, common: str | None, path: str) -> str | None:
        if common is None:
            return self._units.get(unit) if unit else None
        if common not in COMMON_UNITS:
            text = "a code of UN/ECE Recommendation 20 or 21 is expected; it was kept as it is"
            self._findings.warn("common_unit.unknown", self._at(f"{path}.common_unit"), text)
        return common

    def _marked(self, told: Any, path: str) -> Any:
        """A thing with a carrier on it: what the carrier says is said, and must not disagree with the rest."""
        markings, stem = Markings(self._findings), f"{path}." if path else ""
        markings.say_udi(told.udi, self._at(f"{stem}udi"))
        markings.say_lot(told.lot, self._at(f"{stem}lot"))
        markings.say_serial(told.serial, self._at(f"{stem}serial"))
        if isinstance(told.expiry, date) and not isinstance(told.expiry, datetime):
            markings.say_expiry(told.expiry, self._at(f"{stem}expiry"))
        changes: dict[str, Any] = {"lot": markings.lot, "serial": markings.serial}
        changes["expiry"] = told.expiry or markings.expiry
        if markings.gtin and Identifier("gtin", markings.gtin) not in told.identifiers:
            changes["identifiers"] = (Identifier("gtin", markings.gtin), *told.identifiers)
        return replace(told, **changes)


def _same(one: object, other: object) -> bool:
    return one is other


@cache
def _looked_at(made: type) -> tuple[str, ...]:
    """The fields of a class in which, at whatever depth, something is looked at."""
    if not is_dataclass(made):
        return ()
    hints = get_type_hints(made, include_extras=True)
    return tuple(field.name for field in fields(made) if any(map(_matters, _classes(hints[field.name]))))


@cache
def _matters(made: type) -> bool:
    return made in (Identifier, Quantity, Pack) or "udi" in made.__dataclass_fields__ or bool(_looked_at(made))  # type: ignore[attr-defined]


def _classes(hint: Any) -> Iterator[type]:
    """The dataclasses in an annotation."""
    if get_origin(hint) in (tuple, Union, UnionType, Annotated):
        for part in get_args(hint):
            yield from _classes(part)
    elif isinstance(hint, type) and is_dataclass(hint):
        yield hint
