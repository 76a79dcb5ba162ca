"""Runspace pools and pipelines of the server side (MS-PSRP): fragments in, results out. No I/O.

psrpcore reads what the client sends and renders the records that have fixed shapes (states, errors, warnings). Messages
and fragments are packed here, and a pipeline's objects are sent as exactly the CLIXML that was given: psrpcore's round
trip would flatten enums and drop `ToString`.
"""

from __future__ import annotations

import struct
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psrpcore
from psrpcore import types as ps

from moveready.lab.clixml import without_controls
from moveready.lab.pipeline import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.lab.pipeline import ErrorRecord, PipelineResult

FRAGMENT_BYTES = 32768
"""Longest PSRP fragment that the lab sends; much smaller than every client's envelope, even after base64."""

FRAGMENT_HEAD = struct.Struct(">QQBI")
"""Object, fragment, flags, bytes that follow (MS-PSRP 2.2.4)."""
MESSAGE_HEAD = struct.Struct("<II16s16s")
"""Destination, type, runspace pool, pipeline (MS-PSRP 2.2.1)."""
_TO_CLIENT = 1
_BOM = b"\xef\xbb\xbf"
_NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class PipelineStart:
    """A pipeline that the client wants to run: its statements in order, each a pipeline of commands."""

    command_id: str
    statements: tuple[tuple[Command, ...], ...]

    @property
    def line(self) -> str:
        """The pipeline as a person would type it, for the request log."""
        return "; ".join(" | ".join(_line_of(command) for command in statement) for statement in self.statements)


@dataclass(slots=True)
class Outbox:
    """Messages to the client, for the pool or for one pipeline; each message is a list of packed fragments."""

    messages: deque[_Message] = field(default_factory=deque)

    def take(self, room_bytes: int) -> list[bytes]:
        """Take the fragments that fit into one answer of this size; at least one, if there is any.

        The pool's `Opened` never shares an answer with earlier messages, as on recorded servers.
        """
        taken: list[bytes] = []
        while self.messages and (not taken or not self.messages[0].alone):
            while self.messages[0].fragments:
                size = _base64_length(self.messages[0].fragments[0])
                if taken and size > room_bytes:
                    return taken
                room_bytes -= size
                taken.append(self.messages[0].fragments.popleft())
            self.messages.popleft()
        return taken


@dataclass(frozen=True, slots=True)
class _Message:
    fragments: deque[bytes]
    alone: bool


class RunspacePool:
    """One pool: what WSMan calls a shell. Its pipelines are what WSMan calls commands."""

    def __init__(self, client_data: bytes) -> None:
        """Open with the creationXml of the client.

        Raises:
            ValueError: The data is not PSRP, or not from a client that opens a pool.
        """
        self._core = psrpcore.ServerRunspacePool(application_private_data={"PSVersionTable": _version_table()})
        self._object_id = 0
        self.outbox = Outbox()
        self._outboxes: dict[str, Outbox] = {}
        self.receive(client_data)
        if self._core.state is not ps.RunspacePoolState.Opened:
            raise ValueError("The client did not open its runspace pool")

    def outbox_of(self, command_id: str | None) -> Outbox | None:
        """The messages of a pipeline, or of the pool itself; None where there is no such pipeline."""
        return self.outbox if command_id is None else self._outboxes.get(command_id)

    def add_pipeline(self, command_id: str) -> None:
        """Add a pipeline; its CREATE_PIPELINE may come later."""
        psrpcore.ServerPipeline(self._core, uuid.UUID(command_id))
        self._outboxes[command_id] = Outbox()

    def remove_pipeline(self, command_id: str) -> None:
        """Forget a pipeline."""
        self._core.pipeline_table.pop(uuid.UUID(command_id), None)
        self._outboxes.pop(command_id, None)

    def receive(self, data: bytes) -> list[PipelineStart]:
        """Accept fragments from the client; the answers that psrpcore knows go to the outbox.

        Raises:
            ValueError: The data is not PSRP.
        """
        started: list[PipelineStart] = []
        try:
            self._core.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
            while (event := self._core.next_event()) is not None:
                if isinstance(event, psrpcore.CreatePipelineEvent):
                    started.append(_start_from(event))
        except Exception as error:  # psrpcore passes on any error of its parser
            raise ValueError(f"not PSRP: {error}") from error
        self._collect()
        return started

    def finish(self, command_id: str, result: PipelineResult) -> None:
        """Send everything that a pipeline gave, and its end."""
        self.send_output(command_id, result)
        failure = None if result.failure is None else _record_from(result.failure)
        state = ps.PSInvocationState.Completed if failure is None else ps.PSInvocationState.Failed
        self._send_state(command_id, state, failure)

    def send_output(self, command_id: str, result: PipelineResult) -> None:
        """Send what a pipeline gave, without its end."""
        for warning in result.warnings:
            record = ps.WarningRecord(Message=warning)
            self._send_record(command_id, record, ps.PSRPMessageType.WarningRecord)
        for xml in result.output:
            self._pack(ps.PSRPMessageType.PipelineOutput.value, command_id, _BOM + xml.encode())
        for error in result.errors:
            self._send_record(command_id, _record_from(error), ps.PSRPMessageType.ErrorRecord)

    def stop(self, command_id: str) -> None:
        """Send the client the message that its pipeline was stopped."""
        message = "The pipeline has been stopped."
        exception = ps.NETException(Message=message)
        exception.PSObject.type_names = ["System.Management.Automation.PipelineStoppedException", "System.Exception"]
        category = ps.ErrorCategoryInfo(Category=ps.ErrorCategory.OperationStopped, Reason="PipelineStoppedException")
        record = ps.ErrorRecord(Exception=exception, CategoryInfo=category, FullyQualifiedErrorId="PipelineStopped")
        self._send_state(command_id, ps.PSInvocationState.Stopped, record)

    def _send_state(self, command_id: str, state: ps.PSInvocationState, error: ps.ErrorRecord | None) -> None:
        message = ps.PipelineState(PipelineState=state.value)
        if error is not None:
            message.ExceptionAsErrorRecord = error
        self._send_record(command_id, message, ps.PSRPMessageType.PipelineState)

    def _send_record(self, command_id: str, record: ps.PSObject, message_type: ps.PSRPMessageType) -> None:
        self._core.prepare_message(record, message_type=message_type, pipeline_id=uuid.UUID(command_id))
        self._collect()

    def _collect(self) -> None:
        """Move psrpcore's messages to the outboxes, packed as Windows packs them: BOM, and our own object ids."""
        while (payload := self._core.data_to_send()) is not None:
            command_id = None if payload.pipeline_id is None else str(payload.pipeline_id).upper()
            for message in _messages_in(payload.data):
                _, kind, _, _ = MESSAGE_HEAD.unpack_from(message)
                xml = message[MESSAGE_HEAD.size :]
                self._pack(kind, command_id, xml if xml.startswith(_BOM) else _BOM + xml)

    def _pack(self, kind: int, command_id: str | None, xml: bytes) -> None:
        self._object_id += 1
        pipeline = uuid.UUID(command_id) if command_id else _NOBODY
        head = MESSAGE_HEAD.pack(_TO_CLIENT, kind, self._core.runspace_pool_id.bytes_le, pipeline.bytes_le)
        outbox = self.outbox_of(command_id)
        if outbox is not None:  # the client may have removed the pipeline in the meantime
            alone = kind == ps.PSRPMessageType.RunspacePoolState.value
            outbox.messages.append(_Message(deque(fragments_of(head + xml, self._object_id)), alone))


