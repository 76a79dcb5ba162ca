"""No answer takes a process's memory: what is received is bounded, and what becomes a tree as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    from moveready.lab.server import Lab

EX01 = "ex01.contoso.com"
MB = 2**20
MOST_MORE_MB = 200
"""An answer of 16 MB is copied some times while it is unsealed and read."""

CLIENT = """
import json, os, sys
from pathlib import Path
from moveready.collection.bounds import Bounds
from moveready.errors import EvidenceError
from moveready.collection.collector import Collector
from moveready.evidence import subjects_named
from moveready.kb import load_rooms
from moveready.inventory import load_inventory

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024

load_rooms()
inventory = load_inventory(Path(sys.argv[1]), os.environ)
with Collector(inventory, Bounds(pause_seconds=0)) as collector:
    before = peak()
    try:
        (subject,) = subjects_named([sys.argv[2]])
        told = type(collector.evidence_of(subject, inventory.servers[0])).__name__
    except EvidenceError as error:
        told = str(error)
print(json.dumps([told, peak() - before]))
"""
SOAP = "application/soap+xml;charset=UTF-8"

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells how much memory was used")


def told_and_used(lab: Lab, question: str) -> tuple[str, int]:
    """What a process of its own says to the question, and how many MB it took at its worst."""
    command = [sys.executable, "-c", CLIENT, str(lab.inventory_file), question]
    done = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    told, used = json.loads(done.stdout)
    return str(told), int(used)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ENDLESS, "Create"),
        Fault(FaultKind.ENDLESS, "Receive", body=b"<a>" * 20_000),
        Fault(
            FaultKind.STATUS, "Receive", status=200, body=b"<a>" + b"<b/>" * (15 * MB // 4) + b"</a>", content_type=SOAP
        ),
        Fault(
            FaultKind.STATUS, "Receive", status=500, body=b"<a>" + b"<b/>" * (15 * MB // 4) + b"</a>", content_type=SOAP
        ),
        Fault(FaultKind.CLIXML, clixml="<Obj>" + "<S/>" * (MOST_MORE_MB * 1000) + "</Obj>"),
        Fault(FaultKind.CLIXML, clixml="<Obj>" * 20_000 + "</Obj>" * 20_000),
    ],
    ids=["endless", "endless-xml", "wide", "wide-failure", "wide-output", "deep-output"],
)
def test_a_large_answer_is_told_as_too_large(lab: Lab, fault: Fault) -> None:
    """And costs a bounded amount of memory."""
    lab.inject(EX01, "windows", fault)

    told, used = told_and_used(lab, "mrsproxy_events")
    assert f"{EX01}, Windows endpoint http://" in told
    assert "the answer is too large: " in told
    assert used < MOST_MORE_MB


def test_an_endless_page_is_read_as_far_as_it_matters(lab: Lab) -> None:
    """The endpoint's status is in its head; of the body the beginning is enough."""
    lab.inject(EX01, "https", Fault(FaultKind.ENDLESS, "GET"))

    _, used = told_and_used(lab, "endpoint_answer")
    assert used < MOST_MORE_MB
