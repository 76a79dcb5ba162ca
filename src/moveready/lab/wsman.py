"""WS-Management envelopes of the server side (MS-WSMV, DSP0226): bytes in, values out, and back. Pure, no I/O.

The namespaces, the order of the headers and of the parts of a fault are those of recorded Windows servers.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from moveready.lab.wsman_faults import wrong_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.lab.wsman_faults import WsmanError

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
_MS_WSMAN = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
_CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
_POWERSHELL = "http://schemas.microsoft.com/powershell"
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_FAULT_ACTIONS = {"a": f"{_ADDRESSING}/fault", "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"}
_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

CONFIG_URI = _CONFIG
DEFAULT_TIMEOUT_SECONDS = 60.0
LARGEST_ENVELOPE_BYTES = 500 * 1024
"""MaxEnvelopeSizekb of Windows Server 2012 and later: the limit of answers for clients that set none, or a larger one
(MS-WSMV 2.2.4.10, 3.1.4.1.7)."""
SMALLEST_ENVELOPE_BYTES = 8192
"""A smaller MaxEnvelopeSize is refused (MS-WSMV 3.1.4.1.7)."""

_ACTIONS = {
    f"{_TRANSFER}/Create": "Create",
    f"{_TRANSFER}/Delete": "Delete",
    f"{_TRANSFER}/Get": "Get",
    f"{_SHELL}/Command": "Command",
    f"{_SHELL}/Receive": "Receive",
    f"{_SHELL}/Send": "Send",
    f"{_SHELL}/Signal": "Signal",
}
DISCONNECTED_OPERATIONS = frozenset(f"{_SHELL}/{name}" for name in ("Disconnect", "Reconnect", "Connect"))
"""Operations for shells that outlive their connection (MS-WSMV 3.1.4.15 to 3.1.4.17), which the lab does not offer."""
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?\Z")


@dataclass(frozen=True, slots=True)
class WsmanRequest:
    """The parts of a request that the operations of PSRP need.

    Attributes:
        action: `Create`, `Command`, `Receive`, `Send`, `Signal`, `Delete`, `Get`, `Identify`, or another's whole URI.
        message_id: The id to which the answer relates; empty for Identify.
        to: The address that the client says it talks to.
        resource_uri: `http://schemas.microsoft.com/powershell/<configuration>`, or the configuration's URI.
        shell_id: The shell of the selector set, or for Create the wanted one; upper case.
        command_id: The command that Command, Receive, Send or Signal is about, upper case; None means the shell.
        data: PSRP fragments: creationXml of Create, arguments of Command, the streams of Send.
        signal: The code of Signal.
        timeout_seconds: OperationTimeout.
        envelope_bytes: MaxEnvelopeSize.
        idle_seconds: The IdleTimeOut that Create asks for, or None.
    """

    action: str
    message_id: str = ""
    to: str = ""
    resource_uri: str = ""
    shell_id: str | None = None
    command_id: str | None = None
    data: bytes = b""
    signal: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    envelope_bytes: int = LARGEST_ENVELOPE_BYTES
    idle_seconds: float | None = None


def request_from(envelope: bytes) -> WsmanRequest:
    """Read a request.

    Raises:
        WsmanError: The bytes are not a SOAP envelope with an action, or its data is not base64.
    """
    try:
        return _request_from(ET.fromstring(envelope))  # noqa: S314  # our own tests and expat's limits: loopback only
    except (ET.ParseError, binascii.Error, ValueError) as error:
        raise wrong_schema() from error


def _request_from(root: ET.Element) -> WsmanRequest:
    if root.find(f"{{{_SOAP}}}Body/{{{_IDENTITY}}}Identify") is not None:
        return WsmanRequest("Identify")
    action = _text(root, _ADDRESSING, "Action")
    body = root.find(f"{{{_SOAP}}}Body")
    payload = body[0] if body is not None and len(body) else ET.Element("nothing")
    timeout, size = _text(root, _WSMAN, "OperationTimeout"), _text(root, _WSMAN, "MaxEnvelopeSize")
    return WsmanRequest(
        action=_ACTIONS.get(action, action),
        message_id=_text(root, _ADDRESSING, "MessageID"),
        to=_text(root, _ADDRESSING, "To"),
        resource_uri=_text(root, _WSMAN, "ResourceURI"),
        shell_id=_shell_id(root, payload),
        command_id=_command_id(payload),
        data=_data(payload),
        signal=payload.findtext(f"{{{_SHELL}}}Code", ""),
        timeout_seconds=_seconds(timeout) if timeout else DEFAULT_TIMEOUT_SECONDS,
        envelope_bytes=int(size) if size else LARGEST_ENVELOPE_BYTES,
        idle_seconds=_seconds(idle) if (idle := payload.findtext(f"{{{_SHELL}}}IdleTimeOut")) else None,
    )


def _text(root: ET.Element, namespace: str, name: str) -> str:
    return (root.findtext(f"{{{_SOAP}}}Header/{{{namespace}}}{name}") or "").strip()


def _shell_id(root: ET.Element, payload: ET.Element) -> str | None:
    for selector in root.iterfind(f"{{{_SOAP}}}Header/{{{_WSMAN}}}SelectorSet/{{{_WSMAN}}}Selector"):
        if selector.get("Name") == "ShellId":
            return (selector.text or "").strip().upper()
    wished = payload.get("ShellId")
    return wished.upper() if wished else None


def _command_id(payload: ET.Element) -> str | None:
    elements: list[ET.Element] = [payload, *payload]
    for element in elements:
        if found := element.get("CommandId"):
            return found.upper()
    return None


def _data(payload: ET.Element) -> bytes:
    names = (f"{{{_POWERSHELL}}}creationXml", f"{{{_SHELL}}}Arguments", f"{{{_SHELL}}}Stream")
    chunks = (element.text or "" for element in payload if element.tag in names)
    return b"".join(base64.b64decode("".join(chunk.split()), validate=True) for chunk in chunks)


def _seconds(duration: str) -> float:
    """The seconds of an xs:duration without days, as WinRM's clients write it (`PT20S`, `PT1M30.000S`)."""
    if (match := _DURATION.match(duration)) is None:
        raise ValueError(duration)
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def envelope_of(request: WsmanRequest, body: str) -> bytes:
    """The answer to a request: its own action with `Response` appended, and `body` as the content of s:Body."""
    uris = {name: uri for uri, name in _ACTIONS.items()}
    return _envelope(f"{uris.get(request.action, request.action)}Response", request.message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    header = (
        f"<a:Action>{escape(action)}</a:Action><a:MessageID>uuid:{_new_id()}</a:MessageID>"
        f"<p:ActivityId>{_new_id()}</p:ActivityId><a:To>{_ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
    )
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING}" xmlns:x="{_TRANSFER}" '
        f'xmlns:w="{_WSMAN}" xmlns:rsp="{_SHELL}" xmlns:p="{_MS_WSMAN}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _new_id() -> str:
    return str(uuid.uuid4()).upper()


