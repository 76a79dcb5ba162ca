"""Output that may go away while a run goes on: a terminal is closed, nobody reads a pipe any more, a disk is full.

pytest would end at the first write that fails, with sessions open and nothing reported. Here such a write goes nowhere,
and the run ends as it would have. Imports nothing of moveready.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import pytest

_LOST = (OSError, ValueError)
"""What a write raises whose file is gone, full, or closed (Python's own word for that is ValueError)."""


class LastingOutput:
    """A text file whose writes never fail; all else is the file's own.

    Attributes:
        is_gone: Whether what is written goes nowhere.
    """

    def __init__(self, file: TextIO) -> None:
        """Write to this file as long as that can be done."""
        self._file = file
        self.is_gone = False

    def write(self, text: str) -> int:
        """As the file does."""
        with suppress(*_LOST):
            return self._file.write(text)
        self._go_nowhere()
        return len(text)

    def flush(self) -> None:
        """As the file does."""
        with suppress(*_LOST):
            self._file.flush()
            return
        self._go_nowhere()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the file has
        """The file's."""
        return getattr(self._file, name)

    def _go_nowhere(self) -> None:
        """Let the system take what is still buffered, or Python complains at its end."""
        self.is_gone = True
        with suppress(*_LOST):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)
            self._file.flush()


def let_output_go_away(config: pytest.Config) -> None:
    """Let pytest's terminal reporter write so."""
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal._tw._file = LastingOutput(terminal._tw._file)  # noqa: SLF001 - the file has no other door


def output_is_gone(config: pytest.Config) -> bool:
    """Whether nobody can see any more what pytest's terminal reporter writes."""
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    return terminal is not None and getattr(terminal._tw._file, "is_gone", False)  # noqa: SLF001 - as above
