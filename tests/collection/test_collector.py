"""Many servers are asked at once, each once, and nothing waits longer than it may."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.errors import (
    AuthenticationError,
    DeadlineError,
    EvidenceError,
    InternalError,
    MissingObjectError,
    UnreachableError,
)
from moveready.evidence import EWS_DIRECTORY, EwsDirectory, Facts
from moveready.inventory import load_inventory
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS, EndpointAnswer, MrsProxyEvents
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.slots import SessionSlots
from tests.builders import KB3063913_SUBJECTS, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moveready.inventory import Inventory
    from moveready.lab.log import Entry
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]

NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 7))
EX01, EX02 = NAMES[:2]
HANG = Fault(FaultKind.HANG)


def inventory_of(lab: Lab) -> Inventory:
    """The ready inventory of a lab."""
    return load_inventory(lab.inventory_file, os.environ)


@contextmanager
def collector_of(lab: Lab, seconds: float = 10, **bounds: Any) -> Iterator[tuple[Collector, Inventory]]:
    """A collector for a lab's servers, and its inventory."""
    inventory = inventory_of(lab)
    with Collector(inventory, Bounds(server_timeout=seconds, **bounds)) as collector:
        yield collector, inventory


def facts_of_all(collector: Collector, inventory: Inventory) -> dict[str, Facts]:
    """What is known of every server, by name."""
    return {server.name: collector.facts_of(server) for server in inventory.servers}


def test_every_server_gives_its_evidence(six: Lab) -> None:
    """All three subjects, each about the server that it is of."""
    with collector_of(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        found = facts_of_all(collector, inventory)

    assert all(isinstance(facts.of(EWS_DIRECTORY), EwsDirectory) for facts in found.values())
    assert all(isinstance(facts.of(MRSPROXY_EVENTS), MrsProxyEvents) for facts in found.values())
    assert all(isinstance(facts.of(ENDPOINT_ANSWER), EndpointAnswer) for facts in found.values())
    about = [
        {fact.server for fact in map(facts.of, KB3063913_SUBJECTS) if fact is not None} for facts in found.values()
    ]
    assert about == [{name} for name in NAMES]


def test_each_channel_of_a_server_is_one_login(six: Lab) -> None:
    """And the Exchange endpoint of one server is asked for all of them, however often the evidence is wanted."""
    with collector_of(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        collector.gather(wanted(inventory.servers))
        for server in inventory.servers:
            (
                collector.evidence_of(EWS_DIRECTORY, server),
                collector.evidence_of(MRSPROXY_EVENTS, server),
                collector.evidence_of(ENDPOINT_ANSWER, server),
            )
            (
                collector.evidence_of(EWS_DIRECTORY, server),
                collector.evidence_of(MRSPROXY_EVENTS, server),
                collector.evidence_of(ENDPOINT_ANSWER, server),
            )

    logins = [(entry.server, entry.channel) for entry in six.log.logins()]
    expected = [(EX01, "exchange"), *((name, channel) for name in NAMES for channel in ("https", "windows"))]
    assert sorted(logins) == sorted(expected)


def test_evidence_may_be_asked_for_without_gathering(six: Lab) -> None:
    """One server, one subject, one question; nobody else hears of it."""
    with collector_of(six) as (collector, inventory):
        assert collector.evidence_of(ENDPOINT_ANSWER, inventory.server(EX02)).lets_moves_in

    assert {(entry.server, entry.channel) for entry in six.log.entries()} == {(EX02, "https")}


def test_many_may_want_the_same_evidence_at_once(six: Lab) -> None:
    """Still one login."""
    with collector_of(six) as (collector, inventory), ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(collector.evidence_of, ENDPOINT_ANSWER), [inventory.server(EX01)] * 16))

    assert len(six.log.logins()) == 1


def test_facts_are_only_what_was_asked(six: Lab) -> None:
    """Looking at the facts asks nothing."""
    with collector_of(six) as (collector, inventory):
        collector.gather(wanted([inventory.server(EX01)], ENDPOINT_ANSWER))
        found = collector.facts_of(inventory.server(EX01))
        nothing = collector.facts_of(inventory.server(EX02))

    assert (found.of(EWS_DIRECTORY), found.of(MRSPROXY_EVENTS), nothing) == (None, None, Facts())
    assert found.of(ENDPOINT_ANSWER) is not None
    assert {(entry.server, entry.channel) for entry in six.log.entries()} == {(EX01, "https")}


