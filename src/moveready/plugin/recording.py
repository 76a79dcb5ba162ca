"""From test reports to a `Run`.

Where a test runs (the controller, or a pytest-xdist worker) its report is given a `Payload`; where
reports arrive (the controller) a `Recorder` collects them. The identity of an outcome is control and server, never
the node id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moveready.cleaning import cleaned
from moveready.evidence.cost import Cost
from moveready.findings.controls import Control, kb_of
from moveready.findings.judging import unjudged_outcome
from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Result, Run, RunScope, plain_from, value_from
from moveready.findings.verdicts import Verdict, incomplete_verdict, not_diagnosed
from moveready.findings.waiving import uses_of
from moveready.plugin.selection import CheckPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pytest

    from moveready.inventory import Inventory, Server
    from moveready.plugin.selection import SelectedControl, Selection

ATTRIBUTE = "moveready"
"""Attribute of a pytest report: `Payload`, and while it crosses from a worker its plain data."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a report carries to the controller; `is_judged` is False where the run ended before the control was."""

    outcome: Outcome
    verdict: Verdict | None
    check: CheckPlace
    is_judged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """What is known of a run when it starts; `path` is that of its inventory, the rest as in `Run`.

    `waived_at` is the time at which waivers count. Where a recorded run is judged again, that one has the other times:
    what it found is as old as its evidence, and where it was `incomplete`, so is this one. `controls` are those of the
    installed checks.
    """

    path: str
    version: str
    id: str = ""
    started_at: datetime
    finished_at: datetime | None = None
    waived_at: datetime
    scope: RunScope
    controls: tuple[Control, ...] = ()
    incomplete: str = ""


_BADNESS = {result: rank for rank, result in enumerate((Result.PASSED, Result.WAIVED, Result.ERROR, Result.FAILED))}


