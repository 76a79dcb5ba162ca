"""The operations on shells, without a network."""

from __future__ import annotations

import asyncio
import base64
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psrpcore
import pytest

from moveready.lab.faults import Fault, FaultKind
from moveready.lab.pipeline import Command, Endpoint, ErrorRecord, PipelineResult
from moveready.lab.shell_table import Caller, ShellHost
from moveready.lab.shells import Shells
from moveready.lab.wsman import WsmanRequest, envelope_of
from moveready.lab.wsman_faults import WsmanError

if TYPE_CHECKING:
    from collections.abc import Sequence

ME, OTHER = Caller("CONTOSO\\me", "127.0.0.1"), Caller("CONTOSO\\other", "127.0.0.1")
URI = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
SHELL_ID = "0D5B3A52-1111-4444-8888-000000000001"
SHELL = WsmanRequest("Create", "uuid:1", resource_uri=URI, shell_id=SHELL_ID, timeout_seconds=0.05)
FAILED = ErrorRecord("no", "System.Exception", 0, "No")


class Client:
    """A client of one shell: psrpcore's pool and the shells that it asks."""

    def __init__(
        self, result: PipelineResult | None = None, endpoint: Endpoint = Endpoint.WINDOWS, *, is_2010: bool = False
    ) -> None:
        self.ran: list[Sequence[Command]] = []
        self.has_run = asyncio.Event()
        self.fault: Fault | None = None
        self.broken: Exception | None = None
        self.broken_clock = False
        self.result = result or PipelineResult(("<S>out</S>",))
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
        host = ShellHost(endpoint, "ex01.contoso.com", "contoso.com", is_2010=is_2010, now=self._now)
        self.shells = Shells(host, self._run, self._fault_of)
        self.core = psrpcore.ClientRunspacePool()
        self.core.open()

    def _run(self, commands: Sequence[Command]) -> PipelineResult:
        self.ran.append(commands)
        self.has_run.set()
        if self.broken is not None:
            raise self.broken
        return self.result

    def _now(self) -> datetime:
        if self.broken_clock:
            raise OverflowError("a slip of the lab")
        return self.time

    def _fault_of(self, _: str) -> Fault | None:
        return self.fault

    def sent(self) -> bytes:
        """What psrpcore wants to send."""
        payload = self.core.data_to_send()
        return b"" if payload is None else payload.data

    async def ask(self, action: str, caller: Caller = ME, **fields: object) -> str:
        """Send a request about the shell; the body of the answer, which psrpcore reads too."""
        request = replace(SHELL, action=action, **fields)  # type: ignore[arg-type] # the caller names fields
        body = (await self.shells.answer(request, caller)).body
        for fragment in re.findall(r"<rsp:Stream[^>]*>([^<]*)<", body):
            data = base64.b64decode(fragment)
            self.core.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
        while self.core.next_event() is not None:
            pass
        return body

    async def open(self) -> None:
        """Create the shell and take both answers of the opening."""
        await self.ask("Create", data=self.sent())
        await self.ask("Receive")
        await self.ask("Receive")

    async def start(self, *names: str) -> str:
        """Start a pipeline, one statement per name; its command id."""
        pipeline = psrpcore.ClientPowerShell(self.core)
        for name in names:
            pipeline.add_command(name)
            pipeline.add_statement()
        pipeline.start()
        command_id = str(pipeline.pipeline_id).upper()
        await self.ask("Command", command_id=command_id, data=self.sent())
        return command_id


async def fault_code(client: Client, action: str, caller: Caller = ME, **fields: object) -> int:
    """The code of the fault that a request gets."""
    with pytest.raises(WsmanError) as caught:
        await client.ask(action, caller, **fields)
    return caught.value.code


def test_a_pipeline_gives_its_output_and_ends() -> None:
    """Command, then one Receive with everything, then nothing more."""

    async def walk() -> tuple[str, int]:
        client = Client()
        await client.open()
        command_id = await client.start("Get-X")
        body = await client.ask("Receive", command_id=command_id)
        return body, await fault_code(client, "Receive", command_id=command_id)

    body, code = asyncio.run(walk())
    assert "CommandState/Done" in body
    assert code == 2150858793


