"""Runspace pools of the server side, against psrpcore's client side."""

from __future__ import annotations

import uuid

import psrpcore
import pytest
from psrpcore import types as ps

from moveready.lab.pipeline import Command, ErrorRecord, PipelineResult
from moveready.lab.psrp import FRAGMENT_BYTES, PipelineStart, RunspacePool, fragments_of

ROOM = 10_000_000
WRONG = ErrorRecord("It is wrong.", "System.Management.Automation.RuntimeException", 13, "Wrong,Get-X", "EX01")


class Client:
    """psrpcore's client, and the pool that it opened."""

    def __init__(self) -> None:
        self.core = psrpcore.ClientRunspacePool()
        self.core.open()
        self.pool = RunspacePool(self.sent())

    def sent(self) -> bytes:
        """What the client wants to send."""
        data = b""
        while (payload := self.core.data_to_send()) is not None:
            data += payload.data
        return data

    def take(self, command_id: str | None = None) -> list[psrpcore.PSRPEvent]:  # type: ignore[type-arg] # of any kind
        """Take one answer of the pool; what the client reads in it."""
        outbox = self.pool.outbox_of(command_id)
        assert outbox is not None
        for fragment in outbox.take(ROOM):
            self.core.receive_data(psrpcore.PSRPPayload(fragment, psrpcore.StreamType.default, None))
        return list(iter(self.core.next_event, None))

    def start(self, *commands: psrpcore.Command) -> PipelineStart:
        """Send a pipeline; how the pool understood it."""
        self.take()
        self.take()
        pipeline = psrpcore.ClientPowerShell(self.core)
        for command in commands:
            pipeline.add_command(command)
        pipeline.start()
        self.pool.add_pipeline(str(pipeline.pipeline_id).upper())
        (start,) = self.pool.receive(self.sent())
        return start


def test_opened_comes_in_an_answer_of_its_own() -> None:
    """Recorded servers send capability and private data first, `Opened` with the next Receive."""
    client = Client()

    answers = [[type(event).__name__ for event in client.take()] for _ in range(3)]
    assert answers == [["SessionCapabilityEvent", "ApplicationPrivateDataEvent"], ["RunspacePoolStateEvent"], []]


def test_commands_come_out_as_plain_values() -> None:
    """Names, parameters, statements and scripts are understood; nothing of psrpcore is left in the values."""
    first = psrpcore.Command("Get-X").add_parameter("Force", True).add_parameter("-Name:", ["a b", 1, None])
    first.end_of_statement = True
    start = Client().start(first, psrpcore.Command("$x", is_script=True).add_argument({"a": 1.5}))

    assert start.statements == (
        (Command("Get-X", (("Force", True), ("Name", ["a b", 1, None]))),),
        (Command("$x", ((None, {"a": 1.5}),), is_script=True),),
    )
    assert [type(value) for value in start.statements[0][0].parameters[1][1]] == [str, int, type(None)]  # type: ignore[attr-defined] # a list


def test_the_line_is_what_a_person_would_type() -> None:
    """The log tells the pipeline with its parameters."""
    get = psrpcore.Command("Get-X").add_parameter("Identity", "EX01\\EWS (Default Web Site)").add_parameter("On", False)
    start = Client().start(
        get, psrpcore.Command("Select-Object").add_argument(["Name", "Id"]).add_parameter("All", True)
    )

    assert start.line == "Get-X -Identity 'EX01\\EWS (Default Web Site)' -On $false | Select-Object Name,Id -All"


def test_output_goes_out_untouched() -> None:
    """An object's CLIXML is sent as it is: a round trip would lose the name of an enum."""
    xml = '<Obj RefId="0"><ToString>Low</ToString><I32>1</I32></Obj>'
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.finish(command_id, PipelineResult(output=(xml,)))
    outbox = client.pool.outbox_of(command_id)

    assert outbox is not None
    assert outbox.take(ROOM)[0].endswith(b"\xef\xbb\xbf" + xml.encode())


