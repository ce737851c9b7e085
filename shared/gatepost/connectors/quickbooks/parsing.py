"""XML from outside, read without trusting it: no entities, no networks, no end of size."""

from typing import Any, Final

from lxml import etree

LARGEST: Final = 16 * 1024 * 1024  # bytes of one document


class NotXml(ValueError):
    """It is no XML, or none that is read here."""


def parsed(document: str | bytes) -> Any:  # noqa: ANN401 - lxml has no types
    """The root element of a document.

    Raises:
        NotXml: it is too large, not well formed, or brings a document type with it.

    """
    raw = document.encode() if isinstance(document, str) else document
    if len(raw) > LARGEST:
        raise NotXml(f"a document of {len(raw)} bytes; at most {LARGEST} are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    if isinstance(document, str) and raw.lstrip().startswith(b"<?xml"):
        raw = raw[raw.index(b"?>") + 2 :]  # what it says of its encoding was about other bytes
    try:
        root = etree.fromstring(raw.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(f"it cannot be read: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise NotXml("it brings a document type with it")
    return root
