"""The hooks of pytest plugin 1: options, servers, evidence as arguments, outcomes.

Hooks are a few lines and delegate. Without an inventory the plugin does nothing but refuse to run controls, so it can
stay installed beside any other test suite. What is heavy (pypsrp, the reports) is imported only once there is an
inventory.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MovereadyError
from moveready.evidence.subject import declared, subjects_named
from moveready.findings.controls import control_of, repeated_ids
from moveready.plugin.interruption import INTERRUPTION, Interruption
from moveready.plugin.report_settings import add_report_options
from moveready.plugin.selection import chosen, control_of_item, is_chosen, selection_of
from moveready.plugin.settings import NO_INVENTORY, add_options, has_servers, inventory_path, is_asking, is_judging

if TYPE_CHECKING:
    from collections.abc import Generator

    from moveready.evidence.subject import Subject
    from moveready.inventory import Server
    from moveready.plugin.suite import Suite

SUITE = pytest.StashKey["Suite"]()
"""Where the run's `Suite` is kept; absent without an inventory."""

LACKS_INVENTORY = pytest.StashKey[bool]()
"""Whether there were controls to run, and no inventory."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)
    add_report_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Whatever ends a run before it has judged anything, nobody must take an earlier run's reports for its own."""
    try:
        ended = yield
    except pytest.UsageError:
        _set_earlier_reports_aside(config)
        raise
    if ended not in {None, pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        _set_earlier_reports_aside(config)
    return ended


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Resolve the inventory: once, on the controller; a worker is handed it."""
    if hasattr(config, "workerinput") or has_servers(config):
        from moveready.plugin.suite import suite_for  # noqa: PLC0415 - heavy, see the module's docstring

        suite = suite_for(config)
        if suite is not None:
            config.stash[SUITE] = suite
            _take_part(suite, config)
            _check_what_was_not_named(config)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto` is the number of cores, and never more than there are servers; asked before anything is configured."""
    path = inventory_path(config)
    if path is None:
        return None
    from moveready.plugin.settings import read_inventory  # noqa: PLC0415 - heavy, see the module's docstring

    return max(1, min(os.cpu_count() or 1, len(read_inventory(config, path).servers)))


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> None:
    """The file that is being collected has been imported, and may have declared subjects: each is a fixture."""
    plugins = collector.config.pluginmanager
    for subject in declared():
        name = f"moveready.subject {subject.name}"
        if not plugins.has_plugin(name):
            plugins.register(_fixture_plugin_of(subject), name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise controls, and plain tests that ask for a `Server` or its evidence, over the servers."""
    described = control_of(metafunc.function)
    if "server" not in metafunc.fixturenames or not (described or _asks_for_a_server(metafunc)):
        return
    suite = metafunc.config.stash.get(SUITE, None)
    servers = suite.servers_for(described) if suite else []
    option = metafunc.config.getoption("control")
    if option is not None and not is_chosen(described, option):
        # It is deselected all the same; of thousands of servers this saves the time and the memory of collecting them.
        servers = servers[:1]
    metafunc.parametrize("server", servers, ids=[server.name for server in servers])


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-k` finds a control by its id too."""
    if control := control_of_item(item):
        item.extra_keyword_matches.add(control.id)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse controls without an inventory, and two controls of one id; keep those that `--control` names."""
    found = [(control, item.nodeid.partition("[")[0]) for item in items if (control := control_of_item(item))]
    if found and SUITE not in config.stash:
        config.stash[LACKS_INVENTORY] = True
        raise pytest.UsageError(NO_INVENTORY)
    if repeated := repeated_ids(found):
        raise pytest.UsageError("; ".join(repeated))
    if (option := config.getoption("control")) is not None:
        items[:], others = chosen(items, option)
        config.hook.pytest_deselected(items=others)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Know what is to be judged."""
    if SUITE in session.config.stash and is_judging(session.config):
        results: Any = session.config.pluginmanager.get_plugin("moveready.plugin.results")
        if results is not None:
            results.expect(selection_of(session.items))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Put all questions under way before the first check runs; where that is interrupted, judge what has answered."""
    suite = session.config.stash.get(SUITE, None)
    if suite is None or not is_asking(session.config):
        return (yield)
    from moveready.plugin.progress import tell_interrupted, watch_for  # noqa: PLC0415 - heavy, see the module's docstring

    interruption: Interruption | None = session.config.pluginmanager.get_plugin(INTERRUPTION)
    with interruption.first_calls(suite.interrupt) if interruption else nullcontext():
        suite.gather_for(session.items, watch_for(session.config))
    if interruption is not None and suite.is_interrupted:
        tell_interrupted(session.config)
    try:
        return (yield)
    finally:
        if interruption is not None and suite.is_interrupted:
            raise session.Interrupted(f"interrupted by {interruption.name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the report of a control its outcome, and sentences instead of a traceback."""
    report = yield
    suite = item.config.stash.get(SUITE, None)
    if suite is not None and (described := control_of_item(item)):
        suite.tell(report, item, call, described)
    elif suite is not None and call.excinfo and isinstance(call.excinfo.value, MovereadyError):
        # A plain test that asked for evidence: the frames in between are ours, and nobody's business.
        report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(
    config: pytest.Config,
) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """A worker sends plain data."""
    data = yield
    if data and SUITE in config.stash:
        from moveready.plugin.recording import pack  # noqa: PLC0415 - heavy, see the module's docstring

        pack(data)
    return data


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(config: pytest.Config) -> Generator[None, object, object]:
    """The controller receives values again."""
    report = yield
    if isinstance(report, pytest.TestReport) and SUITE in config.stash:
        from moveready.plugin.recording import unpack  # noqa: PLC0415 - heavy, see the module's docstring

        unpack(report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands back what the controller has to know."""
    if SUITE in session.config.stash and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["moveready"] = session.config.stash[SUITE].handed_back()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the fleet, and of what was shared with the workers."""
    if SUITE in config.stash:
        config.stash[SUITE].close()
        config.stash[SUITE].logins.close()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server under test, of the inventory."""
    if not hasattr(request, "param"):
        raise pytest.UsageError("`server` is of the inventory: mark the test with @control, or write `server: Server`")
    given: Server = request.param
    return given


def _asks_for_a_server(metafunc: pytest.Metafunc) -> bool:
    """Other test suites have fixtures called `server` too; ours is asked for by its type, or by evidence of it."""
    annotation = metafunc.function.__annotations__.get("server")
    return getattr(annotation, "__name__", annotation) == "Server" or bool(subjects_named(metafunc.fixturenames))


def _take_part(suite: Suite, config: pytest.Config) -> None:
    """The controller reports, hears signals and has the workers; a worker follows it."""
    if hasattr(config, "workerinput"):
        from moveready.plugin.following import Follower  # noqa: PLC0415 - heavy, see the module's docstring

        follower = Follower(suite, config.workerinput["moveready"]["channel"])
        config.pluginmanager.register(follower, "moveready.plugin.following")
        follower.follow()
        return
    from moveready.plugin.progress import tell_interrupted  # noqa: PLC0415 - as above
    from moveready.plugin.results import Results  # noqa: PLC0415 - as above
    from moveready.plugin.workers import Workers  # noqa: PLC0415 - as above

    results = Results.prepared(suite, config)
    interruption = Interruption()
    workers = Workers(suite, results, interruption, partial(tell_interrupted, config))
    for plugin, name in (
        (results, "moveready.plugin.results"),
        (results.page, "moveready.plugin.html_page"),
        (results.terminal, "moveready.plugin.terminal"),
        (interruption, INTERRUPTION),
        (workers, "moveready.plugin.workers"),
    ):
        config.pluginmanager.register(plugin, name)
    config.add_cleanup(interruption.restore)
    interruption.listen()


def _set_earlier_reports_aside(config: pytest.Config) -> None:
    """Of a run of ours that was to judge and has not; told on standard error, as pytest has closed its terminal."""
    is_ours = has_servers(config) or config.getoption("lab", default=False) or LACKS_INVENTORY in config.stash
    if hasattr(config, "workerinput") or not is_ours or not is_judging(config) or config.getoption("replay"):
        return
    results: Any = config.pluginmanager.get_plugin("moveready.plugin.results")
    if results is None or not results.has_judged:
        from moveready.plugin.report_folder import set_aside_earlier  # noqa: PLC0415 - needed in few runs

        sys.stderr.write(set_aside_earlier(Path(config.getoption("report_dir"))))


def _check_what_was_not_named(config: pytest.Config) -> None:
    """With an inventory and no path, run our checks, wherever pytest was started.

    pytest takes the value of `--inventory /elsewhere/prod.yaml` for a path when it looks for its ini file, and finds
    none; without this it would collect whatever lies in the current folder.
    """
    checks = find_spec("moveready.checks")
    if config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR and checks and checks.origin:
        config.args = [str(Path(checks.origin).parent)]


def _fixture_plugin_of(subject: Subject[Any]) -> ModuleType:
    """A plugin that has nothing but the fixture of this subject."""

    @pytest.fixture(name=subject.name)
    def evidence(request: pytest.FixtureRequest, server: Server) -> object:
        return subject.usable(request.config.stash[SUITE].collector.evidence_of(subject, server))

    plugin = ModuleType(f"moveready.subjects.{subject.name}", subject.type.__doc__)
    plugin.evidence = evidence  # type: ignore[attr-defined] # pytest looks for fixtures among the attributes
    return plugin
