"""The folder of the reports, in which a run's files appear together or not at all.

Drafts are written beside, in a hidden folder of the same file system. When all of them are whole, the files of the
earlier run are moved away, `run.json` first, and the new ones are moved in, `run.json` last. So files of two runs never
stand side by side, whatever ends this one in between, and where there is a `run.json` there is the whole set. Two runs
that end at once move their files one after the other.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RUN_FILE = "run.json"
JUNIT_FILE = "junit.xml"
PAGE_FILE = "report.html"
FLEET_FILE = "fleet.html"
CSV_FILE = "results.csv"
SUMMARY_FILE = "summary.md"
MAIL_FILE = "mail.html"
METRICS_FILE = "metrics.prom"
GATE_FILE = "gate.json"
REPORTS = (
    RUN_FILE,
    GATE_FILE,
    JUNIT_FILE,
    PAGE_FILE,
    FLEET_FILE,
    CSV_FILE,
    SUMMARY_FILE,
    MAIL_FILE,
    METRICS_FILE,
)
"""The files of a run, in the order in which they are moved away; they are moved in the other way round."""

PREVIOUS = "previous"
"""The folder for the files of an earlier run that must not be taken for this one's."""

LOCK = ".moving.lock"
"""Held while files are moved; it stays in the folder, as a lock that is removed can be held by two."""
_LONGEST_WAIT_SECONDS = 60
_DRAFTS = ".drafts-"
_FORGOTTEN_SECONDS = 24 * 60 * 60
"""Drafts that are older belong to a run that was killed."""


class ReportFolder:
    """The folder, and the drafts of this run.

    Attributes:
        drafts: Where files are written until they are published; None where that folder could not be made.
        problem: Why it could not be made.
    """

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet."""
        self.folder = folder
        self.drafts: Path | None = None
        self.problem: OSError | None = None

    def prepare(self) -> None:
        """Make the folder, and one for the drafts; raises `OSError` where the folder itself cannot be made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._forget_old_drafts()
            self.drafts = Path(tempfile.mkdtemp(prefix=_DRAFTS, dir=self.folder)).absolute()
        except OSError as error:
            self.problem = error

    def forget_gate(self) -> None:
        """Remove the gate of an earlier run: while this one is under way, none is open; raises `OSError`."""
        (self.folder / GATE_FILE).unlink(missing_ok=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a draft; raises `OSError` as `write_parts`."""
        self.write_parts(name, [content])

    def write_parts(self, name: str, content: Iterable[bytes]) -> None:
        """Write a draft, down to the disk: some file systems tell only then that they are full.

        Raises:
            OSError: The disk does not take it, or there is no folder for drafts.
        """
        if self.drafts is None:
            raise self.problem or FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.folder))
        with (self.drafts / name).open("wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())

    def publish(self, keep: Iterable[Path] = ()) -> None:
        """Move the files of the earlier run away, and the drafts in; files to keep are left where they are.

        Raises:
            OSError: They cannot be moved; the files of the earlier run are where they were.
        """
        assert self.drafts is not None  # noqa: S101 - whoever publishes has written
        kept = {path.absolute() for path in keep}
        new = [draft for name in reversed(REPORTS) if (draft := self.drafts / name).exists()]
        earlier = self.drafts / "earlier"
        earlier.mkdir()
        moves_in = [(draft, self.folder / draft.name) for draft in new]
        with _alone_in(self.folder):
            old = [path for name in REPORTS if os.path.lexists(path := self.folder / name)]
            old = [path for path in old if path.absolute() not in kept]
            _must_be_files(old)
            _move_all([(path, earlier / path.name) for path in old] + moves_in)

    def set_aside(self) -> bool:
        """Move the files of an earlier run to `previous`, over those of a still earlier one; whether there were any.

        Raises:
            OSError: They cannot be moved.
        """
        if not any((self.folder / name).is_file() for name in REPORTS):
            return False
        previous = self.folder / PREVIOUS
        with _alone_in(self.folder):
            old = [path for name in REPORTS if (path := self.folder / name).is_file()]
            previous.mkdir(exist_ok=True)
            for name in REPORTS:
                (previous / name).unlink(missing_ok=True)
            _move_all([(path, previous / path.name) for path in old])
        return bool(old)

    def close(self) -> None:
        """Remove the drafts, published or not."""
        if self.drafts is not None:
            shutil.rmtree(self.drafts, ignore_errors=True)
            self.drafts = None

    def _forget_old_drafts(self) -> None:
        for left in self.folder.glob(f"{_DRAFTS}*"):
            with suppress(OSError):
                if left.stat().st_mtime < time() - _FORGOTTEN_SECONDS:
                    shutil.rmtree(left)


def set_aside_earlier(folder: Path) -> str:
    """Move an earlier run's reports out of the folder; a line that tells so, or that it failed, or nothing."""
    try:
        moved = ReportFolder(folder).set_aside()
    except OSError as error:
        return f"Take care: {folder} has the reports of an earlier run, and they cannot be moved: {error.strerror}\n"
    return f"This run judged nothing; the reports of an earlier run are in {folder / PREVIOUS} now\n" if moved else ""


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one run at a time move files, so that those of two runs never mix; raises `OSError`."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=_LONGEST_WAIT_SECONDS)
    except Timeout:
        raise OSError(errno.EBUSY, "another run is moving files there", str(folder)) from None
    except NotImplementedError:
        pass  # a file system without locks: nothing keeps two runs apart there
    try:
        yield
    finally:
        lock.release()


def _must_be_files(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _move_all(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move all of them, or none: where one fails, those before it are moved back."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.replace(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            with suppress(OSError):
                target.replace(source)
        raise
