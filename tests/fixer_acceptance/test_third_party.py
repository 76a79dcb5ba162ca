"""A control and a remedy of somebody else's: the three steps of docs/fixing.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import read_fleet
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.heavy

DOCS = (Path(__file__).parents[2] / "docs" / "fixing.md").read_text(encoding="utf-8")
CHECK = "test_own_restart.py"


def block(language: str, number: int) -> str:
    """A fenced block of the section about remedies of one's own."""
    section = DOCS.split("## A remedy of your own", 1)[1]
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return found[number]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Lab]:
    """The fleet of the docs."""
    file = tmp_path / "fleet.yaml"
    file.write_text(block("yaml", 0), encoding="utf-8")
    with Lab(read_fleet(file), folder=tmp_path) as lab:
        yield lab


def test_control_without_its_remedy_is_refused(
    fleet: Lab, run_fixer: Callable[..., pytest.RunResult], changes: Callable[[Lab], list[str]], tmp_path: Path
) -> None:
    """Step 1: the control fails, and nothing is known that repairs it."""
    (tmp_path / CHECK).write_text(block("python", 0), encoding="utf-8")
    result = run_fixer(fleet, tmp_path, "--fix=apply", CHECK)

    result.stdout.fnmatch_lines(
        ["*ex02.contoso.com: refused: *remedy `restart-ews`, which is not known*What to do: ?*"]
    )
    assert changes(fleet) == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two"])
def test_remedy_beside_its_control_repairs(
    fleet: Lab,
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
    workers: tuple[str, ...],
) -> None:
    """Steps 2 and 3 in one file: the plan lists it, apply repairs it, the checks pass."""
    (tmp_path / CHECK).write_text(block("python", 0) + "\n\n" + block("python", 1), encoding="utf-8")
    planned = run_fixer(fleet, tmp_path, "--fix=plan", CHECK, *workers)
    applied = run_fixer(fleet, tmp_path, "--fix=apply", CHECK, *workers)

    planned.stdout.fnmatch_lines(["*ex02.contoso.com: *-> remedy restart-ews (restarts)"])
    assert (planned.ret, applied.ret) == (1, 0)
    assert changes(fleet) == ["ex02 iisreset"]


def test_remedy_in_a_plugin_repairs(
    fleet: Lab, run_fixer: Callable[..., pytest.RunResult], changes: Callable[[Lab], list[str]], tmp_path: Path
) -> None:
    """Named with `-p`, for controls in many files."""
    (tmp_path / CHECK).write_text(block("python", 0), encoding="utf-8")
    (tmp_path / "contoso_remedies.py").write_text(block("python", 1), encoding="utf-8")
    result = run_fixer(fleet, tmp_path, "-p", "contoso_remedies", "--fix=apply", CHECK, "-n", "2")

    assert result.ret == 0
    assert changes(fleet) == ["ex02 iisreset"]


def test_broken_fleet_ends_as_the_docs_say(run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> None:
    """Step 3, with the line that breaks ex02."""
    (tmp_path / "fleet.yaml").write_text(block("yaml", 0) + "    restart: {outcome: dies}\n", encoding="utf-8")
    (tmp_path / CHECK).write_text(block("python", 0) + "\n\n" + block("python", 1), encoding="utf-8")
    with Lab(read_fleet(tmp_path / "fleet.yaml"), folder=tmp_path) as broken:
        result = run_fixer(broken, tmp_path, "--fix=apply", "--fix-timeout=2s", CHECK)

    assert result.ret == 13
    result.stdout.fnmatch_lines(["*NOT repaired: *Look at W3SVC, WAS and the application pools*"])


def test_remedies_of_one_server_are_one_visit(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """Ours and theirs: everything is changed first, then it is restarted once, and all controls must pass."""
    lab = fixer_lab({"name": "ex02.contoso.com", "flag": "off", "worker": "on", "worker_started": "100d"})
    (tmp_path / CHECK).write_text(block("python", 0) + "\n\n" + block("python", 1), encoding="utf-8")
    result = run_fixer(lab, tmp_path, "--fix=apply", "--pyargs", "moveready.checks", CHECK)

    assert result.ret == 0
    assert changes(lab) == ["ex02 on", "ex02 iisreset"]