def fragments_of(message: bytes, object_id: int) -> Iterator[bytes]:
    """Cut a message into fragments (MS-PSRP 2.2.4): object id, fragment id, start and end flags, length, data."""
    for number, at in enumerate(range(0, len(message), FRAGMENT_BYTES)):
        data = message[at : at + FRAGMENT_BYTES]
        flags = (number == 0) | (at + FRAGMENT_BYTES >= len(message)) << 1
        yield FRAGMENT_HEAD.pack(object_id, number, flags, len(data)) + data


def _messages_in(data: bytes) -> Iterator[bytes]:
    """The messages of psrpcore's merged fragments; without a size limit, each message is one fragment."""
    at = 0
    while at < len(data):
        length = FRAGMENT_HEAD.unpack_from(data, at)[3]
        at += FRAGMENT_HEAD.size
        yield data[at : at + length]
        at += length


def _base64_length(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4 + 100  # the element around it


def _start_from(event: psrpcore.CreatePipelineEvent) -> PipelineStart:
    statements: list[tuple[Command, ...]] = []
    statement: list[Command] = []
    for raw in event.pipeline.commands:
        parameters = tuple((_bare(name), _plain(value)) for name, value in raw.parameters)
        statement.append(Command(str(raw.command_text), parameters, is_script=bool(raw.is_script)))
        if raw.end_of_statement:
            statements.append(tuple(statement))
            statement = []
    return PipelineStart(str(event.pipeline_id).upper(), tuple(statements))


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


def _record_from(error: ErrorRecord) -> ps.ErrorRecord:
    reason = error.exception.rpartition(".")[2]
    exception = ps.NETException(Message=error.message)
    exception.PSObject.type_names = [error.exception, "System.Exception", "System.Object"]
    category = ps.ErrorCategoryInfo(
        Category=ps.ErrorCategory(error.category), Reason=reason, TargetName=error.target or ""
    )
    record = ps.ErrorRecord(
        Exception=exception,
        CategoryInfo=category,
        TargetObject=error.target,
        FullyQualifiedErrorId=error.error_id,
    )
    # psrpcore escapes every text except this one.
    record.PSObject.to_string = without_controls(error.message)
    return record


def _version_table() -> dict[str, object]:
    """What `$PSVersionTable` says on Windows Server 2016; Windows sends it along when a pool opens."""
    compatible = ("1.0", "2.0", "3.0", "4.0", "5.0", "5.1.14393.2248")
    return {
        "PSVersion": ps.PSVersion("5.1.14393.2248"),
        "PSEdition": "Desktop",
        "PSCompatibleVersions": [ps.PSVersion(version) for version in compatible],
        "CLRVersion": ps.PSVersion("4.0.30319.42000"),
        "BuildVersion": ps.PSVersion("10.0.14393.2248"),
        "WSManStackVersion": ps.PSVersion("3.0"),
        "PSRemotingProtocolVersion": ps.PSVersion("2.3"),
        "SerializationVersion": ps.PSVersion("1.1.0.1"),
    }


def _line_of(command: Command) -> str:
    return " ".join([command.name, *(_argument_of(name, value) for name, value in command.parameters)])


def _argument_of(name: str | None, value: object) -> str:
    if name is None:
        return _word_of(value)
    return f"-{name}" if value is True else f"-{name} {_word_of(value)}"


def _word_of(value: object) -> str:
    if isinstance(value, bool):
        return f"${str(value).lower()}"
    if value is None:
        return "$null"
    if isinstance(value, list):
        return ",".join(_word_of(element) for element in value)
    text = str(value)
    return f"'{text}'" if " " in text else text
