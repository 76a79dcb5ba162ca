"""An error text as it was pasted: its links, and the facts in it. Pure.

A console wraps lines at 80 to 120 columns and may put blanks inside words, so texts are compared without white space
(KB 2975731 shows such a text). A chain of errors is cut at its arrows; the innermost link says what happened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARROW = re.compile(r"-{2,}>")
_NODE = re.compile(r"/EWS/mrsproxy\.svc\s+([a-z0-9-]+(?:\.[a-z0-9-]+)+)\s*\(\d+\.\d", re.IGNORECASE)
_STATUS = re.compile(r"\((?:HTTP\s*)?(\d{3})\)")


@dataclass(frozen=True, slots=True)
class Paste:
    """What was pasted.

    Attributes:
        text: The whole text, without white space and in lower case.
        links: The errors of the chain in the same form, the innermost first.
        node: The server that answered, as the text names it, or None.
        status: The HTTP status in brackets, of the innermost link that has one, or None.
    """

    text: str
    links: tuple[str, ...]
    node: str | None
    status: int | None


def squeezed(text: str) -> str:
    """The text without white space, in lower case."""
    return "".join(text.split()).lower()


def paste_from(text: str) -> Paste:
    """Read the pasted text; never raises."""
    links = [link for link in _ARROW.split(text) if link.strip()][::-1]
    statuses = (found for link in links for found in _STATUS.findall(squeezed(link)))
    node = _NODE.search(text)
    return Paste(
        text=squeezed(text),
        links=tuple(map(squeezed, links)),
        node=node[1].lower() if node else None,
        status=int(next(statuses, "0")) or None,
    )


def stands_in(wanted: str, squeezed_text: str) -> bool:
    """Whether the text contains that of a symptom, in which `...` matches anything."""
    parts = [re.escape(squeezed(part)) for part in wanted.split("...")]
    return re.search(".*?".join(parts), squeezed_text) is not None
