"""pytest plugin 2, opt-in with `-p moveready.fixer`: repairs what failed.

It acts only on the controller, after all checks (or before them, to resume), and only with an explicit `--fix`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MovereadyError
from moveready.fixer.fixing import Fixing
from moveready.fixer.reporter import PytestReporter, must_have_a_terminal
from moveready.fixer.settings import Mode, add_fix_options, read_fix_settings
from moveready.fixer.words import failure_text, plan_html
from moveready.plugin import SUITE
from moveready.plugin.settings import NO_INVENTORY

if TYPE_CHECKING:
    from collections.abc import Generator

FIXING = pytest.StashKey[Fixing]()
"""The key of the run's fixer; absent without `--fix`, and on pytest-xdist workers."""

NOT_VERIFIED = 13
"""Exit code: a repair was made, or begun, and the checks still do not pass."""

_SHOWING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test", "cacheshow")
"""The names of pytest's options that run no test: `--collect-only`, `--setup-plan`, `--fixtures` and others."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_fix_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Set up the fixer if `--fix` is given."""
    settings = read_fix_settings(config)
    if settings is None or hasattr(config, "workerinput"):
        return
    if SUITE not in config.stash:
        raise pytest.UsageError(NO_INVENTORY)
    if settings.ask:
        must_have_a_terminal(config)
    results: Any = config.pluginmanager.get_plugin("moveready.plugin.results")
    config.stash[FIXING] = Fixing(settings, config.stash[SUITE], results, PytestReporter(config, results))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Finish what a killed run left behind, before any server is checked."""
    fixing = session.config.stash.get(FIXING, None)
    if fixing is not None and fixing.settings.mode is Mode.RESUME and not _only_shows(session.config):
        try:
            fixing.resume()
        except Exception as error:  # noqa: BLE001 - whatever it is, servers may be half done
            pytest.exit(f"not resumed: {failure_text(error)}", returncode=NOT_VERIFIED)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Plan or apply after all checks and before the reports; the exit code is set last."""
    fixing = session.config.stash.get(FIXING, None)
    if fixing is None:
        yield
        return
    if fixing.settings.mode is not Mode.RESUME and not _only_shows(session.config):
        _fix(fixing, session)
    try:
        yield
    except Exception as error:
        if not fixing.has_changed:
            raise
        fixing.fail(error)
    if fixing.is_unverified or (fixing.has_changed and session.exitstatus == pytest.ExitCode.INTERNAL_ERROR):
        session.exitstatus = NOT_VERIFIED


def _only_shows(config: pytest.Config) -> bool:
    """Whether pytest only shows something and runs no test; then nothing is sent to any server."""
    return any(config.getoption(name, default=False) for name in _SHOWING)


def _fix(fixing: Fixing, session: pytest.Session) -> None:
    if session.exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} or session.shouldfail:
        fixing.show("Nothing was planned or changed: the checks did not all run")
        return
    try:
        if fixing.settings.mode is Mode.PLAN:
            fixing.make_plan()
        else:
            fixing.apply()
    except KeyboardInterrupt as error:
        fixing.refuse(error)
        session.exitstatus = pytest.ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the reports of the checks are written all the same
        fixing.refuse(error)
        if not isinstance(error, MovereadyError):
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Explain how pytest counts checks that ran twice."""
    fixing = config.stash.get(FIXING, None)
    if fixing is not None and fixing.counts_message:
        terminalreporter.write_line(fixing.counts_message)


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(postfix: list[str], session: pytest.Session) -> None:
    """Show the plan on the page, and explain how it counts checks that ran twice."""
    fixing = session.config.stash.get(FIXING, None)
    if fixing is not None and fixing.plan is not None:
        postfix.append(plan_html(fixing.plan))
        if fixing.counts_message:
            postfix.append(f"<p>{fixing.counts_message} This page has a row for each of both.</p>")