def test_a_receive_waits_for_output() -> None:
    """Output that comes within OperationTimeout is the answer to a Receive that was there before it."""

    async def walk() -> str:
        client = Client(PipelineResult(("<S>late</S>",), seconds=0.05))
        await client.open()
        command_id = await client.start("Get-X")
        return await client.ask("Receive", command_id=command_id, timeout_seconds=5.0)

    assert "CommandState/Done" in asyncio.run(walk())


def test_statements_run_in_order_until_one_fails() -> None:
    """A terminating error ends the pipeline."""

    async def walk(result: PipelineResult) -> list[str]:
        client = Client(result)
        await client.open()
        await client.ask("Receive", command_id=await client.start("Get-A", "Get-B"))
        return [commands[0].name for commands in client.ran]

    assert asyncio.run(walk(PipelineResult())) == ["Get-A", "Get-B"]
    assert asyncio.run(walk(PipelineResult(failure=FAILED))) == ["Get-A"]


def test_a_pipeline_may_be_answered_and_not_run() -> None:
    """Its end looks like that of one that did its work."""

    async def walk() -> tuple[str, list[Sequence[Command]]]:
        client = Client()
        client.fault = Fault(FaultKind.IGNORED)
        await client.open()
        return await client.ask("Receive", command_id=await client.start("Set-X")), client.ran

    body, ran = asyncio.run(walk())
    assert "CommandState/Done" in body
    assert ran == []


def test_a_pipeline_may_run_when_its_client_has_gone() -> None:
    """No answer comes, and the shell that it was started in is deleted by then."""

    async def walk() -> list[str]:
        client = Client()
        client.fault = Fault(FaultKind.LATE, seconds=0.1)
        await client.open()
        command_id = await client.start("Set-X")
        assert await fault_code(client, "Receive", command_id=command_id) == 2150858793
        await client.ask("Delete")
        assert client.ran == []
        await asyncio.wait_for(client.has_run.wait(), 30)
        return [commands[0].name for commands in client.ran]

    assert asyncio.run(walk()) == ["Set-X"]


def test_the_pipelines_line_is_told_by_the_request_that_starts_it() -> None:
    """The log gets the line with Command, or with the Send that completes a pipeline too long for one message."""

    async def walk() -> list[tuple[str, ...]]:
        client = Client()
        await client.open()
        pipeline = psrpcore.ClientPowerShell(client.core)
        pipeline.add_command("Get-X")
        pipeline.start()
        command_id, action, lines = str(pipeline.pipeline_id).upper(), "Command", []
        while (payload := client.core.data_to_send(500)) is not None:
            request = replace(SHELL, action=action, data=payload.data, command_id=command_id)
            lines.append((await client.shells.answer(request, ME)).lines)
            action = "Send"
        return lines

    *before, last = asyncio.run(walk())
    assert before
    assert (set(before), last) == ({()}, ("Get-X",))


def test_a_shell_is_its_owners() -> None:
    """Another user does not even learn that it exists."""

    async def walk() -> int:
        client = Client()
        await client.open()
        return await fault_code(client, "Delete", OTHER)

    assert asyncio.run(walk()) == 2150858843


def test_a_deleted_shell_is_gone_and_ends_its_receives() -> None:
    """A Receive that waits is aborted; the next request does not find the shell."""

    async def walk() -> tuple[int, int, int]:
        client = Client()
        await client.open()
        waiting = asyncio.create_task(fault_code(client, "Receive", timeout_seconds=5.0))
        await asyncio.sleep(0)
        await client.ask("Delete")
        return await waiting, await fault_code(client, "Receive"), len(client.shells)

    assert asyncio.run(walk()) == (995, 2150858843, 0)


