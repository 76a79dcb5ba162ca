"""A pipeline's XML is made once, is what pypsrp itself makes, and is that pipeline's alone."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pypsrp.complex_objects import ApartmentState, HostInfo, ObjectMeta, RemoteStreamOptions
from pypsrp.complex_objects import Pipeline as SentPipeline
from pypsrp.messages import CreatePipeline, Destination, Message
from pypsrp.serializer import Serializer

from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.remoting.messages import Messages, typed_text
from moveready.remoting.psrp import _powershell_from

LIST = Pipeline.of(Cmdlet("Get-Service", Name=("W3SVC", "WAS")), Cmdlet("Select-Object", Property="Name"))
STOP = Pipeline.of(Cmdlet("Stop-Service", Name="W3SVC", Force=None))


class Pool:
    """As much of a runspace pool as a pipeline that is not sent looks at."""

    host = None
    protocol_version = "2.3"


def packed(pipeline: Pipeline, serializer: Serializer) -> bytes:
    """The message, as pypsrp would send it."""
    pool: Any = Pool()
    sent = SentPipeline(
        is_nested=False, cmds=_powershell_from(pipeline, pool).commands, history=None, redirect_err_to_out=False
    )
    state, options = ApartmentState(value=0), RemoteStreamOptions(value=1)
    create = CreatePipeline(True, state, options, False, HostInfo(host=None), sent, False)
    return Message(Destination.SERVER, None, None, create, serializer).pack()


def asking(pipeline: Pipeline, protocol: str = "2.3") -> Messages:
    """A serialiser that was told its question."""
    messages = Messages()
    messages.asks(pipeline, protocol)
    return messages


@pytest.mark.parametrize("pipeline", [LIST, STOP])
def test_message_is_pypsrps_own(pipeline: Pipeline) -> None:
    """The first time and every other; byte by byte."""
    plain = packed(pipeline, Serializer())

    assert packed(pipeline, asking(pipeline)) == plain
    assert packed(pipeline, asking(pipeline)) == plain


def test_message_is_made_once() -> None:
    """The second server gets what was made for the first: here proved by handing in another pipeline's parts."""
    listing = packed(LIST, asking(LIST))

    assert packed(STOP, asking(LIST)) == listing
    assert packed(STOP, asking(STOP)) != listing


def test_other_version_of_the_protocol_is_another_message() -> None:
    """What may be merged depends on it (MS-PSRP 2.2.3.12)."""
    packed(LIST, asking(LIST, "2.3"))

    assert packed(STOP, asking(LIST, "2.2")) == packed(STOP, Serializer())


def test_without_a_question_nothing_is_kept() -> None:
    """As pypsrp does it."""
    assert packed(STOP, Messages()) == packed(STOP, Serializer())


def test_many_questions_are_not_kept_for_ever() -> None:
    """A process that asks for days stays small, and still sends the right thing."""
    for number in range(200):
        question = Pipeline.of(Cmdlet("Get-Process", Id=number))
        assert packed(question, asking(question)) == packed(question, Serializer())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Cmdlet("Set-Flag", Value=False), Cmdlet("Set-Flag", Value="False")),
        (Cmdlet("Set-Flag", Value=None), Cmdlet("Set-Flag", Value=True)),
        (Cmdlet("Set-Flag", Value="a,b"), Cmdlet("Set-Flag", Value=("a", "b"))),
        (Cmdlet("Set-Flag", "Value"), Cmdlet("Set-Flag", Value=None)),
        (Cmdlet("Set-Flag", Value=1), Cmdlet("Set-Flag", Value="1")),
    ],
)
def test_types_tell_questions_apart(one: Cmdlet, other: Cmdlet) -> None:
    """A change must never be sent with another one's values."""
    assert typed_text(Pipeline.of(one)) != typed_text(Pipeline.of(other))


def test_pipes_tell_questions_apart() -> None:
    """Two cmdlets are not one with more arguments."""
    joined, apart = Pipeline.of(Cmdlet("A", "B")), Pipeline.of(Cmdlet("A"), Cmdlet("B"))

    assert typed_text(joined) != typed_text(apart)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("_x0041_", "A"),
        ("_x005F_x0041_", "_x0041_"),
        ("_xD83D_", "\ufffd"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_x001B_", "\ufffd"),
    ],
)
def test_texts_of_messages_are_harmless(escaped: str, text: str) -> None:
    """One error record with half a character costs no conversation."""
    assert Messages().deserialize(ET.fromstring(f"<S>{escaped}</S>"), ObjectMeta("S")) == text
