"""A server that says nothing costs one short wait, whichever of its channels are silent."""

from __future__ import annotations

import os
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.errors import DeadlineError
from moveready.inventory import load_inventory
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from moveready.lab.faults import Fault, FaultKind
from tests.builders import wanted
from tests.matrix.traces import Lateness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]

EX01 = "ex01.contoso.com"
SILENT = Fault(FaultKind.SILENT)
ROOM_SECONDS = 1.5
"""Less than the time by which a Delete without a bound of its own would be late."""
VISIT = (MRSPROXY_EVENTS, ENDPOINT_ANSWER)


@contextmanager
def visit(lab: Lab, **bounds: Any) -> Iterator[tuple[Collector, Server]]:
    """A visit of the lab's ex01 that has just begun."""
    inventory = load_inventory(lab.inventory_file, os.environ)
    server = inventory.server(EX01)
    with Collector(inventory, Bounds(pause_seconds=0, **bounds)) as collector:
        collector.gather(wanted([server], *VISIT))
        yield collector, server


def test_a_silent_log_does_not_hold_up_the_endpoint(lab_with: LabWith) -> None:
    """The endpoint answers while the log's channel is still waited for."""
    lab = lab_with()
    lab.inject(EX01, "windows", SILENT)

    with visit(lab, first_answer_timeout=30) as (collector, server):
        assert collector.evidence_of(ENDPOINT_ANSWER, server).lets_moves_in
        assert not collector.wait(0).is_over


def test_silence_on_both_channels_is_waited_for_once(lab_with: LabWith) -> None:
    """Not for one after the other: when the log is given up the endpoint is, too. Both are told as silence."""
    lab = lab_with()
    for channel in ("windows", "https"):
        lab.inject(EX01, channel, SILENT)

    with visit(lab, first_answer_timeout=8) as (collector, server):
        with pytest.raises(DeadlineError, match=r"said nothing for 8 s"):
            collector.evidence_of(MRSPROXY_EVENTS, server)
        began = monotonic()
        with pytest.raises(DeadlineError, match=r"said nothing for 8 s"):
            collector.evidence_of(ENDPOINT_ANSWER, server)
    assert monotonic() - began < 6


def test_a_healthy_server_is_asked_for_its_log_first(lab_with: LabWith) -> None:
    """As the probe of the endpoint leaves a trace in the log."""
    lab = lab_with()

    with visit(lab, first_answer_timeout=60) as (collector, _):
        assert collector.wait(60).is_over
    channels = [entry.channel for entry in lab.log.entries()]
    assert channels == sorted(channels, reverse=True)


def test_an_endpoint_begun_early_is_not_asked_again(lab_with: LabWith) -> None:
    """The log's channel may find its voice; each channel still sees one login."""
    lab = lab_with()
    lab.inject(EX01, "windows", Fault(FaultKind.SILENT, times=1))

    with visit(lab, first_answer_timeout=2) as (collector, _):
        assert collector.wait(60).is_over
    assert len(lab.log.logins(channel="https")) == 1


def test_a_hanging_close_is_not_the_endpoints_fault(lab_with: LabWith) -> None:
    """A Delete that is never answered takes seconds; the endpoint has its time all the same."""
    lab = lab_with()
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, "Delete"))
    lab.inject(EX01, "https", Fault(FaultKind.SLOW, "GET", seconds=2.5))

    with visit(lab, server_timeout=5) as (collector, server):
        assert collector.evidence_of(MRSPROXY_EVENTS, server).live == ()
        assert collector.evidence_of(ENDPOINT_ANSWER, server).lets_moves_in


def test_a_server_that_hangs_on_everything_is_told_in_time(lab_with: LabWith) -> None:
    """Two seconds after its deadline, closing included, all of its answers are there; a busy machine has room."""
    lab = lab_with()
    for channel in ("windows", "https"):
        lab.inject(EX01, channel, Fault(FaultKind.HANG))

    began = monotonic()
    with Lateness() as late, visit(lab, server_timeout=0.6) as (collector, server):
        for subject in VISIT:
            with pytest.raises(DeadlineError):
                collector.evidence_of(subject, server)
        assert monotonic() - began < 0.6 + 2 + ROOM_SECONDS + late.seconds
