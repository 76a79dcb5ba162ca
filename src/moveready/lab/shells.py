"""The operations of WinRM on the shells of one endpoint: Create, Command, Send, Receive, Signal, Delete, Get.

It waits (a Receive waits for output) but owns no socket. Each request is an awaitable that returns the body of its
answer, or raises the `WsmanError` that is sent back as a fault.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moveready.lab import wsman
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.pipeline import Command, Endpoint, PipelineResult
from moveready.lab.psrp import PipelineStart, RunspacePool
from moveready.lab.replacing import replaced_result
from moveready.lab.wsman import ShellDescription, WsmanError, WsmanRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

SHELLS_PER_USER = 18
"""How many shells a user may have on one Exchange endpoint (the default throttling policy)."""

_ENVELOPE_OVERHEAD_BYTES = 4096
_RESOURCE = "http://schemas.microsoft.com/powershell/"
_CONFIGURATIONS = {
    Endpoint.EXCHANGE: {f"{_RESOURCE}Microsoft.Exchange"},
    Endpoint.WINDOWS: {f"{_RESOURCE}Microsoft.PowerShell", f"{_RESOURCE}moveready"},
}
"""Every server has the JEA configuration of the folder `jea` registered too; here it restricts nothing."""


@dataclass(eq=False, slots=True)
class _Pipeline:
    """One command of a shell: `news` is set when its outbox or its end has something new for a waiting Receive."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    done: bool = False
    task: asyncio.Task[None] | None = None


@dataclass(eq=False, slots=True)
class _Shell:
    description: ShellDescription
    pool: RunspacePool
    news: asyncio.Event = field(default_factory=asyncio.Event)
    pipelines: dict[str, _Pipeline] = field(default_factory=dict)
    deleted: bool = False

    def end(self) -> None:
        """Stop the pipelines and wake up everyone who waits."""
        self.deleted = True
        for pipeline in self.pipelines.values():
            if pipeline.task is not None:
                pipeline.task.cancel()
            pipeline.news.set()
        self.news.set()


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an operation: the content of s:Body, and the pipelines that it started, as lines for the log."""

    body: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request: user name as logged in, and IP address."""

    user: str
    address: str


