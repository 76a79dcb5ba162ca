"""What the terminal shows of a run: whom it asks at its start, and at its end the texts, the table and the result.

pytest's own texts of failures and its short summary would say the same once more for each control, so they are left
out, unless somebody asks for them with `-v`, `-r` or `--tb`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.gate.exit_code import explanation_of
from moveready.gate.lines import gate_lines
from moveready.reporting.findings_text import findings_text, result_text
from moveready.reporting.terminal import header_lines, table_text

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from moveready.findings.outcomes import Run
    from moveready.plugin.publication import Publication
    from moveready.plugin.recording import Recorder

_PYTESTS_CHARACTERS = "fE"
"""What `-r` is where nobody gives it."""
_PYTESTS_TEXTS = ("failed", "error")
"""Of which reports pytest shows texts."""


_PLAIN_CODES = {0, 1}
"""The result line says already what they mean."""


class Terminal:
    """The hooks of pytest's terminal; a plugin of its own beside `Results`."""

    def __init__(self, recorder: Recorder, publication: Publication, not_kept: Sequence[str]) -> None:
        """Show what these have by then; `not_kept` says what could not be written beside the reports."""
        self._recorder = recorder
        self._publication = publication
        self._not_kept = not_kept
        self._shows_texts = False
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Show our texts instead of pytest's, where nobody has asked for pytest's.

        The session has the exit code that is shown: what pytest hands to its terminal is older than the outcomes.
        """
        self._session = session
        option = session.config.option
        if session.config.pluginmanager.has_plugin("terminalreporter"):
            self._shows_texts = (
                option.tbstyle == "auto" and option.reportchars == _PYTESTS_CHARACTERS and option.verbose <= 0
            )

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self) -> None:
        """Drop the report that pytest has just counted, if it is of a setup or teardown that printed nothing.

        For 5,000 servers pytest would keep 30,000 of them, and look through all of them for words at each failure.
        """
        assert self._session is not None  # noqa: S101 - the session has started
        config = self._session.config
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None or config.option.durations is not None:
            return  # without a terminal there is no such option
        silent = terminal.stats.get("", [])
        if silent and not silent[-1].sections:
            silent.pop()

    def pytest_report_header(self) -> list[str]:
        """Say which servers, from where, and whose certificates are not checked; and early, what cannot be written."""
        return [*header_lines(self._recorder.run()), *self._publication.early_sentences()]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
        """Keep pytest from showing what we show; tests of your own, and checks that broke, it shows as ever."""
        stats = terminalreporter.stats
        kept = {name: stats[name] for name in _PYTESTS_TEXTS if name in stats}
        if self._shows_texts:
            stats.update(
                {name: [each for each in reports if not self._is_ours(each)] for name, reports in kept.items()}
            )
        try:
            yield
        finally:
            # Its last line counts them.
            stats.update(kept)
        self._show(terminalreporter)

    def _is_ours(self, report: pytest.TestReport) -> bool:
        return self._recorder.outcome_at(report.nodeid) is not None and not report.sections

    def _show(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the texts, the table, and last the result and where the reports are."""
        run, width = self._publication.run or self._recorder.run(), terminalreporter._tw.fullwidth  # noqa: SLF001 - pytest tells it nowhere else
        if self._shows_texts and (texts := findings_text(run, width)):
            terminalreporter.section("findings")
            terminalreporter.write_line(texts)
        if run.outcomes:
            terminalreporter.section("servers")
            terminalreporter.write_line(table_text(run, width))
            terminalreporter.write_line("")
            terminalreporter.write_line(result_text(run, self._exit_words(run), width))
        if self._publication.settings.gate:
            terminalreporter.write_line("\n".join(gate_lines(run, width)))
        for line in self._publication.endings():
            terminalreporter.write_line(line)
        for sentence in self._publication.late_sentences(run):
            terminalreporter.write_line(cleaned(sentence), red=True)
        for sentence in self._not_kept:
            terminalreporter.write_line(cleaned(sentence), yellow=True)
        if self._publication.step_summary:
            terminalreporter.write_line(self._publication.step_summary)

    def _exit_words(self, run: Run) -> str:
        code = int(self._session.exitstatus) if self._session else 0
        is_plain = code in _PLAIN_CODES and bool(code) == bool(run.count(Result.FAILED))
        return f"exit {code}" if is_plain else explanation_of(code, run)
