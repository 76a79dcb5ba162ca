"""Envelopes of the server side."""

from __future__ import annotations

import base64
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.wsman import (
    ShellDescription,
    WsmanRequest,
    config_body,
    created_body,
    envelope_of,
    fault_envelope,
    identity_envelope,
    received_body,
    request_from,
    shell_body,
)
from moveready.lab.wsman_faults import FaultDetails, Provider, WsmanError

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
HEAD = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>"""


def envelope(action: str, body: str, header: str = "") -> bytes:
    """A request as clients write it."""
    head = f"{HEAD}<a:Action>{action}</a:Action><a:MessageID>uuid:1</a:MessageID>{header}</s:Header>"
    return f"{head}<s:Body>{body}</s:Body></s:Envelope>".encode()


def test_receive_is_read_with_its_shell_command_timeout_and_size() -> None:
    """A request is read into all that an operation needs."""
    header = (
        "<w:OperationTimeout>PT1M5.500S</w:OperationTimeout><w:MaxEnvelopeSize>512000</w:MaxEnvelopeSize>"
        '<w:SelectorSet><w:Selector Name="ShellId">ab-1</w:Selector></w:SelectorSet>'
    )
    body = '<rsp:Receive><rsp:DesiredStream CommandId="cd-2">stdout</rsp:DesiredStream></rsp:Receive>'

    expected = WsmanRequest(
        "Receive", "uuid:1", shell_id="AB-1", command_id="CD-2", timeout_seconds=65.5, envelope_bytes=512000
    )
    assert request_from(envelope(f"{SHELL}/Receive", body, header)) == expected


def test_create_carries_the_wished_shell_and_its_data() -> None:
    """The client of Create chooses the shell's id and sends the pool's first fragments."""
    data = base64.b64encode(b"fragments").decode()
    body = f'<rsp:Shell ShellId="ab-1"><x:creationXml xmlns:x="http://schemas.microsoft.com/powershell">{data}'
    request = request_from(
        envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Create", f"{body}</x:creationXml></rsp:Shell>")
    )

    assert (request.action, request.shell_id, request.data) == ("Create", "AB-1", b"fragments")


def test_streams_of_a_send_are_joined() -> None:
    """Several streams of one Send are one run of bytes."""
    streams = "".join(
        f'<rsp:Stream CommandId="c">{base64.b64encode(part).decode()}</rsp:Stream>' for part in (b"ab", b"c")
    )

    assert request_from(envelope(f"{SHELL}/Send", f"<rsp:Send>{streams}</rsp:Send>")).data == b"abc"


def test_signal_keeps_its_code() -> None:
    """Which signal it is stays a text."""
    body = '<rsp:Signal CommandId="c"><rsp:Code>powershell/signal/ctrl_c</rsp:Code></rsp:Signal>'

    assert request_from(envelope(f"{SHELL}/Signal", body)).signal == "powershell/signal/ctrl_c"


def test_an_unknown_action_keeps_its_uri() -> None:
    """An action that the lab does not know is named in full, so that the fault can be about it."""
    assert request_from(envelope("urn:other", "")).action == "urn:other"


def test_identify_has_no_header() -> None:
    """Identify is told by its body alone."""
    body = '<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>'

    assert request_from(f"{HEAD}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()) == WsmanRequest("Identify")


@pytest.mark.parametrize(
    "data",
    [
        b"not xml",
        b"",
        envelope("a", "", "<w:OperationTimeout>soon</w:OperationTimeout>"),
        envelope("a", "", "<w:MaxEnvelopeSize>big</w:MaxEnvelopeSize>"),
        envelope(f"{SHELL}/Send", "<rsp:Send><rsp:Stream>!</rsp:Stream></rsp:Send>"),
    ],
    ids=["text", "nothing", "timeout", "size", "base64"],
)
def test_what_is_no_request_is_a_fault(data: bytes) -> None:
    """Bytes that cannot be read are answered with a fault, not a crash."""
    with pytest.raises(WsmanError, match="does not match the corresponding XML schema"):
        request_from(data)


def test_an_answer_relates_to_its_request_by_the_responding_action() -> None:
    """Clients match answers by RelatesTo, and Windows appends `Response` to the action."""
    answer = envelope_of(WsmanRequest("Signal", "uuid:7&"), "<rsp:SignalResponse/>").decode()

    assert f"<a:Action>{SHELL}/SignalResponse</a:Action>" in answer
    assert "<a:RelatesTo>uuid:7&amp;</a:RelatesTo>" in answer


def test_a_fault_carries_code_machine_and_text() -> None:
    """Clients read number and text of WSManFault."""
    root = ET.fromstring(fault_envelope(WsmanError(995, "A & B"), "uuid:1", "ex01"))
    fault = root.find(".//{http://schemas.microsoft.com/wbem/wsman/1/wsmanfault}WSManFault")

    assert fault is not None
    assert (fault.attrib, "".join(fault.itertext())) == ({"Code": "995", "Machine": "ex01"}, "A & B")


def test_a_fault_may_have_a_detail_a_provider_and_a_reason_of_its_own() -> None:
    """Where each of them stands, as in recorded faults."""
    details = FaultDetails(reason="Why & how", detail="InvalidValue", provider=Provider("p", "c:\\<dll>"))
    body = fault_envelope(WsmanError(87, "A & B", "w:InvalidParameter", details), "uuid:1", "ex01").decode()

    uri = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/InvalidValue"
    assert '<s:Text xml:lang="en-US">Why &amp; how</s:Text>' in body
    assert f"<s:Detail><w:FaultDetail>{uri}</w:FaultDetail><f:WSManFault " in body
    provider = '<f:ProviderFault provider="p" path="c:\\&lt;dll&gt;">A &amp; B</f:ProviderFault>'
    assert f"<f:Message>{provider}</f:Message>" in body


@pytest.mark.parametrize(
    ("subcode", "action"),
    [
        ("a:ActionNotSupported", "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"),
        ("w:TimedOut", "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"),
    ],
)
def test_a_fault_has_the_action_of_its_subcode(subcode: str, action: str) -> None:
    """Faults of WS-Addressing have that standard's own."""
    assert f"<a:Action>{action}</a:Action>".encode() in fault_envelope(WsmanError(1, "", subcode), "", "")


