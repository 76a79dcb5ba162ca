"""Answers that no healthy server gives, over the wire: an error of that server, and never the end of the run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml

from moveready.evidence import EWS_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Outcome, Run
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]
    OutcomesOn = Callable[[Lab], dict[tuple[str, str], Outcome]]

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"
FLAG, EVENTS = "KB3063913-1", "KB3063913-2"

ESCAPES = ("_xD83D_", "_xDE00__xD83D_", "_x0000_", "_x001B_[31m", "_x009B_", "_x202E_")
"""Characters that no report can carry, or that move a cursor, or turn the line round."""

TRUE = '<B N="MRSProxyEnabled">true</B>'
FOREIGN = '<x:B xmlns:x="urn:x" N="MRSProxyEnabled">true</x:B>'
OBJECTS = (
    ("MRSProxyEnabled", TRUE + TRUE.replace("true", "false"), "MRSProxyEnabled twice"),
    ("MRSProxyEnabled", TRUE + TRUE, "MRSProxyEnabled twice"),
    ("MRSProxyEnabled", TRUE.replace("true", "true<x/>"), "MRSProxyEnabled is not a boolean"),
    ("MRSProxyEnabled", FOREIGN, "MRSProxyEnabled is not a boolean"),
    ("MRSProxyEnabled", FOREIGN + TRUE, "MRSProxyEnabled twice"),
    ("Identity", r'<S N="Identity">EX99\EWS (Default Web Site)</S>', r"its Identity is EX99\EWS"),
    ("Identity", '<S N="Identity"><x/>EX01</S>', "Identity is not a text"),
    ("Server", '<S N="Server">EX01</S><S N="Server">EX99</S>', "Server twice"),
    ("MetabasePath", "", "no property MetabasePath"),
)
"""A property, what stands in its place, and what is told of it."""

FILE_MISSING: dict[str, object] = {"message": "File does not exist.", "path": "/owa/x.aspx"}
PLACED: tuple[tuple[dict[str, object], str, str], ...] = (
    ({}, "failed", "1 event(s) 1309"),
    ({"message": "Der MRS-Proxydienst ist deaktiviert."}, "error", "cannot be placed"),
    ({"data": ["HttpException", "something"]}, "error", "cannot be placed"),
    ({"data": ["HttpException", "x", "MRS proxy service is disabled"]}, "failed", "1 event(s) 1309"),
    (FILE_MISSING, "passed", ""),
    ({"path": "/EWS/mrsproxy.svc?moveready=0123abcd"}, "passed", ""),
    ({"computer": "EX99"}, "error", "EX99 answered, not EX0"),
    ({"exception": "SqlException"}, "passed", ""),
)
"""What an event has that ASP.NET's does not, how the control ends, and what is told."""


@pytest.fixture
def outcomes_on(pytester: pytest.Pytester, last_run: Callable[[], Run]) -> OutcomesOn:
    """Check a lab: each outcome by server and control."""

    def run(lab: Lab) -> dict[tuple[str, str], Outcome]:
        pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}")
        return {outcome.key: outcome for outcome in last_run().outcomes}

    return run


def fqdn(number: int) -> str:
    """The server of that number."""
    return f"ex{number:02}.contoso.com"


def with_identity(number: int, text: str) -> dict[str, object]:
    """A server whose directory's identity holds this text."""
    identity = rf"EX{number:02}\EWS (Default Web{text} Site)"
    return {"name": fqdn(number), "clixml": {"Identity": f'<S N="Identity">{identity}</S>'}}


def test_odd_characters_cost_nothing(lab_with: LabWith, outcomes_on: OutcomesOn, pytester: Any) -> None:
    """They become visible in the one text that held them, and every report can be written and read."""
    found = outcomes_on(lab_with(*(with_identity(number, escape) for number, escape in enumerate(ESCAPES, 1))))
    reports = Path(pytester.path) / "reports"
    identities = [identity_in(found[fqdn(number), FLAG]) for number, _ in enumerate(ESCAPES, 1)]

    assert {outcome.result.value for outcome in found.values()} == {"passed"}
    assert all("\ufffd" in identity for identity in identities)
    assert json.loads((reports / "run.json").read_text("utf-8"))
    assert JUnitXml.fromfile(str(reports / "junit.xml")).tests == len(found)


def identity_in(outcome: Outcome) -> str:
    """That of the directory it was judged on."""
    return EWS_DIRECTORY.evidence_from(outcome.evidence[EWS_DIRECTORY.name]).identity


def test_character_in_two_halves_is_one(lab_with: LabWith, outcomes_on: OutcomesOn) -> None:
    """PowerShell escapes each half on its own."""
    outcome = outcomes_on(lab_with(with_identity(1, "_xD83D__xDE00_")))[EX01, FLAG]

    assert identity_in(outcome) == "EX01\\EWS (Default Web\U0001f600 Site)"


def test_odd_objects_are_errors_of_their_servers(lab_with: LabWith, outcomes_on: OutcomesOn) -> None:
    """Their flags are unknown; those of other servers are not."""
    odd = {fqdn(number): case for number, case in enumerate(OBJECTS, 1)}
    lab = lab_with({"name": "good.contoso.com"}, *({"name": n, "clixml": {k: xml}} for n, (k, xml, _) in odd.items()))
    found = outcomes_on(lab)

    assert found["good.contoso.com", FLAG].result.value == "passed"
    assert {found[name, FLAG].result.value for name in odd} == {"error"}
    assert [(told, found[name, FLAG].sentence) for name, (*_, told) in odd.items() if not said(found, name, told)] == []


def said(found: dict[tuple[str, str], Outcome], name: str, told: str) -> bool:
    """Whether the flag's error tells it."""
    return told in found[name, FLAG].sentence


def test_each_event_is_placed(lab_with: LabWith, outcomes_on: OutcomesOn) -> None:
    """Whose it is, or that this cannot be told; never silence about it."""
    cases = {fqdn(number): case for number, case in enumerate(PLACED, 1)}
    lab = lab_with(*({"name": name, "events": [{"ago": "1h", **event}]} for name, (event, *_) in cases.items()))
    found = outcomes_on(lab)

    ends = {name: (result, told in found[name, EVENTS].sentence) for name, (_, result, told) in cases.items()}
    assert {name: (found[name, EVENTS].result.value, True) for name in cases} == ends


def test_another_server_at_the_address_is_told(lab_with: LabWith, outcomes_on: OutcomesOn) -> None:
    """A wrong address, DNS or a load balancer: what EX01 says of itself is not written down for EX02."""
    lab = lab_with({"name": EX01}, {"name": EX02})
    lab.ports[EX02] = lab.ports[EX01]
    lab.write_inventory(lab.inventory_file)
    found = outcomes_on(lab)

    assert found[EX01, EVENTS].result.value == "passed"
    assert found[EX02, EVENTS].result.value == "error"
    assert "EX01 answered, not EX02" in found[EX02, EVENTS].sentence


def test_worker_of_the_future_is_told(lab_with: LabWith, outcomes_on: OutcomesOn) -> None:
    """Every event would be older than it, and so the log would prove nothing."""
    lab = lab_with({"name": EX01, "events": [{"ago": "1h"}]})
    worker = lab.organization.servers[EX01].worker
    lab.change(lambda: setattr(worker, "started_at", datetime.now(UTC) + timedelta(hours=1)))
    found = outcomes_on(lab)[EX01, EVENTS]

    assert (found.result.value, "later than now" in found.sentence) == ("error", True)
