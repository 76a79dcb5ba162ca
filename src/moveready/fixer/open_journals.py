"""Where the journal is of a run that may have left servers half done, noted beside the lock of its organization.

Without the note, an apply with another report folder would not know of them. The note is there from before the first
change until nothing is half done; it is for whoever holds the lock. The journal that it names decides, so that a note
that stayed for nothing refuses nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.fixer.journal import interrupted_steps
from moveready.fixer.lock import machine_folder, write_anew
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from moveready.fixer.journal import Interrupted

_LONGEST_PATH = 4096


class OpenJournals:
    """The note of one organization."""

    def __init__(self, organization: str, folder: Path | None = None) -> None:
        """Know where the note is; read nothing yet."""
        self._note = (folder or machine_folder()) / f"moveready-fixer-{file_name_from(organization)}.journal"

    def open(self, journal: Path) -> None:
        """Before the first change; a note that cannot be written costs the knowledge of other folders only."""
        write_anew(self._note, str(journal.resolve()))

    def close(self, journal: Path) -> None:
        """When nothing of that journal is half done any more."""
        if self._noted() == journal.resolve():
            with suppress(OSError):
                self._note.unlink(missing_ok=True)

    def half_done_elsewhere(self, journal: Path) -> tuple[Path, tuple[Interrupted, ...]] | None:
        """The noted journal and its half done steps, where it is another than this one; None where there is none.

        Raises:
            PlanFileError: The noted journal is damaged.
        """
        noted = self._noted()
        if noted is None or noted == journal.resolve():
            return None
        _, interrupted = interrupted_steps(noted)
        return (noted, interrupted) if interrupted else None

    def _noted(self) -> Path | None:
        """Any account may have written the note, so that it is only ever read as the path of a journal."""
        try:
            text = self._note.read_text(encoding="utf-8", errors="replace")[:_LONGEST_PATH]
        except OSError:
            return None
        return Path(text) if text.isprintable() and Path(text).is_absolute() else None
