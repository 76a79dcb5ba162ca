"""From test reports to a `Run`. May import controls, diagnosis, fleet's facts, inventory, outcomes.

Where a test runs (the controller, or a pytest-xdist worker) its report is given a `Carried`; where
reports arrive (the controller) a `Recorder` collects them. The identity of an outcome is control and server, never
the node id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from moveready.cleaning import cleaned
from moveready.cost import Cost
from moveready.crashes import crash_report, is_own, place_in
from moveready.diagnosis import KB, Diagnosis, incomplete_diagnosis, repair_of
from moveready.errors import InternalError, MovereadyError
from moveready.evidence import Missing, Subject
from moveready.outcomes import (
    CheckedServer,
    Gathered,
    Outcome,
    PlainTest,
    Result,
    Run,
    plain_from,
    value_from,
)
from moveready.selection import CheckPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from moveready.controls import Control
    from moveready.evidence import Facts
    from moveready.inventory import Inventory, Server
    from moveready.selection import SelectedControl, Selection

Evidence = TypeVar("Evidence")

ATTRIBUTE = "moveready"
"""Attribute of a pytest report: `Carried`, and while it crosses from a worker its plain data."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One control on one server, as its test ended; `file` is that of the check."""

    control: Control
    server: Server
    error: BaseException | None
    seconds: float
    file: str = ""

    @property
    def told_error(self) -> BaseException | None:
        """The error; where moveready itself failed, as the error that says so."""
        if self.error is None or isinstance(self.error, AssertionError | MovereadyError):
            return self.error
        if not is_own(self.error, self.file):
            return self.error
        return InternalError(self.server.name, crash_report(self.error))


def outcome_of(judged: Judged, facts: Facts, subjects: frozenset[Subject]) -> Outcome:
    """The outcome; `subjects` is the evidence that the check asked for."""
    error = judged.told_error
    result = _result_of(error)
    return Outcome(
        control=judged.control.id,
        title=judged.control.title,
        severity=judged.control.severity,
        source=judged.control.source,
        server=judged.server.name,
        result=result,
        sentence=_sentence_of(error, judged.file),
        resolution=_resolution_of(judged, facts, subjects) if result is Result.FAILED else "",
        evidence=_gathered(facts, subjects),
        seconds=round(judged.seconds, 3),
        remedy=judged.control.remedy,
        crash=error.crash if isinstance(error, InternalError) else "",
    )


def unjudged_outcome(control: Control, server: str, sentence: str) -> Outcome:
    """The outcome of a control that could not be judged, as nobody ran it to its end."""
    return Outcome(
        control=control.id,
        title=control.title,
        severity=control.severity,
        source=control.source,
        server=server,
        result=Result.ERROR,
        sentence=sentence,
        resolution="",
        evidence=Gathered(),
        seconds=0.0,
        remedy=control.remedy,
    )


def text_of(outcome: Outcome) -> str:
    """What a person reads about a finding: the sentence, then what repairs it, then the source."""
    lines = [outcome.sentence]
    if outcome.resolution:
        first, *rest = outcome.resolution.splitlines()
        lines += [f"Repair: {first}", *(f"        {line}" for line in rest)]
    return cleaned("\n".join([*lines, f"Source: {outcome.source}"]))


def _result_of(error: BaseException | None) -> Result:
    if error is None:
        return Result.PASSED
    return Result.FAILED if isinstance(error, AssertionError) else Result.ERROR


def _sentence_of(error: BaseException | None, file: str) -> str:
    if error is None:
        return ""
    if isinstance(error, AssertionError | MovereadyError):
        # pytest puts its own explanation of the comparison under the sentence.
        return cleaned(str(error).partition("\nassert ")[0].strip())
    return f"the check itself failed ({place_in(error, file)}); this says nothing about the server. Correct the check."


def _resolution_of(judged: Judged, facts: Facts, subjects: frozenset[Subject]) -> str:
    """For a control of the KB, what repairs the evidence that it judged; for any other, its own words and no more."""
    own = judged.control.resolution_for(judged.server)
    if judged.control.kb != KB:
        return own
    repairs = (repair_of(subject, judged.server, facts) for subject in Subject if subject in subjects)
    return next(filter(None, repairs), own)


def _gathered(facts: Facts, subjects: frozenset[Subject]) -> Gathered:
    return Gathered(
        directory=_had(facts.directory) if Subject.DIRECTORY in subjects else None,
        events=_had(facts.events) if Subject.EVENTS in subjects else None,
        endpoint=_had(facts.endpoint) if Subject.ENDPOINT in subjects else None,
    )


def _had(evidence: Evidence | Missing | None) -> Evidence | None:
    return None if isinstance(evidence, Missing) else evidence


@dataclass(frozen=True, slots=True)
class Carried:
    """What a report carries to the controller; `is_judged` is False where the run ended before the control was."""

    outcome: Outcome
    diagnosis: Diagnosis
    check: CheckPlace
    is_judged: bool = True


