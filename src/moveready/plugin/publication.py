"""The reports go into their folder: all files of a run, or none; and what people are told where that fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.crashes import crash_report
from moveready.findings.outcomes import json_from
from moveready.plugin.report_folder import JUNIT_FILE, RUN_FILE
from moveready.reporting.junit import junit_xml

if TYPE_CHECKING:
    import pytest

    from moveready.findings.outcomes import Run
    from moveready.plugin.report_folder import ReportFolder


class Publication:
    """The reports of one run.

    Attributes:
        folder: Where they go.
        unwritten: Why they could not be written, or None.
        crash: What to report where moveready itself failed while it wrote them, or "".
        is_published: Whether they are in their place.
    """

    def __init__(self, folder: ReportFolder) -> None:
        """Write nothing yet."""
        self.folder = folder
        self.unwritten: OSError | None = None
        self.crash = ""
        self.is_published = False

    @property
    def has_failed(self) -> bool:
        """Whether people have no reports of this run, or not all."""
        return self.unwritten is not None or bool(self.crash)

    def publish(self, run: Run, config: pytest.Config) -> None:
        """All files, or none: those of an earlier run then stay where they are."""
        try:
            if self.unwritten is None:
                write_reports(run, self.folder)
                self.folder.publish(keep=_own_page(config, self.folder))
                self.is_published = True
        except OSError as error:
            self.unwritten = error
        except Exception as error:  # noqa: BLE001 - whatever it is, people get the table and know whose fault it is
            self.crash = crash_report(error)

    def forget_the_draft(self, config: pytest.Config) -> None:
        """Let pytest-html go: it would tell where it wrote the page, which is not where people find it."""
        if not _own_page(config, self.folder):
            for plugin in config.pluginmanager.get_plugins():
                if type(plugin).__module__.startswith("pytest_html."):
                    config.pluginmanager.unregister(plugin)

    def early_sentences(self) -> list[str]:
        """What is known not to be writable before anything was asked."""
        return [self._sentence(self.folder.problem)] if self.folder.problem else []

    def late_sentences(self, run: Run) -> list[str]:
        """What people are told at the end: what was not written, and where moveready itself failed."""
        unwritten = [self._sentence(self.unwritten)] if self.unwritten else []
        return [*unwritten, *crash_sentences(run, self.crash)]

    def _sentence(self, error: OSError) -> str:
        where = f" ({error.filename})" if error.filename else ""
        return (
            f"The reports cannot be written to {self.folder.folder}: {error.strerror or error}{where}."
            " Earlier reports are left as they were."
        )


def write_reports(run: Run, folder: ReportFolder) -> None:
    """Write the drafts of `run.json` and `junit.xml`; raises `OSError`."""
    folder.write(RUN_FILE, json_from(run) + b"\n")
    folder.write(JUNIT_FILE, junit_xml(run))


def crash_sentences(run: Run, crash: str) -> list[str]:
    """What people are told where moveready itself failed: on servers, or while it wrote the reports."""
    on_servers = sorted({outcome.server for outcome in run.crashes})
    told = []
    if on_servers:
        told.append(
            f"moveready itself failed on {len(on_servers)} server(s); nothing is known of what it was about there."
            " Please report it, with what `crash` says in run.json."
        )
    if crash:
        told.append(f"moveready itself failed while it wrote the reports. Please report this line: {crash}")
    return told


def _own_page(config: pytest.Config, folder: ReportFolder) -> tuple[Path, ...]:
    """The page that `--html` asked for, which may lie among ours."""
    path = getattr(config.option, "htmlpath", None)
    is_draft = path and folder.drafts and Path(path).parent == folder.drafts
    return (Path(os.path.expandvars(path)).expanduser(),) if path and not is_draft else ()
