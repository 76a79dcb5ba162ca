"""Guards `moveready.findings.replaying`: a recorded run becomes servers and facts again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import EvidenceError, InternalError, MissingObjectError
from moveready.evidence import EWS_DIRECTORY
from moveready.findings.outcomes import CheckedServer, MissingFact, Outcome, Run, RunScope, plain_from
from moveready.findings.replaying import inventory_of, recorded_collector
from moveready.findings.run_file import json_from
from moveready.inventory import Phase
from tests.builders import NOON, ews_directory

if TYPE_CHECKING:
    from collections.abc import Callable

EX01 = CheckedServer(
    "ex01.contoso.com", "main", "Frankfurt", "mail.contoso.com", "idle", verified=False, file="prod.yaml", line=7
)


@pytest.fixture
def run_of(judge: Callable[..., Outcome]) -> Callable[..., Run]:
    """A run of one outcome on ex01, changed so."""

    def build(**changes: Any) -> Run:
        outcome = replace(judge(None), **changes)
        return Run("contoso", "prod.yaml", NOON, NOON, (EX01,), (outcome,), scope=RunScope(fingerprint="ab12"))

    return build


def test_servers_are_those_of_the_run(run_of: Callable[..., Run]) -> None:
    """With all that reports need; nobody can log in with them."""
    inventory = inventory_of(run_of())
    (server,) = inventory.servers

    assert (inventory.organization.name, inventory.fingerprint) == ("contoso", "ab12")
    assert (server.name, server.group, server.site, server.pool) == (EX01.name, EX01.group, EX01.site, EX01.pool)
    assert (server.phase, server.tls.verify, str(server.place)) == (Phase.IDLE, False, "prod.yaml:7")
    assert server.credential.password is None


def test_evidence_is_read_back(run_of: Callable[..., Run]) -> None:
    """Of the plain data of a file, too; what no subject is called is left."""
    plain = plain_from(ews_directory(enabled=False))
    run = run_of(evidence={"ews_directory": plain, "of_another_version": 1}, asked_at=NOON, seconds=2.5)
    collector, server = recorded_collector(run), inventory_of(run).servers[0]

    assert collector.evidence_of(EWS_DIRECTORY, server) == ews_directory(enabled=False)
    assert [(asking.began_at, asking.seconds) for asking in collector.askings_of([EWS_DIRECTORY], server)] == [
        (NOON, 2.5)
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "raised"),
    [
        ("MissingObjectError", ("ex01.contoso.com", "Exchange", "no object", "Look."), MissingObjectError),
        ("ErrorOfANewerVersion", ("ex01.contoso.com", "Exchange", "no object", "Look."), EvidenceError),
        ("Path", ("ex01.contoso.com", "Exchange", "no object", "Look."), EvidenceError),
        ("InternalError", ("ex01.contoso.com", "KeyError at x:1"), InternalError),
    ],
)
def test_failure_is_the_same_again(
    run_of: Callable[..., Run], kind: str, fields: tuple[str, ...], raised: type[Exception]
) -> None:
    """A kind that is not known here is an error all the same, and never a pass."""
    run = run_of(evidence={}, missing={"ews_directory": MissingFact(kind, fields)})

    with pytest.raises(raised) as caught:
        recorded_collector(run).evidence_of(EWS_DIRECTORY, inventory_of(run).servers[0])
    assert type(caught.value) is raised
    assert caught.value.args == fields


def test_unreadable_evidence_is_an_error(run_of: Callable[..., Run]) -> None:
    """It may mean anything."""
    run = run_of(evidence={"ews_directory": {"mrsproxy_enabled": "perhaps"}})

    with pytest.raises(EvidenceError, match="`ews_directory` cannot be read by this version of moveready"):
        recorded_collector(run).evidence_of(EWS_DIRECTORY, inventory_of(run).servers[0])


def test_evidence_of_another_server_is_an_error(run_of: Callable[..., Run]) -> None:
    """Whoever put it there, it says nothing about this one."""
    run = run_of(evidence={"ews_directory": plain_from(ews_directory(enabled=True, server="ex02.contoso.com"))})

    with pytest.raises(EvidenceError, match="its `ews_directory` is about another server"):
        recorded_collector(run).evidence_of(EWS_DIRECTORY, inventory_of(run).servers[0])


@pytest.mark.parametrize("change", [{"mrsproxy_enabled": "true"}, {"mrsproxy_enabled": 1}, {"mrsproxyenabled": True}])
def test_evidence_is_read_strictly(run_of: Callable[..., Run], change: dict[str, object]) -> None:
    """A word is no boolean, and a key that nobody knows may be a misspelt one."""
    plain: Any = plain_from(ews_directory(enabled=False))
    run = run_of(evidence={"ews_directory": {**plain, **change}})

    with pytest.raises(EvidenceError, match="cannot be read by this version"):
        recorded_collector(run).evidence_of(EWS_DIRECTORY, inventory_of(run).servers[0])


def test_seen_servers_are_those_of_the_record(run_of: Callable[..., Run]) -> None:
    """Where Exchange did not answer, nothing is known again."""
    run = run_of()

    assert recorded_collector(run).seen() == frozenset()
    assert recorded_collector(replace(run, unlisted=("ex09.contoso.com",))).seen() == {EX01.name, "ex09.contoso.com"}


def test_run_is_written_with_what_is_missing(run_of: Callable[..., Run]) -> None:
    """Without it a replay could not tell an error from what nobody asked."""
    text = json_from(run_of(missing={"x": MissingFact("DeadlineError", ("a", "b", "c", "d"))})).decode()

    assert '"DeadlineError"' in text