def test_warnings_output_errors_and_the_end_arrive_in_order() -> None:
    """The client reads everything a pipeline gave, then its end."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.finish(command_id, PipelineResult(("<S>out</S>",), (WRONG,), None, ("careful",)))
    warning, output, error, state = client.take(command_id)

    assert isinstance(warning, psrpcore.WarningRecordEvent)
    assert isinstance(output, psrpcore.PipelineOutputEvent)
    assert isinstance(error, psrpcore.ErrorRecordEvent)
    assert isinstance(state, psrpcore.PipelineStateEvent)
    assert (warning.record.Message, output.data, state.state) == ("careful", "out", ps.PSInvocationState.Completed)


def test_an_error_keeps_what_people_and_programs_read() -> None:
    """Message, id, category, reason and target arrive."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.finish(command_id, PipelineResult(failure=WRONG))
    (state,) = client.take(command_id)

    assert isinstance(state, psrpcore.PipelineStateEvent)
    assert state.state is ps.PSInvocationState.Failed
    record = state.reason
    assert record is not None
    assert (str(record), record.FullyQualifiedErrorId, record.TargetObject) == ("It is wrong.", "Wrong,Get-X", "EX01")
    category = record.CategoryInfo
    assert (category.Category, category.Reason) == (ps.ErrorCategory.ObjectNotFound, "RuntimeException")
    assert record.Exception.PSTypeNames[0].endswith("RuntimeException")


def test_output_without_an_end_leaves_the_pipeline_running() -> None:
    """A pipeline may give its output and go on."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.send_output(command_id, PipelineResult(("<S>out</S>",)))

    assert [type(event) for event in client.take(command_id)] == [psrpcore.PipelineOutputEvent]


def test_a_stopped_pipeline_says_so() -> None:
    """The client learns that its pipeline was stopped."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.stop(command_id)
    (state,) = client.take(command_id)

    assert isinstance(state, psrpcore.PipelineStateEvent)
    assert state.state is ps.PSInvocationState.Stopped


def test_a_removed_pipeline_takes_no_more() -> None:
    """What comes for a pipeline that the client has terminated is dropped."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.remove_pipeline(command_id)
    client.pool.finish(command_id, PipelineResult(("<S>late</S>",)))

    assert client.pool.outbox_of(command_id) is None


def test_an_answer_holds_what_fits_and_never_nothing() -> None:
    """The envelope's size cuts long output into several answers; a fragment longer than the room goes alone."""
    client = Client()
    command_id = client.start(psrpcore.Command("Get-X")).command_id
    client.pool.finish(command_id, PipelineResult(("<S>" + "x" * 3 * FRAGMENT_BYTES + "</S>",)))
    outbox = client.pool.outbox_of(command_id)

    assert outbox is not None
    taken = [len(outbox.take(room)) for room in (10, 2 * 43900, 10**6, 10**6)]
    assert taken == [1, 2, 2, 0]


@pytest.mark.parametrize("length", [1, FRAGMENT_BYTES, FRAGMENT_BYTES + 1, 3 * FRAGMENT_BYTES])
def test_fragments_say_where_they_stand(length: int) -> None:
    """Object id, number, start and end flags of MS-PSRP 2.2.4, and never an empty fragment."""
    fragments = list(fragments_of(b"x" * length, 7))
    flags = [fragment[16] for fragment in fragments]

    assert [int.from_bytes(fragment[8:16], "big") for fragment in fragments] == list(range(len(fragments)))
    assert (flags[0] & 1, flags[-1] & 2, sum(flags)) == (1, 2, 3)
    assert sum(len(fragment) - 21 for fragment in fragments) == length


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x00" * 64])
def test_what_is_no_psrp_is_refused(data: bytes) -> None:
    """A pool opens with PSRP or not at all."""
    with pytest.raises(ValueError, match=r"PSRP|open"):
        RunspacePool(data)


def test_control_questions_are_answered() -> None:
    """What psrpcore knows to answer goes to the pool's outbox: here the exchange of keys."""
    client = Client()
    client.take()
    client.take()
    client.core.exchange_key()
    client.pool.receive(client.sent())

    assert [type(event).__name__ for event in client.take()] == ["EncryptedSessionKeyEvent"]


def test_ids_are_upper_case() -> None:
    """Commands are known by their id as Windows writes it."""
    command_id = Client().start(psrpcore.Command("Get-X")).command_id

    assert command_id == str(uuid.UUID(command_id)).upper()
