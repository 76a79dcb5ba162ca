"""`History`: the runs of a fleet in one file. A run is added in one transaction, whole or not at all.

The same run added twice is there once; two runs of one id that started at different times are two runs. Nothing is
removed but runs that are older than what is to be kept, counted from the start of the run that is added: no clock of
this machine decides about what others have written.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from moveready.history.database import opened
from moveready.history.errors import HistoryError
from moveready.history.schema import text_of_time
from moveready.history.writing import has_run, write_run

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path
    from types import TracebackType

    from moveready.findings.outcomes import Run
    from moveready.history.database import Database


class History:
    """A history file, open while the context lasts.

    Attributes:
        file: Where it is.
        database: Its database, for the queries.
    """

    database: Database

    def __init__(self, file: Path) -> None:
        """Touch nothing yet."""
        self.file = file
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Open the file, or make it; raises `HistoryError`."""
        self.database = self._opened.enter_context(opened(self.file))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._opened.close()

    def add(self, run: Run, keep: timedelta | None = None) -> bool:
        """Add a run, and remove those that started longer than `keep` before it; None keeps all.

        Returns:
            Whether it was new. Where it was not, nothing is changed.

        Raises:
            HistoryError: It could not be written. Then the file is as it was.
        """
        with self.database.transaction():
            if has_run(self.database, run):
                return False
            write_run(self.database, run)
            if keep is not None:
                self._remove_older(run, keep)
        return True

    def _remove_older(self, run: Run, keep: timedelta) -> None:
        try:
            oldest = text_of_time(run.started_at - keep)
        except OverflowError:  # longer than there are years
            return
        if self.database.rows("SELECT 1 FROM run WHERE started_at < ? LIMIT 1", oldest):
            self.database.write("DELETE FROM run WHERE started_at < ?", [(oldest,)])
            self.database.write(
                "DELETE FROM sentence WHERE NOT EXISTS (SELECT 1 FROM problem WHERE sentence = sentence.number)", [()]
            )


def existing_history(file: Path) -> History:
    """The history of that file; raises `HistoryError` where there is none, which is then not made."""
    if not file.exists():
        raise HistoryError(file, "there is no such file", "Name the file that a run has written with --history.")
    if file.is_file() and not file.stat().st_size:
        raise HistoryError(file, "the file is empty", "Name the file that a run has written with --history.")
    return History(file)
