"""Text from the wire, made harmless where it is read.

A server may send any character. Two halves of a surrogate pair become their character; whatever no report can carry or
no person can see becomes U+FFFD: halves alone, control characters but tab and line feed, characters that turn the
direction of writing, and characters that XML forbids. So every later stage (JSON, JUnit, a terminal) gets plain text.

The agents of pipelines carry out commands that they find in the output of a job: Azure DevOps and GitHub `##vso[...]`
and `##[...]` anywhere in a line, GitHub `::error ...::` at the start of one. Such a text gets a blank in it, also where
line feeds stand in between, as some reports put the lines of a text together.
"""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_COMMAND = re.compile(r"(?P<mark>#(?=#(?:vso)?\[)|:(?=:[A-Za-z-]+(?:\s[\s\S]{0,1000}?)?::))", re.IGNORECASE)
_REPLACEMENT = "\ufffd"


def cleaned(text: str) -> str:
    r"""The text with every harmful character replaced; `\r\n` is one line feed.

    >>> cleaned("a\x1b[31m\ud83d")
    'a�[31m�'
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _COMMAND.sub(r"\g<mark> ", _CONTROLS.sub(_REPLACEMENT, text.replace("\r\n", "\n")))
