"""The text of the findings, for a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from moveready.doctor.finding import Result, exit_code_of
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from collections.abc import Collection

    from moveready.doctor.finding import Finding

_INDENT = " " * 9
"""The width of the column of results."""


def line_of(finding: Finding, width: int) -> str:
    """The finding, broken between words where it is wider than the terminal."""
    return wrapped(str(finding), width, _INDENT)


def wrapped(line: str, width: int, indent: str = "") -> str:
    """The line, broken between words; its later parts are indented."""
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def last_line(findings: Collection[Finding]) -> str:
    """Such as `Result: 2 problems, 1 unknown (exit code 1)`."""
    counted = Counter(finding.result for finding in findings)
    problems, unknown = counted[Result.PROBLEM], counted[Result.UNKNOWN]
    words = [f"{problems} {plural(problems, 'problem')}"] if problems else []
    words += [f"{unknown} unknown"] if unknown else []
    found = ", ".join(words) or "nothing was found that would stop a run"
    return f"Result: {found} (exit code {exit_code_of(findings)})"