def test_dropped_shells_end_at_once() -> None:
    """A restart of IIS leaves no shell, and no pipeline that still runs."""

    async def walk() -> tuple[int, int]:
        client = Client(PipelineResult(seconds=60.0))
        await client.open()
        command_id = await client.start("Get-X")
        waiting = asyncio.create_task(fault_code(client, "Receive", command_id=command_id, timeout_seconds=5.0))
        await asyncio.sleep(0)
        client.shells.drop()
        return await waiting, len(client.shells)

    assert asyncio.run(walk()) == (995, 0)


@pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["finished", "running"])
def test_terminate_forgets_a_pipeline(seconds: float) -> None:
    """Signal Terminate ends a pipeline in any state."""

    async def walk() -> int:
        client = Client(PipelineResult(seconds=seconds))
        await client.open()
        command_id = await client.start("Get-X")
        await asyncio.sleep(0)
        await client.ask("Signal", command_id=command_id, signal="http://x/signal/Terminate")
        return await fault_code(client, "Receive", command_id=command_id)

    assert asyncio.run(walk()) == 2150858843


def test_ctrl_c_stops_a_running_pipeline() -> None:
    """The client reads that its pipeline was stopped."""

    async def walk() -> str:
        client = Client(PipelineResult(seconds=60.0))
        await client.open()
        command_id = await client.start("Get-X")
        await client.ask("Signal", command_id=command_id, signal="powershell/signal/ctrl_c")
        return await client.ask("Receive", command_id=command_id)

    assert "CommandState/Done" in asyncio.run(walk())


def test_get_tells_of_the_shell_and_of_the_service() -> None:
    """Get answers with the shell, or with the configuration where its URI is asked for."""

    async def walk() -> list[str]:
        client = Client()
        await client.open()
        return [
            await client.ask("Get"),
            await client.ask("Get", resource_uri="http://schemas.microsoft.com/wbem/wsman/1/config"),
        ]

    shell, config = asyncio.run(walk())
    assert "<rsp:Owner>CONTOSO\\me</rsp:Owner>" in shell
    assert "MaxEnvelopeSizekb" in config


def test_an_idle_shell_is_not_found() -> None:
    """A Receive that waits keeps it; when nobody has asked for its IdleTimeOut, it is gone."""

    async def walk() -> tuple[int, int, int]:
        client = Client()
        await client.ask("Create", data=client.sent(), idle_seconds=100.0)
        await client.ask("Receive")
        await client.ask("Receive")
        waiting = asyncio.create_task(fault_code(client, "Receive"))
        await asyncio.sleep(0)
        client.time += timedelta(seconds=1000)
        during = len(client.shells)
        await waiting
        client.time += timedelta(seconds=100)
        return during, await fault_code(client, "Get"), len(client.shells)

    assert asyncio.run(walk()) == (1, 2150858843, 0)


def test_a_pipeline_is_found_by_its_command_alone() -> None:
    """Clients of recorded dialogues write the same id in another order of bytes inside the PSRP message."""

    async def walk() -> str:
        client = Client()
        await client.open()
        pipeline = psrpcore.ClientPowerShell(client.core)
        pipeline.add_command("Get-X")
        pipeline.start()
        command_id = str(uuid.UUID(bytes=pipeline.pipeline_id.bytes_le)).upper()
        await client.ask("Command", command_id=command_id, data=client.sent())
        return await client.ask("Receive", command_id=command_id, timeout_seconds=20.0)

    assert "CommandState/Done" in asyncio.run(walk())


@pytest.mark.parametrize("size", [8192, 20_000, 153_600, 10**9])
def test_no_answer_is_larger_than_the_client_and_the_server_allow(size: int) -> None:
    """MaxEnvelopeSize, and never more than the server's own 500 KB; everything arrives."""

    async def walk() -> list[str]:
        client = Client(PipelineResult(("<S>" + "x" * 700_000 + "</S>",)))
        await client.open()
        command_id = await client.start("Get-X")
        bodies = [await client.ask("Receive", command_id=command_id, envelope_bytes=size, timeout_seconds=20.0)]
        while "CommandState/Done" not in bodies[-1]:
            bodies.append(await client.ask("Receive", command_id=command_id, envelope_bytes=size, timeout_seconds=20.0))
        return bodies

    bodies = asyncio.run(walk())
    envelopes = [len(envelope_of(WsmanRequest("Receive", "uuid:1"), body)) for body in bodies]
    assert max(envelopes) <= min(size, 512_000)
    assert len(envelopes) == (2 if size == 10**9 else len(envelopes))


