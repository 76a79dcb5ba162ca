"""One run where its tests are: the inventory, the fleet, what a test's end means.

There is one `Suite` on the controller and one on each pytest-xdist worker; a worker's is made from what the controller
handed over, so the inventory and its secrets are read in one place only. Passwords are handed over apart (`passwords`).
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.collection.bounds import PAUSE_SECONDS, Bounds
from moveready.errors import RunInterruptedError
from moveready.evidence import subjects_named
from moveready.findings.judging import CheckResult, outcome_of, text_of, waived_sentence
from moveready.findings.kb import kb_named
from moveready.findings.outcomes import Result, Run, plain_from, value_from
from moveready.findings.replaying import recorded_collector
from moveready.findings.waiving import with_waiver
from moveready.inventory import Inventory, Server
from moveready.kb import load_rooms
from moveready.plugin.passwords import having_asked
from moveready.plugin.recording import ATTRIBUTE, Payload
from moveready.plugin.selection import place_of, server_of_item
from moveready.plugin.settings import (
    Settings,
    begin_audit,
    inventory_name,
    inventory_path,
    is_asking,
    read_inventory,
    read_recorded,
    read_settings,
    recorded_inventory,
)
from moveready.remoting.audit import Audit
from moveready.remoting.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from moveready.collection.collector import Collector
    from moveready.collection.recorded import RecordedCollector
    from moveready.evidence import Subject
    from moveready.evidence.cost import Cost
    from moveready.findings.controls import Control
    from moveready.findings.outcomes import Outcome
    from moveready.plugin.progress import Watch


_SECONDS = pytest.StashKey[float]()
"""How long a test took so far: the wait for the evidence is in its setup."""


class Suite:
    """The servers of this run, and what they answer.

    Attributes:
        recorded: The earlier run whose evidence is judged again; None where servers are asked.
    """

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        path: str,
        *,
        asked: Collection[str] | None = None,
        workers: int = 1,
    ) -> None:
        """Know the servers; ask nothing yet. One of so many `workers` gathers only those that are `asked` here."""
        self.inventory = inventory
        self.settings = settings
        self.path = path
        self.logins = Logins()
        self.started_at = datetime.now(UTC)
        self.recorded: Run | None = None
        self._interrupted = threading.Event()
        self._asked = frozenset(server.name for server in inventory.servers) if asked is None else frozenset(asked)
        self.bounds = Bounds(
            server_timeout=settings.server_timeout_seconds,
            first_answer_timeout=settings.first_answer_seconds,
            concurrency=max(1, settings.concurrency // workers),
            since=settings.since,
            max_sessions=settings.max_sessions,
            # The workers start at the same time.
            pause_seconds=PAUSE_SECONDS * workers,
            raw_folder=settings.raw_folder,
        )
        self._work_for(self.bounds.run)

    @cached_property
    def collector(self) -> Collector | RecordedCollector:
        """Asks the servers; made at the first question, as what it needs (pypsrp) is heavy."""
        if self.recorded is not None:
            return recorded_collector(self.recorded)
        from moveready.collection.collector import Collector  # noqa: PLC0415 - see above

        return Collector(self.inventory, self.bounds, self.logins)

    @property
    def _has_asked(self) -> bool:
        return "collector" in self.__dict__

    def servers_for(self, control: Control | None) -> list[Server]:
        """The servers that a control applies to; all of them for a plain test."""
        return [server for server in self.inventory.servers if control is None or control.applies_to(server)]

    def handed_over(self, asked: Iterable[str]) -> dict[str, object]:
        """The plain data that a worker needs to stand here as well, and to gather the servers of these names.

        There is no secret in it: passwords are null (see `passwords`), and who is notified is left out.
        """
        return {
            "inventory": plain_from(replace(self.inventory, notify=())),
            "path": self.path,
            "run": self.bounds.run,
            "started_at": self.started_at.isoformat(),
            "servers": list(asked),
            "logins": self.logins.handed_over(),
        }

    def _work_for(self, run: str) -> None:
        self.bounds = replace(self.bounds, run=run, audit=Audit(self.settings.audit_file, run))

    def join(self, run: str, started_at: datetime, logins: Logins) -> None:
        """Take part in the run of that id, before anything is asked."""
        self._work_for(run)
        self.started_at = started_at
        self.logins = logins

    def costs(self) -> dict[str, Cost]:
        """What our share has cost the servers so far; nothing where nothing was asked."""
        return self.collector.costs() if self._has_asked else {}

    def seen(self) -> frozenset[str]:
        """The FQDNs of the servers that Exchange has named; none where it was not asked."""
        return self.collector.seen() if self._has_asked else frozenset()

    def not_kept(self) -> tuple[str, ...]:
        """The raw answers that could not be written, a sentence each."""
        return self.collector.not_kept() if self._has_asked else ()

    def not_audited(self) -> tuple[str, ...]:
        """Why lines of the audit are missing, a sentence; nothing where none is."""
        return tuple(self.bounds.audit.missing)

    def handed_back(self) -> dict[str, object]:
        """What the controller has to know of a worker, as plain data."""
        return {
            "costs": {name: plain_from(cost) for name, cost in self.costs().items()},
            "not_kept": list(self.not_kept()),
            "not_audited": list(self.not_audited()),
            "seen": sorted(self.seen()),
        }

    def gather_for(self, items: Iterable[pytest.Item], watch: Watch) -> None:
        """Ask what the selected controls need of our share of the servers, all at once, and wait for the answers.

        The tests run when the answers are there: beside sixty busy threads each of them would take ten times as long.
        """
        wanted: dict[str, dict[Subject[Any], None]] = {}
        for item in items:
            server = server_of_item(item)
            if server is not None and self.is_asked_here(server):
                wanted.setdefault(server.name, {}).update(dict.fromkeys(_subjects_of(item)))
        if not wanted:
            return
        self.collector.gather([(self.inventory.server(name), subjects) for name, subjects in wanted.items()])
        if self.is_interrupted:
            # It happened while the questions were put under way.
            self.collector.leave()
        with watch:
            while not (progress := self.collector.wait(watch.interval_seconds)).is_over:
                watch.show(progress)

    def is_asked_here(self, server: Server | None) -> bool:
        """Whether this process gathers what is asked of the server."""
        return server is not None and server.name in self._asked

    def interrupt(self) -> None:
        """Ask nothing more, and let the tests judge what has answered. For any thread."""
        self._interrupted.set()
        if self._has_asked:
            self.collector.leave()

    def abandon(self) -> None:
        """Interrupt, and wait a few seconds for the sessions to be closed: the process ends."""
        self.interrupt()
        if self._has_asked:
            self.collector.__exit__()

    @property
    def is_interrupted(self) -> bool:
        """Whether the asking was interrupted."""
        return self._interrupted.is_set()

    def tell(self, report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None], control: Control) -> None:
        """Give the report its outcome, if this phase of the test decides it, so that pytest counts it as we do.

        What is skipped or marked `xfail` is told in pytest's own words.
        """
        server = server_of_item(item)
        item.stash[_SECONDS] = item.stash.get(_SECONDS, 0.0) + report.duration
        if server is None or report.skipped or hasattr(report, "wasxfail") or not _decides(report):
            return
        error = _error_in(report, call)
        facts, subjects = self.collector.facts_of(server), _subjects_of(item)
        askings = self.collector.askings_of(subjects, server)
        kb = kb_named(control.kb)
        verdict = kb.verdict_on(server, facts) if kb else None
        place = place_of(item)
        judged = CheckResult(
            control,
            server,
            error,
            max([item.stash[_SECONDS], *(asking.seconds for asking in askings)]),
            place.file,
            in_setup=report.when == "setup",
            asked_at=min((asking.began_at for asking in askings), default=None),
        )
        outcome = with_waiver(outcome_of(judged, facts, subjects), self.inventory.waivers, self.started_at)
        is_judged = not isinstance(error, RunInterruptedError)
        setattr(report, ATTRIBUTE, Payload(outcome, verdict, place, is_judged=is_judged))
        # pytest's own junit writer takes them from the last report of the item.
        item.user_properties += [("control", control.id), ("server", server.name), ("severity", control.severity.value)]
        report.user_properties = list(item.user_properties)
        if outcome.result is Result.WAIVED:
            report.outcome = "skipped"
            report.longrepr = (place.file, 0, f"Skipped: {waived_sentence(outcome)}")
        elif outcome.result is not Result.PASSED:
            report.sections += _for_developers(report, judged, outcome)
            report.longrepr = text_of(outcome)
        if outcome.result is Result.ERROR:
            # To pytest, to pytest-html and to every JUnit writer, only what fails in the setup is an error.
            report.when = "setup"

    def close(self) -> None:
        """Let go of the collector, and of what it has answered."""
        if self._has_asked:
            self.collector.__exit__()
            del self.collector


def suite_for(config: pytest.Config) -> Suite | None:
    """The suite of this process, with the KBs known; None on a worker whose controller has none.

    Raises:
        pytest.UsageError: An option or the inventory is wrong; it tells every mistake.
    """
    load_rooms()
    settings = read_settings(config)
    if hasattr(config, "workerinput"):
        return _worker_suite(config.workerinput, settings)
    path = inventory_path(config) or ""
    recorded = read_recorded(settings.replay)
    inventory = read_inventory(config, path, recorded_inventory(recorded, settings) if recorded else None)
    suite = Suite(inventory, settings, recorded.inventory if recorded and not path else inventory_name(config, path))
    suite.recorded = recorded
    if is_asking(config):
        begin_audit(suite.bounds.audit, suite.path)
    return suite


def _worker_suite(workerinput: dict[str, object], settings: Settings) -> Suite | None:
    handed = workerinput.get("moveready")
    if not isinstance(handed, dict):
        return None
    suite = Suite(
        having_asked(handed["passwords"], value_from(handed["inventory"], Inventory)),
        settings,
        handed["path"],
        asked=handed["servers"],
        workers=int(str(workerinput["workercount"])),
    )
    suite.recorded = read_recorded(settings.replay)
    suite.join(handed["run"], datetime.fromisoformat(handed["started_at"]), Logins.handed(handed["logins"]))
    return suite


def _decides(report: pytest.TestReport) -> bool:
    """A test is decided by its call, or by a setup that failed."""
    return report.when == "call" or (report.when == "setup" and report.failed)


def _error_in(report: pytest.TestReport, call: pytest.CallInfo[None]) -> BaseException | None:
    """What ended the test; pytest fails a test that passes against a strict `xfail` without any exception."""
    if call.excinfo is not None:
        return call.excinfo.value
    return AssertionError(report.longreprtext) if report.failed else None


def _for_developers(report: pytest.TestReport, judged: CheckResult, outcome: Outcome) -> list[tuple[str, str]]:
    """What the sentence leaves out, where a check or moveready itself has to be corrected."""
    if outcome.crash:
        return [("what to report", outcome.crash)]
    if judged.is_accounted_for:
        return []
    lines = [line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E ")]
    return [("what the check raised", cleaned("\n".join(lines)))]


def _subjects_of(item: pytest.Item) -> tuple[Subject[Any], ...]:
    return subjects_named(getattr(item, "fixturenames", ()))
