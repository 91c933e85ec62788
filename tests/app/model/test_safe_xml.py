"""XML is read without trust."""

from __future__ import annotations

import pytest

from app.errors import Rejected
from app.model import safe_xml

LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'
FILE = b'<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&f;</l>'
PARAMETER = b'<!DOCTYPE l [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><l/>'
EXTERNAL = b'<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.060/cXML.dtd"><cXML a="1"/>'


@pytest.mark.parametrize("doctype", [False, True])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (LAUGHS, "xml."),
        (FILE, "xml."),
        (PARAMETER, "xml."),
        (b"<a>&unknown;</a>", "xml."),
        (b"<a>", "xml.invalid"),
        (b"", "xml.invalid"),
        (b"<a/><b/>", "xml.invalid"),
        (b"<a>\x00</a>", "xml.invalid"),
        (b"<a>" * 65 + b"</a>" * 65, "xml.too_deep"),
        (b"<a>" * 100_000, "xml."),
        (b"<a " + b" ".join(b'x%d="1"' % n for n in range(101)) + b"/>", "xml.too_many"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "xml.invalid"),
        (b"<a>\xff</a>", "xml.invalid"),
    ],
)
def test_what_is_not_one_plain_document_is_refused(body: bytes, code: str, *, doctype: bool) -> None:
    with pytest.raises(Rejected) as caught:
        safe_xml.parse(body, doctype=doctype)
    assert caught.value.issues[0].code.startswith(code)


def test_an_external_document_type_is_taken_only_where_it_is_allowed_and_never_followed() -> None:
    assert safe_xml.parse(EXTERNAL, doctype=True).get("a") == "1"
    with pytest.raises(Rejected, match="document type"):
        safe_xml.parse(EXTERNAL)


def test_more_than_the_largest_message_is_refused_unread() -> None:
    with pytest.raises(Rejected, match="bytes"):
        safe_xml.parse(b"<" + b"a" * safe_xml.MAX_BYTES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_declared_character_set_counts(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>\n<a>Müller</a>'.encode(encoding)
    assert safe_xml.parse(body).text == "Müller"


def test_places_are_told_as_people_read_them() -> None:
    root = safe_xml.parse(b'<Invoice xmlns="u"><Line/><Line><Price/></Line></Invoice>')
    assert safe_xml.place(root[1][0]) == "Invoice/Line[2]/Price"
    assert safe_xml.local(root) == "Invoice"


def test_comments_and_instructions_are_no_content() -> None:
    root = safe_xml.parse(b"<a>1<!-- 0 -->0<?x y?></a>")
    assert (root.text, len(root)) == ("10", 0)
