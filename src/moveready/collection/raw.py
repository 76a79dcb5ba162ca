"""Answers as they came, for whoever wants to look: `--keep-raw`.

A run keeps what it read out of the answers; the answers themselves are large and hold more than is needed, so they are
written only on request, and straight to disk.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING

from moveready.evidence.questions import HttpAnswer
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from moveready.evidence.questions import CmdletAnswer

_LEFT_OUT = "(left out: it may let its holder in)"


class RawFolder:
    """A folder of raw answers: `<server>.<subject>.json`, a list of what each question gave."""

    def __init__(self, folder: Path) -> None:
        """Write nothing yet; `not_kept` has a sentence for each file that could not be written."""
        self._folder = folder
        self.not_kept: list[str] = []

    def keep(self, name: str, subject: str, answers: Iterable[CmdletAnswer | HttpAnswer]) -> None:
        """Write the answers down. A disk that does not take them is told later: the evidence stands without them."""
        file = self._folder / f"{file_name_from(name)}.{subject}.json"
        # The workers of a run all write the organization's; whoever reads finds one of them whole.
        draft = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(raw_json(answers), encoding="utf-8", newline="\n")
            draft.replace(file)
        except OSError as error:
            self.not_kept.append(f"--keep-raw: {file} was not written: {error.strerror or error}")
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def raw_json(answers: Iterable[CmdletAnswer | HttpAnswer]) -> str:
    """The answers as JSON, without cookies."""
    return json.dumps([asdict(_without_cookies(answer)) for answer in answers], indent=1, default=_told) + "\n"


def _without_cookies(answer: CmdletAnswer | HttpAnswer) -> CmdletAnswer | HttpAnswer:
    if not isinstance(answer, HttpAnswer) or "set-cookie" not in answer.headers:
        return answer
    return replace(answer, headers={**answer.headers, "set-cookie": _LEFT_OUT})


def _told(value: object) -> str:
    """Times in ISO 8601; nothing else is expected."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a raw answer")
