"""The reports go into their folder, all or none, and people are told where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.findings.changes import Past
from moveready.findings.outcomes import Run
from moveready.findings.run_file import read_run
from moveready.plugin.publication import Publication, write_reports
from moveready.plugin.report_folder import ReportFolder
from tests.builders import report_settings

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest


def test_failure_while_writing_leaves_earlier_reports(pytester: pytest.Pytester, noon: datetime) -> None:
    """It is told with what to report, and no draft is published."""
    folder = ReportFolder(pytester.path / "reports")
    folder.prepare()
    (folder.folder / "run.json").write_text("earlier")
    publication = Publication(folder, report_settings(history=folder.folder / "history.sqlite"))
    run = Run("half a character: \ud800", "prod.yaml", noon, noon, (), ())
    publication.publish(run, pytester.parseconfig())

    assert (publication.is_published, publication.has_failed) == (False, True)
    assert (folder.folder / "run.json").read_text() == "earlier"
    assert publication.crash.startswith("PydanticSerializationError: ")
    assert "publication.py:" in publication.crash
    assert publication.late_sentences(run)[0].startswith("moveready itself failed while it wrote")


def test_files_are_written(tmp_path: Path, noon: datetime) -> None:
    """Both can be read back."""
    run = Run("contoso", "prod.yaml", noon, noon, (), ())
    folder = ReportFolder(tmp_path)
    folder.prepare()
    write_reports(run, Past(), folder, report_settings())
    folder.publish()

    assert read_run(tmp_path / "run.json") == run
    assert (tmp_path / "junit.xml").read_bytes().startswith(b"<?xml")


def test_what_was_not_written_is_told(tmp_path: Path, noon: datetime, pytester: pytest.Pytester) -> None:
    """With the reason and the file; nothing more is tried."""
    publication = Publication(ReportFolder(tmp_path), report_settings())
    publication.unwritten = OSError(28, "No space left on device", "report.html")
    run = Run("contoso", "prod.yaml", noon, noon, (), ())
    publication.publish(run, pytester.parseconfig())

    assert not publication.is_published
    assert publication.late_sentences(run) == [
        (
            f"The reports cannot be written to {tmp_path}: No space left on device (report.html)."
            " Earlier reports are left as they were."
        )
    ]
