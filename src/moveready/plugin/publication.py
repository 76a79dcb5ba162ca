"""What happens to a run that was judged: it is compared, kept in the history, told to people, and written as reports.

All files of a run go into their folder, or none. Whatever fails on the way is a sentence for people, never a traceback.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.crashes import crash_report
from moveready.errors import RunFileError
from moveready.findings.changes import Past
from moveready.findings.run_file import json_parts
from moveready.gate.decision import decision_of
from moveready.gate.file import gate_json
from moveready.history.compare import earlier_named
from moveready.history.errors import HistoryError
from moveready.history.queries import past_of
from moveready.history.store import History, existing_history
from moveready.notify.message import is_worth_telling, message_of
from moveready.notify.sending import send_all
from moveready.plugin.report_folder import (
    CSV_FILE,
    FLEET_FILE,
    GATE_FILE,
    JUNIT_FILE,
    MAIL_FILE,
    METRICS_FILE,
    RUN_FILE,
    SUMMARY_FILE,
)
from moveready.reporting.fleet import fleet_html
from moveready.reporting.junit import junit_xml
from moveready.reporting.mail import mail_html
from moveready.reporting.markdown import summary_markdown
from moveready.reporting.metrics import metrics_text
from moveready.reporting.rows import results_csv
from moveready.reporting.step_summary import publish_step_summary
from moveready.reporting.words import plural

if TYPE_CHECKING:
    import pytest

    from moveready.findings.outcomes import Run
    from moveready.plugin.report_folder import ReportFolder
    from moveready.plugin.report_settings import ReportSettings


UNSENT_FILE = "not-notified.txt"
"""In the report folder, where a channel has missed a message: the next run notifies people although nothing changed.

