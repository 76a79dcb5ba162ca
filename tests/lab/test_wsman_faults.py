"""The faults of WinRM and of Exchange."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moveready.lab import wsman_faults
from moveready.lab.wsman_faults import EXCHANGE, POWERSHELL, ExchangeQuota, WsmanError

WHEN = datetime(2026, 11, 3, 19, 35, 3, tzinfo=UTC)
QUOTA = ExchangeQuota("ex01.contoso.com", "contoso.com", 18, WHEN)


@pytest.mark.parametrize(
    ("fault", "code", "subcode", "detail"),
    [
        (wsman_faults.timed_out(), 0x80338029, "w:TimedOut", ""),
        (wsman_faults.wrong_schema(), 0x80338041, "w:SchemaValidationError", ""),
        (wsman_faults.wrong_parameter(POWERSHELL), 87, "w:InvalidParameter", "InvalidValue"),
        (wsman_faults.plugin_failed(EXCHANGE), 0x80338003, "w:InternalError", ""),
        (wsman_faults.unknown_action(), 0x80338001, "a:ActionNotSupported", ""),
        (wsman_faults.unsupported_feature(), 0x80338042, "w:UnsupportedFeature", ""),
        (wsman_faults.unknown_resource("urn:x"), 0x8033803B, "a:DestinationUnreachable", "InvalidResourceURI"),
        (wsman_faults.envelope_too_small(), 0x8033807E, "w:EncodingLimit", "MinimumEnvelopeLimit"),
        (wsman_faults.unknown_shell("AB"), 0x8033805B, "w:InvalidSelectors", "UnexpectedSelectors"),
        (wsman_faults.unknown_command(), 0x8033805B, "w:InvalidSelectors", "UnexpectedSelectors"),
        (wsman_faults.aborted(), 995, "w:InternalError", ""),
        (wsman_faults.too_many_shells(), 0x803381A5, "w:QuotaLimit", ""),
        (wsman_faults.too_many_runspaces(QUOTA), 0x80540FA0, "w:InternalError", ""),
    ],
)
def test_each_fault_has_the_numbers_of_windows(fault: WsmanError, code: int, subcode: str, detail: str) -> None:
    """The code of `wsmerror.h`, the SOAP subcode, and the last word of w:FaultDetail."""
    assert (fault.code, fault.subcode, fault.details.detail) == (code, subcode, detail)


def test_an_unknown_command_has_a_reason_besides_its_message() -> None:
    """The reason is about selectors, the message about the command."""
    fault = wsman_faults.unknown_command()

    assert "invalid selectors" in fault.reason
    assert "a command identifier that does not exist" in fault.message


def test_other_faults_have_their_message_as_reason() -> None:
    """One text in both places."""
    assert wsman_faults.timed_out().reason == wsman_faults.timed_out().message


def test_winrm_2_tells_the_number_of_shells() -> None:
    """Later ones do not."""
    assert "a maximum number of 18 concurrent shells" in wsman_faults.too_many_shells(18).message
    assert "The maximum number of concurrent shells for this user" in wsman_faults.too_many_shells().message


def test_exchange_tells_the_policy_and_the_budget() -> None:
    """Stamps of both ends first, then what was exceeded, then the snapshot."""
    fault = wsman_faults.too_many_runspaces(QUOTA)
    first, policy, *snapshot = fault.message.splitlines()

    assert first.startswith("[ClientAccessServer=EX01,BackEndServer=ex01.contoso.com,RequestId=")
    assert "TimeStamp=11/3/2026 7:35:03 PM] [AuthZRequestId=" in first
    assert "the maximum number of connections allowed : 18 for the policy party : MaxConcurrency." in first
    assert policy.startswith("Policy: CN=GlobalThrottlingPolicy_")
    assert policy.endswith("CN=Services,CN=Configuration,DC=contoso,DC=com; ")
    assert "ActiveRunspaces:\t18/18" in snapshot
    assert fault.details.provider == EXCHANGE


def test_exchange_stamps_the_fault_of_winrm() -> None:
    """The rest of the fault is the same."""
    plain, stamped = wsman_faults.unknown_shell("AB"), wsman_faults.unknown_shell_of_exchange("AB", QUOTA.server, WHEN)
    stamp, _, message = stamped.message.partition("] [FailureCategory=WSMan-InvalidShellID] ")

    assert stamp.startswith("[ClientAccessServer=EX01,BackEndServer=ex01.contoso.com,RequestId=")
    assert stamp.endswith("TimeStamp=11/3/2026 7:35:03 PM")
    assert (message, stamped.code, stamped.reason) == (plain.message, plain.code, plain.reason)