def test_a_fault_of_the_client_says_sender() -> None:
    """A request that was wrong is the sender's fault; a timeout is the receiver's."""
    assert b"s:Sender" in fault_envelope(WsmanError(1, "", "w:InvalidSelectors"), "", "")
    assert b"s:Receiver" in fault_envelope(WsmanError(1, "", "w:TimedOut"), "", "")


def test_each_fragment_is_a_stream_and_the_end_is_told_once() -> None:
    """Windows sends one rsp:Stream per fragment, and CommandState at the end."""
    body = received_body([b"a", b"b"], "C-1", done=True)

    assert body.count('<rsp:Stream Name="stdout" CommandId="C-1">') == 2
    assert f'State="{SHELL}/CommandState/Done"' in body
    assert "CommandState" not in received_body([b"a"], None, done=False)


def test_a_shell_tells_its_owner_and_where_it_is() -> None:
    """Create and Get tell of the shell."""
    shell = ShellDescription("AB", "urn:r", "CONTOSO\\me", "127.0.0.1")

    assert "<rsp:Owner>CONTOSO\\me</rsp:Owner>" in shell_body(shell)
    assert '<w:Selector Name="ShellId">AB</w:Selector>' in created_body(shell, "http://ex01")


def test_a_shell_tells_its_ages() -> None:
    """IdleTimeOut in seconds, the ages in days, hours, minutes and seconds."""
    body = shell_body(ShellDescription("AB", "urn:r", "me", "127.0.0.1", 90.5, 90_061.9, 61))

    assert "<rsp:IdleTimeOut>PT90.500S</rsp:IdleTimeOut>" in body
    assert "<rsp:ShellRunTime>P1DT1H1M1S</rsp:ShellRunTime>" in body
    assert "<rsp:ShellInactivity>P0DT0H1M1S</rsp:ShellInactivity>" in body


def test_create_may_ask_for_its_idle_timeout() -> None:
    """In the shell's own element."""
    body = '<rsp:Shell ShellId="ab"><rsp:IdleTimeOut>PT120.000S</rsp:IdleTimeOut></rsp:Shell>'

    assert request_from(envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Create", body)).idle_seconds == 120


def test_the_configuration_tells_the_envelope_size() -> None:
    """Clients look up how long an envelope may be."""
    assert "<cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>" in config_body()


def test_identity_names_the_vendor() -> None:
    """Identify answers who made the service."""
    assert b"<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>" in identity_envelope()