def test_the_log_is_read_before_the_endpoint_is_asked(lab_with: LabWith) -> None:
    """Asking a disabled MRSProxy writes an event itself; it must not be read as a finding."""
    lab = lab_with(worker="off")

    with collector_of(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        assert collector.evidence_of(MRSPROXY_EVENTS, inventory.server(EX01)).live == ()
        assert collector.evidence_of(ENDPOINT_ANSWER, inventory.server(EX01)).status == 403


def test_the_look_back_reaches_the_server(six: Lab) -> None:
    """`--since` is part of the question."""
    with collector_of(six, since=timedelta(hours=2)) as (collector, inventory):
        assert "&lt;= 7200000]" in collector.evidence_of(MRSPROXY_EVENTS, inventory.server(EX01)).question


def test_failures_are_kept_like_answers(lab_with: LabWith) -> None:
    """A dead server fails each of its subjects once, whoever asks how often, and costs nobody else anything."""
    lab = lab_with({"name": EX01, "down": "all"}, {"name": EX02})

    with collector_of(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        dead = collector.facts_of(inventory.server(EX01))
        alive = collector.facts_of(inventory.server(EX02))
        with pytest.raises(UnreachableError) as caught:
            collector.evidence_of(MRSPROXY_EVENTS, inventory.server(EX01))

    assert caught.value is dead.of(MRSPROXY_EVENTS)
    assert [isinstance(dead.of(subject), EvidenceError) for subject in KB3063913_SUBJECTS] == [False, True, True]
    assert not any(isinstance(alive.of(subject), EvidenceError) for subject in KB3063913_SUBJECTS)


def test_a_hanging_server_costs_one_wait(six: Lab) -> None:
    """All its subjects are given up together, and the others do not wait a moment."""
    for channel in ("windows", "https"):
        six.inject(EX01, channel, HANG)

    with collector_of(six, seconds=9) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        others = [collector.facts_of(server) for server in inventory.servers[1:]]
        others_came_first = not collector.wait(0).is_over
        with pytest.raises(DeadlineError):
            collector.evidence_of(MRSPROXY_EVENTS, inventory.server(EX01))
        given_up = time.monotonic()
        hanging = collector.facts_of(inventory.server(EX01))
        waited_longer = time.monotonic() - given_up

    assert (type(hanging.of(MRSPROXY_EVENTS)), type(hanging.of(ENDPOINT_ANSWER))) == (DeadlineError, DeadlineError)
    assert not any(isinstance(facts.of(subject), EvidenceError) for facts in others for subject in KB3063913_SUBJECTS)
    assert others_came_first
    assert waited_longer < 6


def test_a_hanging_winrm_leaves_time_for_the_endpoint(six: Lab) -> None:
    """One dead channel does not take the evidence of the other."""
    six.inject(EX01, "windows", HANG)

    with collector_of(six, seconds=8) as (collector, inventory):
        collector.gather(wanted(inventory.servers[:1]))
        found = collector.facts_of(inventory.server(EX01))

    assert isinstance(found.of(MRSPROXY_EVENTS), DeadlineError)
    assert isinstance(found.of(ENDPOINT_ANSWER), EndpointAnswer)


def test_where_no_exchange_host_answers_every_server_is_told(six: Lab) -> None:
    """The same words for each, in an error of its own: raising one error thousands of times would grow its trace.

    Two of the hosts refuse the credential, so the third is not sent it.
    """
    for name in NAMES:
        six.inject(name, "exchange", Fault(FaultKind.UNAUTHORIZED))

    with collector_of(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY))
        told = [collector.facts_of(server).of(EWS_DIRECTORY) for server in inventory.servers]

    assert {type(error) for error in told} == {AuthenticationError}
    assert (len(set(map(str, told))), len(set(map(id, told)))) == (1, 6)
    assert {entry.server for entry in six.log.entries(channel="exchange")} == set(NAMES[:2])


def test_a_server_that_the_directory_lacks_has_no_flag(lab_with: LabWith) -> None:
    """The others have theirs."""
    lab = lab_with({"name": EX01, "flag": "absent"}, {"name": EX02})

    with collector_of(lab) as (collector, inventory):
        with pytest.raises(MissingObjectError):
            collector.evidence_of(EWS_DIRECTORY, inventory.server(EX01))
        assert collector.evidence_of(EWS_DIRECTORY, inventory.server(EX02)).mrsproxy_enabled


@pytest.mark.parametrize("concurrency", [1, 2, 4])
def test_no_more_questions_are_under_way_than_allowed(lab_with: LabWith, concurrency: int) -> None:
    """The bound is kept, and made use of."""
    lab = lab_with(*({"name": name, "latency": "300ms"} for name in NAMES))

    with collector_of(lab, concurrency=concurrency) as (collector, inventory):
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER))
        facts_of_all(collector, inventory)

    assert _most_at_once(lab.log.entries(), timedelta(milliseconds=300)) == concurrency


def _most_at_once(entries: tuple[Entry, ...], latency: timedelta) -> int:
    """How many requests were in the lab at the same time; each was there from `when` minus its latency on."""
    return max(sum(other.when - latency <= entry.when <= other.when for other in entries) for entry in entries)


