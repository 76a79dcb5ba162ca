"""The checks of KB 3063913 on evidence: each control passes, and fails with its sentence.

On servers they are tested in tests/acceptance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checks import test_kb3063913_mrsproxy_disabled as kb
from moveready.findings.controls import control_of
from moveready.inventory import Phase
from moveready.kb.kb3063913 import EndpointKind, MrsProxyEvent
from tests.builders import endpoint_answer, ews_directory, mrsproxy_events

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

CHECKS = (kb.test_mrsproxy_is_enabled, kb.test_no_live_event_1309, kb.test_endpoint_is_not_forbidden)


@pytest.mark.parametrize(("phase", "right"), [(Phase.MOVING, True), (Phase.IDLE, False)])
def test_flag_must_be_as_the_phase_wants(
    server_named: Callable[..., Any], noon: datetime, phase: Phase, right: bool
) -> None:
    """On while moving, off while idle."""
    server = server_named(phase=phase)

    kb.test_mrsproxy_is_enabled(server, ews_directory(enabled=right))
    with pytest.raises(AssertionError, match=f"is {not right}, should be {right}"):
        kb.test_mrsproxy_is_enabled(server, ews_directory(enabled=not right))


def test_live_event_fails_and_past_does_not(noon: datetime) -> None:
    """History is shown, not judged."""
    event = (MrsProxyEvent(noon, "MRS proxy service is disabled"),)

    kb.test_no_live_event_1309(mrsproxy_events(past=event))
    with pytest.raises(AssertionError, match=r"1 event\(s\) 1309"):
        kb.test_no_live_event_1309(mrsproxy_events(live=event))


@pytest.mark.parametrize("kind", list(EndpointKind))
def test_endpoint_must_be_alive(noon: datetime, kind: EndpointKind) -> None:
    """Any other kind of answer is a finding with its meaning."""
    answer = endpoint_answer(kind)

    if kind is EndpointKind.ALIVE:
        kb.test_endpoint_is_not_forbidden(answer)
    else:
        with pytest.raises(AssertionError, match=kind.value):
            kb.test_endpoint_is_not_forbidden(answer)


@pytest.mark.parametrize(("check", "id"), list(zip(CHECKS, ("KB3063913-1", "KB3063913-2", "KB3063913-3"), strict=True)))
def test_controls_are_described(check: Any, id: str) -> None:  # noqa: A002 - the field's own word
    """Id, cause, source and remedy are what reports and the fixer go by."""
    described = control_of(check)

    assert described is not None
    assert (described.id, described.remedy is not None) == (id, True)
    assert described.cause.endswith(".")
    assert described.source.startswith("https://support.microsoft.com/")


@pytest.mark.parametrize(("check", "phases"), list(zip(CHECKS, (2, 1, 1), strict=True)))
def test_only_the_flag_is_asked_of_idle_servers(server_named: Callable[..., Any], check: Any, phases: int) -> None:
    """What only a moving server must answer is not generated for the others."""
    described = control_of(check)

    assert described is not None
    assert sum(described.applies_to(server_named(phase=phase)) for phase in Phase) == phases
