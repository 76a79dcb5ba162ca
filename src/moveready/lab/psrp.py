"""Runspace pools and pipelines of the server side (MS-PSRP): fragments in, results out. No I/O.

psrpcore reads what the client sends, and answers what concerns the pool. The messages of a pipeline are packed here:
its objects are sent as exactly the CLIXML that was given, for psrpcore's round trip would flatten enums and drop
`ToString`.

A pipeline has two ids: WSMan's CommandId, by which the client addresses it (MS-PSRP 3.1.1.1.2), and the PID inside the
PSRP messages (2.2.1). Nothing makes them equal: in recorded dialogues of Windows Server 2016 the two ids of a pipeline
differ in their byte order, and so do those of a pool; the server sends back each id as it came.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psrpcore
from psrpcore import types as ps

from moveready.lab.clixml import rendered
from moveready.lab.fragments import MESSAGE_HEAD, Message, Outbox, fragments_in
from moveready.lab.pipeline import Command
from moveready.lab.records import error_record, pipeline_state, private_data, stopped_state, warning_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.lab.clixml import Thing
    from moveready.lab.pipeline import PipelineResult

_TO_CLIENT = 1
_BOM = b"\xef\xbb\xbf"
_NOBODY = uuid.UUID(int=0)


_WITHOUT_POOL = frozenset({ps.PSRPMessageType.SessionCapability.value, ps.PSRPMessageType.EncryptedSessionKey.value})
"""Messages in which recorded servers leave the pool's id empty."""


@dataclass(frozen=True, slots=True)
class PipelineStart:
    """A pipeline that the client wants to run: its statements in order, each a pipeline of commands."""

    command_id: str
    statements: tuple[tuple[Command, ...], ...]

    @property
    def line(self) -> str:
        """The pipeline as a person would type it, for the request log."""
        return "; ".join(" | ".join(command.line for command in statement) for statement in self.statements)


@dataclass(slots=True)
class _Pipeline:
    """A pipeline of a pool; `pid` is None until its CREATE_PIPELINE has come."""

    outbox: Outbox = field(default_factory=Outbox)
    pid: uuid.UUID | None = None
    runs: bool = False
    tells_invocation: bool = False


class RunspacePool:
    """One pool: what WSMan calls a shell. Its pipelines are what WSMan calls commands."""

    def __init__(self, client_data: bytes) -> None:
        """Open with the creationXml of the client.

        Raises:
            ValueError: The data is not PSRP, or not from a client that opens a pool.
        """
        self._core = psrpcore.ServerRunspacePool()
        self._object_id = 0
        self.outbox = Outbox()
        self._pipelines: dict[str, _Pipeline] = {}
        self.receive(client_data)
        if self._core.state is not ps.RunspacePoolState.Opened:
            raise ValueError("The client did not open its runspace pool")

    def outbox_of(self, command_id: str | None) -> Outbox | None:
        """The messages of a pipeline, or of the pool itself; None where there is no such pipeline."""
        if command_id is None:
            return self.outbox
        pipeline = self._pipelines.get(command_id)
        return None if pipeline is None else pipeline.outbox

    def add_pipeline(self, command_id: str) -> None:
        """Add a pipeline; its CREATE_PIPELINE may come later."""
        self._pipelines[command_id] = _Pipeline()

    def remove_pipeline(self, command_id: str) -> None:
        """Forget a pipeline."""
        pipeline = self._pipelines.pop(command_id, None)
        if pipeline is not None and pipeline.pid is not None:
            self._core.pipeline_table.pop(pipeline.pid, None)

    def receive(self, data: bytes, command_id: str | None = None) -> list[PipelineStart]:
        """Accept fragments that the client sent to a pipeline, or to the pool; answers go to the outboxes.

        Raises:
            ValueError: The data is not PSRP, or belongs to no pipeline.
        """
        started: list[PipelineStart] = []
        try:
            for kind, pid in _heads_in(data):
                if kind == ps.PSRPMessageType.CreatePipeline.value:
                    self._pipelines[command_id or ""].pid = pid
                    psrpcore.ServerPipeline(self._core, pid)
            readable = _with_small_call_ids(data)
            self._core.receive_data(psrpcore.PSRPPayload(readable, psrpcore.StreamType.default, None))
            while (event := self._core.next_event()) is not None:
                if isinstance(event, psrpcore.CreatePipelineEvent):
                    started.append(self._started(event, command_id or ""))
                elif isinstance(event, _COUNTED):
                    self._core.runspace_availability_response(event.ci, self._answer_to(event))
        except Exception as error:  # psrpcore passes on any error of its parser
            raise ValueError(f"not PSRP: {error}") from error
        self._collect()
        return started

    def _started(self, event: psrpcore.CreatePipelineEvent, command_id: str) -> PipelineStart:
        pipeline = self._pipelines[command_id]
        wanted = ps.RemoteStreamOptions.AddInvocationInfoToErrorRecord
        pipeline.runs, pipeline.tells_invocation = True, bool(event.pipeline.remote_stream_options & wanted)
        return PipelineStart(command_id, _statements_of(event))

    def _answer_to(self, event: psrpcore.PSRPEvent) -> bool | int:  # type: ignore[type-arg] # of any kind
        """The content of RUNSPACE_AVAILABILITY (MS-PSRP 2.2.2.8).

        Microsoft's pages of RunspacePool.SetMaxRunspaces and SetMinRunspaces tell the limits; that a reset is refused
        while a pipeline runs is inferred.
        """
        running = sum(pipeline.runs for pipeline in self._pipelines.values())
        if isinstance(event, psrpcore.SetMaxRunspacesEvent):
            return event.count >= max(1, self._core.min_runspaces)
        if isinstance(event, psrpcore.SetMinRunspacesEvent):
            return 1 <= event.count <= self._core.max_runspaces
        if isinstance(event, psrpcore.GetAvailableRunspacesEvent):
            return max(0, self._core.max_runspaces - running)
        return running == 0

    def finish(self, command_id: str, result: PipelineResult) -> None:
        """Send everything that a pipeline gave, and its end."""
        self.send_output(command_id, result)
        state = ps.PSInvocationState.Completed if result.failure is None else ps.PSInvocationState.Failed
        told = self._tells_invocation(command_id)
        self._end(command_id, pipeline_state(state.value, result.failure, tells_invocation=told))

    def send_output(self, command_id: str, result: PipelineResult) -> None:
        """Send what a pipeline gave, without its end."""
        for warning in result.warnings:
            self._send(ps.PSRPMessageType.WarningRecord, command_id, rendered(warning_record(warning)))
        for xml in result.output:
            self._send(ps.PSRPMessageType.PipelineOutput, command_id, xml)
        for error in result.errors:
            record = error_record(error, tells_invocation=self._tells_invocation(command_id))
            self._send(ps.PSRPMessageType.ErrorRecord, command_id, rendered(record))

    def stop(self, command_id: str) -> None:
        """Send the client the message that its pipeline was stopped."""
        self._end(command_id, stopped_state())

    def _end(self, command_id: str, state: Thing) -> None:
        self._send(ps.PSRPMessageType.PipelineState, command_id, rendered(state))
        if command_id in self._pipelines:
            self._pipelines[command_id].runs = False

    def _tells_invocation(self, command_id: str) -> bool:
        pipeline = self._pipelines.get(command_id)
        return pipeline is not None and pipeline.tells_invocation

    def _send(self, kind: ps.PSRPMessageType, command_id: str, xml: str) -> None:
        self._pack(kind.value, command_id, _BOM + xml.encode())

    def _collect(self) -> None:
        """Move psrpcore's messages to the pool's outbox, packed as Windows packs them: BOM, and our own object ids."""
        while (payload := self._core.data_to_send()) is not None:
            for message in _messages_in(payload.data):
                _, kind, _, _ = MESSAGE_HEAD.unpack_from(message)
                xml = message[MESSAGE_HEAD.size :]
                if kind == ps.PSRPMessageType.ApplicationPrivateData.value:
                    xml = rendered(private_data()).encode()
                self._pack(kind, None, xml if xml.startswith(_BOM) else _BOM + xml)

    def _pack(self, kind: int, command_id: str | None, xml: bytes) -> None:
        self._object_id += 1
        outbox = self.outbox_of(command_id)
        if outbox is None:  # the client may have removed the pipeline in the meantime
            return
        pid = _NOBODY if command_id is None else self._pipelines[command_id].pid or _NOBODY
        pool = _NOBODY if kind in _WITHOUT_POOL else self._core.runspace_pool_id
        head = MESSAGE_HEAD.pack(_TO_CLIENT, kind, pool.bytes_le, pid.bytes_le)
        alone = kind == ps.PSRPMessageType.RunspacePoolState.value
        outbox.messages.append(Message(head + xml, self._object_id, alone))


