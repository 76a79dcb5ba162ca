"""`metrics.prom` of a `Run`: for Prometheus, by way of node_exporter's textfile collector. Pure.

A state is one series for each state that there is, 1 for the one that holds and 0 for the others, as node_exporter does
it for systemd's units: an alert on `moveready_control_state{state="failed"} == 1` ends when the state does. No sample
has a time of its own, which the textfile collector refuses; when the run ended is a metric.

`moveready_server_ready` is 0 also where nobody knows; `moveready_server_standing` has `unknown` apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of
from moveready.findings.verdicts import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.metrics_core import Metric

    from moveready.findings.outcomes import Run
    from moveready.findings.standing import ServerStanding

_LONGEST_LABEL = 256
"""A name of a server has at most 253 characters."""
_UNLISTED = "How many servers Exchange has that the inventory has not; absent where Exchange did not say it."
Labels = tuple[str, ...]


def metrics_text(run: Run) -> bytes:
    """The bytes of a `metrics.prom`, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_RunCollector(run))
    return generate_latest(registry)


class _RunCollector(Collector):
    """The metrics of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def collect(self) -> Iterator[Metric]:
        """Each metric with its series."""
        servers = standings_of(self._run)
        yield InfoMetricFamily("moveready", "The moveready that made the run.", {"version": _label(self._run.version)})
        yield from _of_run(self._run)
        yield _control_state(self._run)
        yield _server_ready(servers)
        yield _server_standing(servers)
        yield _certificate_verified(self._run)
        yield _waiver_ends(self._run)
        if self._run.unlisted is not None:
            yield GaugeMetricFamily("moveready_unlisted_servers", _UNLISTED, len(self._run.unlisted))


def _of_run(run: Run) -> Iterator[Metric]:
    ended = run.finished_at.timestamp()
    yield GaugeMetricFamily("moveready_run_timestamp_seconds", "When the run ended, in seconds since 1970.", ended)
    lasted = (run.finished_at - run.started_at).total_seconds()
    yield GaugeMetricFamily("moveready_run_duration_seconds", "How long the run lasted.", lasted)
    yield GaugeMetricFamily(
        "moveready_run_complete", "1 where every selected control was judged, else 0.", run.complete
    )


def _control_state(run: Run) -> Metric:
    states = [(result, result.value) for result in Result]
    ended = {
        (_label(outcome.server), _label(outcome.control), outcome.severity.value): outcome.result
        for outcome in run.outcomes
    }
    series = (((*labels, word), float(ending is result)) for labels, ending in ended.items() for result, word in states)
    help_text = "How a control ended on a server: 1 for the state that holds, 0 for the others."
    return _gauge("moveready_control_state", help_text, ("server", "control", "severity", "state"), series)


def _server_ready(servers: Iterable[ServerStanding]) -> Metric:
    series: dict[Labels, float] = {}
    for each in servers:
        server = each.server
        labels = (server.name, server.group or "", server.site or "", server.pool or "")
        series[tuple(map(_label, labels))] = float(each.standing is Standing.READY)
    help_text = "1 where the server is ready for moves; 0 where it is not, or where nobody knows."
    return _gauge("moveready_server_ready", help_text, ("server", "group", "site", "pool"), series.items())


def _server_standing(servers: Iterable[ServerStanding]) -> Metric:
    series: dict[Labels, float] = {
        (_label(each.server.name), standing.name.lower()): float(each.standing is standing)
        for each in servers
        for standing in Standing
    }
    help_text = "What a server is: 1 for ready, not_ready or unknown, whichever holds, 0 for the others."
    return _gauge("moveready_server_standing", help_text, ("server", "standing"), series.items())


def _certificate_verified(run: Run) -> Metric:
    series: dict[Labels, float] = {(_label(server.name),): float(server.verified) for server in run.servers}
    help_text = "1 where the certificate of a server was verified; 0 where nobody knows who answered in its name."
    return _gauge("moveready_server_certificate_verified", help_text, ("server",), series.items())


def _waiver_ends(run: Run) -> Metric:
    """Of several waivers for the same control and server, the one with the latest end counts, as for the findings."""
    series: dict[Labels, float] = {}
    for waiver in (use.waiver for use in run.waivers):
        for server in waiver.servers:
            labels = (_label(waiver.control), _label(server))
            series[labels] = max(series.get(labels, 0.0), waiver.ends_at.timestamp())
    help_text = "When the waiver of a control, or of a whole KB, on a server stops to count, in seconds since 1970."
    return _gauge("moveready_waiver_end_timestamp_seconds", help_text, ("control", "server"), series.items())


def _gauge(name: str, help_text: str, labels: Labels, series: Iterable[tuple[Labels, float]]) -> Metric:
    """A gauge; the series are distinct, since node_exporter refuses the whole file for a series that is twice."""
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, number in series:
        family.add_metric(values, number)
    return family


def _label(text: str) -> str:
    return cleaned(text)[:_LONGEST_LABEL]
