"""Which computer answers in a Windows session, for commands whose answers do not say it, such as `Get-Service`.

The process of the Service Control Manager runs on every Windows server, and Windows reports the computer's own name
with it. Asked in the same session as another question, it proves which computer gave that answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence.answering import must_be_the_computer
from moveready.evidence.clixml import object_from
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.evidence.workers import unreadable

if TYPE_CHECKING:
    from moveready.evidence.questions import CmdletAnswer

ASK_COMPUTER = Pipeline.of(
    Cmdlet("Get-CimInstance", ClassName="Win32_Process", Filter="Name = 'services.exe'"),
    Cmdlet("Select-Object", Property=("CSName",)),
)


def must_be_its_server(computer: CmdletAnswer) -> None:
    """Check that the answer to `ASK_COMPUTER` names the server that was asked.

    Raises:
        UnexpectedAnswerError: It names another server, several, or no server.
    """
    try:
        names = {object_from(process).text("CSName") for process in computer.objects}
    except ValueError as error:
        raise unreadable(computer, str(error)) from None
    if len(names) != 1:
        raise unreadable(computer, f"{len(names)} computers were named, one was expected")
    must_be_the_computer(computer.server, names.pop())
