"""The command: it reads a text from its argument, a file or standard input, and prints five lines."""

from __future__ import annotations

import codecs
import textwrap
from typing import TYPE_CHECKING

from moveready.explain.catalogue_endpoint import ENDPOINT
from moveready.explain.catalogue_moves import MOVES
from moveready.explain.explanation import UNKNOWN, lines_of, symptom_of
from moveready.explain.paste import paste_from
from moveready.findings.controls import installed_controls
from moveready.findings.kb import declared_kbs
from moveready.kb import load_rooms

if TYPE_CHECKING:
    from moveready.findings.symptoms import Symptom

_INDENT = " " * len("Means:   ")


def explained(text: str) -> tuple[bool, tuple[str, ...]]:
    """Whether the text is known, and the five lines."""
    paste = paste_from(text)
    symptom = symptom_of(paste, all_symptoms())
    return (False, UNKNOWN) if symptom is None else (True, lines_of(symptom, paste, titles_of_controls()))


def decoded(content: bytes) -> str:
    """The text of a file or of a pipe; PowerShell's `>` writes UTF-16, and what cannot be read is left out."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig", errors="ignore")


def wrapped(line: str, width: int) -> str:
    """The line, wrapped for a terminal of that width; later lines are indented like the text of the first."""
    return textwrap.fill(line, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)


def all_symptoms() -> tuple[Symptom, ...]:
    """The symptoms of every KB, then those that belong to no KB."""
    load_rooms()
    return (*(symptom for kb in declared_kbs() for symptom in kb.symptoms), *ENDPOINT, *MOVES)


def titles_of_controls() -> dict[str, str]:
    """The title of every control in the installed checks, by id."""
    return {found.control.id: found.control.title for found in installed_controls()}
