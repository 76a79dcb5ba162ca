"""Hands `summary.md` to the pipeline that runs us: GitHub Actions and Azure Pipelines show it beside the results.

GitHub names a file to append to. Azure reads a command in the output: so the text that is returned must be printed, on
a line of its own; it shows the file on the tab `Extensions` of the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping

GITHUB_FILE = "GITHUB_STEP_SUMMARY"
AZURE_MARK = "TF_BUILD"
# As Azure's agent reads them back.
_AZURE_ESCAPES = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})


def publish_step_summary(markdown_file: Path, environ: Mapping[str, str]) -> str:
    """Show the file where this is a step of a pipeline.

    Returns:
        What is to be printed: Azure's command, or a sentence where the file cannot be shown; "" where nothing is.
    """
    try:
        if environ.get(GITHUB_FILE):
            _append(markdown_file.read_bytes(), Path(environ[GITHUB_FILE]))
        return _azure_command(markdown_file) if environ.get(AZURE_MARK) else ""
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL.
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return cleaned(f"moveready: the pipeline cannot show {markdown_file.name}: {why}")


def _append(summary: bytes, step_file: Path) -> None:
    """After what earlier commands of the same step have written, whether or not they ended their line."""
    with step_file.open("ab") as opened:
        opened.write(b"\n" + summary)


def _azure_command(markdown_file: Path) -> str:
    """The agent fails the step for a file that is not there, so it must be."""
    file = markdown_file.resolve(strict=True)
    return f"##vso[task.uploadsummary]{str(file).translate(_AZURE_ESCAPES)}"