def test_a_runspace_too_many_ends_with_its_first_receive() -> None:
    """Exchange creates the shell, and its answer to Receive is the fault; then the shell is gone."""

    async def walk() -> tuple[int, int, int]:
        client = Client(endpoint=Endpoint.EXCHANGE)
        data, uri = client.sent(), URI.replace("Microsoft.PowerShell", "Microsoft.Exchange")
        for number in range(19):
            await client.ask("Create", data=data, resource_uri=uri, shell_id=f"{number}")
        code = await fault_code(client, "Receive", shell_id="18")
        return code, await fault_code(client, "Delete", shell_id="18"), len(client.shells)

    assert asyncio.run(walk()) == (2152992672, 2150858843, 18)


def test_a_cmdlet_that_fails_in_the_lab_looks_like_one_that_fails_in_windows(caplog: pytest.LogCaptureFixture) -> None:
    """The pipeline ends, the client reads nothing of Python, and the log has the traceback."""

    async def walk() -> tuple[str, psrpcore.types.PSInvocationState]:
        client = Client()
        client.broken = RuntimeError("a slip of the lab")
        await client.open()
        command_id = await client.start("Get-X")
        pipeline = client.core.pipeline_table[uuid.UUID(command_id)]
        return await client.ask("Receive", command_id=command_id, timeout_seconds=20.0), pipeline.state

    body, state = asyncio.run(walk())
    assert "CommandState/Done" in body
    assert state is psrpcore.types.PSInvocationState.Failed
    received = base64.b64decode("".join(re.findall(r"<rsp:Stream[^>]*>([^<]*)<", body)))
    assert b"Object reference not set to an instance of an object." in received
    assert not any(word in received for word in (b"slip", b"RuntimeError", b"Traceback"))
    assert "a slip of the lab" in caplog.text


def test_an_operation_that_fails_in_the_lab_is_a_fault_of_the_plug_in(caplog: pytest.LogCaptureFixture) -> None:
    """The text is Windows', and the log has the traceback."""

    async def walk() -> WsmanError:
        client = Client()
        await client.open()
        client.broken_clock = True
        with pytest.raises(WsmanError) as caught:
            await client.ask("Get")
        return caught.value

    fault = asyncio.run(walk())
    assert (fault.code, fault.message) == (2150858755, "An error was encountered inside the plugin. ")
    assert "the lab failed at Get" in caplog.text


def test_what_cannot_be_read_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The client reads no more than that its parameter is incorrect."""

    async def walk() -> WsmanError:
        client = Client()
        await client.open()
        with pytest.raises(WsmanError) as caught:
            await client.ask("Send", data=b"garbage")
        return caught.value

    fault = asyncio.run(walk())
    assert fault.message == "The parameter is incorrect. "
    assert "ex01.contoso.com was sent what cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("urn:other", {}, 2150858753),
        ("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Disconnect", {}, 2150858818),
        ("Get", {"envelope_bytes": 8191}, 2150858878),
        ("Create", {"resource_uri": "http://elsewhere"}, 2150858811),
        ("Create", {"data": b"garbage"}, 87),
        ("Command", {"data": b"garbage", "command_id": "not an id"}, 87),
        ("Send", {"data": b"garbage"}, 87),
        ("Signal", {"command_id": str(uuid.UUID(int=7))}, 2150858843),
        ("Receive", {"shell_id": "NOWHERE"}, 2150858843),
    ],
)
def test_what_cannot_be_done_is_a_fault(action: str, fields: dict[str, object], code: int) -> None:
    """Each refusal has the number that Windows gives it."""

    async def walk() -> int:
        client = Client()
        await client.open()
        return await fault_code(client, action, ME, **fields)

    assert asyncio.run(walk()) == code
