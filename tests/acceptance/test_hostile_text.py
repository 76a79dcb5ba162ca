"""Servers that send what drives a terminal or turns the direction of writing: nothing of it reaches a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind
from moveready.plugin.report_settings import HISTORY_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
RED, TURN = "\x9b31m", "\u202e"
"""The lab's HTTP server sends no header with ESC; U+009B is its short form, and terminals take it as well."""
NAMES = ("ex01.contoso.com", "ex02.contoso.com")
OWN_TEST = """
from moveready.inventory import Server

def test_own(server: Server, ews_directory, endpoint_answer):
    pass
"""


@pytest.fixture
def hostile(lab_with: Callable[..., Lab]) -> Lab:
    """One server redirects, the other's endpoint has a strange name; the Exchange endpoint refuses with a text."""
    lab = lab_with({"name": NAMES[0]}, {"name": NAMES[1]})
    lab.change(lambda: setattr(lab.organization.servers[NAMES[1]], "front_end", f"EX{RED}01"))
    lab.inject(NAMES[0], "https", Fault(FaultKind.REDIRECT, location=f"https://{RED}elsewhere/"))
    for name in NAMES:
        refusal = Fault(FaultKind.WSMAN_FAULT, action="Create", message=f"denied {RED}{TURN}to you")
        lab.inject(name, "exchange", refusal)
    return lab


def test_no_control_character_reaches_a_person(
    pytester: pytest.Pytester, hostile: Lab, last_run: Callable[[], Run], workers: tuple[str, ...]
) -> None:
    """Neither in the terminal nor in any file; the texts are told all the same."""
    pytester.makepyfile(test_own=OWN_TEST)
    run = pytester.runpytest_subprocess(
        f"--inventory={hostile.inventory_file}",
        "--pyargs",
        "moveready.checks.test_kb3063913_mrsproxy_disabled",
        "test_own.py",
        "-rA",
        *workers,
    )
    reports = pytester.path / "reports"
    texts = [
        run.stdout.str(),
        run.stderr.str(),
        *(file.read_text(encoding="utf-8") for file in reports.glob("[!.]*") if file.name != HISTORY_FILE),
    ]
    sentences = " ".join(outcome.sentence for outcome in last_run().outcomes)

    assert run.ret == 1
    assert [found for text in texts for found in CONTROLS.findall(text)] == []
    assert len(texts) == 10
    assert "Traceback" not in texts[0]
    assert "errors.RemoteCommandError" not in texts[0]
    assert "elsewhere" in sentences
    assert "31M01 answered" in sentences
    assert "denied" in sentences
