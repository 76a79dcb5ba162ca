"""Raw answers as they came over the wire: `--keep-raw`.

A run keeps what it read from the answers. The answers themselves are large and have more than is needed, so they are
written only on request, and directly to disk.
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
    """A folder of raw answers: `<server>.<subject>.json`, a list with the answer to each question."""

    def __init__(self, folder: Path) -> None:
        """Write nothing yet; `not_kept` has a sentence for each file that could not be written."""
        self._folder = folder
        self.not_kept: list[str] = []

    def keep(self, name: str, subject: str, answers: Iterable[CmdletAnswer | HttpAnswer]) -> None:
        """Write the answers. If the disk refuses, it is reported later: the evidence does not need the files."""
        file = self._folder / f"{file_name_from(name)}.{subject}.json"
        # All workers of a run write the organization's answers; a reader always finds one complete file.
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
    return json.dumps([asdict(_without_cookies(answer)) for answer in answers], indent=1, default=_time_text) + "\n"


def _without_cookies(answer: CmdletAnswer | HttpAnswer) -> CmdletAnswer | HttpAnswer:
    if not isinstance(answer, HttpAnswer) or "set-cookie" not in answer.headers:
        return answer
    return replace(answer, headers={**answer.headers, "set-cookie": _LEFT_OUT})


def _time_text(value: object) -> str:
    """A time in ISO 8601; no other type is expected."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a raw answer")
