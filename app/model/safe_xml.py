"""XML read without trust: no entities, no network, bounded in depth, size and attributes.

Used by the standards that are written in XML. A document type declaration is taken only where the caller allows it, and
is never followed.
"""

from __future__ import annotations

from lxml import etree

from app.errors import Issue, Rejected

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
MAX_ATTRIBUTES = 100

# In XPath, since a walk in Python takes several times as long as the parsing itself.
_COUNT, _COUNT_ATTRIBUTES = etree.XPath("count(//*)"), etree.XPath("count(//@*)")
_TOO_DEEP = etree.XPath(f"({'/*' * (MAX_DEPTH + 1)})[1]")
_CROWDED = etree.XPath(f"(//*[@*[{MAX_ATTRIBUTES + 1}]])[1]")


def parse(body: bytes, *, doctype: bool = False) -> etree._Element:
    """The root element. Raises Rejected for anything but one well-formed document within bounds.

    ``doctype`` allows a document type declaration with an external identifier, as cXML requires one; declarations of
    entities or of anything else within it are refused all the same. Comments and processing instructions are left out.
    """
    if len(body) > MAX_BYTES:
        raise _rejected("xml.too_large", "message", f"at most {MAX_BYTES} bytes are allowed")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(body.lstrip(b" \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None)
        raise _rejected("xml.invalid", f"line {line}" if line else "message", "well-formed XML is expected") from None
    _check_doctype(root, doctype)
    _check_bounds(root)
    return root


def place(element: etree._Element) -> str:
    """Where an element stands: ``Invoice/InvoiceLine[2]/Price``, without namespaces."""
    names = [_step(node) for node in (element, *element.iterancestors())]
    return "/".join(reversed(names))


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def _step(element: etree._Element) -> str:
    before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    after = next(element.itersiblings(element.tag), None)
    return local(element) + (f"[{before + 1}]" if before or after is not None else "")


def _check_doctype(root: etree._Element, allowed: bool) -> None:
    info = root.getroottree().docinfo
    if info.doctype and not allowed:
        raise _rejected("xml.doctype", "message", "a document type declaration is not allowed")
    if info.internalDTD is not None and any(True for _ in info.internalDTD.iterentities()):
        raise _rejected("xml.entity", "message", "declarations of entities are not allowed")
    if any(True for _ in root.iter(etree.Entity)):
        raise _rejected("xml.entity", "message", "references to entities are not allowed")


def _check_bounds(root: etree._Element) -> None:
    if _COUNT(root) > MAX_ELEMENTS:
        raise _rejected("xml.too_many", "message", f"at most {MAX_ELEMENTS} elements are allowed")
    if too_deep := _TOO_DEEP(root):
        raise _rejected("xml.too_deep", place(too_deep[0]), f"at most {MAX_DEPTH} levels are allowed")
    # A message has few attributes in all; only where it has many does it matter whose they are.
    if _COUNT_ATTRIBUTES(root) > MAX_ATTRIBUTES and (crowded := _CROWDED(root)):
        raise _rejected("xml.too_many", place(crowded[0]), f"at most {MAX_ATTRIBUTES} attributes are allowed")


def _rejected(code: str, where: str, text: str) -> Rejected:
    return Rejected([Issue(code, where, text)])
