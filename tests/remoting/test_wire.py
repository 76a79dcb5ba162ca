"""pypsrp's WSMan with bounds: how often it asks again, and when it stops."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import requests

from moveready.errors import UnexpectedAnswerError
from moveready.evidence.workers import ASK_WORKERS
from moveready.kb.kb3063913.events import ask_events
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.psrp import open_session
from moveready.remoting.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from _typeshed import TraceFunction

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    Ask = Callable[..., CmdletAnswer]
    EndpointOf = Callable[..., PowerShellEndpoint]
    LabWith = Callable[..., Lab]

EX01 = "ex01.contoso.com"


@pytest.mark.parametrize("skip", [0, 2], ids=["opening", "polling"])
def test_an_operation_timeout_is_no_failure(lab: Lab, ask: Ask, skip: int) -> None:
    """A Receive that the server ended with nothing to say is asked again."""
    lab.inject(EX01, "windows", Fault(FaultKind.WSMAN_FAULT, "Receive", code=2150858793, skip=skip, times=3))

    assert len(ask(lab).objects) == 1


def test_operation_timeouts_at_once_are_a_hot_loop(lab: Lab, ask: Ask) -> None:
    """A server that does not wait before it says so is given up."""
    lab.inject(EX01, "windows", Fault(FaultKind.WSMAN_FAULT, "Receive", code=2150858793))

    with pytest.raises(UnexpectedAnswerError, match="20 answers in a row without content"):
        ask(lab)
    assert len(lab.log.entries(kind="receive")) == 20


@pytest.mark.heavy
def test_operation_timeouts_that_were_waited_for_are_none(lab: Lab, endpoint_of: EndpointOf) -> None:
    """A long command may time out as often as the deadline allows."""
    with open_session(endpoint_of(lab), Deadline(30)) as session:
        lab.inject(EX01, "windows", Fault(FaultKind.WSMAN_FAULT, "Receive", code=2150858793, times=21))
        lab.change(lambda: setattr(lab.organization.servers[EX01], "latency_seconds", 0.25))

        assert len(session.ask(ASK_WORKERS).objects) == 1


def test_answers_with_content_renew_the_patience(lab_with: LabWith, endpoint_of: EndpointOf) -> None:
    """Only empty answers in a row are a hot loop; this pipeline's output needs more than one Receive."""
    events = [{"ago": f"{minutes}m", "message": "x" * 10_000} for minutes in range(1, 100)]
    lab = lab_with(worker="off", events=events)
    with open_session(endpoint_of(lab), Deadline(10)) as session:
        for skip in (0, 16):
            lab.inject(EX01, "windows", Fault(FaultKind.GARBAGE_FRAGMENT, body=b"", skip=skip, times=15))

        assert len(session.ask(ask_events(timedelta(days=1))).objects) == 99
    assert len(lab.log.entries(kind="receive")) > 2 + 15 + 1 + 15


def test_an_object_may_come_in_many_answers(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Each of them brings a piece of it, so none is without content."""
    lab.inject(EX01, "windows", Fault(FaultKind.CLIXML, clixml="<S>" + "x" * 14 * 2**20 + "</S>"))

    with open_session(endpoint_of(lab), Deadline(120)) as session:
        assert [len(xml) for xml in session.ask(ASK_WORKERS).objects] == [14 * 2**20 + 7]


def test_a_silent_receive_is_not_asked_again(lab: Lab, endpoint_of: EndpointOf) -> None:
    """The library would ask five times more, with ever longer pauses; the second time there would be an answer."""
    with open_session(endpoint_of(lab), Deadline(60)) as session:
        session._wire._adapter.longest_silence = 0.3
        lab.inject(EX01, "windows", Fault(FaultKind.HANG, "Receive", times=1))
        with pytest.raises(requests.ReadTimeout):
            session.ask(ASK_WORKERS)


def step_aside(frame: FrameType, _event: str, _argument: object) -> TraceFunction | None:
    """A tracer that lets the other thread run at each line of the registration of the prefix `xml`."""
    if frame.f_code is not ET.register_namespace.__code__ or frame.f_locals["prefix"] != "xml":
        return None
    time.sleep(0)
    return step_aside


@contextmanager
def connections_made_beside() -> Iterator[None]:
    """Another thread makes connections all the time, and lets this one run where it would harm most."""
    ended = threading.Event()

    def make() -> None:
        sys.settrace(step_aside)
        while not ended.is_set():
            Wire("ex02.contoso.com").close()

    other = threading.Thread(target=make)
    other.start()
    try:
        yield
    finally:
        ended.set()
        other.join()


def test_envelopes_are_whole_while_others_connect(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Each connection of pypsrp registers the prefixes of XML anew, for the whole process."""
    with connections_made_beside(), open_session(endpoint_of(lab), Deadline(120)) as session:
        answers = [session.ask(ASK_WORKERS) for _ in range(15)]

    assert [len(answer.objects) for answer in answers] == [1] * 15
