"""Pieces of resources that are written: quantities, references, items, organisations, Bundles.

Called by the writers of this standard. What cannot be carried is refused, never left out in silence, if it matters.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

from app.errors import Permanent
from app.model import udi
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange, Written
from app.model.item import Identifier
from app.model.party import Address, Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.ship_notice import Package
from app.standards.fhir import systems, units
from app.standards.fhir.extensions import extension, extensions
from app.standards.fhir.options import FhirOptions
from app.standards.fhir.syntax import serialize
from app.standards.fhir.versions import Version

CONTENT_TYPE = "application/fhir+json"
Json = dict[str, Any]
GS1 = "http://hl7.org/fhir/NamingSystem/gs1-di"
PACKAGE = ("id", "sscc", "type", "parent", "tracking", "weight")
_NAMESPACE = uuid.UUID("6f0c54c1-52b5-5d6a-8f0e-6d1b4a5c9e11")
"""Of the fullUrls that we make: equal documents get equal ones."""


def refuse(what: str) -> NoReturn:
    """Raise Permanent: the standard has no place for it."""
    raise Permanent(f"FHIR has no place for {what}", code="document.not_carried")


def bare(content: Mapping[str, Any]) -> Json:
    """Without what is not told: FHIR knows no null, no empty text and no empty list."""
    return {name: value for name, value in content.items() if value is not None and value not in ("", [], {})}


@dataclass(slots=True)
class Writer:
    """One resource that is written: what it contains grows while its elements are made."""

    profile: Profile
    version: Version
    contained: list[Json] = field(default_factory=list)

    @property
    def options(self) -> FhirOptions:
        """The channel's options."""
        return self.profile.options(FhirOptions)

    @property
    def channel(self) -> Channel:
        """The channel."""
        return self.profile.channel

    def resource(self, kind: str, content: Mapping[str, Any], told: Mapping[str, Any]) -> Json:
        """The resource with what it contains, and with extensions for what FHIR has no element for."""
        return bare({
            "resourceType": kind,
            "contained": self.contained,
            "extension": self.extensions(told),
            **content,
        })

    def extensions(self, told: Mapping[str, Any]) -> list[Json]:
        """Our extensions for what is told."""
        return list(extensions({name: self._plain(value) for name, value in told.items()}))

    def _plain(self, value: Any) -> Any:
        """Quantities, prices, parties and packages as what stands in an extension."""
        if isinstance(value, tuple):
            return tuple(self._plain(member) for member in value)
        if isinstance(value, Package):
            return self.extensions({name: getattr(value, name) for name in PACKAGE})
        if isinstance(value, Quantity):
            return self.quantity(value)
        if isinstance(value, Price):
            return self.price(value)
        return self.organization(value) if isinstance(value, Party) else value

    def quantity(self, quantity: Quantity) -> Json:
        """A Quantity with the sender's own unit; a system only where our tables would not know the unit again."""
        if quantity.unit is None:
            refuse("a quantity without a unit")
        factor = [extension("pack_factor", quantity.pack_factor)] if quantity.pack_factor is not None else []
        return bare({"extension": factor, "value": quantity.value}) | units.written(
            quantity.unit, quantity.common_unit, self.options
        )

    def price(self, price: Price) -> list[Json]:
        """The parts of a price, each an extension."""
        return self.extensions({"amount": price.amount, "currency": price.currency, "basis": price.basis})

    def concept(self, identifiers: Iterable[Identifier], description: str | None) -> Json:
        """An item by its codes and words."""
        codings = [{"system": self.system(one.scheme), "code": one.value} for one in identifiers]
        return bare({"coding": codings, "text": description})

    def identifiers(self, identifiers: Iterable[Identifier]) -> list[Json]:
        """An item's names as Identifiers."""
        return [{"system": self.system(one.scheme), "value": one.value} for one in identifiers]

    def system(self, scheme: str) -> str:
        """The system of a scheme of item identifiers."""
        return systems.item_system(scheme, self.channel, self.options)

    def item(self, line: Any, *, choice: bool) -> Json:
        """The element with the item of a line: a concept or, where anything is marked on it, a contained Device.

        ``choice`` says that it is told as a choice and not as CodeableReference.
        """
        marks = {name: getattr(line, name, None) for name in ("lot", "serial", "expiry", "udi")}
        if any(marks.values()):
            told = {"reference": self.contain("item", self._device(line, marks))}
            return {"itemReference": told} if choice else {"item": {"reference": told}}
        concept = self.concept(line.identifiers, line.description)
        if not concept:
            refuse("a line without an item")
        return {"itemCodeableConcept": concept} if choice else {"item": {"concept": concept}}

    def _device(self, line: Any, marks: Mapping[str, Any]) -> Json:
        element, name = self.version.device_name
        carriers, numbers = carrier(marks["udi"])
        return bare({
            "resourceType": "Device",
            "identifier": self.identifiers(line.identifiers) + numbers,
            "udiCarrier": carriers,
            "expirationDate": marks["expiry"].isoformat() if marks["expiry"] else None,
            "lotNumber": marks["lot"],
            "serialNumber": marks["serial"],
            element: [{name: line.description, "type": "user-friendly-name"}] if line.description else [],
        })

    def contain(self, stem: str, resource: Json) -> str:
        """Put a resource into this one; the reference to it."""
        identity = f"{stem}-{len(self.contained) + 1}"
        self.contained.append({"resourceType": resource["resourceType"], "id": identity, **resource})
        return f"#{identity}"

    def organization(self, party: Party) -> Json:
        """A Reference to a contained Organization."""
        points: list[Json] = []
        if party.contact:
            told = {"phone": party.contact.phone, "email": party.contact.email}
            points = [{"system": system, "value": value} for system, value in told.items() if value]
        places = [address(party.address)] if party.address else []
        numbers = [
            {"system": systems.party_system(one.scheme, self.options), "value": one.value} for one in party.identifiers
        ]
        known: Json = {"resourceType": "Organization", "identifier": numbers, "name": party.name}
        if self.version.contacts_in_detail:
            detail = bare({"telecom": points, "address": places[0] if places else None})
            return {"reference": self.contain("party", bare({**known, "contact": [detail] if detail else []}))}
        return {"reference": self.contain("party", bare({**known, "telecom": points, "address": places}))}


