"""What would make too large a tree is refused before it becomes one; everything else is as it was."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from moveready.evidence.xml_text import DEEPEST, MOST_MARKS, OversizedXmlError, bounded, tree_from

LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><lolz>&b;</lolz>'


def nested(depth: int, width: int = 1) -> str:
    """Elements inside each other, with others beside the innermost."""
    return "<a>" * depth + "<b/>" * width + "</a>" * depth


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<a>" + "<b/>" * MOST_MARKS + "</a>", "more than 200,000 tags or attributes"),
        ("<a " + " ".join(f'b{number}=""' for number in range(MOST_MARKS + 1)) + "/>", "more than 200,000"),
        (nested(DEEPEST), "nested more than 100 deep"),
        ("<a>" * 10_000, "nested more than 100 deep"),
        (LAUGHS, "a document type"),
    ],
    ids=["wide", "attributes", "deep", "deep-and-cut", "document-type"],
)
def test_what_makes_too_large_a_tree_is_refused(xml: str, words: str) -> None:
    """However it is made large; the message says how."""
    with pytest.raises(OversizedXmlError, match=words):
        tree_from(xml)


@pytest.mark.parametrize(
    "xml", [nested(DEEPEST - 1), nested(3, 50_000), f"<S>{'=<'[0] * 1000}</S>"], ids=["deep", "wide", "text"]
)
def test_what_servers_send_is_read(xml: str) -> None:
    """The bounds themselves are allowed."""
    assert len(list(tree_from(xml).iter())) == xml.count("<") - xml.count("</")


def test_text_is_measured_whatever_it_is() -> None:
    """It need not be well-formed: whoever reads it tells what is wrong with it."""
    cut = "<a>" * 60 + "<b>" * 60
    with pytest.raises(OversizedXmlError):
        bounded(cut)
    assert bounded("<a></b>" * 60) == "<a></b>" * 60
    with pytest.raises(ET.ParseError):
        tree_from("<a></b>")
