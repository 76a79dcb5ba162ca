"""The lab's answers beside the shapes of recorded ones: which elements, in which order, with which attributes.

`recorded_shapes.txt` was written by `shape_of` from dialogues of Windows Server 2016 (the tests of jborean93/pypsrp,
MIT): structures only, no texts and no values. PSRP's fragments are opened, with the ids in their heads.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import psrpcore
import pytest

from moveready.lab import wsman
from moveready.lab.fragments import FRAGMENT_HEAD, MESSAGE_HEAD, fragments_in
from moveready.lab.pipeline import Command, Endpoint, PipelineResult
from moveready.lab.shell_table import Caller, ShellHost
from moveready.lab.shells import Shells
from moveready.lab.wsman import WsmanRequest
from moveready.lab.wsman_faults import WsmanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

URI = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
PREFIXES = {
    "http://www.w3.org/2003/05/soap-envelope": "s",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing": "a",
    "http://schemas.xmlsoap.org/ws/2004/09/transfer": "x",
    "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd": "w",
    "http://schemas.microsoft.com/wbem/wsman/1/windows/shell": "rsp",
    "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd": "p",
    "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault": "f",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_EMPTY = bytes(16)


def shape_of(envelope: str) -> str:
    """One line for each element, indented as it lies in the others."""
    return "\n".join(_lines(ET.fromstring(envelope), 0))


def _lines(element: ET.Element, depth: int) -> Iterator[str]:
    attributes = "".join(f" @{_short(name)}" for name in sorted(element.attrib))
    yield f"{' ' * depth}{_short(element.tag)}{attributes}"
    if element.tag.endswith("}Stream"):
        yield from _psrp_lines(base64.b64decode(element.text or ""), depth + 1)
    for child in element:
        yield from _lines(child, depth + 1)


def _short(name: str) -> str:
    space, _, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
    return f"{PREFIXES[space]}:{local}" if space else local


def _psrp_lines(data: bytes, depth: int) -> Iterator[str]:
    """Flags and kind of each message, whether it has the ids of a pool and of a pipeline, and its CLIXML."""
    assert len(list(fragments_in(data))) == 1
    flags = FRAGMENT_HEAD.unpack_from(data)[2]
    destination, kind, pool, pipeline = MESSAGE_HEAD.unpack_from(data, FRAGMENT_HEAD.size)
    ids = f"{'' if pool == _EMPTY else ' pool'}{'' if pipeline == _EMPTY else ' pipeline'}"
    yield f"{' ' * depth}flags {flags} to {destination} kind {kind:#010x}{ids}"
    clixml = data[FRAGMENT_HEAD.size + MESSAGE_HEAD.size :]
    assert clixml.startswith(b"\xef\xbb\xbf")
    yield from _lines(ET.fromstring(clixml.decode("utf-8-sig")), depth + 1)


class Dialogue:
    """The requests of the recorded dialogues, whose ids have their bytes in two orders, and the lab's answers."""

    def __init__(self) -> None:
        now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        host = ShellHost(Endpoint.WINDOWS, "ex01.contoso.com", "contoso.com", is_2010=False, now=lambda: now)
        self.shells = Shells(host, self._run, lambda _: None)
        self.core = psrpcore.ClientRunspacePool()
        self.core.open()
        self.shell_id = str(uuid.UUID(bytes=self.core.runspace_pool_id.bytes_le)).upper()

    @staticmethod
    def _run(commands: Sequence[Command]) -> PipelineResult:
        return PipelineResult(("<S>hi</S>",), seconds=3600.0 if commands[0].name == "Start-Sleep" else 0.0)

    async def ask(self, action: str, data: bytes = b"", command_id: str | None = None, seconds: float = 30.0) -> str:
        """The envelope of the answer, a fault's too."""
        request = WsmanRequest(
            action, "uuid:1", "https://ex01/wsman", URI, self.shell_id, command_id, data, timeout_seconds=seconds
        )
        try:
            answer = await self.shells.answer(request, Caller("CONTOSO\\me", "127.0.0.1"))
        except WsmanError as error:
            return wsman.fault_envelope(error, "uuid:1", "ex01").decode()
        return wsman.envelope_of(request, answer.body).decode()

    def sent(self) -> bytes:
        """What psrpcore wants to send."""
        payload = self.core.data_to_send()
        assert payload is not None
        return payload.data

    async def start(self, name: str) -> tuple[str, str]:
        """Start a pipeline; the answer, and its CommandId."""
        pipeline = psrpcore.ClientPowerShell(self.core)
        pipeline.add_command(name)
        pipeline.start()
        command_id = str(uuid.UUID(bytes=pipeline.pipeline_id.bytes_le)).upper()
        return await self.ask("Command", self.sent(), command_id), command_id

    async def walk(self) -> dict[str, str]:
        """Open, run a pipeline that takes its time and another one, close."""
        answers = {"create": await self.ask("Create", self.sent())}
        for name in ("capability", "opened"):
            answers[name] = await self.ask("Receive")
        self.core.state = psrpcore.types.RunspacePoolState.Opened
        answers["command"], command_id = await self.start("Start-Sleep")
        answers["timeout"] = await self.ask("Receive", command_id=command_id, seconds=0.001)
        _, command_id = await self.start("Get-X")
        answers["output"] = await self.ask("Receive", command_id=command_id)
        answers["delete"] = await self.ask("Delete")
        return answers


def recorded() -> dict[str, str]:
    """The shapes in the file, by the names of the answers."""
    parts = Path(__file__).with_name("recorded_shapes.txt").read_text(encoding="utf-8").split("# ")[1:]
    return {name: shape.strip("\n") for name, _, shape in (part.partition("\n") for part in parts)}


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """The lab's answers in the order of the dialogue."""
    return asyncio.run(Dialogue().walk())


@pytest.mark.parametrize("name", list(recorded()))
def test_an_answer_has_the_shape_of_a_recorded_one(answers: dict[str, str], name: str) -> None:
    """Element by element."""
    assert shape_of(answers[name]).splitlines() == recorded()[name].splitlines()


def test_every_answer_is_compared(answers: dict[str, str]) -> None:
    """The file leaves none out."""
    assert list(answers) == list(recorded())
