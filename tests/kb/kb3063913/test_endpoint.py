"""The endpoint as evidence of this KB; what its answers mean is tested beside their reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.evidence.mrsproxy_endpoint import EndpointKind
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from tests.builders import endpoint_answer, ews_directory

if TYPE_CHECKING:
    from moveready.evidence.mrsproxy_endpoint import EndpointAnswer


def refined(version: str | None) -> EndpointAnswer:
    """A good answer that names nobody, beside a directory of that version, or none."""
    seen = endpoint_answer(EndpointKind.UNPROVEN, front_end=None, logged_in=True, asp_net=True)
    known: dict[str, object] = {ENDPOINT_ANSWER.name: seen}
    directory: dict[str, object] = {EWS_DIRECTORY.name: ews_directory(enabled=True, version=version)} if version else {}
    found = Facts(known | directory).refined((ENDPOINT_ANSWER,)).had(ENDPOINT_ANSWER)
    assert found is not None
    return found


def test_exchange_2010_is_known_by_the_directory() -> None:
    """Where the directory says nothing, the strict rule holds."""
    assert refined("Version 14.3 (Build 123.4)").kind is EndpointKind.ALIVE
    assert refined("Version 15.2 (Build 1748.10)").kind is EndpointKind.UNPROVEN
    assert refined(None).kind is EndpointKind.UNPROVEN


def test_it_is_asked_after_the_log() -> None:
    """A request to a disabled MRSProxy writes an event."""
    assert ENDPOINT_ANSWER.after == (MRSPROXY_EVENTS,)
