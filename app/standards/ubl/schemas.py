"""The schemas of UBL 2.1, by which everything is checked that we write.

Used by ``app.standards.ubl.standard``. They are OASIS's own files, unchanged (``xsd-2.1/NOTICE``), and loaded once.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lxml import etree

from app.errors import Permanent

FOLDER = files("app.standards.ubl") / "xsd-2.1"
EXTENSION_CONTENT = b"""<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
    targetNamespace="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
    elementFormDefault="qualified" version="2.1">
  <xsd:complexType name="ExtensionContentType">
    <xsd:sequence><xsd:any namespace="##other" processContents="skip"/></xsd:sequence>
  </xsd:complexType>
</xsd:schema>"""
"""Our stand-in for the one module that UBL lets its users replace; it knows no extensions, not even signatures."""


class _Vendored(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Finds schemas in the package alone, so that nothing is ever fetched."""

    def resolve(self, system_url: str | None, public_id: str | None, context: object) -> object:  # noqa: ARG002
        name = (system_url or "").rsplit("/", 1)[-1]
        if name.startswith("UBL-ExtensionContentDataType"):
            return self.resolve_string(EXTENSION_CONTENT, context)
        folder = "maindoc" if (FOLDER / "maindoc" / name).is_file() else "common"
        return self.resolve_string((FOLDER / folder / name).read_bytes(), context)


@cache
def schema(document: str) -> etree.XMLSchema:
    """The schema of a document by its root element (``Order``)."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    parser.resolvers.add(_Vendored())
    source = (FOLDER / "maindoc" / f"UBL-{document}-2.1.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(source, parser, base_url=f"ubl:///maindoc/UBL-{document}-2.1.xsd"))


def check(document: str, body: bytes) -> None:
    """Raise Permanent unless the body fits the schema of its document."""
    found = schema(document)
    if not found.validate(etree.fromstring(body)):
        error = found.error_log.last_error
        # The message quotes what was found; the place does not.
        line = error.line if error else 0
        raise Permanent(f"what was written does not fit UBL 2.1 (line {line})", code="document.not_valid")
