"""A disk that does not take the reports costs the reports of this run, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from moveready.plugin.report_folder import GATE_FILE, LOCK, REPORTS
from moveready.plugin.report_settings import HISTORY_FILE
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WITHOUT_A_GATE = [name for name in REPORTS if name != GATE_FILE]
SMALL_FILES = """
import resource
LIMITS = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, LIMITS[1]))

def pytest_unconfigure():
    resource.setrlimit(resource.RLIMIT_FSIZE, LIMITS)
"""
"""Less than the page needs, more than all else. What a tool that looks on writes at the end is no business of ours."""


@pytest.fixture
def reports(pytester: pytest.Pytester) -> Path:
    """The report folder, with the files of an earlier run."""
    folder = pytester.path / "reports"
    folder.mkdir()
    return folder


def leave_earlier(reports: Path) -> None:
    """The files of an earlier run."""
    for name in REPORTS:
        (reports / name).write_text("earlier")


@pytest.fixture
def small_disk(reports: Path) -> Iterator[Path]:
    """The report folder on a disk of its own, of 40 kB; only for those who may mount one."""
    with ExitStack() as opened:
        if run_tool("mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(reports)):
            pytest.skip("no disk can be mounted here")
        opened.callback(run_tool, "umount", "-l", str(reports))
        leave_earlier(reports)
        yield reports


def run_tool(name: str, *args: str) -> int:
    """The exit code of a tool of the system; not 0 where there is none."""
    tool = shutil.which(name)
    return subprocess.run([tool, *args], check=False, capture_output=True).returncode if tool else 1


def assert_told(result: pytest.RunResult, reports: Path) -> None:
    """One sentence and the table, exit code 3; the earlier run's files are there, and no others."""
    text = result.stdout.str() + result.stderr.str()

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "ex01    passed     ready" in text
    assert text.count("The reports cannot be written to reports: ") == 1
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    assert "Reports: " not in text
    files = [file for file in reports.iterdir() if file.is_file() and file.name not in {HISTORY_FILE, LOCK}]
    assert {file.name: file.read_text() for file in files} == dict.fromkeys(REPORTS, "earlier")
    assert [file for file in reports.iterdir() if file.name.startswith(".") and file.name != LOCK] == []


def test_full_disk(run_checks: Callable[..., pytest.RunResult], small_disk: Path, workers: tuple[str, ...]) -> None:
    """Whichever file does not fit any more."""
    assert_told(run_checks("--limit=ex01", KB3063913, *workers), small_disk)


def test_file_size_limit(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, reports: Path, workers: tuple[str, ...]
) -> None:
    """As `ulimit -f` sets one."""
    pytest.importorskip("resource")
    leave_earlier(reports)
    pytester.makeconftest(SMALL_FILES)

    assert_told(run_checks("--limit=ex01", KB3063913, *workers), reports)


def test_read_only_folder(run_checks: Callable[..., pytest.RunResult], small_disk: Path) -> None:
    """It is told before any server is asked, too."""
    if run_tool("mount", "-o", "remount,ro", str(small_disk)):
        pytest.skip("no disk can be made read-only here")
    result = run_checks("--limit=ex01", KB3063913)
    header, _, rest = result.stdout.str().partition(" 3 selected")

    assert "The reports cannot be written to reports: Read-only file system" in header
    result.outlines = rest.splitlines()
    result.stdout = pytest.LineMatcher(result.outlines)
    assert_told(result, small_disk)


@pytest.mark.parametrize("name", REPORTS)
def test_folder_where_a_file_should_be(run_checks: Callable[..., pytest.RunResult], reports: Path, name: str) -> None:
    """The other files of the earlier run stay."""
    leave_earlier(reports)
    (reports / name).unlink()
    (reports / name).mkdir()
    result = run_checks("--limit=ex01", KB3063913)
    (reports / name).rmdir()
    (reports / name).write_text("earlier")

    assert f"Is a directory (reports/{name})" in result.stdout.str()
    assert_told(result, reports)


def test_page_of_its_own_place_is_not_replaced(run_checks: Callable[..., pytest.RunResult], reports: Path) -> None:
    """`--html` may name the very file that we would have written."""
    leave_earlier(reports)
    result = run_checks("--limit=ex01", KB3063913, f"--html={reports / 'report.html'}")

    assert result.ret == 0
    assert "earlier" not in [(reports / name).read_text(encoding="utf-8") for name in WITHOUT_A_GATE]


def test_page_is_where_the_reports_are(run_checks: Callable[..., pytest.RunResult], reports: Path) -> None:
    """Nobody is sent to the draft."""
    result = run_checks("--limit=ex01", KB3063913)

    assert sorted(file.name for file in reports.iterdir()) == sorted([*WITHOUT_A_GATE, HISTORY_FILE, LOCK])
    assert "drafts" not in result.stdout.str()
