"""The errors of Exchange's own cmdlets. Pure.

Exchange puts server and failure category before the hash that is its error id; the hashes here are the lab's own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from moveready.lab.cmdlets.binding import Category, TerminatingError
from moveready.lab.pipeline import ErrorRecord

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.state import LabServer

_TASKS = "Microsoft.Exchange.Configuration.Tasks"


def exchange_error(call: Call, exception: str, message: str, target: str | None) -> ErrorRecord:
    """An error record of an Exchange cmdlet; `exception` is the full type name."""
    short = exception.rpartition(".")[2]
    number = zlib.crc32(f"{call.cmdlet.name}{short}".encode())
    error_id = f"[Server={call.server.netbios},FailureCategory=Cmdlet-{short}] {number:08X},{call.cmdlet.kind}"
    return ErrorRecord(message, exception, Category.INVALID_DATA, error_id, target)


def object_not_found(call: Call, name: str, domain_controller: str) -> ErrorRecord:
    """The error that the asked domain controller has no object of that name."""
    message = f"The operation couldn't be performed because object '{name}' couldn't be found on '{domain_controller}'."
    return exchange_error(call, f"{_TASKS}.ManagementObjectNotFoundException", message, name)


def domain_controller_of(call: Call) -> str:
    """The domain controller of -DomainController, or the first; raises `TerminatingError` if it does not exist."""
    known = call.organization.domain_controllers
    wanted = call.text("DomainController")
    if wanted is None:
        return known[0]
    if wanted.lower() in known:
        return wanted.lower()
    message = f"The domain controller '{wanted}' isn't available for use at the moment. Please try again."
    kind = "Microsoft.Exchange.Data.Directory.SuitabilityDirectoryException"
    raise TerminatingError(exchange_error(call, kind, message, wanted))


def prompt_error(call: Call) -> TerminatingError:
    """The cmdlet would ask "are you sure?", and nobody is there to answer."""
    message = (
        "A command that prompts the user failed because the host program or the command type does not support"
        " user interaction. The host was attempting to request confirmation with the following message:"
        f" Are you sure you want to perform this action? {call.cmdlet.name}"
    )
    kind = "System.Management.Automation.Host.HostException"
    error_id = f"HostFunctionNotImplemented,{call.cmdlet.kind}"
    return TerminatingError(ErrorRecord(message, kind, Category.NOT_SPECIFIED, error_id, call.cmdlet.name))


def asked_server(call: Call, name: str, domain_controller: str) -> LabServer:
    """The server with that name; raises `TerminatingError` if there is none."""
    server = call.organization.server_named(name)
    if server is None:
        raise TerminatingError(object_not_found(call, name, domain_controller))
    return server
