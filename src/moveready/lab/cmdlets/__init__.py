"""What the two PSRP endpoints of a simulated server do with a pipeline: pure, no sockets, no clock.

    run_pipeline([Command("Get-ExchangeServer")], organization, server, Endpoint.EXCHANGE, now)

Commands and parameters only: script text is refused in both endpoints with the words of no-language mode. A command
that the account's roles do not give is not recognized, as on a real endpoint; a command that the lab does not know at
all is refused in the lab's own name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from moveready.lab.clixml import Value, rendered
from moveready.lab.cmdlets.binding import (
    CmdletContext,
    TerminatingError,
    not_recognized,
    not_simulated,
    run_command,
    scripts_not_allowed,
)
from moveready.lab.cmdlets.registry import commands_of, is_simulated
from moveready.lab.pipeline import Invocation, PipelineResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from moveready.lab.cmdlets.binding import SimulatedCmdlet
    from moveready.lab.pipeline import Command, Endpoint, ErrorRecord
    from moveready.lab.state import LabOrganization, LabServer


def run_pipeline(
    commands: Sequence[Command],
    organization: LabOrganization,
    server: LabServer,
    endpoint: Endpoint,
    now: datetime,
) -> PipelineResult:
    """Run one pipeline in an endpoint of `server` and render what comes out of it.

    Args:
        commands: What the client sent, in order; objects flow from one to the next.
        organization: The simulated organization, which Set- cmdlets and restarts change.
        server: The server whose endpoint this is.
        endpoint: The endpoint, which decides the available commands.
        now: The time, with its zone.
    """
    known = commands_of(organization, endpoint)
    invocations = [Invocation(command, number, len(commands)) for number, command in enumerate(commands, 1)]
    refused = next(filter(None, (_refusal(invocation, known) for invocation in invocations)), None)
    if refused is not None:
        return PipelineResult(failure=refused)
    objects: tuple[Value, ...] = ()
    errors: list[ErrorRecord] = []
    warnings: list[str] = []
    seconds = 0.0
    for invocation in invocations:
        command = invocation.command
        try:
            flow = run_command(known[_name_of(command)], command, objects, CmdletContext(organization, server, now))
        except TerminatingError as error:
            failure = replace(error.record, invocation=invocation)
            return PipelineResult((), tuple(errors), failure, tuple(warnings), seconds)
        objects = flow.objects
        errors += [replace(error, invocation=invocation) for error in flow.errors]
        warnings += flow.warnings
        seconds += flow.seconds
    return PipelineResult(tuple(map(rendered, objects)), tuple(errors), None, tuple(warnings), seconds)


_NAME = re.compile(r"[a-z][a-z0-9.]*(-[a-z0-9]+)?")
"""A possible command name, in lower case; the lab does not say whether a real server has this command."""


def _refusal(invocation: Invocation, known: Mapping[str, SimulatedCmdlet]) -> ErrorRecord | None:
    name = _name_of(invocation.command)
    if name in known and not invocation.command.is_script:
        return None
    return replace(_why_refused(invocation.command, name), invocation=invocation)


def _why_refused(command: Command, name: str) -> ErrorRecord:
    if command.is_script:
        return scripts_not_allowed(command.name)
    is_no_name = _NAME.fullmatch(name) is None
    return not_recognized(command.name) if is_no_name or is_simulated(name) else not_simulated(command.name)


def _name_of(command: Command) -> str:
    return command.name.lower().removesuffix(".exe")
