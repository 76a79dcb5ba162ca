"""`Get-CimInstance -ClassName Win32_Process`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moveready.lab.cmdlets.processes import wql_condition

MakeBench = Callable[..., Any]
GET = "Get-CimInstance"
WORKER = """Name = 'w3wp.exe' AND CommandLine LIKE '%-ap "MSExchangeServicesAppPool"%'"""


def test_the_worker_is_found_by_its_pool(bench: MakeBench) -> None:
    """Of all worker processes only the one of EWS, with its start in local time."""
    lab = bench({"worker_started": "1h"})
    result = lab.windows(lab.command(GET, ClassName="Win32_Process", Filter=WORKER))

    assert lab.texts(result, "CreationDate") == ["2026-01-31T12:00:00+01:00"]
    assert lab.texts(result, "ProcessId") == [str(lab.server.worker.process_id)]


def test_a_process_is_a_cim_instance(bench: MakeBench) -> None:
    """With the class behind `#` and all properties of the class."""
    lab = bench()
    root = lab.element(lab.windows(lab.command(GET, "win32_process", Filter=WORKER)).output[0])

    assert root.findtext("TN/T") == "Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_Process"
    assert root.findtext("ToString") == 'Win32_Process: w3wp.exe (Handle = "4100")'
    assert root.find("Props/U32[@N='ProcessId']") is not None
    assert len(root.find("Props")) == 46


def test_property_leaves_the_others_null(bench: MakeBench) -> None:
    """All but the key; names in any case of letters."""
    lab = bench()
    result = lab.windows(lab.command(GET, "Win32_Process", Filter=WORKER, Property=["processid"]))

    assert lab.texts(result, "ProcessId") == lab.texts(result, "Handle") == ["4100"]
    assert lab.texts(result, "Name") == [None]


def test_there_is_no_worker_while_iis_is_down(bench: MakeBench) -> None:
    """An iisreset at work leaves the other processes alone."""
    lab = bench({"restart": {"takes": "30s"}})
    lab.windows(lab.command("iisreset"))

    assert lab.texts(lab.windows(lab.command(GET, "Win32_Process")), "Name") == ["services.exe"]


def test_other_classes_are_not_simulated(bench: MakeBench) -> None:
    """The lab has one."""
    lab = bench()

    refused = lab.windows(lab.command(GET, "Win32_Service"))
    assert refused.failure.message == "The moveready lab does not simulate the class Win32_Service of Get-CimInstance."


@pytest.mark.parametrize(
    "text",
    ["Name =", "Name = 'a' OR Name = 'b'", "Name = 'a' AND", "Nope = 'a'", "Name IS NULL", "Name = 'a"],
)
def test_a_filter_that_is_not_understood_is_refused(bench: MakeBench, text: str) -> None:
    """In the lab's own name: Windows may well understand it."""
    lab = bench()

    assert lab.error_id(lab.windows(lab.command(GET, "Win32_Process", Filter=text))) == "MovereadyLabNotSimulated"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("Name = 'W3WP.EXE'", True),
        ('name="w3wp.exe"', True),
        ("Name <> 'w3wp.exe'", False),
        ("Name != 'other' and ProcessId = 4100", True),
        ("Name LIKE 'w_wp%'", True),
        ("Name like 'w_wp'", False),
        ("CommandLine = 'c:\\\\a \\'b\\''", True),
        ("Status = ''", True),
    ],
)
def test_filters_are_evaluated(text: str, fits: bool) -> None:
    """In any case of letters, with WQL's wildcards and its backslash."""
    process: dict[str, Any] = {"Name": "w3wp.exe", "ProcessId": 4100, "CommandLine": "c:\\a 'b'", "Status": None}

    assert wql_condition(text)(process) is fits
