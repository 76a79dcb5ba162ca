"""`Get-Service` and `Start-Service`: what runs on a server.

Shape and types are those of a recorded server (microsoft/CSS-Exchange, MIT). That a service which cannot run is refused
with `CouldNotStartService`, and a disabled one too, is inferred from the cmdlet's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.clixml import Thing, enum_value
from moveready.lab.cmdlets.binding import Category, Flow, SimulatedCmdlet, null_not_allowed
from moveready.lab.cmdlets.registry import offer_to_windows
from moveready.lab.pipeline import ErrorRecord
from moveready.lab.sections.services import DISPLAY_NAMES, SERVICES, Service, ServiceStart, ServiceState

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call

_DISPLAY_NAMES = {
    "W3SVC": "World Wide Web Publishing Service",
    "WAS": "Windows Process Activation Service",
    "WinRM": "Windows Remote Management (WS-Management)",
    **DISPLAY_NAMES,
}
_OF_IIS = frozenset({"W3SVC", "WAS"})
_CONTROLLER = "System.ServiceProcess.ServiceController"
_COMMANDS = "Microsoft.PowerShell.Commands"
_EXCEPTION = f"{_COMMANDS}.ServiceCommandException"
_STATES = {
    ServiceState.RUNNING: ("Running", 4),
    ServiceState.STOPPED: ("Stopped", 1),
    ServiceState.PAUSED: ("Paused", 7),
}
_START_TYPES = {
    ServiceStart.AUTOMATIC: ("Automatic", 2),
    ServiceStart.MANUAL: ("Manual", 3),
    ServiceStart.DISABLED: ("Disabled", 4),
}


def _get_service(call: Call) -> Flow:
    """Services by name; each missing one is a separate error, and the others are still given."""
    asked = call.texts("Name") or tuple(_DISPLAY_NAMES)
    known = [(name, _spelled(name)) for name in asked]
    found = tuple(_service_object(call, name) for _, name in known if name)
    unknown = tuple(_no_service(asked, call) for asked, name in known if name is None)
    return Flow(found, errors=unknown)


def _start_service(call: Call) -> Flow:
    """Start services by name; a running service is left as it is."""
    if call.text("Name") is None:
        raise null_not_allowed(call, "Name")
    results = [_started(call, name) for name in call.texts("Name")]
    return Flow(errors=tuple(error for error in results if error))


def _started(call: Call, asked: str) -> ErrorRecord | None:
    name = _spelled(asked)
    if name is None:
        return _no_service(asked, call)
    if call.switch("WhatIf") or name not in SERVICES.of(call.server):
        return None
    return None if SERVICES.of(call.server)[name].start() else _cannot_start(name)


def _spelled(name: str) -> str | None:
    return next((known for known in _DISPLAY_NAMES if known.lower() == name.lower()), None)


def _service_now(call: Call, name: str) -> Service:
    known = SERVICES.of(call.server).get(name)
    stopped = name in _OF_IIS and call.server.iis_is_down(call.now)
    state = ServiceState.STOPPED if stopped else ServiceState.RUNNING
    return known or Service(state, ServiceStart.AUTOMATIC, starts=True)


def _service_object(call: Call, name: str) -> Thing:
    service = _service_now(call, name)
    runs = service.state is ServiceState.RUNNING
    return Thing(
        (_CONTROLLER, "System.ComponentModel.Component", "System.MarshalByRefObject", "System.Object"),
        text=_CONTROLLER,
        properties=(
            ("CanPauseAndContinue", False),
            ("CanShutdown", runs),
            ("CanStop", runs),
            ("DisplayName", _DISPLAY_NAMES[name]),
            ("MachineName", "."),
            ("ServiceName", name),
            ("Status", enum_value("System.ServiceProcess.ServiceControllerStatus", *_STATES[service.state])),
            ("StartType", enum_value("System.ServiceProcess.ServiceStartMode", *_START_TYPES[service.start_type])),
        ),
        notes=(("Name", name),),
    )


def _no_service(name: str, call: Call) -> ErrorRecord:
    message = f"Cannot find any service with service name '{name}'."
    error_id = f"NoServiceFoundForGivenName,{call.cmdlet.kind}"
    return ErrorRecord(message, _EXCEPTION, Category.OBJECT_NOT_FOUND, error_id, name)


def _cannot_start(name: str) -> ErrorRecord:
    message = (
        f"Service '{_DISPLAY_NAMES[name]} ({name})' cannot be started due to the following error:"
        f" Cannot start service {name} on computer '.'."
    )
    error_id = f"CouldNotStartService,{_COMMANDS}.StartServiceCommand"
    return ErrorRecord(message, _EXCEPTION, Category.OPEN_ERROR, error_id, _CONTROLLER)


GET_SERVICE = offer_to_windows(
    SimulatedCmdlet("Get-Service", f"{_COMMANDS}.GetServiceCommand", ("Name",), _get_service, positional=("Name",))
)
START_SERVICE = offer_to_windows(
    SimulatedCmdlet(
        "Start-Service",
        f"{_COMMANDS}.StartServiceCommand",
        ("Name", "WhatIf", "Confirm"),
        _start_service,
        positional=("Name",),
        mandatory=("Name",),
    )
)