_COUNTED = (
    psrpcore.SetMaxRunspacesEvent,
    psrpcore.SetMinRunspacesEvent,
    psrpcore.GetAvailableRunspacesEvent,
    psrpcore.ResetRunspaceStateEvent,
)


def _heads_in(data: bytes) -> Iterator[tuple[int, uuid.UUID]]:
    """The kind and the PID of each message; the head of a message is in its first fragment."""
    for number, message in fragments_in(data):
        if number == 0 and len(message) >= MESSAGE_HEAD.size:
            _, kind, _, pid = MESSAGE_HEAD.unpack_from(message)
            yield kind, uuid.UUID(bytes_le=pid)


_LIMITS = {ps.PSRPMessageType.SetMaxRunspaces.value, ps.PSRPMessageType.SetMinRunspaces.value}


def _with_small_call_ids(data: bytes) -> bytes:
    """The same data for psrpcore, which knows `ci` only: pypsrp writes `CI`, and to PowerShell both are one name."""
    asks_for_limits = any(kind in _LIMITS for kind, _ in _heads_in(data))
    return data.replace(b'N="CI"', b'N="ci"') if asks_for_limits else data


def _messages_in(data: bytes) -> Iterator[bytes]:
    """The messages of psrpcore's merged fragments; without a size limit, each message is one fragment."""
    return (message for _, message in fragments_in(data))


def _statements_of(event: psrpcore.CreatePipelineEvent) -> tuple[tuple[Command, ...], ...]:
    statements: list[tuple[Command, ...]] = []
    statement: list[Command] = []
    for raw in event.pipeline.commands:
        parameters = tuple((_bare(name), _plain(value)) for name, value in raw.parameters)
        statement.append(Command(str(raw.command_text), parameters, is_script=bool(raw.is_script)))
        if raw.end_of_statement:
            statements.append(tuple(statement))
            statement = []
    return tuple(statements)


def _bare(name: str | None) -> str | None:
    """A parameter's name without the dash and the colon that some clients send."""
    return None if name is None else str(name).removeprefix("-").removesuffix(":")


def _plain(value: object) -> object:
    """A psrpcore value as plain Python: text, numbers, booleans, lists, dictionaries, None; anything else as text."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(element) for key, element in value.items()}
    return str(value)
