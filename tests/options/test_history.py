"""`--history`, `--compare`: what changed between two runs, in the reports and by `moveready history`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app
from moveready.lab.state import set_flag

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]


EX02 = "ex02.contoso.com"
FLAG = "--control=KB3063913-1"


@pytest.fixture
def lab(lab_with: LabWith) -> Lab:
    """Two servers; MRSProxy of ex02 is off."""
    return lab_with({"name": "ex01.contoso.com"}, {"name": EX02, "flag": "off"})


@pytest.fixture
def reports(pytester: pytest.Pytester) -> Path:
    """The folder of the reports."""
    return Path(pytester.path) / "reports"


@pytest.fixture
def repaired(pytester: pytest.Pytester, lab: Lab) -> Callable[..., None]:
    """Run the checks, turn MRSProxy of ex02 on, and run them again with these options."""

    def run(*args: str) -> None:
        assert pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", FLAG).ret == 1
        server = lab.organization.servers[EX02]
        lab.change(lambda: set_flag(lab.organization, server, datetime.now(UTC), enabled=True))
        assert pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", FLAG, *args).ret == 0

    return run


def asked(*args: str) -> tuple[int, str]:
    """What `moveready history` answers."""
    result = CliRunner().invoke(app, ["history", *args])
    return result.exit_code, result.output


def test_second_run_names_what_was_fixed(
    repaired: Callable[..., None], reports: Path, workers: tuple[str, ...]
) -> None:
    """In every report that people read; nobody has to ask for it."""
    repaired(*workers)

    for name in ("fleet.html", "summary.md", "mail.html"):
        text = (reports / name).read_text(encoding="utf-8")
        assert re.search(r"(?is)fixed.*ex02", text), name


def test_history_is_asked(repaired: Callable[..., None], reports: Path) -> None:
    """Both runs are there, and when ex02 failed."""
    repaired()
    code, output = asked(f"--history={reports / 'history.sqlite'}", "--server=ex02", "--json")

    assert code == 0
    assert json.loads(output)
    assert EX02 in output
    assert "failed" in output


@pytest.mark.heavy
def test_history_may_be_elsewhere(repaired: Callable[..., None], reports: Path, tmp_path: Path) -> None:
    """Where several machines share it."""
    repaired(f"--history={tmp_path / 'all.sqlite'}")

    assert asked(f"--history={tmp_path / 'all.sqlite'}")[0] == 0
    assert "fixed" not in (reports / "summary.md").read_text(encoding="utf-8").lower()


@pytest.mark.heavy
def test_named_run_is_compared_with(
    repaired: Callable[..., None], pytester: pytest.Pytester, lab: Lab, reports: Path
) -> None:
    """A `run.json` that somebody has kept."""
    pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", FLAG, "--report-dir=kept")
    repaired()
    kept = Path(pytester.path) / "kept" / "run.json"
    pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", FLAG, f"--compare={kept}")

    assert re.search(r"(?is)fixed.*ex02", (reports / "summary.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("compare", ["absent.json", "nobody"])
def test_run_that_is_not_there_is_a_usage_error(pytester: pytest.Pytester, lab: Lab, compare: str) -> None:
    """Before any server is asked."""
    result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", f"--compare={compare}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert lab.log.requests() == 0
    result.stderr.fnmatch_lines([f"ERROR: *{compare}*"])


def test_file_that_is_no_history_is_reported_and_kept(
    pytester: pytest.Pytester, lab: Lab, last_run: Callable[[], Run], reports: Path
) -> None:
    """The run goes on, its reports say so, and the file is left as it was."""
    reports.mkdir()
    (reports / "history.sqlite").write_text("somebody's notes\n" * 100, encoding="utf-8")
    result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", FLAG)

    assert result.ret == 1
    assert last_run().notices[0].startswith("The history has nothing of this run: ")
    result.stdout.fnmatch_lines(["The history has nothing of this run: *history.sqlite*"])
    assert (reports / "history.sqlite").read_text(encoding="utf-8") == "somebody's notes\n" * 100


@pytest.mark.heavy
def test_replay_is_not_kept(repaired: Callable[..., None], pytester: pytest.Pytester, reports: Path) -> None:
    """It is no new observation."""
    repaired()
    before = asked(f"--history={reports / 'history.sqlite'}")
    history = f"--history={reports / 'history.sqlite'}"
    pytester.runpytest_subprocess(f"--replay={reports / 'run.json'}", FLAG, "--report-dir=again", history)

    assert asked(f"--history={reports / 'history.sqlite'}") == before


def test_two_runs_of_the_demo_are_compared(pytester: pytest.Pytester, reports: Path) -> None:
    """Its inventory is another file each time, and its fleet is the same."""
    for _ in range(2):
        assert pytester.runpytest_subprocess("--lab", "--limit=ex01", FLAG).ret == 0

    assert "since the run of" in (reports / "summary.md").read_text(encoding="utf-8").lower()
    assert '"inventory": "the lab\'s demo fleet"' in (reports / "run.json").read_text(encoding="utf-8")
