"""The demo fleet is the acceptance table: what `pytest --lab` must find on each of its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.findings.verdicts import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

KB3063913 = """
ex01  passed  passed  passed  ready
ex02  failed  failed  failed  disabled
ex03  passed  failed  failed  stale
ex04  failed  passed  passed  works until the next recycle
ex05  passed  passed  passed  ready
ex06  passed  passed  failed  blocked by a proxy or firewall
ex07  passed  passed  error   inconclusive
ex08  passed  passed  failed  MRS service or back end
ex09  passed  error   error   unreachable
ex10  passed  error   passed  ready (log too short)
ex11  error   passed  passed  unknown
ex12  failed  -       -       enabled although no moves are planned
ex13  passed  passed  passed  ready
"""
OTHERS = {
    "EWS-AUTH": {
        "ex06": "error passed passed: login to EWS is unknown",
        "ex08": "error passed passed: login to EWS is unknown",
        "ex09": "error error error: unreachable",
        "ex11": "passed error error: login to EWS is unknown",
        "ex13": "error passed passed: login to EWS is unknown",
        "ex16": "failed failed passed: Windows authentication is off",
        "ex17": "passed passed failed: Extended Protection is too strict",
    },
    "MRS-SVC": {
        "ex09": "error error: unreachable",
        "ex14": "failed passed: Mailbox Replication is stopped",
        "ex15": "failed failed: Mailbox Replication is disabled",
    },
}
"""Where another KB is not content."""


def rows_of(run: Run) -> list[list[str]]:
    """The run as rows of the table of KB 3063913, of the servers that are there for it."""
    rows = []
    for server in run.servers[:13]:
        results = {outcome.control: outcome.result.value for outcome in run.by_server()[server.name]}
        verdict = server.verdict_of("KB3063913")
        assert verdict is not None
        named = (results.get(f"KB3063913-{number}", "-") for number in (1, 2, 3))
        rows.append([server.name.partition(".")[0], *named, verdict.description])
    return rows


def others_of(run: Run, kb: str) -> dict[str, str]:
    """Of each server that another KB is not content with, its outcomes and the verdict."""
    found = {}
    for server in run.servers:
        verdict = server.verdict_of(kb)
        if verdict is not None and verdict.standing is not Standing.READY:
            mine = [found for found in run.by_server()[server.name] if found.control.startswith(f"{kb}-")]
            words = " ".join(outcome.result.value for outcome in mine)
            found[server.name.partition(".")[0]] = f"{words}: {verdict.description}"
    return found


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="alone"),
        pytest.param(("-n", "2"), id="two", marks=pytest.mark.heavy),
        pytest.param(("-n", "5"), id="five", marks=pytest.mark.heavy),
    ],
)
def test_demo_is_the_acceptance_table(
    pytester: pytest.Pytester, last_run: Callable[[], Run], workers: tuple[str, ...]
) -> None:
    """The same with and without pytest-xdist; it has findings, so exit code 1."""
    result = pytester.runpytest_subprocess("--pyargs", "moveready.checks", "--lab", *workers)

    assert result.ret == 1
    run = last_run()
    assert rows_of(run) == [line.split(maxsplit=4) for line in KB3063913.strip().splitlines()]
    assert {kb: others_of(run, kb) for kb in OTHERS} == OTHERS


@pytest.mark.heavy
def test_terminal_shows_the_table_in_80_columns(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Server, one outcome a KB, diagnosis and next step fit a plain terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = pytester.runpytest_subprocess("--pyargs", "moveready.checks", "--lab").outlines
    table = lines[lines.index(" servers ".center(80, "=")) : lines.index("Reports: reports")]

    assert any(line.startswith("ex02 ") and "disabled" in line and line.endswith("iisreset") for line in table)
    assert max(map(len, table)) <= 80


@pytest.mark.heavy
def test_no_traceback_and_no_secret(pytester: pytest.Pytester) -> None:
    """Failures are told in sentences, in every file; the password of the lab is nowhere."""
    printed = str(pytester.runpytest_subprocess("--pyargs", "moveready.checks", "--lab").stdout)
    written = [file.read_text("utf-8", "replace") for file in (pytester.path / "reports").iterdir()]
    secret = "lab-password"

    for text in [printed, *written]:
        assert "Traceback" not in text
        assert "site-packages" not in text.replace("plugins", "")
        assert secret not in text
