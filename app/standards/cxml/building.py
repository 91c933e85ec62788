"""cXML written: the envelope with its credentials, and elements in the order the document type wants them.

Used by the writers of the package.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from app.errors import Permanent
from app.model.interchange import Interchange, Written
from app.model.party import Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.cxml.options import CxmlOptions

CONTENT_TYPE = "text/xml"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
DOMAINS = {
    "gln": "GLN",
    "duns": "DUNS",
    "network": "NetworkId",
    "vat": "vatID",
    "hin": "HIN",
    "dea": "DEA",
    "internal": "internal",
}
"""Domains of references, by the scheme of the number; an account is the ``addressID``."""
_DOCTYPE = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/{version}/{name}.dtd">'

Part = Any
"""An element, a text, or None for what is not there."""


def element(tag: str, /, *parts: Part, **attributes: str | None) -> etree._Element:
    """An element of parts that are there, with attributes that are told."""
    made = etree.Element(tag, {key: value for key, value in attributes.items() if value is not None})
    for part in parts:
        if isinstance(part, str):
            made.text = (made.text or "") + part
        elif part is not None:
            made.append(part)
    return made


def worded(name: str, text: str | None, language: str) -> etree._Element | None:
    """An element with a text in a language, None where there is none."""
    return None if text is None else element(name, text, **{LANGUAGE: language})


def money(name: str, amount: Decimal | None, currency: str | None) -> etree._Element | None:
    """An element around ``Money``. Raises Permanent without a currency: cXML has no money without one."""
    if amount is None:
        return None
    if currency is None:
        raise Permanent("cXML tells no amount without its currency", code="document.not_carried")
    return element(name, element("Money", format(amount, "f"), currency=currency))


def unit(quantity: Quantity | None) -> etree._Element | None:
    """``UnitOfMeasure``."""
    return element("UnitOfMeasure", quantity.unit) if quantity and quantity.unit else None


def priced(price: Price | None, currency: str | None) -> tuple[etree._Element | None, etree._Element | None]:
    """``UnitPrice`` and ``PriceBasisQuantity``."""
    if price is None:
        return None, None
    basis = price.basis
    told = None
    if basis is not None:
        told = element("PriceBasisQuantity", unit(basis), quantity=format(basis.value, "f"), conversionFactor="1")
    return money("UnitPrice", price.amount, price.currency or currency), told


def stamp(when: When | None) -> str | None:
    """A day, or a moment with its offset."""
    return None if when is None else when.isoformat()


def address(party: Party, language: str) -> list[Part]:
    """What stands in ``Address`` and ``Contact``: name, postal address, mail, phone, references."""
    place, person = party.address, party.contact
    postal = None
    if place or (person and person.name):
        country = element("Country", isoCountryCode=place.country) if place and place.country else None
        postal = element(
            "PostalAddress",
            element("DeliverTo", person.name) if person and person.name else None,
            *(element("Street", line) for line in (place.lines if place else ())),
            element("City", place.city) if place and place.city else None,
            element("State", place.region) if place and place.region else None,
            element("PostalCode", place.postal_code) if place and place.postal_code else None,
            country,
        )
    numbers = [one for one in party.identifiers if one.scheme in DOMAINS]
    phone = element("TelephoneNumber", element("Number", person.phone)) if person and person.phone else None
    return [
        worded("Name", party.name or "", language),
        postal,
        element("Email", person.email) if person and person.email else None,
        element("Phone", phone) if phone is not None else None,
        *(element("IdReference", domain=DOMAINS[one.scheme], identifier=one.value) for one in numbers),
    ]


def account(party: Party) -> str | None:
    """The number that one side gave to the other."""
    return next((one.value for one in party.identifiers if one.scheme == "account"), None)


def contact(party: Party | None, role: str, language: str) -> etree._Element | None:
    """``Contact`` in a role."""
    return None if party is None else element("Contact", *address(party, language), role=role, addressID=account(party))


def located(name: str, party: Party | None, language: str) -> etree._Element | None:
    """``ShipTo`` or ``BillTo``."""
    if party is None:
        return None
    return element(name, element("Address", *address(party, language), addressID=account(party)))


def envelope(
    body: str, content: Iterable[etree._Element], options: CxmlOptions, interchange: Interchange, dtd: str = "cXML"
) -> Written:
    """The whole document: header, ``Request`` or ``Message``, and its content."""
    payload = f"{interchange.control_number}.{_second(interchange.sent_at)}@{_name(interchange.sender)}"
    sender = _credential(interchange.sender)
    header = element(
        "Header",
        element("From", _credential(interchange.sender)),
        element("To", _credential(interchange.receiver)),
        element("Sender", sender, element("UserAgent", options.user_agent)),
    )
    # The transport fills it in; what is stored and shown never holds it.
    sender.append(element("SharedSecret"))
    mode = {"deploymentMode": "test" if interchange.test else options.deployment_mode} if body != "Response" else {}
    children = list(content)
    root = element(
        "cXML", header, element(body, *children, **mode), payloadID=payload, timestamp=stamp(interchange.sent_at),
        **{LANGUAGE: options.language},
    )  # fmt: skip
    etree.indent(root)
    doctype = _DOCTYPE.format(version=options.version, name=dtd)
    text = etree.tostring(root, xml_declaration=True, encoding="UTF-8", doctype=doctype) + b"\n"
    return Written(CONTENT_TYPE, text, children[0].tag, payload)


def _credential(address_: str) -> etree._Element:
    domain, colon, identity = address_.partition(":")
    return element(
        "Credential", element("Identity", identity if colon else address_), domain=domain if colon else "NetworkId"
    )


def _second(at: datetime) -> str:
    return f"{int(at.timestamp())}"


def _name(address_: str) -> str:
    return "".join(character for character in address_ if character.isalnum()).lower() or "wardline"
