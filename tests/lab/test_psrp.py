"""Runspace pools of the server side, against psrpcore's client side."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import psrpcore
import pytest
from psrpcore import types as ps

from moveready.lab.fragments import FRAGMENT_HEAD, MESSAGE_HEAD
from moveready.lab.pipeline import Command, ErrorRecord, Invocation, PipelineResult
from moveready.lab.psrp import PipelineStart, RunspacePool

Question = Callable[[psrpcore.ClientRunspacePool], int | None]
ROOM = 10_000_000
WRONG = ErrorRecord("It is wrong.", "System.Management.Automation.RuntimeException", 13, "Wrong,Get-X", "EX01")


class Client:
    """psrpcore's client, and the pool that it opened."""

    def __init__(self, max_runspaces: int = 1, options: ps.RemoteStreamOptions = ps.RemoteStreamOptions.none) -> None:
        self.options = options
        self.core = psrpcore.ClientRunspacePool(max_runspaces=max_runspaces)
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
        pipeline = psrpcore.ClientPowerShell(self.core, remote_stream_options=self.options)
        for command in commands:
            pipeline.add_command(command)
        pipeline.start()
        command_id = str(pipeline.pipeline_id).upper()
        self.pool.add_pipeline(command_id)
        (start,) = self.pool.receive(self.sent(), command_id)
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


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (lambda core: core.set_max_runspaces(5), True),
        (lambda core: core.set_max_runspaces(0), False),
        (lambda core: core.set_min_runspaces(2), True),
        (lambda core: core.set_min_runspaces(0), False),
        (lambda core: core.set_min_runspaces(4), False),
        (lambda core: core.get_available_runspaces(), 3),
        (lambda core: core.reset_runspace_state(), True),
    ],
    ids=["max", "max too small", "min", "min too small", "min above max", "available", "reset"],
)
def test_questions_about_runspaces_are_answered(question: Question, answer: int) -> None:
    """SET_MAX_RUNSPACES and its like get RUNSPACE_AVAILABILITY (MS-PSRP 2.2.2.8), within the pool's limits."""
    client = Client(max_runspaces=3)
    client.take()
    client.take()
    number = question(client.core)
    client.pool.receive(client.sent())
    (event,) = client.take()

    assert isinstance(event, psrpcore.GetRunspaceAvailabilityEvent | psrpcore.SetRunspaceAvailabilityEvent)
    value = event.count if isinstance(event, psrpcore.GetRunspaceAvailabilityEvent) else event.success
    assert (event.ci, value, type(value)) == (number, answer, type(answer))


def test_a_running_pipeline_takes_a_runspace() -> None:
    """It is free again when the pipeline has ended."""
    client = Client(max_runspaces=3)
    command_id = client.start(psrpcore.Command("Get-X")).command_id

    def available() -> list[int]:
        client.core.get_available_runspaces()
        client.pool.receive(client.sent())
        return [event.count for event in client.take() if isinstance(event, psrpcore.GetRunspaceAvailabilityEvent)]

    before = available()
    client.pool.finish(command_id, PipelineResult())
    assert (before, available()) == ([2], [3])


def test_a_pipeline_is_addressed_by_its_command_and_answers_under_its_own_id() -> None:
    """Both may differ, as in recorded dialogues, where the bytes of one are those of the other in another order."""
    client = Client()
    client.take()
    client.take()
    pipeline = psrpcore.ClientPowerShell(client.core)
    pipeline.add_command("Get-X")
    pipeline.start()
    command_id = str(uuid.UUID(bytes=pipeline.pipeline_id.bytes_le)).upper()
    client.pool.add_pipeline(command_id)
    (start,) = client.pool.receive(client.sent(), command_id)
    client.pool.finish(command_id, PipelineResult(("<S>out</S>",)))
    output, state = client.take(command_id)

    assert command_id != str(pipeline.pipeline_id).upper()
    assert start.command_id == command_id
    assert isinstance(output, psrpcore.PipelineOutputEvent)
    assert (output.data, output.pipeline_id) == ("out", pipeline.pipeline_id)
    assert isinstance(state, psrpcore.PipelineStateEvent)


def test_a_pipeline_without_a_command_is_refused() -> None:
    """CREATE_PIPELINE comes with WSMan's Command (MS-PSRP 3.1.5.3.3), never to the pool."""
    client = Client()
    pipeline = psrpcore.ClientPowerShell(client.core)
    client.take()
    client.take()
    pipeline.add_command("Get-X")
    pipeline.start()

    with pytest.raises(ValueError, match="PSRP"):
        client.pool.receive(client.sent())


def test_capability_and_session_key_leave_the_pools_id_empty() -> None:
    """As recorded servers do; all other messages have it."""
    client = Client()
    outbox = client.pool.outbox
    fragments = [*outbox.take(ROOM), *outbox.take(ROOM)]
    pools = [MESSAGE_HEAD.unpack_from(fragment, FRAGMENT_HEAD.size)[2] for fragment in fragments]

    mine = client.core.runspace_pool_id.bytes_le
    assert pools == [bytes(16), mine, mine]


def test_an_error_tells_its_command_where_the_client_asked_for_it() -> None:
    """RemoteStreamOptions decide whether InvocationInfo comes along."""

    def told(options: ps.RemoteStreamOptions) -> str | None:
        client = Client(options=options)
        command_id = client.start(psrpcore.Command("Get-X")).command_id
        error = replace(WRONG, invocation=Invocation(Command("Get-X")))
        client.pool.finish(command_id, PipelineResult(errors=(error,)))
        event = client.take(command_id)[0]
        assert isinstance(event, psrpcore.ErrorRecordEvent)
        info = event.record.InvocationInfo
        return None if info is None else str(info.InvocationName)

    assert told(ps.RemoteStreamOptions.none) is None
    assert told(ps.RemoteStreamOptions.AddInvocationInfo) == "Get-X"


def test_ids_are_upper_case() -> None:
    """Commands are known by their id as Windows writes it."""
    command_id = Client().start(psrpcore.Command("Get-X")).command_id

    assert command_id == str(uuid.UUID(command_id)).upper()