def test_a_fault_of_our_own_is_no_answer_of_the_server(six: Lab) -> None:
    """It is told as ours, and stops nothing else."""
    inventory = inventory_of(six)
    broken = replace(inventory.server(EX01), ports=None)  # type: ignore[arg-type] # the fault

    with Collector(inventory, Bounds()) as collector:
        with pytest.raises(InternalError, match="moveready itself failed") as caught:
            collector.evidence_of(ENDPOINT_ANSWER, broken)
        assert collector.evidence_of(ENDPOINT_ANSWER, inventory.server(EX02)).lets_moves_in
    assert caught.value.crash.startswith("AttributeError: ")


def test_a_fault_of_our_own_in_the_listing_is_an_error_at_each_server(six: Lab) -> None:
    """Each names its own server, and what was raised once for all."""
    inventory = inventory_of(six)
    nobody = replace(inventory, organization=replace(inventory.organization, exchange=()))

    with Collector(nobody, Bounds()) as collector:
        collector.gather(wanted(nobody.servers, EWS_DIRECTORY))
        facts = [collector.facts_of(server).of(EWS_DIRECTORY) for server in nobody.servers]
    failed = [fact for fact in facts if isinstance(fact, InternalError)]
    assert [fact.server for fact in failed] == list(NAMES)
    assert len({fact.crash.partition(" at ")[0] for fact in failed}) == 1
    assert max(len(fact.crash) for fact in failed) < 2_000


def test_costs_of_one_session_are_counted_once(six: Lab) -> None:
    """However many subjects are asked in it: what the server has seen is what is told."""
    with collector_of(six) as (collector, inventory):
        collector.gather(wanted([inventory.server(EX01)], MRSPROXY_EVENTS, ENDPOINT_ANSWER))
        assert collector.wait(60).is_over
        cost = collector.costs()[EX01]

    assert cost.requests == six.log.requests(server=EX01)
    assert cost.sessions == len(six.log.logins(server=EX01))


def test_the_cost_is_there_with_the_answer(six: Lab) -> None:
    """What each server was asked, and the organization under its own name; the lab has counted the same."""
    with collector_of(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        facts_of_all(collector, inventory)
        costs = collector.costs()

    assert set(costs) == {"contoso.com", *NAMES}
    assert {cost.sessions for name, cost in costs.items() if name in NAMES} == {2}
    assert (costs["contoso.com"].sessions, sum(cost.requests for cost in costs.values())) == (1, six.log.requests())


def test_a_failure_has_its_cost_too(six: Lab) -> None:
    """The wait for nothing is what it cost."""
    six.inject(EX01, "https", HANG)

    with collector_of(six, seconds=0.5) as (collector, inventory), pytest.raises(DeadlineError):
        collector.evidence_of(ENDPOINT_ANSWER, inventory.server(EX01))
    assert collector.costs()[EX01].seconds >= 0.4


def test_first_visits_do_not_start_together(six: Lab) -> None:
    """A run does not fall upon the domain controllers: spread over 1.2 s, six starts within 0.1 s are no chance."""
    with collector_of(six, pause_seconds=0.2) as (collector, inventory):
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER))
        assert collector.wait(60).is_over

    first = [six.log.entries(server=name)[0].when for name in NAMES]
    assert max(first) - min(first) > timedelta(seconds=0.1)


def test_raw_answers_are_kept_on_request(lab_with: LabWith, tmp_path: Path) -> None:
    """The organization's and each server's, also one that cannot be judged."""
    lab = lab_with(endpoint="500")
    with collector_of(lab, raw_folder=tmp_path / "raw") as (collector, inventory):
        collector.gather(wanted(inventory.servers))
        assert collector.wait(60).is_over

    kept = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in (tmp_path / "raw").iterdir()}
    assert {name: len(answers) for name, answers in kept.items()} == {
        "contoso.com.ews_directory.json": 1,
        f"{EX01}.mrsproxy_events.json": 3,
        f"{EX01}.endpoint_answer.json": 1,
    }
    assert kept[f"{EX01}.endpoint_answer.json"][0]["status"] == 500


def test_no_free_session_is_told_to_every_server(six: Lab) -> None:
    """Other runs of this account hold them all: the flag is unknown, and nothing is asked."""
    with SessionSlots("contoso.com", 1).taken(Deadline(10)), collector_of(six, seconds=0.5, max_sessions=1) as asking:
        collector, inventory = asking
        with pytest.raises(DeadlineError, match="--max-sessions"):
            collector.evidence_of(EWS_DIRECTORY, inventory.server(EX02))

    assert six.log.requests() == 0


@pytest.mark.heavy
def test_progress_tells_who_takes_longest(six: Lab) -> None:
    """Until every answer is there."""
    six.inject(EX01, "https", HANG)

    with collector_of(six, seconds=6) as (collector, inventory):
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER))
        _await(lambda: collector.wait(0.05).done == 5)
        waiting = collector.wait(0.05)
        over = collector.wait(120)

    assert (waiting.servers, waiting.failing, waiting.slowest, waiting.is_over) == (6, 0, EX01, False)
    assert 0 < waiting.slowest_seconds < 6
    assert (over.done, over.failing, over.is_over) == (6, 1, True)


def _await(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
