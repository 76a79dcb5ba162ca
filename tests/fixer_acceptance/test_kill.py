"""A fixer that is killed: `--fix resume` ends what it began, MRSProxy is on, and nothing is done twice."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Killed = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.heavy

PLAN_LINE = 1
SETS_APART = 4
"""The journal's line that begins the wait: the flag is off, and stays so for a while."""
IN_IISRESET = 12
"""With draining, the line that begins the restart."""

STALE = {"name": "ex03.contoso.com", "worker": "off"}
ONCE = ["ex03 off", "ex03 on", "ex03 iisreset"]


@pytest.fixture
def stale(fixer_lab: Callable[..., Lab]) -> Lab:
    """A stale server, and one to ask about the organization."""
    return fixer_lab({"name": "ex01.contoso.com"}, STALE, fix={"wait": "1s"})


def flag_of(lab: Lab) -> bool:
    """The flag in the directory."""
    return lab.organization.directory["ex03.contoso.com"].mrsproxy_enabled


def is_serving(lab: Lab) -> bool:
    """The flag is on, in the directory and in the running application."""
    return flag_of(lab) and lab.organization.servers["ex03.contoso.com"].worker.mrsproxy_on


@pytest.mark.parametrize("line", range(PLAN_LINE + 1, 13))
def test_killed_after_any_line_of_the_journal(
    stale: Lab,
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    line: int,
) -> None:
    """Resolution 2 ends as if nothing had happened, and the checks that follow pass."""
    killed(stale, line)
    result = fix(stale, "resume")

    assert result.ret == 0
    assert is_serving(stale)
    assert changes(stale) == ONCE


@pytest.mark.parametrize(
    ("line", "command", "tried", "happened"),
    [
        (2, "-MRSProxyEnabled $false", 1, lambda lab: not flag_of(lab)),
        (6, "-MRSProxyEnabled -DomainController", 0, flag_of),
        (10, "iisreset", 0, lambda lab: lab.organization.servers["ex03.contoso.com"].iis_generation == 1),
    ],
    ids=["first-set", "second-set", "restart"],
)
def test_killed_before_the_answer(  # noqa: PLR0913, PLR0917 - the fixtures, and the four facts of a case
    stale: Lab,
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    line: int,
    command: str,
    tried: int,
    happened: Callable[[Lab], bool],
) -> None:
    """The action took effect and nobody has written it down: the server is asked, and it is not done again."""
    silence = Fault(FaultKind.OUTPUT_THEN_SILENCE, command=command, skip=tried, times=1)
    for server, channel in (("ex01.contoso.com", "exchange"), ("ex03.contoso.com", "windows")):
        stale.inject(server, channel, silence)
    killed(stale, line, happened=lambda: happened(stale))
    result = fix(stale, "resume")

    assert result.ret == 0
    assert is_serving(stale)
    assert changes(stale) == ONCE


def test_killed_between_the_sets(
    stale: Lab,
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
) -> None:
    """MRSProxy is off then; another apply is refused, and resume turns it on, under pytest-xdist too."""
    killed(stale, SETS_APART)
    assert changes(stale) == ["ex03 off"]

    refused = fix(stale, "apply")
    refused.stdout.fnmatch_lines(["Nothing was changed: a killed run left ex03.contoso.com half done: --fix resume*"])
    assert changes(stale) == ["ex03 off"]

    assert fix(stale, "resume", "-n", "2").ret == 0
    assert is_serving(stale)
    assert changes(stale) == ONCE


def test_another_report_folder_hides_nothing(
    stale: Lab,
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """An apply that has another `--report-dir` is refused, names the folder to resume in, and is not refused then."""
    killed(stale, SETS_APART)

    refused = fix(stale, "apply", "--report-dir=other")
    refused.stdout.fnmatch_lines([f"*half done: --fix resume --report-dir {tmp_path / 'reports'} first"])
    assert changes(stale) == ["ex03 off"]

    assert fix(stale, "resume", f"--report-dir={tmp_path / 'reports'}").ret == 0
    assert "half done" not in fix(stale, "apply", "--report-dir=other").stdout.str()


@pytest.mark.parametrize("kind", ["SIGTERM", "SIGINT"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once; there is no signal to send it")
def test_asked_to_stop_between_the_sets(
    stale: Lab,
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    kind: str,
) -> None:
    """The wait ends, the second Set is done, nothing is restarted, and the run is not green."""
    process = killed(stale, SETS_APART, getattr(signal, kind))

    assert process.returncode == 13
    assert changes(stale) == ["ex03 off", "ex03 on"]
    assert flag_of(stale)
    fix(stale, "resume").stdout.fnmatch_lines(["Nothing to resume in *"])


def test_killed_while_drained_server_restarts(
    fixer_lab: Callable[..., Lab],
    killed: Killed,
    fix: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
) -> None:
    """The server is taken back into service, and is not restarted again."""
    slow = {**STALE, "restart": {"takes": "1s"}}
    lab = fixer_lab({"name": "ex01.contoso.com"}, slow, fix={"wait": "0s", "drain": True})
    killed(lab, IN_IISRESET)
    result = fix(lab, "resume")

    assert result.ret == 0
    assert is_serving(lab)
    assert changes(lab) == ["ex03 off", "ex03 on", "ex03 Inactive", "ex03 iisreset", "ex03 Active"]


def test_nothing_to_resume(stale: Lab, fix: Callable[..., pytest.RunResult]) -> None:
    """Without a journal the checks are run, and that is all."""
    result = fix(stale, "resume")

    result.stdout.fnmatch_lines(["Nothing to resume in *"])
    assert result.ret == 1
