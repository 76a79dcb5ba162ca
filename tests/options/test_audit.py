"""`--audit`: everything that was sent to any server, and nothing that only its holder may know."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.builders import KB3063913
from tests.sent import audited, logged_by, told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

DOWN = "ex09.contoso.com"
ALMOST_FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_500, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
"""


@pytest.fixture
def file(pytester: pytest.Pytester) -> Path:
    """Where the audit is written."""
    return pytester.path / "own" / "audit.jsonl"


def test_audit_is_what_the_servers_were_asked(
    run_checks: Callable[..., pytest.RunResult], demo: Lab, file: Path, workers: tuple[str, ...]
) -> None:
    """The same cmdlets and paths, in the same order on each channel of each server; each question has its end.

    Of the questions to a server that is down, nothing came to the lab.
    """
    demo.log.clear()
    run_checks(f"--audit={file}", *workers)
    audit, logged = audited(file), logged_by(demo)
    told = {place: lines for place, lines in told_by(audit).items() if place != (DOWN, "https")}
    if workers:
        # Each worker has a session with Exchange.
        told, logged = ({place: sorted(lines) for place, lines in each.items()} for each in (told, logged))

    assert len(told) > 20
    assert told == logged
    assert [line["event"] for line in audit].count("run") == 1
    assert [line["event"] for line in audit].count("asks") == [line["event"] for line in audit].count("ended")
    assert len({line["run"] for line in audit}) == 1


@pytest.mark.heavy
def test_audit_has_no_secret(run_checks: Callable[..., pytest.RunResult], demo: Lab, file: Path) -> None:
    """It names the account, and nothing that lets anybody in."""
    run_checks(f"--audit={file}", "--limit=ex01,ex02", KB3063913)
    text = file.read_text(encoding="utf-8")

    assert demo.account.username.replace("\\", "\\\\") in text
    assert demo.account.password not in text
    assert "Negotiate" not in text


@pytest.mark.parametrize("place", ["a folder", pytest.param("/dev/full", marks=pytest.mark.heavy)])
def test_file_that_cannot_be_written_is_a_usage_error(
    run_checks: Callable[..., pytest.RunResult], demo: Lab, pytester: pytest.Pytester, place: str
) -> None:
    """Before anybody is asked."""
    if place.startswith("/dev/") and not sys.platform.startswith("linux"):
        pytest.skip("no such device")
    demo.log.clear()
    (pytester.path / "a folder").mkdir()
    result = run_checks(f"--audit={place}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--audit {place}: it cannot be written: *"])
    assert demo.log.entries() == ()


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_disk_that_fills_up_is_told(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, file: Path, workers: tuple[str, ...]
) -> None:
    """The servers are judged and reported, but nobody may take the audit for complete."""
    file.parent.mkdir()
    with file.open("wb") as stream:
        stream.truncate(10_000_000 - 1)
        stream.seek(0, 2)
        stream.write(b"\n")
    pytester.makeconftest(ALMOST_FULL)
    result = run_checks(f"--audit={file}", "--limit=ex01,ex05", KB3063913, *workers)

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines([f"--audit: {file} lacks lines: *", "*6 passed*"])
    assert (pytester.path / "reports" / "run.json").exists()


@pytest.mark.heavy
def test_who_only_looks_writes_nothing(run_checks: Callable[..., pytest.RunResult], file: Path) -> None:
    """`--collect-only` asks nobody."""
    run_checks(f"--audit={file}", "--collect-only", "-q")

    assert not file.exists()
