"""A run looks at what others did and not at what moveready itself did before: our own probes are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.evidence.marking import run_of
from moveready.kb.kb3063913 import MRSPROXY_EVENTS
from tests.builders import KB3063913, descriptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]

EX01, EX02, EX03 = (f"ex{number:02}.contoso.com" for number in range(1, 4))
REQUEST_URL = 19
"""Where ASP.NET's event 1309 repeats the URL of the request."""


@pytest.fixture
def lab(lab_with: LabWith) -> Lab:
    """A disabled server that nobody has asked yet, a healthy one, and a stale one with somebody's failed move."""
    return lab_with(
        {"name": EX01, "flag": "off"},
        {"name": EX02},
        {"name": EX03, "worker": "off", "events": [{"ago": "1h"}]},
    )


@pytest.fixture
def run_on(pytester: pytest.Pytester, lab: Lab, last_run: Callable[[], Run]) -> Callable[..., Run]:
    """Run the checks on the lab once more."""

    def run(*args: str) -> Run:
        pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", KB3063913, *args)
        return last_run()

    return run


def ends_of(run: Run) -> dict[str, list[str]]:
    """How each control ended on each server, and the server's diagnosis."""
    found = {name: [outcome.result.value for outcome in outcomes] for name, outcomes in run.by_server().items()}
    return {name: [*found[name], description] for name, description in descriptions(run).items()}


def marks_of(lab: Lab, server: str) -> list[str]:
    """The runs whose probes stand in the server's log."""
    log = lab.organization.servers[server].log
    return [run for record in log for url in record.data[REQUEST_URL:][:1] if (run := run_of(url))]


@pytest.mark.heavy
def test_second_run_on_an_unchanged_fleet_finds_the_same(lab: Lab, run_on: Callable[..., Run]) -> None:
    """The first run's probe of a disabled MRSProxy is in the log, and is nobody's failed move."""
    first, second = ends_of(run_on()), ends_of(run_on())

    assert first == {
        EX01: ["failed", "passed", "failed", "disabled"],
        EX02: ["passed", "passed", "passed", "ready"],
        EX03: ["passed", "failed", "failed", "stale"],
    }
    assert second == first
    assert len(marks_of(lab, EX01)) == 1


@pytest.mark.heavy
def test_own_events_are_shown_as_ours(lab: Lab, run_on: Callable[..., Run]) -> None:
    """`run.json` keeps them apart, with the run that caused them."""
    run_on()
    (outcome,) = [outcome for outcome in run_on().by_server()[EX01] if outcome.control == "KB3063913-2"]
    events = MRSPROXY_EVENTS.evidence_from(outcome.evidence[MRSPROXY_EVENTS.name])

    assert (events.live, events.past) == ((), ())
    assert [event.run for event in events.own] == marks_of(lab, EX01)


@pytest.mark.heavy
def test_all_workers_of_a_run_mark_alike(lab: Lab, run_on: Callable[..., Run]) -> None:
    """Whoever reads the log sees one run."""
    run_on("-n", "2")

    assert marks_of(lab, EX01) == marks_of(lab, EX03) != []
