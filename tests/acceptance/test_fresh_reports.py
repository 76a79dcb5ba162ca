"""Nobody publishes an earlier run's reports as this one's, and who only looks touches none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.plugin.report_folder import PREVIOUS, REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

BROKEN_CHECK = "import nowhere_to_be_found\n"


@pytest.fixture
def reports(pytester: pytest.Pytester) -> Path:
    """The report folder, with the files of an earlier run."""
    folder = pytester.path / "reports"
    folder.mkdir()
    for name in REPORTS:
        (folder / name).write_text("earlier")
    return folder


def texts_of(folder: Path) -> dict[str, str]:
    """The files that anybody sees there."""
    return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("[!.]*") if file.is_file()}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--collect-only"], 0),
        (["--setup-plan"], 0),
        (["--setup-only"], 0),
        (["-k", "nothing_is_called_so"], 5),
        (["-k", "nothing_is_called_so", "-n", "2"], 5),
        (["--collect-only", "broken.py"], 2),
        (["--help"], 0),
    ],
    ids=["collect", "plan", "only", "no match", "no match of two", "broken", "help"],
)
def test_who_only_looks_touches_nothing(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, reports: Path, args: list[str], code: int
) -> None:
    """Not a file is written, replaced or moved."""
    pytester.makepyfile(broken=BROKEN_CHECK)
    result = run_checks("--limit=ex01", *args)

    assert result.ret == code
    assert texts_of(reports) == dict.fromkeys(REPORTS, "earlier")
    assert sorted(path.name for path in reports.glob("[!.]*")) == sorted(REPORTS)


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan"])
def test_looking_asks_no_server(run_checks: Callable[..., pytest.RunResult], demo: Lab, option: str) -> None:
    """What would be done is known without them."""
    demo.log.clear()
    run_checks("--limit=ex01", option)

    assert demo.log.requests() == 0


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["broken.py"], 2),
        pytest.param(["broken.py", "-n", "2"], 1, marks=pytest.mark.heavy),
        (["--since=yesterday"], 4),
        (["--limit=nobody"], 4),
        (["--lab"], 4),
        (["nowhere.py"], 4),
    ],
    ids=["import", "import of two", "option", "inventory", "contradiction", "path"],
)
def test_run_that_judged_nothing_leaves_no_reports(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, reports: Path, args: list[str], code: int
) -> None:
    """Whatever ended it; those of an earlier run are in `previous`, and a line tells so."""
    pytester.makepyfile(broken=BROKEN_CHECK)
    result = run_checks(*args)

    assert result.ret == code
    assert texts_of(reports) == {}
    assert texts_of(reports / PREVIOUS) == dict.fromkeys(REPORTS, "earlier")
    assert "the reports of an earlier run are in reports/previous now" in result.stderr.str().replace("\\", "/")


def test_run_without_its_inventory_leaves_no_reports(pytester: pytest.Pytester, reports: Path) -> None:
    """In CI, a variable that is not set is the usual reason."""
    result = pytester.runpytest_subprocess("--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert texts_of(reports / PREVIOUS) == dict.fromkeys(REPORTS, "earlier")


def test_wrong_inventory_leaves_no_reports(pytester: pytest.Pytester, reports: Path) -> None:
    """`--report-dir` counts there, too."""
    (pytester.path / "out").mkdir()
    (pytester.path / "out" / "run.json").write_text("earlier")
    pytester.runpytest_subprocess("--inventory=nowhere.yaml", "--report-dir=out")

    assert texts_of(pytester.path / "out") == {}
    assert texts_of(reports) == dict.fromkeys(REPORTS, "earlier")


def test_other_test_suites_keep_their_folder(pytester: pytest.Pytester, reports: Path) -> None:
    """Where moveready is only installed, a folder called `reports` is not its own."""
    pytester.makepyfile(test_theirs="def test_theirs(): assert False", broken=BROKEN_CHECK)

    assert pytester.runpytest_subprocess("broken.py").ret == pytest.ExitCode.INTERRUPTED
    assert pytester.runpytest_subprocess("test_theirs.py").ret == pytest.ExitCode.TESTS_FAILED
    assert texts_of(reports) == dict.fromkeys(REPORTS, "earlier")
