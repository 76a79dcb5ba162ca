"""The files of a run appear together or not at all."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from moveready.plugin.report_folder import LOCK, PREVIOUS, REPORTS, ReportFolder, set_aside_earlier

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> ReportFolder:
    """A folder with the three reports of an earlier run, ready for those of this one."""
    prepared = ReportFolder(tmp_path / "reports")
    prepared.prepare()
    for name in REPORTS:
        (prepared.folder / name).write_text("earlier")
    return prepared


def write_all(folder: ReportFolder) -> None:
    """Drafts of all three."""
    for name in REPORTS:
        folder.write(name, b"new")


def texts_of(folder: Path) -> dict[str, str]:
    """The files that anybody sees there."""
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file() and file.name != LOCK}


def test_drafts_are_not_seen(folder: ReportFolder) -> None:
    """Until they are published, the earlier run's files are the ones that are there."""
    write_all(folder)
    assert texts_of(folder.folder) == dict.fromkeys(REPORTS, "earlier")

    folder.publish()
    assert texts_of(folder.folder) == dict.fromkeys(REPORTS, "new")


def test_two_runs_move_their_files_one_after_the_other(folder: ReportFolder) -> None:
    """Else some files could be of one run and some of the other."""
    write_all(folder)
    with FileLock(folder.folder / LOCK):
        second = threading.Thread(target=folder.publish)
        second.start()
        second.join(0.5)
        assert texts_of(folder.folder) == dict.fromkeys(REPORTS, "earlier")
    second.join(60)

    assert texts_of(folder.folder) == dict.fromkeys(REPORTS, "new")


def test_nothing_but_the_reports_is_left(folder: ReportFolder) -> None:
    """Closing removes the drafts, published or not."""
    write_all(folder)
    folder.close()

    assert sorted(path.name for path in folder.folder.iterdir()) == sorted(REPORTS)


def test_file_that_this_run_has_not_is_not_left_from_another(folder: ReportFolder) -> None:
    """Files of two runs never stand side by side."""
    folder.write("run.json", b"new")
    folder.publish()

    assert texts_of(folder.folder) == {"run.json": "new"}


def test_file_to_keep_is_left_alone(folder: ReportFolder) -> None:
    """`--html` may name one of our own names."""
    folder.write("run.json", b"new")
    folder.publish(keep=[folder.folder / "report.html"])

    assert texts_of(folder.folder) == {"run.json": "new", "report.html": "earlier"}


@pytest.mark.parametrize("name", REPORTS)
def test_folder_in_the_place_of_a_file_leaves_everything(folder: ReportFolder, name: str) -> None:
    """Whichever of the three it is, not one file is replaced."""
    (folder.folder / name).unlink()
    (folder.folder / name).mkdir()
    write_all(folder)
    with pytest.raises(IsADirectoryError):
        folder.publish()

    assert texts_of(folder.folder) == dict.fromkeys(set(REPORTS) - {name}, "earlier")


def test_move_that_fails_is_undone(folder: ReportFolder) -> None:
    """A draft that vanishes after the others have been moved in leaves the earlier run's files."""
    write_all(folder)
    assert folder.drafts is not None
    (folder.drafts / "run.json").unlink()
    (folder.drafts / "run.json").symlink_to("nowhere")
    (folder.drafts / "earlier").mkdir()
    with pytest.raises(FileExistsError):
        folder.publish()

    assert texts_of(folder.folder) == dict.fromkeys(REPORTS, "earlier")


def test_drafts_of_a_killed_run_are_removed(folder: ReportFolder) -> None:
    """Once they are so old that no run can need them any more."""
    assert folder.drafts is not None
    os.utime(folder.drafts, (LONG_AGO, LONG_AGO))
    other = ReportFolder(folder.folder)
    other.prepare()

    assert not folder.drafts.exists()
    assert other.drafts is not None
    assert other.drafts.exists()


def test_reports_are_set_aside(folder: ReportFolder) -> None:
    """Over those that were set aside before; a line tells where they are, and nothing where there were none."""
    (folder.folder / PREVIOUS).mkdir()
    (folder.folder / PREVIOUS / "run.json").write_text("still earlier")
    told = set_aside_earlier(folder.folder)

    assert texts_of(folder.folder) == {}
    assert texts_of(folder.folder / PREVIOUS) == dict.fromkeys(REPORTS, "earlier")
    assert str(folder.folder / PREVIOUS) in told
    assert set_aside_earlier(folder.folder) == ""


def test_reports_that_cannot_be_set_aside_are_told(folder: ReportFolder) -> None:
    """Somebody has to look, before they are published."""
    (folder.folder / PREVIOUS).write_text("a file")

    assert set_aside_earlier(folder.folder).startswith(f"Take care: {folder.folder} has the reports of an earlier run")
