"""A note, next to the lock of an organization, of the journal whose run may have left servers half done.

Without the note, an apply with another report folder would not know of these servers. The note exists from before the
first change until nothing is half done; only the holder of the lock uses it. The journal that it names decides, so an
outdated note refuses nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.fixer.journal import interrupted_steps
from moveready.fixer.lock import machine_folder, write_note
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from moveready.fixer.journal import Interrupted

_LONGEST_PATH = 4096


class OpenJournals:
    """The note of one organization."""

    def __init__(self, organization: str, folder: Path | None = None) -> None:
        """Find the place of the note; read nothing yet."""
        self._note = (folder or machine_folder()) / f"moveready-fixer-{file_name_from(organization)}.journal"

    def open(self, journal: Path) -> None:
        """Write the note before the first change; if this fails, only runs with other report folders miss it."""
        write_note(self._note, str(journal.resolve()))

    def close(self, journal: Path) -> None:
        """Remove the note when nothing of that journal is half done any more."""
        if self._noted() == journal.resolve():
            with suppress(OSError):
                self._note.unlink(missing_ok=True)

    def half_done_elsewhere(self, journal: Path) -> tuple[Path, tuple[Interrupted, ...]] | None:
        """The noted journal and its half done steps, if it is not this journal; None if there is none.

        Raises:
            PlanFileError: The noted journal is damaged.
        """
        noted = self._noted()
        if noted is None or noted == journal.resolve():
            return None
        _, interrupted = interrupted_steps(noted)
        return (noted, interrupted) if interrupted else None

    def _noted(self) -> Path | None:
        """The journal's path in the note; any account may have written it, so it is used for nothing else."""
        try:
            text = self._note.read_text(encoding="utf-8", errors="replace")[:_LONGEST_PATH]
        except OSError:
            return None
        return Path(text) if text.isprintable() and Path(text).is_absolute() else None
