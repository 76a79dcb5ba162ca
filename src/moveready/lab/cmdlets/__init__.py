"""What the two PSRP endpoints of a simulated server do with a pipeline: pure, no sockets, no clock.

    run_pipeline([Command("Get-ExchangeServer")], organization, server, Endpoint.EXCHANGE, now)

May import the lab's state and values. Commands and parameters only: script text is refused in both endpoints with the
words of no-language mode. A command that the account's roles do not give is not recognized, as on a real endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.clixml import Value, rendered
from moveready.lab.cmdlets.binding import (
    TerminatingError,
    World,
    not_recognized,
    run_command,
    scripts_not_allowed,
)
from moveready.lab.cmdlets.component_states import GET_SERVER_COMPONENT_STATE, SET_SERVER_COMPONENT_STATE
from moveready.lab.cmdlets.event_log import GET_WIN_EVENT
from moveready.lab.cmdlets.exchange_servers import GET_EXCHANGE_SERVER
from moveready.lab.cmdlets.processes import GET_CIM_INSTANCE
from moveready.lab.cmdlets.services import GET_SERVICE, IISRESET, RESTART_WEB_APP_POOL
from moveready.lab.cmdlets.shaping import FOR_EACH_OBJECT, SELECT_OBJECT
from moveready.lab.cmdlets.virtual_directories import (
    GET_WEB_SERVICES_VIRTUAL_DIRECTORY,
    SET_WEB_SERVICES_VIRTUAL_DIRECTORY,
)
from moveready.lab.fleet import Role
from moveready.lab.pipeline import Endpoint, PipelineResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from moveready.lab.cmdlets.binding import Cmdlet
    from moveready.lab.pipeline import Command, ErrorRecord
    from moveready.lab.state import LabServer, Organization

ROLES: dict[Role, tuple[Cmdlet, ...]] = {
    Role.VIEW_ONLY_CONFIGURATION: (
        GET_WEB_SERVICES_VIRTUAL_DIRECTORY,
        GET_EXCHANGE_SERVER,
        GET_SERVER_COMPONENT_STATE,
    ),
    Role.EXCHANGE_VIRTUAL_DIRECTORIES: (
        GET_WEB_SERVICES_VIRTUAL_DIRECTORY,
        SET_WEB_SERVICES_VIRTUAL_DIRECTORY,
    ),
    Role.EXCHANGE_SERVERS: (GET_EXCHANGE_SERVER, GET_SERVER_COMPONENT_STATE, SET_SERVER_COMPONENT_STATE),
}
"""What each role gives. That component states belong to `Exchange Servers` is inferred."""

_WINDOWS = (
    GET_CIM_INSTANCE,
    GET_WIN_EVENT,
    GET_SERVICE,
    IISRESET,
    RESTART_WEB_APP_POOL,
    SELECT_OBJECT,
    FOR_EACH_OBJECT,
)


def run_pipeline(
    commands: Sequence[Command],
    organization: Organization,
    server: LabServer,
    endpoint: Endpoint,
    now: datetime,
) -> PipelineResult:
    """Run one pipeline in an endpoint of `server` and render what comes out of it.

    Args:
        commands: What the client sent, in order; objects flow from one to the next.
        organization: The world, which Set- cmdlets and restarts change.
        server: The server whose endpoint this is.
        endpoint: Which commands there are.
        now: The time, with its zone.
    """
    known = _commands_of(organization, endpoint)
    refused = next(filter(None, (_refusal(command, known) for command in commands)), None)
    if refused is not None:
        return PipelineResult(failure=refused)
    objects: tuple[Value, ...] = ()
    errors: list[ErrorRecord] = []
    warnings: list[str] = []
    seconds = 0.0
    for command in commands:
        try:
            flow = run_command(known[_name_of(command)], command, objects, World(organization, server, now))
        except TerminatingError as error:
            return PipelineResult((), tuple(errors), error.record, tuple(warnings), seconds)
        objects = flow.objects
        errors += flow.errors
        warnings += flow.warnings
        seconds += flow.seconds
    return PipelineResult(tuple(map(rendered, objects)), tuple(errors), None, tuple(warnings), seconds)


def _commands_of(organization: Organization, endpoint: Endpoint) -> dict[str, Cmdlet]:
    """The commands of an endpoint by lower-case name."""
    if endpoint is Endpoint.WINDOWS:
        return {cmdlet.name.lower(): cmdlet for cmdlet in _WINDOWS}
    known = [cmdlet for role in organization.roles for cmdlet in ROLES[role]]
    if organization.select_object:
        known.append(SELECT_OBJECT)
    return {cmdlet.name.lower(): cmdlet for cmdlet in known}


def _refusal(command: Command, known: dict[str, Cmdlet]) -> ErrorRecord | None:
    if command.is_script:
        return scripts_not_allowed(command.name)
    return None if _name_of(command) in known else not_recognized(command.name)


def _name_of(command: Command) -> str:
    return command.name.lower().removesuffix(".exe")
