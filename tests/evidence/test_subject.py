"""A subject is declared once, and everything else finds it by its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from moveready.evidence import EWS_DIRECTORY, Scope, ServerSubject, declare, declared
from moveready.evidence.questions import Channel
from moveready.evidence.subject import subjects_named
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from tests.builders import ews_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Evidence of another module."""


def test_subjects_are_found_among_the_arguments_of_a_check() -> None:
    """Other arguments are none."""
    assert subjects_named(["server", "endpoint_answer", "tmp_path"]) == (ENDPOINT_ANSWER,)
    assert subjects_named([subject.name for subject in declared()]) == declared()
    assert subjects_named([]) == ()


def test_two_subjects_of_one_name_are_refused() -> None:
    """The first one stays."""
    second: ServerSubject[Any] = ServerSubject(
        name="ews_directory", type=Other, scope=Scope.HTTPS, ask=lambda *_: (), read=lambda *_: Other()
    )

    with pytest.raises(ValueError, match=r"there is a subject `ews_directory` already: .*\.EwsDirectory$"):
        declare(second)
    assert EWS_DIRECTORY in declared()


def test_module_that_is_imported_anew_declares_anew() -> None:
    """As pytest does it with a file of checks, in one process."""
    again = declare(replace(MRSPROXY_EVENTS))
    try:
        assert subjects_named(["mrsproxy_events"]) == (again,)
    finally:
        declare(MRSPROXY_EVENTS)


@pytest.mark.parametrize(
    ("scope", "channel"),
    [
        (Scope.ORGANIZATION, Channel.EXCHANGE),
        (Scope.EXCHANGE, Channel.EXCHANGE),
        (Scope.WINDOWS, Channel.WINDOWS),
        (Scope.HTTPS, Channel.HTTPS),
    ],
)
def test_each_scope_has_its_channel(scope: Scope, channel: Channel) -> None:
    """It is what people read in errors."""
    assert scope.channel is channel


def test_evidence_is_read_back_from_plain_data() -> None:
    """And stays itself where it is evidence already."""
    found = ews_directory(enabled=True)
    plain = {name: getattr(found, name) for name in found.__dataclass_fields__} | {"asked_at": "2026-03-02T12:00:00Z"}

    assert EWS_DIRECTORY.evidence_from(found) is EWS_DIRECTORY.usable(found) is found
    assert EWS_DIRECTORY.evidence_from(plain) == found