Its first line is the id of the run that the message compared with, the others say what went wrong.
"""


class Publication:
    """The reports of one run.

    Attributes:
        folder: Where they go.
        settings: What was asked for.
        run: The run as it was published, or None.
        step_summary: What the pipeline that runs us has to read in the output, or "".
        unwritten: Why the reports could not be written, or None.
        crash: What to report where moveready itself failed while it wrote them, or "".
        is_published: Whether they are in their place.
        notified: Whether people were notified, in a few words, or "" where no channel is named.
    """

    def __init__(self, folder: ReportFolder, settings: ReportSettings) -> None:
        """Write nothing yet."""
        self.folder = folder
        self.settings = settings
        self.run: Run | None = None
        self.step_summary = ""
        self.unwritten: OSError | None = None
        self.crash = ""
        self.is_published = False
        self.notified = ""

    @property
    def has_failed(self) -> bool:
        """Whether people have no reports of this run, or not all."""
        return self.unwritten is not None or bool(self.crash)

    def publish(self, run: Run, config: pytest.Config, *, is_replay: bool = False) -> None:
        """All files, or none: those of an earlier run then stay where they are.

        A replay is compared like any run, but it is nothing new: it is not kept in the history, and nobody is notified.
        """
        self.run = run
        try:
            if self.unwritten is None:
                past, notices = _compared(run, self.settings, keep=not is_replay)
                self._write(notices, past)
                if not is_replay:
                    self._notify(past)
                self.folder.publish(keep=_own_page(config, self.folder))
                self.is_published = True
                self.step_summary = publish_step_summary(self.folder.folder / SUMMARY_FILE, os.environ)
        except OSError as error:
            self.unwritten = error
        except Exception as error:  # noqa: BLE001 - whatever it is, people get the table and know whose fault it is
            self.crash = crash_report(error)

    def _write(self, notices: list[str], past: Past) -> None:
        """Write the drafts, with what went wrong so far."""
        assert self.run is not None  # noqa: S101 - `publish` has set it
        self.run = replace(self.run, notices=(*self.run.notices, *notices))
        write_reports(self.run, past, self.folder, self.settings)

    def _notify(self, past: Past) -> None:
        """Notify people, with the drafts attached; who could not be reached is named in the reports."""
        assert self.run is not None  # noqa: S101 - as above
        assert self.folder.drafts is not None  # noqa: S101 - the drafts are written
        settings, drafts = self.settings, self.folder.drafts
        unsent = self.folder.folder / UNSENT_FILE
        is_due = settings.notify_always or unsent.exists() or is_worth_telling(past, self.run)
        if not settings.channels or not is_due:
            self.notified = "Nobody was notified: nothing has changed" if settings.channels else ""
            return
        told = self._since_the_last_message(past)
        message = replace(message_of(self.run, told, settings.link), html=mail_html(self.run, told).decode())
        failed = send_all(settings.channels, message, [drafts / FLEET_FILE])
        sent = len(settings.channels) - len(failed)
        self.notified = f"Notified: {sent} of {len(settings.channels)} {plural(len(settings.channels), 'channel')}"
        if failed:
            self._write(failed, past)
        with suppress(OSError):
            # What a channel has missed is no news for the next run, and must be told all the same.
            if failed:
                earlier = told.changes.earlier_id if told.changes else ""
                unsent.write_text("\n".join([earlier, *failed]) + "\n", encoding="utf-8")
            else:
                unsent.unlink(missing_ok=True)

    def _since_the_last_message(self, past: Past) -> Past:
        """The past; where a channel has missed messages, compared with the run that the first of those began at."""
        assert self.run is not None  # noqa: S101 - as above
        try:
            earlier = (self.folder.folder / UNSENT_FILE).read_text(encoding="utf-8").partition("\n")[0]
            with existing_history(self.settings.history) as history:
                return past_of(history, self.run, earlier_named(history, earlier, self.run) if earlier else None)
        except FileNotFoundError:
            return past
        except (HistoryError, RunFileError, OSError, ValueError):
            # All findings are told again: that is more than what is new, and never less.
            return replace(past, changes=None)

    def forget_the_draft(self, config: pytest.Config) -> None:
        """Let pytest-html go: it would tell where it wrote the page, which is not where people find it."""
        if not _own_page(config, self.folder):
            for plugin in config.pluginmanager.get_plugins():
                if type(plugin).__module__.startswith("pytest_html."):
                    config.pluginmanager.unregister(plugin)

    def endings(self) -> list[str]:
        """Where the reports are, and who was notified."""
        reports = f"Reports: {self.folder.folder}" if self.is_published else ""
        return [line for line in (reports, self.notified) if line]

    def early_sentences(self) -> list[str]:
        """What is known not to be writable before anything was asked."""
        return [self._sentence(self.folder.problem)] if self.folder.problem else []

    def late_sentences(self, run: Run) -> list[str]:
        """What people are told at the end: what was not written or sent, and where moveready itself failed."""
        unwritten = [self._sentence(self.unwritten)] if self.unwritten else []
        return [*unwritten, *run.notices, *crash_sentences(run, self.crash)]

    def _sentence(self, error: OSError) -> str:
        where = f" ({error.filename})" if error.filename else ""
        return (
            f"The reports cannot be written to {self.folder.folder}: {error.strerror or error}{where}."
            " Earlier reports are left as they were."
        )


def write_reports(run: Run, past: Past, folder: ReportFolder, settings: ReportSettings) -> None:
    """Write the drafts of all files but pytest-html's page; raises `OSError`."""
    # What takes the most memory comes first, so that the others use it again.
    folder.write(METRICS_FILE, metrics_text(run))
    folder.write_parts(RUN_FILE, json_parts(run))
    folder.write(JUNIT_FILE, junit_xml(run))
    folder.write(FLEET_FILE, fleet_html(run, past))
    folder.write(CSV_FILE, results_csv(run))
    folder.write(SUMMARY_FILE, summary_markdown(run, past))
    folder.write(MAIL_FILE, mail_html(run, past))
    if settings.gate:
        folder.write(GATE_FILE, gate_json(decision_of(run), settings.gate_key))


def _compared(run: Run, settings: ReportSettings, *, keep: bool) -> tuple[Past, list[str]]:
    """What earlier runs tell of this one, which is kept among them; and a sentence where that could not be done."""
    with ExitStack() as opened:
        notices: list[str] = []
        history: History | None = None
        past = Past()
        try:
            history = opened.enter_context(History(settings.history))
        except (HistoryError, OSError) as error:
            notices.append(f"The history has nothing of this run: {error}")
        try:
            past = past_of(history, run, earlier_named(history, settings.compare, run))
            if history is not None and keep:
                history.add(run, settings.history_keep)
        except (HistoryError, RunFileError) as error:
            notices.append(f"The history has nothing of this run: {error}")
        return past, notices


def crash_sentences(run: Run, crash: str) -> list[str]:
    """What people are told where moveready itself failed: on servers, or while it wrote the reports."""
    on_servers = sorted({outcome.server for outcome in run.crashes})
    sentences = []
    if on_servers:
        sentences.append(
            f"moveready itself failed on {len(on_servers)} server(s); nothing is known of what it was about there."
            " Please report it, with what `crash` says in run.json."
        )
    if crash:
        sentences.append(f"moveready itself failed while it wrote the reports. Please report this line: {crash}")
    return sentences


def _own_page(config: pytest.Config, folder: ReportFolder) -> tuple[Path, ...]:
    """The page that `--html` asked for, which may lie among ours."""
    path = getattr(config.option, "htmlpath", None)
    is_draft = path and folder.drafts and Path(path).parent == folder.drafts
    return (Path(os.path.expandvars(path)).expanduser(),) if path and not is_draft else ()
