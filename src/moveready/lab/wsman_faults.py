"""The faults of WinRM, and of Exchange behind it: codes, subcodes, words (MS-WSMV 2.2.4.43, DSP0226 section 14). Pure.

Sources of codes and texts: a recorded dialogue of Windows Server 2016 (the timeout), recorded faults in the tests of
pypsrp (MIT: a wrong parameter, the schema, an unknown command) and of microsoft/omi (MIT: addressing faults), the
texts beside the numbers of `wsmerror.h` in microsoft/omi. Each function names what is inferred.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DETAILS = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"
_REQUEST = "The WS-Management service cannot process the request"
_WRONG_SELECTORS = f"{_REQUEST} because the request contained invalid selectors for the resource. "


@dataclass(frozen=True, slots=True)
class Provider:
    """The plug-in that a fault comes from, as WinRM names it."""

    name: str
    path: str


POWERSHELL = Provider("microsoft.powershell", "C:\\Windows\\system32\\pwrshplugin.dll")
"""Seen by clients of PowerShell's own endpoint."""
EXCHANGE = Provider("Microsoft.Exchange", "C:\\Windows\\system32\\pwrshplugin.dll")
"""Inferred: Exchange's endpoint uses the same plug-in under the name of its own configuration."""


@dataclass(frozen=True, slots=True)
class FaultDetails:
    """The parts of a fault that most faults do not have.

    Attributes:
        reason: The text of s:Reason, if it is another than the message.
        detail: The last part of the URI in w:FaultDetail.
        provider: Where the message comes from; then it is sent as f:ProviderFault.
    """

    reason: str = ""
    detail: str = ""
    provider: Provider | None = None


_NO_DETAILS = FaultDetails()


class WsmanError(Exception):
    """A fault for the client, not for people: it is sent as a WSManFault.

    Attributes:
        code: The number in WSManFault/@Code: a Win32 error or an HRESULT without its sign.
        message: The text of the fault.
        subcode: The SOAP subcode, such as `w:TimedOut`.
        details: Everything else.
    """

    def __init__(
        self, code: int, message: str, subcode: str = "w:InternalError", details: FaultDetails = _NO_DETAILS
    ) -> None:
        super().__init__(code, message, subcode)
        self.code = code
        self.message = message
        self.subcode = subcode
        self.details = details

    @property
    def reason(self) -> str:
        """The text of s:Reason."""
        return self.details.reason or self.message

    @property
    def detail_uri(self) -> str:
        """The content of w:FaultDetail, or "" without one."""
        return f"{_DETAILS}/{self.details.detail}" if self.details.detail else ""