class Recorder:
    """Collects the outcomes of a run on the controller."""

    def __init__(self, inventory: Inventory, path: str, version: str) -> None:
        """Start the run now."""
        self._inventory = inventory
        self._path = cleaned(path)
        self._version = version
        self._started_at = datetime.now(UTC)
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._diagnoses: dict[str, Diagnosis] = {}
        self._plain: dict[str, PlainTest] = {}
        self._before_fix: dict[tuple[str, str], Outcome] = {}
        self._checks: dict[str, CheckPlace] = {}
        self._costs: dict[str, Cost] = {}
        self._nodeids: dict[tuple[str, str], str] = {}
        self._at: dict[str, Outcome] = {}
        self._selected: dict[str, tuple[SelectedControl, str]] = {}
        self._selected_plain: set[str] = set()
        self._unjudged: set[tuple[str, str]] = set()
        self._incomplete = ""

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

    def lose(self, nodeid: str, why: str) -> None:
        """Give a control that was selected and will not be judged its outcome."""
        carried = self.unjudged(nodeid, why)
        if carried is not None:
            self._keep(carried, nodeid)

    def unjudged(self, nodeid: str, why: str) -> Carried | None:
        """What stands for the report of a control that was selected and not judged; None where it is none of those."""
        if nodeid not in self._selected or nodeid in self._at:
            return None
        selected, server = self._selected[nodeid]
        outcome = unjudged_outcome(selected.control, server, f"{why}. Run the checks again.")
        diagnosis = incomplete_diagnosis(server, self._diagnoses.get(server))
        return Carried(outcome, diagnosis, selected.check, is_judged=False)

    def record(self, report: pytest.TestReport) -> None:
        """Take what a report carries, off it: pytest and pytest-html keep every report to the end."""
        carried: Carried | None = getattr(report, ATTRIBUTE, None)
        if carried is not None:
            delattr(report, ATTRIBUTE)
            self._keep(carried, report.nodeid)
        elif report.when == "call" or not report.passed:
            self._plain[report.nodeid] = _plain_test_from(report)

    @property
    def has_judged(self) -> bool:
        """Whether any test has ended."""
        return bool(self._outcomes or self._plain)

    def run(self) -> Run:
        """The run as it stands, in the inventory's order."""
        incomplete = {server for server, _ in self._unjudged}
        order = {server.name: number for number, server in enumerate(self._inventory.servers)}

        def in_order(outcome: Outcome) -> tuple[int, str]:
            return order[outcome.server], outcome.control

        return Run(
            organization=self._inventory.organization.name,
            inventory=self._path,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            servers=tuple(self._checked(server, server.name in incomplete) for server in self._inventory.servers),
            outcomes=tuple(sorted(self._outcomes.values(), key=in_order)),
            plain_tests=tuple(self._plain[nodeid] for nodeid in sorted(self._plain)),
            before_fix=tuple(sorted(self._before_fix.values(), key=in_order)),
            costs=dict(sorted(self._costs.items())),
            version=self._version,
            complete=not self._incomplete,
            incomplete=self._incomplete,
        )

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

    def _keep(self, carried: Carried, nodeid: str) -> None:
        outcome = carried.outcome
        if outcome.story:
            self._before_fix[outcome.key] = self._outcomes[outcome.key]
        self._outcomes[outcome.key] = outcome
        self._nodeids.setdefault(outcome.key, nodeid)
        self._at[nodeid] = outcome
        self._diagnoses[outcome.server] = carried.diagnosis
        self._checks[outcome.control] = carried.check
        if carried.is_judged:
            self._unjudged.discard(outcome.key)
        else:
            self._unjudged.add(outcome.key)

    def _checked(self, server: Server, is_incomplete: bool) -> CheckedServer:
        known = self._diagnoses.get(server.name)
        return CheckedServer(
            name=server.name,
            group=server.group,
            site=server.site,
            pool=server.pool,
            phase=server.phase.value,
            verified=server.tls.verify,
            file=cleaned(str(server.place.file)),
            line=server.place.line,
            diagnosis=incomplete_diagnosis(server.name, known) if is_incomplete else known,
        )


def pack(data: dict[str, Any]) -> None:
    """Make what a report carries plain data too, in the plain data of the report, as it leaves a worker."""
    if ATTRIBUTE in data:
        data[ATTRIBUTE] = plain_from(data[ATTRIBUTE])


def unpack(report: pytest.TestReport) -> None:
    """Make it values again, as it comes to the controller."""
    if hasattr(report, ATTRIBUTE):
        setattr(report, ATTRIBUTE, value_from(getattr(report, ATTRIBUTE), Carried))


def _plain_test_from(report: pytest.TestReport) -> PlainTest:
    result = "skipped" if report.skipped else report.outcome if report.when == "call" else "error"
    sentence = "" if report.passed else report.longreprtext.strip().splitlines()[-1:]
    return PlainTest(report.nodeid, result, cleaned("".join(sentence)), round(report.duration, 3))
