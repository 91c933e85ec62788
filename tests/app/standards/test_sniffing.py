"""A standard is known by its beginning, whatever a transport or an editor put before it."""

from __future__ import annotations

import pytest

from app.standards.sniffing import sniff
from tests.mutations import golden

CASES = [
    (b"MSH|^~\\&|EHR|GEN\r", "hl7v2"),
    (b"\x0bFHS|^~\\&|\r", "hl7v2"),
    (b"\xef\xbb\xbfISA*00*", "x12"),
    (b"\n  ST^850^0001~", "x12"),
    (b"UNB+UNOA:1+A+B", "edifact"),
    (b"UNA:+.? '\nUNB+UNOC:3", "edifact"),
    (b'<?xml version="1.0"?>\n<!DOCTYPE cXML SYSTEM "x">\n<cXML payloadID="1">', "cxml"),
    (b"CIF_I_V3.0\r\nCHARSET: UTF-8", "cxml"),
    (b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">', "ubl"),
    (b'{"resourceType":"SupplyDelivery"}', "fhir-r4"),
    (b'{"document":"invoice"}', "canonical"),
    (b"PK\x03\x04\x14\x00", "tabular"),
    ("\ufeffsku;name\r\n1;x".encode("utf-16"), "tabular"),
    (b"item,quantity\n1,2\n", "tabular"),
    (b"", None),
    (b"\x00\x01\x02", None),
    (b"<html>", None),
]


@pytest.mark.parametrize(("body", "name"), CASES)
def test_the_beginning_tells(body: bytes, name: str | None) -> None:
    assert sniff(body) == name


def test_every_message_kept_here_that_is_read_is_recognised() -> None:
    alike = {"fhir-r5": "fhir-r4"}
    wrong = [
        (str(path), sniff(path.read_bytes()))
        for path, standard in golden()
        if not path.parent.name.startswith("broken") and sniff(path.read_bytes()) != alike.get(standard, standard)
    ]
    assert wrong == []
