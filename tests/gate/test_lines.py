"""Guards `moveready.gate.lines`: what the terminal shows of the gate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from moveready.findings.outcomes import PlainTest, RunScope
from moveready.gate.lines import gate_lines
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.gate.runs import DISABLED, FLEET, IDLE, READY, UNREACHABLE, Of, run_of

WIDE = 120
HOSTILE = (
    "<script>alert(1)</script> \x1b[2J\x00 \u202egnol ##vso[task.complete result=Succeeded] \n::error::\r\nGate: OPEN"
)


def test_lines_of_a_fleet() -> None:
    """Worst first; the pool; the verdict last."""
    assert gate_lines(FLEET, WIDE) == [
        "ex03.contoso.com: not ready - disabled; next: enable, then iisreset",
        "ex05.contoso.com: not ready - disabled, waived until 2026-12-31; next: enable, then iisreset",
        "ex04.contoso.com: unknown - unreachable; next: check the network and the server",
        "mail.contoso.com: 2 of 3 servers ready - NOT READY",
        "Gate: CLOSED - 2 of 6 servers are ready; 2 are not ready, 1 is unknown, 1 is idle",
    ]


@pytest.mark.parametrize(
    ("servers", "changes", "verdict"),
    [
        (READY, {}, "Gate: OPEN - all 2 servers are ready"),
        (READY[:1], {}, "Gate: OPEN - the only server is ready"),
        ((*READY, IDLE), {}, "Gate: OPEN - all 2 servers in phase moving are ready; 1 is idle"),
        ((*READY, DISABLED), {}, "Gate: CLOSED - 2 of 3 servers are ready; 1 is not ready"),
        ((DISABLED,), {}, "Gate: CLOSED - 0 of 1 server is ready; 1 is not ready"),
        ((), {}, "Gate: CLOSED - no server was checked"),
        (READY, {"complete": False, "incomplete": "stopped"}, "Gate: CLOSED - the run is incomplete"),
        (
            READY,
            {"plain_tests": (PlainTest("checks/test_own.py", "error", "", 0.0),)},
            "Gate: CLOSED - 2 of 2 servers are ready; 1 test without a control failed",
        ),
        (
            READY,
            {"unlisted": ("ex9.contoso.com",), "scope": RunScope(fail_on_unlisted=True)},
            "Gate: CLOSED - 2 of 2 servers are ready; Exchange has servers that the inventory has not: ex9.contoso.com",
        ),
        (
            READY,
            {"unlisted": None, "scope": RunScope(fail_on_unlisted=True)},
            "Gate: CLOSED - 2 of 2 servers are ready; Exchange did not say which servers it has",
        ),
        (
            READY,
            {"scope": RunScope(limit="ex0*", controls="KB1")},
            "Gate: OPEN - all 2 servers are ready; only KB1 was asked; only the servers of --limit ex0* were looked at",
        ),
    ],
)
def test_verdict(servers: tuple[Of, ...], changes: dict[str, Any], verdict: str) -> None:
    """It says why the gate is closed, and what the run did not look at."""
    assert gate_lines(run_of(*servers, **changes), WIDE)[-1] == verdict


def test_incomplete_run_says_so_first() -> None:
    """With the reason."""
    lines = gate_lines(run_of(*READY, complete=False, incomplete="stopped after the first failure"), WIDE)

    assert lines[0] == "INCOMPLETE: stopped after the first failure"
    assert lines[1] == "ex01.contoso.com: unknown - the run is incomplete; next: run the checks again"


def test_pool_with_an_idle_server() -> None:
    """Nobody would see otherwise why it is not ready."""
    lines = gate_lines(run_of(READY[0], replace(IDLE, pool="mail.contoso.com")), WIDE)

    assert lines == [
        "mail.contoso.com: 1 of 2 servers ready, 1 idle - NOT READY",
        "Gate: CLOSED - 1 of 2 servers is ready; 1 is idle",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    "note", ["", "a note of many words " * 20, "x" * 10_000, f"{'y' * 60} {'z' * 65} end", HOSTILE]
)
def test_no_line_is_wider_than_the_terminal(width: int, note: str) -> None:
    """It is broken between words: every word of the lines is one of the line of a wide terminal."""
    run = run_of(Of("ex03", Conclusion.DISABLED, verdict={"note": note}), UNREACHABLE)
    words = " ".join(gate_lines(run, 10_000)).split()
    lines = gate_lines(run, width)

    assert " ".join(lines).split() == words
    assert max(map(len, lines)) <= max(width, 68)
    assert width < 80 or max(map(len, lines)) <= width


def test_long_names_stay_whole() -> None:
    """People search a log for them."""
    name = f"{'a' * 63}.{'b' * 63}.contoso.com"

    assert any(line.startswith(f"{name}:") for line in gate_lines(run_of(replace(DISABLED, name=name)), 80))


@pytest.mark.parametrize("field", ["note", "next_step"])
def test_hostile_words_of_a_server_are_inert(field: str) -> None:
    """They make no second line, no command of a pipeline, and no verdict."""
    lines = gate_lines(run_of(Of("ex03", Conclusion.DISABLED, verdict={field: HOSTILE})), 10_000)

    assert len(lines) == 2
    assert lines[0].startswith("ex03.contoso.com: not ready - disabled")
    assert lines[1].startswith("Gate: CLOSED")
    assert all(line.isprintable() for line in lines)
    assert "##" not in "".join(lines)


def test_hostile_names_are_inert() -> None:
    """No inventory lets them in, but a run.json may be anybody's."""
    server = Of(f"ex03.{HOSTILE}", Conclusion.DISABLED, pool=HOSTILE)
    lines = gate_lines(run_of(server, incomplete=HOSTILE, complete=False), 10_000)

    assert len(lines) == 4
    assert all(line.isprintable() and "##" not in line for line in lines)
    assert [line for line in lines if line.startswith("Gate: ")] == ["Gate: CLOSED - the run is incomplete"]
