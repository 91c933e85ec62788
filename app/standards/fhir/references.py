"""What references point to: contained resources and the other entries of a Bundle (FHIR R4, 2.3 and 3.1.1).

Called by the readers. Nothing is fetched; what is not in the message is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.standards.fhir.syntax import Element

MAX_CONTAINED = 10_000
"""Resources within a resource: an InventoryReport brings one for each lot."""


class References:
    """The resources of one message by the addresses they can be referred to."""

    def __init__(self, entries: Iterable[Element] = ()) -> None:
        self._resources: dict[str, Element] = {}
        self._contained: dict[str, dict[str, Element]] = {}
        for entry in entries:
            for address in _addresses(entry):
                self._resources.setdefault(address, entry.get("resource"))

    def resolve(self, reference: Element, home: Element) -> Element | None:
        """The resource that a Reference in the resource ``home`` points to, if the message holds it."""
        address = _string(reference.value, "reference")
        if address is None:
            return None
        if address.startswith("#"):
            found = self._within(home).get(address[1:])
        else:
            found = self._resources.get(address.split("/_history/")[0])
        return found.with_findings(home.findings) if found else None

    def _within(self, home: Element) -> Mapping[str, Element]:
        """The contained resources by id, the first of each; looked through once for all references to them."""
        if home.path not in self._contained:
            found: dict[str, Element] = {}
            for resource in home.each("contained", MAX_CONTAINED):
                found.setdefault(_string(resource.value, "id") or "", resource)
            self._contained[home.path] = found
        return self._contained[home.path]


def code_of(reference: Element) -> str | None:
    """The id in a literal reference such as ``Location/OR1``; None for a urn or a contained resource."""
    address = _string(reference.value, "reference")
    if address is None or address.startswith(("#", "urn:")):
        return None
    return address.split("/_history/")[0].rstrip("/").rsplit("/", 1)[-1]


def kinds_of(reference: Element) -> set[str]:
    """The types of resource a Reference says it points to, in its address or beside it."""
    parts = (_string(reference.value, "reference") or "").split("/_history/")[0].rstrip("/").rsplit("/", 2)
    told = _string(reference.value, "type")
    return {kind for kind in (told, parts[-2] if len(parts) > 1 else None) if kind}


def _addresses(entry: Element) -> list[str]:
    resource = entry.value.get("resource") if isinstance(entry.value, Mapping) else None
    kind, identity = _string(resource, "resourceType"), _string(resource, "id")
    addresses = [_string(entry.value, "fullUrl"), f"{kind}/{identity}" if kind and identity else None]
    return [address for address in addresses if address]


def _string(value: object, name: str) -> str | None:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) and found else None