class Recorder:
    """Collects the outcomes of a run on the controller."""

    def __init__(self, inventory: Inventory, start: RunStart) -> None:
        """Record nothing yet."""
        self._inventory = inventory
        self._start = start
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._verdicts: dict[str, dict[str, Verdict]] = {}
        self._plain: dict[str, PlainTest] = {}
        self._uncollected: dict[str, PlainTest] = {}
        self._before_fix: dict[tuple[str, str], Outcome] = {}
        self._checks: dict[str, CheckPlace] = {}
        self._costs: dict[str, Cost] = {}
        self._nodeids: dict[tuple[str, str], str] = {}
        self._at: dict[str, Outcome] = {}
        self._selected: dict[str, tuple[SelectedControl, str]] = {}
        self._selected_plain: set[str] = set()
        self._unjudged: set[tuple[str, str]] = set()
        self._incomplete = ""
        self._seen: frozenset[str] = frozenset()

    def expect(self, selection: Selection) -> None:
        """Know what is to be judged: nothing of it may be missing in the end."""
        self._selected_plain.update(selection.plain_tests)
        for selected in selection.controls:
            self._selected.update({nodeid: (selected, server) for nodeid, server in selected.servers.items()})

    def end(self, why: str) -> None:
        """Give what was not judged an outcome that says why, and the run a sentence."""
        for nodeid in list(self._selected):
            if nodeid not in self._plain:
                self.lose(nodeid, f"not run: {why}")
        plain = sum(nodeid not in self._plain for nodeid in self._selected_plain)
        if self._unjudged or plain:
            selected = len(self._selected) + len(self._selected_plain)
            self._incomplete = f"{why}: {len(self._unjudged) + plain} of {selected} checks were not judged"
        elif skipped := self._skipped():
            self._incomplete = f"{len(skipped)} of {len(self._selected)} checks were skipped or marked xfail"

    def _skipped(self) -> list[str]:
        """The selected controls that pytest has an ending for and we have not: nobody knows what they would find."""
        return [
            nodeid
            for nodeid, (selected, server) in self._selected.items()
            if (server, selected.control.id) not in self._outcomes
        ]

    def add_unknown_failure(self) -> None:
        """Record that pytest counts a failure which no control and no other test of the run has."""
        nothing_else = "pytest counts a failure that belongs to no test: see its own output with -ra"
        self._plain["pytest"] = PlainTest("pytest", "failed", nothing_else, 0.0)

    def lose(self, nodeid: str, why: str) -> None:
        """Give a control that was selected and will not be judged its outcome."""
        carried = self.unjudged(nodeid, why)
        if carried is not None:
            self._keep(carried, nodeid)

    def unjudged(self, nodeid: str, why: str) -> Payload | None:
        """What stands for the report of a control that was selected and not judged; None where it is none of those."""
        if nodeid not in self._selected or nodeid in self._at:
            return None
        selected, server = self._selected[nodeid]
        outcome = unjudged_outcome(selected.control, server, f"{why}. Run the checks again.")
        return Payload(outcome, None, selected.check, is_judged=False)

    def record(self, report: pytest.TestReport) -> None:
        """Take what a report carries, off it: pytest and pytest-html keep every report to the end."""
        carried: Payload | None = getattr(report, ATTRIBUTE, None)
        if carried is not None:
            delattr(report, ATTRIBUTE)
            self._keep(carried, report.nodeid)
        elif report.when == "call" or not report.passed:
            test = _plain_test_from(report)
            self._plain[test.nodeid] = test

    def record_uncollected(self, report: pytest.CollectReport) -> None:
        """Take that a file could not be collected: nothing of it was judged, and pytest counts it as an error."""
        self._uncollected[report.nodeid] = PlainTest(report.nodeid, "error", _last_line(report), 0.0)

    @property
    def has_judged(self) -> bool:
        """Whether any test has ended."""
        return bool(self._outcomes or self._plain)

    def run(self) -> Run:
        """The run as it stands, in the inventory's order."""
        judged = {name for name, _ in self._outcomes}
        incomplete: dict[str, set[str]] = {}
        for name, control in self._unjudged:
            incomplete.setdefault(name, set()).add(kb_of(control))
        order = {server.name: number for number, server in enumerate(self._inventory.servers)}

        not_asked = self._not_asked()

        def in_order(outcome: Outcome) -> tuple[int, str]:
            return order[outcome.server], outcome.control

        return Run(
            organization=self._inventory.organization.name,
            inventory=cleaned(self._start.path),
            started_at=self._start.started_at,
            finished_at=self._start.finished_at or datetime.now(UTC),
            servers=tuple(
                self._checked(each, incomplete.get(each.name, ()), judged) for each in self._inventory.servers
            ),
            outcomes=tuple(sorted(self._outcomes.values(), key=in_order)),
            plain_tests=tuple(test for _, test in sorted((self._plain | self._uncollected).items())),
            before_fix=tuple(sorted(self._before_fix.values(), key=in_order)),
            costs=dict(sorted(self._costs.items())),
            version=self._start.version,
            complete=not (incomplete_because := self._incomplete or self._start.incomplete),
            incomplete=incomplete_because,
            not_asked=not_asked,
            id=self._start.id,
            scope=self._start.scope,
            waivers=uses_of(
                self._inventory.waivers,
                self._outcomes.values(),
                self._start.waived_at,
                self._open_of_waivers(not_asked),
            ),
            unlisted=self._inventory.without_known(self._seen) if self._seen else None,
        )

    def _not_asked(self) -> dict[str, tuple[str, ...]]:
        """The controls that apply to each server and have no outcome: not selected, or skipped."""
        expected = {(server.name, each.id) for server in self._inventory.servers for each in self._controls_of(server)}
        expected |= {(server, selected.control.id) for selected, server in self._selected.values()}
        missing: dict[str, list[str]] = {}
        for name, control in sorted(expected - set(self._outcomes)):
            missing.setdefault(name, []).append(control)
        return {name: tuple(controls) for name, controls in missing.items()}

    def _controls_of(self, server: Server) -> list[Control]:
        return [each for each in self._start.controls if each.applies_to(server)]

    def _open_of_waivers(self, not_asked: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
        """Servers and controls of which nothing is known, so that no waiver of them can be called needless."""
        left_out = {(name, each.id) for name in self._inventory.left_out for each in self._start.controls}
        return left_out | {(name, control) for name, controls in not_asked.items() for control in controls}

    def add_seen(self, names: Iterable[str]) -> None:
        """Add the FQDNs of servers that Exchange has named, in this process or in a worker."""
        self._seen |= frozenset(names)

    def add_costs(self, costs: Mapping[str, Cost]) -> None:
        """Add what this process, or a worker, asked of the servers."""
        for name, cost in costs.items():
            self._costs[name] = self._costs.get(name, Cost()) + cost

    def check_of(self, control: str) -> CheckPlace:
        """Where the function of a recorded control stands; raises `KeyError` for one that was not recorded."""
        return self._checks[control]

    def nodeid_of(self, outcome: Outcome) -> str:
        """The node id of the test that first gave this outcome; for people only."""
        return self._nodeids[outcome.key]

    def outcome_at(self, nodeid: str) -> Outcome | None:
        """What the test of that id gave, or None for a plain test."""
        return self._at.get(nodeid)

    def _keep(self, carried: Payload, nodeid: str) -> None:
        outcome, before = carried.outcome, self._outcomes.get(carried.outcome.key)
        if outcome.story:
            self._before_fix[outcome.key] = self._outcomes[outcome.key]
        elif before is not None and _BADNESS[before.result] > _BADNESS[outcome.result]:
            # A part of the test has failed, or the control with another parameter: what passes later undoes nothing.
            self._at[nodeid] = before
            return
        self._outcomes[outcome.key] = outcome
        self._nodeids.setdefault(outcome.key, nodeid)
        self._at[nodeid] = outcome
        if carried.verdict is not None:
            self._verdicts.setdefault(outcome.server, {})[carried.verdict.kb] = carried.verdict
        self._checks[outcome.control] = carried.check
        if carried.is_judged:
            self._unjudged.discard(outcome.key)
        else:
            self._unjudged.add(outcome.key)

    def _checked(self, server: Server, incomplete: Collection[str], judged: Collection[str]) -> CheckedServer:
        """The server with the verdict of each KB; of those that are `incomplete` not every control was judged."""
        known = self._verdicts.get(server.name, {})
        unproved = {kb: incomplete_verdict(kb, server.name, known.get(kb)) for kb in incomplete}
        return CheckedServer(
            name=server.name,
            group=server.group,
            site=server.site,
            pool=server.pool,
            phase=server.phase.value,
            verified=server.tls.verify,
            file=cleaned(str(server.place.file)),
            line=server.place.line,
            verdicts=(verdicts := tuple(verdict for _, verdict in sorted({**known, **unproved}.items()))),
            diagnosis=None if verdicts or server.name not in judged else not_diagnosed("", server.name),
        )


def pack(data: dict[str, Any]) -> None:
    """Make what a report carries plain data too, in the plain data of the report, as it leaves a worker."""
    if ATTRIBUTE in data:
        data[ATTRIBUTE] = plain_from(data[ATTRIBUTE])


def unpack(report: pytest.TestReport) -> None:
    """Make it values again, as it comes to the controller."""
    if hasattr(report, ATTRIBUTE):
        setattr(report, ATTRIBUTE, value_from(getattr(report, ATTRIBUTE), Payload))


def _plain_test_from(report: pytest.TestReport) -> PlainTest:
    """In pytest's own words. A teardown that fails counts beside what its test had ended with."""
    nodeid = f"{report.nodeid} (teardown)" if report.when == "teardown" else report.nodeid
    return PlainTest(nodeid, _word_for(report), _last_line(report), round(report.duration, 3))


def _word_for(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "error" if report.failed and report.when in {"setup", "teardown"} else report.outcome


def _last_line(report: pytest.TestReport | pytest.CollectReport) -> str:
    return "" if report.passed else cleaned("".join(report.longreprtext.strip().splitlines()[-1:]))