class Shells:
    """The shells of one endpoint of one server."""

    def __init__(
        self,
        endpoint: Endpoint,
        run: Callable[[Sequence[Command]], PipelineResult],
        fault_of: Callable[[str], Fault | None],
    ) -> None:
        """Connect the shells to the rest of the lab.

        Args:
            endpoint: The configuration that the shells may have.
            run: Runs one statement against the organization; it may change the organization.
            fault_of: Gives the fault for the pipeline of this line.
        """
        self._endpoint = endpoint
        self._run = run
        self._fault_of = fault_of
        self._shells: dict[str, _Shell] = {}
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
        return len(self._shells)

    def drop(self) -> None:
        """Drop all shells at once, as a restart of IIS does."""
        for shell in self._shells.values():
            shell.end()
        self._shells.clear()

    async def answer(self, request: WsmanRequest, caller: Caller) -> Answer:
        """Carry out a request.

        Raises:
            WsmanError: It cannot be carried out, or (Receive) nothing came within OperationTimeout.
        """
        operation = self._operations.get(request.action)
        if operation is None:
            message = "The WS-Management service cannot process the request because the action is not supported."
            raise WsmanError(2150858753, message, "w:ActionNotSupported")
        return await operation(request, caller)

    async def _create(self, request: WsmanRequest, caller: Caller) -> Answer:
        if request.resource_uri not in _CONFIGURATIONS[self._endpoint]:
            raise _unknown_resource(request.resource_uri)
        self._check_quota(caller)
        shell_id = request.shell_id or str(uuid.uuid4()).upper()
        description = ShellDescription(shell_id, request.resource_uri, caller.user, caller.address)
        with _as_fault():
            self._shells[shell_id] = _Shell(description, RunspacePool(request.data))
        return Answer(wsman.created_body(description, request.to))

    def _check_quota(self, caller: Caller) -> None:
        mine = sum(shell.description.owner == caller.user for shell in self._shells.values())
        if self._endpoint is Endpoint.EXCHANGE and mine >= SHELLS_PER_USER:
            raise WsmanError(
                2150859173,
                f"The WS-Management service cannot process the request. This user is allowed a maximum number of "
                f"{SHELLS_PER_USER} concurrent shells, which has been exceeded. Close existing shells or raise the "
                f"quota for this user.",
                "w:QuotaLimit",
            )

    def _shell_of(self, request: WsmanRequest, caller: Caller) -> _Shell:
        shell = self._shells.get(request.shell_id or "")
        if shell is None or shell.description.owner != caller.user:
            raise WsmanError(
                2150858843,
                f"The request for the Windows Remote Shell with ShellId {request.shell_id} failed because the shell "
                f"was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell "
                f"no longer exists on the server. Provide the correct ShellId or create a new shell and retry the "
                f"operation.",
                "w:InvalidSelectors",
            )
        return shell

    async def _command(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._shell_of(request, caller)
        command_id = request.command_id or str(uuid.uuid4()).upper()
        with _as_fault():
            shell.pool.add_pipeline(command_id)
            shell.pipelines[command_id] = _Pipeline()
            lines = self._feed(shell, request.data)
        return Answer(wsman.command_body(command_id), lines)

    async def _send(self, request: WsmanRequest, caller: Caller) -> Answer:
        with _as_fault():
            lines = self._feed(self._shell_of(request, caller), request.data)
        return Answer("<rsp:SendResponse/>", lines)

    def _feed(self, shell: _Shell, data: bytes) -> tuple[str, ...]:
        starts = shell.pool.receive(data)
        for start in starts:
            pipeline = shell.pipelines[start.command_id]
            pipeline.task = asyncio.get_running_loop().create_task(self._carry_out(shell, start))
        shell.news.set()
        return tuple(start.line for start in starts)

    async def _carry_out(self, shell: _Shell, start: PipelineStart) -> None:
        fault = self._fault_of(start.line)
        if fault is not None and fault.kind is FaultKind.LATE:
            for statement in start.statements:
                asyncio.get_running_loop().call_later(fault.seconds, self._run, statement)
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
            result = self._run(statement)
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

    async def _receive(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._shell_of(request, caller)
        pipeline = self._pipeline_of(shell, request.command_id)
        waiter = shell if pipeline is None else pipeline
        deadline = asyncio.get_running_loop().time() + request.timeout_seconds
        while True:
            outbox = shell.pool.outbox_of(request.command_id)
            if shell.deleted or outbox is None:
                raise _aborted()
            waiter.news.clear()
            room = request.envelope_bytes - _ENVELOPE_OVERHEAD_BYTES
            if fragments := outbox.take(room):
                done = pipeline is not None and pipeline.done and not outbox.messages
                return Answer(wsman.received_body(fragments, request.command_id, done=done))
            await _wait_until(deadline, waiter.news)

    def _pipeline_of(self, shell: _Shell, command_id: str | None) -> _Pipeline | None:
        if command_id is None:
            return None
        if command_id not in shell.pipelines:
            raise _unknown_command(command_id)
        return shell.pipelines[command_id]

    async def _signal(self, request: WsmanRequest, caller: Caller) -> Answer:
        shell = self._shell_of(request, caller)
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
        shell = self._shell_of(request, caller)
        del self._shells[shell.description.shell_id]
        shell.end()
        return Answer("")

    async def _get(self, request: WsmanRequest, caller: Caller) -> Answer:
        if request.resource_uri.rstrip("/") == wsman.CONFIG_URI:
            return Answer(wsman.config_body())
        return Answer(wsman.shell_body(self._shell_of(request, caller).description))


async def _wait_until(deadline: float, news: asyncio.Event) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await news.wait()
    except TimeoutError:
        # Two blanks at the end, as Windows sends them.
        message = (
            "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
        )
        raise WsmanError(2150858793, message, "w:TimedOut") from None


@contextmanager
def _as_fault() -> Iterator[None]:
    """Turns an error about bytes that are not PSRP into a fault that a client can read: ERROR_INVALID_PARAMETER."""
    try:
        yield
    except ValueError as error:
        raise WsmanError(87, f"The parameter is incorrect. ({error})") from error


def _unknown_resource(uri: str) -> WsmanError:
    return WsmanError(
        2150858811,
        f"The WS-Management service cannot process the request. The resource URI ({uri}) was not found in the "
        f"WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints.",
        "a:DestinationUnreachable",
    )


def _unknown_command(command_id: str) -> WsmanError:
    message = f"The Windows Remote Shell received a request for the command {command_id}, which it does not know."
    return WsmanError(2150858844, message, "w:InvalidSelectors")


def _aborted() -> WsmanError:
    message = "The I/O operation has been aborted because of either a thread exit or an application request."
    return WsmanError(995, message)
