"""`metrics.prom` is what Prometheus and node_exporter's textfile collector read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result, WaiverState, WaiverUse
from moveready.findings.verdicts import Standing
from moveready.reporting.metrics import metrics_text
from tests.reporting.hostile import fleet_run, hostile_run, waiver_of, with_hostile_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

NAMES = {
    "moveready_info",
    "moveready_run_timestamp_seconds",
    "moveready_run_duration_seconds",
    "moveready_run_complete",
    "moveready_control_state",
    "moveready_server_ready",
    "moveready_server_standing",
    "moveready_server_certificate_verified",
    "moveready_waiver_end_timestamp_seconds",
    "moveready_unlisted_servers",
}


def series_of(run: Run, name: str) -> dict[tuple[str, ...], float]:
    """The series of a metric, each under the values of its labels in the order of the labels' names."""
    (family,) = [family for family in text_string_to_metric_families(metrics_text(run).decode()) if family.name == name]
    return {tuple(value for _, value in sorted(each.labels.items())): each.value for each in family.samples}


def test_info_has_the_version() -> None:
    """As an info metric has it: in a label, with the value 1."""
    assert series_of(fleet_run(1), "moveready_info") == {("0.1.0",): 1.0}


def test_run_says_when_it_ended_and_how_long_it_lasted() -> None:
    """In seconds, as all times of Prometheus."""
    run = fleet_run(1)

    assert series_of(run, "moveready_run_timestamp_seconds") == {(): run.finished_at.timestamp()}
    assert series_of(run, "moveready_run_duration_seconds") == {(): 9.0}


@pytest.mark.parametrize("complete", [True, False])
def test_incomplete_run_says_so(complete: bool) -> None:
    """An alert on it comes before all others."""
    assert series_of(fleet_run(1, complete=complete), "moveready_run_complete") == {(): float(complete)}


@pytest.mark.parametrize("verified", [True, False])
def test_server_says_whether_its_certificate_was_verified(
    outcome: Callable[..., Any], run_of: Callable[..., Any], verified: bool
) -> None:
    """An alert on it tells of an inventory that somebody has left with `verify: false`."""
    found = series_of(run_of(outcome(), verified=verified), "moveready_server_certificate_verified")

    assert found == {("ex01.contoso.com",): float(verified)}


@pytest.mark.parametrize("result", Result)
def test_control_has_a_series_for_each_state(result: Result) -> None:
    """1 for the one that holds, so that an alert ends when the state does."""
    found = series_of(fleet_run(1, result=result), "moveready_control_state")

    assert found == {("KB1-1", "ex0001.contoso.com", "high", each.value): float(each is result) for each in Result}


def test_repaired_control_has_passed(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """`fixed` is no state of its own here."""
    found = series_of(run_of(outcome(story=("set it",))), "moveready_control_state")

    assert found["KB1-1", "ex01.contoso.com", "high", "passed"] == 1.0


@pytest.mark.parametrize(
    ("result", "standing"),
    [
        (Result.PASSED, Standing.READY),
        (Result.FAILED, Standing.NOT_READY),
        (Result.WAIVED, Standing.NOT_READY),
        (Result.ERROR, Standing.UNKNOWN),
    ],
)
def test_unknown_is_apart_from_not_ready(result: Result, standing: Standing) -> None:
    """Neither is ready, and neither is a waived finding."""
    run = fleet_run(1, result=result)
    name = run.servers[0].name

    assert series_of(run, "moveready_server_ready") == {("", "", name, ""): float(standing is Standing.READY)}
    assert series_of(run, "moveready_server_standing") == {
        (name, "ready"): float(standing is Standing.READY),
        (name, "not_ready"): float(standing is Standing.NOT_READY),
        (name, "unknown"): float(standing is Standing.UNKNOWN),
    }


def test_server_has_its_place(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """For sums by group, site and pool; labels in the order of their names."""
    assert list(series_of(run_of(outcome()), "moveready_server_ready")) == [
        ("main", "", "ex01.contoso.com", "Frankfurt")
    ]


def test_waiver_says_when_it_ends() -> None:
    """The first moment at which it no longer counts; of several, the latest."""
    waivers = (waiver_of("a", date(2026, 4, 30)), waiver_of("b"), waiver_of("c", date(2026, 1, 1), servers=("ex02",)))
    run = fleet_run(1, waivers=tuple(WaiverUse(waiver, WaiverState.ACTIVE) for waiver in waivers))

    assert series_of(run, "moveready_waiver_end_timestamp_seconds") == {
        ("KB1-1", "ex01.contoso.com"): datetime(2026, 5, 1, tzinfo=UTC).timestamp(),
        ("KB1-1", "ex02"): datetime(2026, 1, 2, tzinfo=UTC).timestamp(),
    }


def test_servers_that_the_inventory_has_not_are_counted() -> None:
    """Where nobody knows, no number is a false 0."""
    assert series_of(fleet_run(1, unlisted=("ex08", "ex09")), "moveready_unlisted_servers") == {(): 2}
    assert series_of(fleet_run(1, unlisted=()), "moveready_unlisted_servers") == {(): 0}
    assert b"unlisted" not in metrics_text(fleet_run(1, unlisted=None))


def test_every_metric_is_described_once() -> None:
    """A second HELP or TYPE is a mistake to the textfile collector; it adds no series that we do not know."""
    lines = metrics_text(fleet_run(3, controls=2, unlisted=())).decode().splitlines()
    described = Counter(tuple(line.split()[:3]) for line in lines if line.startswith("#"))

    assert described == Counter({("#", word, name): 1 for word in ("HELP", "TYPE") for name in NAMES})
    assert {line.partition("{")[0].partition(" ")[0] for line in lines if not line.startswith("#")} <= NAMES


@with_hostile_texts
def test_any_text_is_a_label_and_no_more(text: str, result: Result) -> None:
    """It comes back as it was, cut and without its control characters; no sample has a time, and none is twice."""
    made = metrics_text(hostile_run(text, result)).decode()
    samples = [sample for family in text_string_to_metric_families(made) for sample in family.samples]
    keys = [(sample.name, *sorted(sample.labels.items())) for sample in samples]

    assert {sample.name for sample in samples} == NAMES
    assert len(keys) == len(set(keys))
    assert {sample.timestamp for sample in samples} == {None}
    assert made == cleaned(made)
    assert {sample.labels["group"] for sample in samples if sample.name == "moveready_server_ready"} == {
        cleaned(text)[:256]
    }


def test_two_outcomes_of_one_name_are_one_series(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A series that is there twice makes node_exporter refuse the whole file."""
    run = run_of(outcome())
    made = metrics_text(replace(run, outcomes=run.outcomes * 2)).decode()

    assert made.count("\nmoveready_control_state{") == len(Result)