def fault_envelope(error: WsmanError, relates_to: str, machine: str) -> bytes:
    """The envelope of a fault; it is sent with HTTP status 500."""
    who = "Receiver" if error.subcode in ("w:TimedOut", "w:InternalError") else "Sender"
    detail = f"<w:FaultDetail>{error.detail_uri}</w:FaultDetail>" if error.detail_uri else ""
    return _envelope(
        _FAULT_ACTIONS[error.subcode.partition(":")[0]],
        relates_to,
        f"<s:Fault><s:Code><s:Value>s:{who}</s:Value><s:Subcode><s:Value>{escape(error.subcode)}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(error.reason)}</s:Text></s:Reason><s:Detail>{detail}'
        f'<f:WSManFault xmlns:f="{_FAULT}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{_fault_message(error)}</f:Message></f:WSManFault></s:Detail></s:Fault>",
    )


def _fault_message(error: WsmanError) -> str:
    text, provider = escape(error.message), error.details.provider
    if provider is None:
        return text
    whose = f"provider={quoteattr(provider.name)} path={quoteattr(provider.path)}"
    return f"<f:ProviderFault {whose}>{text}</f:ProviderFault>"


def identity_envelope() -> bytes:
    """The answer to Identify (DSP0226 section 11): who made this service, without data about the machine."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{_SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{_IDENTITY}">'
        f"<wsmid:ProtocolVersion>{_WSMAN}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()


@dataclass(frozen=True, slots=True)
class ShellDescription:
    """What Create and Get report about a shell (MS-WSMV 2.2.4.37).

    Attributes:
        idle_seconds: After so long without a request the server deletes it.
        run_seconds: Its age.
        inactive_seconds: How long nobody has asked for it.
    """

    shell_id: str
    resource_uri: str
    owner: str
    client_address: str
    idle_seconds: float = 7200.0
    run_seconds: float = 0.0
    inactive_seconds: float = 0.0


def created_body(shell: ShellDescription, to: str) -> str:
    """The body of CreateResponse."""
    return (
        f"<x:ResourceCreated><a:Address>{escape(to)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{escape(shell.resource_uri)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{shell.shell_id}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated>{shell_body(shell)}"
    )


def shell_body(shell: ShellDescription) -> str:
    """The body of GetResponse for a shell."""
    fields = {
        "ShellId": shell.shell_id,
        "ResourceUri": shell.resource_uri,
        "Owner": shell.owner,
        "ClientIP": shell.client_address,
        "ProcessId": "1868",
        "IdleTimeOut": f"PT{shell.idle_seconds:.3f}S",
        "InputStreams": "stdin pr",
        "OutputStreams": "stdout",
        "MaxIdleTimeOut": "PT2147483.647S",
        "Locale": "en-US",
        "DataLocale": "en-US",
        "CompressionMode": "NoCompression",
        "ProfileLoaded": "Yes",
        "Encoding": "UTF8",
        "BufferMode": "Block",
        "State": "Connected",
        "ShellRunTime": _span(shell.run_seconds),
        "ShellInactivity": _span(shell.inactive_seconds),
    }
    content = "".join(f"<rsp:{name}>{escape(value)}</rsp:{name}>" for name, value in fields.items())
    return f'<rsp:Shell xmlns:rsp="{_SHELL}">{content}</rsp:Shell>'


def _span(seconds: float) -> str:
    """A time span as WinRM writes the ages of shells (recorded: `P0DT0H0M0S`)."""
    minutes, rest = divmod(int(seconds), 60)
    return f"P{minutes // 1440}DT{minutes // 60 % 24}H{minutes % 60}M{rest}S"


def config_body() -> str:
    """The body of GetResponse for `winrm/config`: the limits that clients look up."""
    return (
        f'<cfg:Config xmlns:cfg="{_CONFIG}"><cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>'
        "<cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms><cfg:MaxBatchItems>32000</cfg:MaxBatchItems></cfg:Config>"
    )


def command_body(command_id: str) -> str:
    """The body of CommandResponse."""
    return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"


def received_body(fragments: Iterable[bytes], command_id: str | None, *, done: bool) -> str:
    """The body of ReceiveResponse: one rsp:Stream per PSRP fragment, and the command's end if it has come."""
    about = f' CommandId="{command_id}"' if command_id else ""
    streams: Sequence[str] = [
        f'<rsp:Stream Name="stdout"{about}>{base64.b64encode(fragment).decode()}</rsp:Stream>' for fragment in fragments
    ]
    state = (
        f'<rsp:CommandState{about} State="{_SHELL}/CommandState/Done"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>'
        if done
        else ""
    )
    return f"<rsp:ReceiveResponse>{''.join(streams)}{state}</rsp:ReceiveResponse>"
