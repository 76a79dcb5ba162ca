"""Guards `moveready.collection.recorded`: a record answers what was asked, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.answers import Asking
from moveready.collection.recorded import RecordedCollector
from moveready.errors import EvidenceError, UnreachableError
from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from tests.builders import NOON, ews_directory, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

EX01 = "ex01.contoso.com"
REFUSED = UnreachableError(EX01, "Windows endpoint", "refused", "Look.")


@pytest.fixture
def record() -> RecordedCollector:
    """The flag of ex01, and that its log could not be read."""
    directory = ews_directory(enabled=True)
    known = facts_of(directory).known
    return RecordedCollector(
        {EX01: Facts({**known, MRSPROXY_EVENTS.name: REFUSED})},
        {(EWS_DIRECTORY.name, EX01): Asking(NOON, 2.0)},
        {EX01, "ex09.contoso.com"},
    )


def test_evidence_is_given_again(record: RecordedCollector, server_named: Callable[..., Any]) -> None:
    """Without asking anybody; it is there at once."""
    with record as collector:
        collector.gather([])
        assert collector.wait(0).is_over
        assert collector.evidence_of(EWS_DIRECTORY, server_named()) == ews_directory(enabled=True)
        collector.leave()


def test_failure_is_raised_again(record: RecordedCollector, server_named: Callable[..., Any]) -> None:
    """As the server's own, for the same reason."""
    with pytest.raises(UnreachableError, match=r"refused\. Look\."):
        record.evidence_of(MRSPROXY_EVENTS, server_named())


@pytest.mark.parametrize("name", [EX01, "ex02.contoso.com"])
def test_what_nobody_had_asked_is_an_error(
    record: RecordedCollector, server_named: Callable[..., Any], name: str
) -> None:
    """Of a known server, and of one that is not in the record."""
    with pytest.raises(EvidenceError, match="it has no `endpoint_answer` of this server"):
        record.evidence_of(ENDPOINT_ANSWER, server_named(name))


def test_rest_of_the_record_is_given_too(record: RecordedCollector, server_named: Callable[..., Any]) -> None:
    """Times, and the servers that Exchange had named; it costs nothing itself."""
    assert record.askings_of([EWS_DIRECTORY, MRSPROXY_EVENTS], server_named()) == [Asking(NOON, 2.0)]
    assert record.costs() == {}
    assert record.seen() == {EX01, "ex09.contoso.com"}
    assert record.not_kept() == ()