def carrier(raw: str | None) -> tuple[list[Json], list[Json]]:
    """A UDI as udiCarrier where its device identifier is GS1's, else as Identifier; what a scanner sent, as bytes."""
    if raw is None:
        return [], []
    gtin = udi.parse(raw).gtin
    if gtin is None:
        kind = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": systems.UDI}]}
        return [], [{"type": kind, "value": raw}]
    told = {"carrierHRF": raw} if raw.isprintable() else {"carrierAIDC": base64.b64encode(raw.encode()).decode()}
    return [{"deviceIdentifier": gtin, "issuer": GS1, **told}], []


def address(told: Address) -> Json:
    """An Address."""
    return bare({
        "line": list(told.lines),
        "city": told.city,
        "state": told.region,
        "postalCode": told.postal_code,
        "country": told.country,
    })


def numbers(document: str, line: str | None) -> list[Json]:
    """The Identifiers of a resource that is a line of a document."""
    kind = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": systems.GROUP_NUMBER}]}
    group = {"type": kind, "system": systems.DOCUMENT, "value": document}
    return [group, {"system": systems.LINE, "value": line}] if line else [group]


def number(system: str, value: str | None) -> Json | None:
    """A Reference to something that is known by a number alone."""
    return {"identifier": {"system": system, "value": value}} if value else None


def moment(value: date | None) -> str | None:
    """A day or a moment as FHIR writes it."""
    return value.isoformat() if value else None


def bundle(resources: Sequence[Json], interchange: Interchange) -> Written:
    """A transaction that creates the resources, numbered by the interchange."""
    name = f"{interchange.sender}/{interchange.receiver}/{interchange.control_number}"
    entries = [
        {
            "fullUrl": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{name}/{place}')}",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for place, resource in enumerate(resources)
    ]
    content = {
        "resourceType": "Bundle",
        "meta": {"source": "_".join(interchange.sender.split())},
        "identifier": {"system": systems.INTERCHANGE, "value": str(interchange.control_number)},
        "type": "transaction",
        "timestamp": interchange.sent_at.isoformat(),
        "entry": entries,
    }
    return Written(CONTENT_TYPE, serialize(content), "Bundle/transaction", str(interchange.control_number))
