"""The operations of WinRM on the shells of one endpoint: Create, Command, Send, Receive, Signal, Delete, Get.

It waits (a Receive waits for output) but owns no socket. Each request is an awaitable that returns the body of its
answer, or raises the `WsmanError` that is sent back as a fault. Whatever else goes wrong is written to Python's log and
answered as Windows answers a plug-in or a cmdlet that fails.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moveready.lab import wsman, wsman_faults
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.pipeline import Command, Endpoint, ErrorRecord, Invocation, PipelineResult
from moveready.lab.replacing import replaced_result
from moveready.lab.shell_table import Pipeline, ShellTable
from moveready.lab.wsman_faults import WsmanError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from moveready.lab.psrp import PipelineStart
    from moveready.lab.shell_table import Caller, Shell, ShellHost
    from moveready.lab.wsman import WsmanRequest

_LOGGER = logging.getLogger(__name__)
_ENVELOPE_OVERHEAD_BYTES = 4096
_PROVIDERS = {Endpoint.EXCHANGE: wsman_faults.EXCHANGE, Endpoint.WINDOWS: wsman_faults.POWERSHELL}


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an operation: the content of s:Body, and the pipelines that it started, as lines for the log."""

    body: str
    lines: tuple[str, ...] = ()


class Shells:
    """The shells of one endpoint of one server."""

    def __init__(
        self,
        host: ShellHost,
        run: Callable[[Sequence[Command]], PipelineResult],
        fault_of: Callable[[str], Fault | None],
    ) -> None:
        """Connect the shells to the rest of the lab.

        Args:
            host: The endpoint.
            run: Runs one statement against the organization; it may change the organization.
            fault_of: Gives the fault for the pipeline of this line.
        """
        self._host = host
        self._provider = _PROVIDERS[host.endpoint]
        self._run = run
        self._fault_of = fault_of
        self._table = ShellTable(host)
        self._operations: dict[str, Callable[[WsmanRequest, Caller], Awaitable[Answer]]] = {
            "Create": self._create,
            "Command": self._command,
            "Send": self._send,
            "Receive": self._receive,
            "Signal": self._signal,
            "Delete": self._delete,
            "Get": self._get,
        }

    def __len__(self) -> int:
        """How many shells are open."""
        return len(self._table)

    def drop(self) -> None:
        """Drop all shells at once, as a restart of IIS does."""
        self._table.drop()

    async def answer(self, request: WsmanRequest, caller: Caller) -> Answer:
        """Carry out a request.

        Raises:
            WsmanError: It cannot be carried out, or (Receive) nothing came within OperationTimeout.
        """
        if request.envelope_bytes < wsman.SMALLEST_ENVELOPE_BYTES:
            raise wsman_faults.envelope_too_small()
        if request.action in wsman.DISCONNECTED_OPERATIONS:
            raise wsman_faults.unsupported_feature()
        if request.action not in self._operations:
            raise wsman_faults.unknown_action()
        try:
            with self._table.in_use(request.shell_id):
                return await self._operations[request.action](request, caller)
        except WsmanError:
            raise
        except Exception as error:
            _LOGGER.exception("the lab failed at %s of %s", request.action, self._host.server)
            raise wsman_faults.plugin_failed(self._provider) from error

    async def _create(self, request: WsmanRequest, caller: Caller) -> Answer:
        with self._as_fault():
            shell = self._table.create(request, caller)
        return Answer(wsman.created_body(shell.description, request.to))

    async def _command(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._table.find(request.shell_id, caller)
        command_id = request.command_id or str(uuid.uuid4()).upper()
        with self._as_fault():
            shell.pool.add_pipeline(command_id)
            shell.pipelines[command_id] = Pipeline()
            lines = self._feed(shell, request.data, command_id)
        return Answer(wsman.command_body(command_id), lines)

    async def _send(self, request: WsmanRequest, caller: Caller) -> Answer:
        with self._as_fault():
            lines = self._feed(self._table.find(request.shell_id, caller), request.data, request.command_id)
        return Answer("<rsp:SendResponse/>", lines)

    def _feed(self, shell: Shell, data: bytes, command_id: str | None) -> tuple[str, ...]:
        starts = shell.pool.receive(data, command_id)
        for start in starts:
            pipeline = shell.pipelines[start.command_id]
            pipeline.task = asyncio.get_running_loop().create_task(self._carry_out(shell, start))
        shell.news.set()
        return tuple(start.line for start in starts)

    async def _carry_out(self, shell: Shell, start: PipelineStart) -> None:
        fault = self._fault_of(start.line)
        if fault is not None and fault.kind is FaultKind.LATE:
            for statement in start.statements:
                asyncio.get_running_loop().call_later(fault.seconds, self._result_of_one, statement)
            return
        replaced = replaced_result(fault)
        result = await self._result_of(start) if replaced is None else replaced
        if fault is not None and fault.kind is FaultKind.CLIXML:
            result = replace(result, output=tuple(fault.clixml for _ in result.output))
        pipeline = shell.pipelines[start.command_id]
        if fault is None or replaced is not None or fault.kind is FaultKind.CLIXML:
            shell.pool.finish(start.command_id, result)
            pipeline.done = True
        elif fault.kind is FaultKind.OUTPUT_THEN_SILENCE:
            shell.pool.send_output(start.command_id, result)
        pipeline.news.set()

    async def _result_of(self, start: PipelineStart) -> PipelineResult:
        """The results of all statements together; the first that fails ends the pipeline."""
        whole = PipelineResult()
        for statement in start.statements:
            result = self._result_of_one(statement)
            await asyncio.sleep(result.seconds)
            whole = PipelineResult(
                output=whole.output + result.output,
                errors=whole.errors + result.errors,
                warnings=whole.warnings + result.warnings,
                failure=result.failure,
            )
            if result.failure is not None:
                break
        return whole

    def _result_of_one(self, statement: Sequence[Command]) -> PipelineResult:
        """The result of a statement; a cmdlet of the lab that fails looks like one of Windows that does (inferred)."""
        try:
            return self._run(statement)
        except Exception:
            line = " | ".join(command.line for command in statement)
            _LOGGER.exception("the lab failed to run %s on %s", line, self._host.server)
            message, kind = "Object reference not set to an instance of an object.", "System.NullReferenceException"
            invocation = Invocation(statement[-1], len(statement), len(statement))
            return PipelineResult(failure=ErrorRecord(message, kind, 0, kind, None, invocation))

    async def _receive(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._table.find(request.shell_id, caller)
        if shell.refusal is not None:
            self._table.delete(shell)
            raise shell.refusal
        pipeline = self._pipeline_of(shell, request.command_id)
        waiter = shell if pipeline is None else pipeline
        deadline = asyncio.get_running_loop().time() + request.timeout_seconds
        while True:
            outbox = shell.pool.outbox_of(request.command_id)
            if shell.deleted or outbox is None:
                raise wsman_faults.aborted()
            waiter.news.clear()
            room = min(request.envelope_bytes, wsman.LARGEST_ENVELOPE_BYTES) - _ENVELOPE_OVERHEAD_BYTES
            if fragments := outbox.take(room):
                done = pipeline is not None and pipeline.done and not outbox.messages
                return Answer(wsman.received_body(fragments, request.command_id, done=done))
            await _wait_until(deadline, waiter.news)

    def _pipeline_of(self, shell: Shell, command_id: str | None) -> Pipeline | None:
        if command_id is None:
            return None
        if command_id not in shell.pipelines:
            raise wsman_faults.unknown_command()
        return shell.pipelines[command_id]

    async def _signal(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._table.find(request.shell_id, caller)
        pipeline = self._pipeline_of(shell, request.command_id)
        if pipeline is not None and request.command_id is not None:
            if pipeline.task is not None:
                pipeline.task.cancel()
            if request.signal.lower().endswith("/terminate"):
                shell.pool.remove_pipeline(request.command_id)
                del shell.pipelines[request.command_id]
            elif not pipeline.done:
                shell.pool.stop(request.command_id)
                pipeline.done = True
            pipeline.news.set()
        return Answer("<rsp:SignalResponse/>")

    async def _delete(self, request: WsmanRequest, caller: Caller) -> Answer:
        self._table.delete(self._table.find(request.shell_id, caller))
        return Answer("")

    async def _get(self, request: WsmanRequest, caller: Caller) -> Answer:
        if request.resource_uri.rstrip("/") == wsman.CONFIG_URI:
            return Answer(wsman.config_body())
        return Answer(wsman.shell_body(self._table.find(request.shell_id, caller).described(self._host.now())))

    @contextmanager
    def _as_fault(self) -> Iterator[None]:
        """Turns an error about bytes that are not PSRP into a fault; what is wrong with them is in the log alone."""
        try:
            yield
        except ValueError as error:
            _LOGGER.warning("%s was sent what cannot be read: %s", self._host.server, error)
            raise wsman_faults.wrong_parameter(self._provider) from error


async def _wait_until(deadline: float, news: asyncio.Event) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await news.wait()
    except TimeoutError:
        raise wsman_faults.timed_out() from None
