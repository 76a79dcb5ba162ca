"""`iisreset` and `Restart-WebAppPool`: how IIS is restarted.

The fleet file says how long it takes and how it ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moveready.lab.cmdlets.binding import Category, Flow, SimulatedCmdlet
from moveready.lab.cmdlets.processes import SERVICES_POOL
from moveready.lab.cmdlets.registry import offer_to_windows
from moveready.lab.pipeline import ErrorRecord
from moveready.lab.state import restart_iis, start_worker

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call

_POOLS = (SERVICES_POOL, "MSExchangePowerShellFrontEndAppPool", "MSExchangeOWAAppPool", "DefaultAppPool")
_OPTION = re.compile(r"/(noforce|restart|timeout:\d+)", re.IGNORECASE)
_STARTED = "Internet services successfully restarted"
_FAILED = (
    "Restart attempt failed.",
    (
        "The IIS Admin Service or the World Wide Web Publishing Service, or a service dependent on them failed to"
        " start.  The service, or dependent services, may had an error during its startup or may be disabled."
    ),
)


def _iisreset(call: Call) -> Flow:
    """Stop and start IIS, which drops all clients of the server except those of WinRM; the output is plain text."""
    options = call.texts("arguments")
    if not all(map(_OPTION.fullmatch, options)):
        return Flow(("", f"Invalid syntax: {' '.join(options)}. Type IISRESET /? for help."))
    comes_back = restart_iis(call.organization, call.server, call.now)
    after = (_STARTED,) if comes_back else _FAILED
    lines = ("", "Attempting stop...", "Internet services successfully stopped", "Attempting start...", *after)
    return Flow(lines, seconds=call.server.restart.takes.total_seconds())


def _restart_pool(call: Call) -> Flow:
    """Recycle one application pool; only that of EWS has anything to read again."""
    name = call.text("Name") or ""
    if name.lower() not in map(str.lower, _POOLS):
        return Flow(errors=(_no_pool(name),))
    if call.server.iis_is_down(call.now):
        return Flow(errors=(_stopped_pool(name),))
    if name.lower() == SERVICES_POOL.lower():
        start_worker(call.organization, call.server, call.now)
    return Flow()


def _no_pool(name: str) -> ErrorRecord:
    path = f"IIS:\\AppPools\\{name}"
    message = f"Cannot find path '{path}' because it does not exist."
    error_id = "PathNotFound,Microsoft.IIs.PowerShell.Provider.RestartAppPoolCommand"
    kind = "System.Management.Automation.ItemNotFoundException"
    return ErrorRecord(message, kind, Category.OBJECT_NOT_FOUND, error_id, path)


def _stopped_pool(name: str) -> ErrorRecord:
    message = "The object identifier does not represent a valid object. (Exception from HRESULT: 0x800710D8)"
    error_id = "System.Runtime.InteropServices.COMException,Microsoft.IIs.PowerShell.Provider.RestartAppPoolCommand"
    kind = "System.Runtime.InteropServices.COMException"
    return ErrorRecord(message, kind, Category.INVALID_OPERATION, error_id, name)


IISRESET = offer_to_windows(SimulatedCmdlet("iisreset", "iisreset.exe", (), _iisreset, is_program=True))
RESTART_WEB_APP_POOL = offer_to_windows(
    SimulatedCmdlet(
        "Restart-WebAppPool",
        "Microsoft.IIs.PowerShell.Provider.RestartAppPoolCommand",
        ("Name",),
        _restart_pool,
        positional=("Name",),
        mandatory=("Name",),
    )
)
