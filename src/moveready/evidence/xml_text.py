"""XML from the wire; its size is limited before it becomes a tree.

A tree takes ten to thirty times the memory of its text, and code that walks down a deep one runs out of stack. So the
text is measured first: its tags and attributes are counted, and its depth if there are enough tags for any. A document
type is refused, because its entities multiply the text; no protocol here has one.

Neither events nor objects of PowerShell have text beside elements. A reader that passed over it would judge less than
what the server said.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

MOST_MARKS: Final = 200_000
"""Most tags, or attributes, in one text. The object of an Exchange virtual directory has about 2,000."""

DEEPEST: Final = 100
"""Most levels of nested elements. An object of PowerShell is cut at a depth of a few (MS-PSRP 2.2.5)."""


class OversizedXmlError(ValueError):
    """The text would become too large a tree."""


class DocumentTypeError(OversizedXmlError):
    """The text has a document type, as web pages have, so the size of its tree cannot be known."""


def bounded(xml: str) -> str:
    """The same text; raises `OversizedXmlError` if its tree would be too large. It need not be well-formed."""
    if "<!DOCTYPE" in xml:
        raise DocumentTypeError("it has a document type, which may make it any size")
    tags = xml.count("<")
    if max(tags, xml.count("=")) > MOST_MARKS:
        raise OversizedXmlError(f"it has more than {MOST_MARKS:,} tags or attributes")
    if tags > DEEPEST:
        _measure_depth(xml)
    return xml


def tree_from(xml: str) -> ET.Element:
    """The tree of the text; raises `OversizedXmlError`, or `ET.ParseError` if it is not well-formed."""
    return ET.fromstring(bounded(xml))  # noqa: S314 - without a document type there are no entities to expand


def has_stray_text(element: ET.Element) -> bool:
    """Whether text stands between the elements in it, or before or after them; blanks and line ends are none."""
    texts = (element.text, *(child.tail for child in element))
    return any(text and not text.isspace() for text in texts)


def _measure_depth(xml: str) -> None:
    depth = 0

    def begin(_: str, __: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise OversizedXmlError(f"its elements are nested more than {DEEPEST} deep")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return  # the parser will report it