def timed_out() -> WsmanError:
    """Nothing came within OperationTimeout (recorded; Windows puts two blanks at the end)."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
    return WsmanError(2150858793, text, "w:TimedOut")


def wrong_schema() -> WsmanError:
    """The request is no envelope that WinRM knows (recorded); that XML which is cut looks the same is inferred."""
    text = (
        "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry. "
    )
    return WsmanError(2150858817, text, "w:SchemaValidationError")


def wrong_parameter(provider: Provider) -> WsmanError:
    """The plug-in cannot read what it was sent: ERROR_INVALID_PARAMETER (recorded for the plug-in of cmd)."""
    details = FaultDetails(detail="InvalidValue", provider=provider)
    return WsmanError(87, "The parameter is incorrect. ", "w:InvalidParameter", details)


def plugin_failed(provider: Provider) -> WsmanError:
    """The plug-in itself has failed: ERROR_WSMAN_PROVIDER_FAILURE (the number's text; the subcode is inferred)."""
    text = "An error was encountered inside the plugin. "
    return WsmanError(2150858755, text, "w:InternalError", FaultDetails(provider=provider))


def unknown_action() -> WsmanError:
    """ERROR_WSMAN_INVALID_ACTIONURI: no such operation (the number's text; the subcode is WS-Addressing's)."""
    how = "Check the documentation for information on how to construct an action URI. "
    text = f"{_REQUEST}. The WS-Addressing action URI is invalid. {how}"
    return WsmanError(2150858753, text, "a:ActionNotSupported")


def unsupported_feature() -> WsmanError:
    """ERROR_WSMAN_UNSUPPORTED_FEATURE (the number's text).

    MS-WSMV 3.1.4.15 leaves it to a server whether it knows Disconnect; that one which does not answers so is inferred.
    """
    text = "The WS-Management service does not support the specified feature. Remove the unsupported feature from the"
    return WsmanError(2150858818, f"{text} request and retry. ", "w:UnsupportedFeature")


def unknown_resource(uri: str) -> WsmanError:
    """No such configuration, or a plug-in that is switched off (Microsoft's page of Unregister-PSSessionConfiguration).

    The number is that of ERROR_WSMAN_INVALID_RESOURCE_URI, which PowerShell tells from others; it is inferred.
    """
    text = (
        f"{_REQUEST}. The resource URI ({uri}) was not found in the WS-Management catalog. The catalog contains the "
        "metadata that describes resources, or logical endpoints. "
    )
    return WsmanError(2150858811, text, "a:DestinationUnreachable", FaultDetails(detail="InvalidResourceURI"))


def envelope_too_small() -> WsmanError:
    """ERROR_WSMAN_MIN_ENVELOPE_SIZE: MaxEnvelopeSize is below 8192 (MS-WSMV 3.1.4.1.7, DSP0226 section 6.2)."""
    text = f"{_REQUEST} because the envelope size in the request is too small. "
    return WsmanError(2150858878, text, "w:EncodingLimit", FaultDetails(detail="MinimumEnvelopeLimit"))


def unknown_shell(shell_id: str | None) -> WsmanError:
    """ERROR_WSMAN_UNEXPECTED_SELECTORS, with the words of the shell (recorded by clients of Windows)."""
    text = (
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the shell was not found on "
        "the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the "
        "server. Provide the correct ShellId or create a new shell and retry the operation. "
    )
    return _unexpected_selectors(text)


def unknown_command() -> WsmanError:
    """The same number for a command (recorded)."""
    text = (
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. "
    )
    return _unexpected_selectors(text)


def _unexpected_selectors(text: str) -> WsmanError:
    details = FaultDetails(reason=_WRONG_SELECTORS, detail="UnexpectedSelectors")
    return WsmanError(2150858843, text, "w:InvalidSelectors", details)


def aborted() -> WsmanError:
    """A shell ended while somebody waited for it: ERROR_OPERATION_ABORTED."""
    text = "The I/O operation has been aborted because of either a thread exit or an application request. "
    return WsmanError(995, text)


def too_many_shells(shells: int | None = None) -> WsmanError:
    """ERROR_WSMAN_QUOTA_MAX_SHELLS, in the words of WinRM 2.0 with a number, of later ones without (both reported)."""
    quota = (
        "The maximum number of concurrent shells for this user has been exceeded."
        if shells is None
        else f"This user is allowed a maximum number of {shells} concurrent shells, which has been exceeded."
    )
    text = f"{_REQUEST}. {quota} Close existing shells or raise the quota for this user. "
    return WsmanError(2150859173, text, "w:QuotaLimit")


@dataclass(frozen=True, slots=True)
class ExchangeQuota:
    """What the text of Exchange's throttling names.

    Attributes:
        server: FQDN.
        organization: The name of the fleet file, such as `contoso.com`.
        shells: How many runspaces a user may have; so many are active.
        asked_at: With its zone.
    """

    server: str
    organization: str
    shells: int
    asked_at: datetime


def too_many_runspaces(quota: ExchangeQuota) -> WsmanError:
    """How Exchange 2013 and later throttle, from users' reports.

    The shell is created, and reading from it fails ("Processing data from remote server ... failed"), with a text that
    starts with the stamps of front end and back end and ends with a snapshot of the user's budget. The number is that
    of the error which PowerShell then names `IncorrectProtocolVersion`. Inferred: the order of the snapshot's lines on
    premises, and their values for the default policy.
    """
    name, suffix = quota.organization.partition(".")[0].capitalize(), quota.organization.replace(".", ",DC=")
    place = f"CN=Global Settings,CN={name},CN=Microsoft Exchange,CN=Services,CN=Configuration,DC={suffix}"
    policy = uuid.uuid5(uuid.NAMESPACE_DNS, quota.organization)
    text = (
        f"{_stamp(quota.server, quota.asked_at)}[AuthZRequestId={uuid.uuid4()}]"
        "[FailureCategory=AuthZ-AuthorizationException] Fail to create a runspace because you have exceeded the "
        f"maximum number of connections allowed : {quota.shells} for the policy party : MaxConcurrency. Please close "
        "existing runspace and try again.\n"
        f"Policy: CN=GlobalThrottlingPolicy_{policy},{place}; \n{_snapshot(quota.shells, _time(quota.asked_at))}"
    )
    return WsmanError(2152992672, text, "w:InternalError", FaultDetails(provider=EXCHANGE))


def unknown_shell_of_exchange(shell_id: str | None, server: str, asked_at: datetime) -> WsmanError:
    """The fault of WinRM as Exchange 2013 and later pass it on (Microsoft's blog on proxying remote PowerShell)."""
    plain = unknown_shell(shell_id)
    stamped = f"{_stamp(server, asked_at)}[FailureCategory=WSMan-InvalidShellID] {plain.message}"
    return WsmanError(plain.code, stamped, plain.subcode, plain.details)


def _stamp(server: str, asked_at: datetime) -> str:
    """Who answered a request, behind which front end, and when."""
    netbios = server.partition(".")[0].upper()
    ids = f"RequestId={uuid.uuid4()},TimeStamp={_time(asked_at)}"
    return f"[ClientAccessServer={netbios},BackEndServer={server},{ids}] "


def _time(at: datetime) -> str:
    """A time as .NET writes it for the United States."""
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S %p}"


def _snapshot(shells: int, stamp: str) -> str:
    left = "9223372036854775807/Unlimited"
    lines = {
        "Snapshot: Owner": "Sid~S-1-5-21-1004336348-1177238915-682003330-1104~WSMan~false",
        "BudgetType": "WSMan",
        "ActiveRunspaces": f"{shells}/{shells}",
        "Balance": "600000/1800000/-3000000",
        "PowerShellCmdletsLeft": left,
        "ExchangeCmdletsLeft": left,
        "CmdletTimePeriod": "Unlimited",
        "DestructiveCmdletsLeft": left,
        "DestructiveCmdletTimePeriod": "Unlimited",
        "QueueDepth": "Unlimited",
        "MaxRunspacesTimePeriod": "Unlimited",
        "RunSpacesRemaining": left,
        "LastTimeFrameUpdate": stamp,
        "LastTimeFrameUpdateDestructiveCmdlets": stamp,
        "LastTimeFrameUpdateMaxRunspaces": stamp,
        "Locked": "False",
        "LockRemaining": "00:00:00",
    }
    return "\n".join(f"{name}:\t{value}" for name, value in lines.items())
